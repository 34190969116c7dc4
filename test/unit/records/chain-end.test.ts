// The end of a camera's chain where a start cannot read it, or read it wrong: the next record names it all the same, as the log tells it.
import { beforeEach, expect, test } from 'vitest';
import type { StoredRecord } from '../../../agent/records/stored-record.ts';
import type { CrashDisk } from '../../fakes/files-crash.ts';
import { RecordsLife } from './chain-life.ts';

let life: RecordsLife;
let disk: CrashDisk;
beforeEach(async () => {
  life = await RecordsLife.begin();
  ({ disk } = life);
});

async function run(count: number, begun?: () => void): Promise<StoredRecord[]> {
  return (await life.run(count, begun && { begun })).made;
}

const path = ({ recording }: StoredRecord): string => `/spool/dockings/${recording}/docking.json`;
const digests = (records: readonly StoredRecord[]): string[] =>
  records.map(({ manifestSha256 }) => manifestSha256);
const named = (records: readonly StoredRecord[]): (string | null)[] =>
  records.map(({ facts }) => facts.previousSha256);

test.each(['for the start alone', 'for longer'])('read with a bit turned, %s', async (how) => {
  const before = await run(2);
  const last = before[1] as StoredRecord;
  const text = Buffer.from(disk.peek(path(last)) ?? []);
  const bit = 8 * (text.indexOf('"ended_at":"') + '"ended_at":"2026-11-26T06:30:00.00'.length); // still an instant
  const end = disk.misreadBit(path(last), bit);
  const made = await run(2, () => {
    if (how === 'for the start alone') end();
  });
  expect(named(made)).toEqual([digests(before)[1], digests(made)[0]]);
});

test.each(['for the start alone', 'for longer'])('whose key is read with a bit turned, %s', async (how) => {
  const before = await run(2);
  const signature = `${path(before[1] as StoredRecord)}.minisig`;
  const text = Buffer.from(disk.peek(signature) ?? []).toString();
  const keyIdAt = text.indexOf('\n') + 1 + 5; // four characters are the algorithm and a byte of the key id
  const end = disk.misreadBit(signature, 8 * keyIdAt + 1); // still base64
  const made = await run(2, () => {
    if (how === 'for the start alone') end();
  });
  expect(named(made)).toEqual([digests(before)[1], digests(made)[0]]);
});

test('set aside because it does not parse: named all the same, by one start and by the next', async () => {
  const before = await run(2);
  disk.corrupt(path(before[1] as StoredRecord), (bytes) => bytes.subarray(0, bytes.length >> 1));
  const made = [...(await run(1)), ...(await run(1))];
  expect(named(made)).toEqual([digests(before)[1], digests(made)[0]]);
});

test('which cannot be read, and the log says nothing of it: the last one that is known', async () => {
  const before = await run(2);
  disk.corrupt(path(before[1] as StoredRecord), () => new Uint8Array(1));
  for (const file of disk.tree('/spool/custody').keys()) await disk.unlink(file);
  const [made] = await run(1);
  expect(made?.facts.previousSha256).toBe(digests(before)[0]);
});
