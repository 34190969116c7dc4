// Which manifest comes last of a camera where the log is behind or damaged, and where something in the spool cannot be read.
import { beforeEach, expect, test } from 'vitest';
import type { CustodyLog } from '../../../agent/custody/custody-log.ts';
import type { Spool } from '../../../agent/spool/spool.ts';
import { lastSpooled } from '../../../agent/spool/spooled-log.ts';
import { sha256Hex } from '../../../protocol/bytes.ts';
import { makeDockingId, type CameraId } from '../../../protocol/ids.ts';
import type { CrashDisk } from '../../fakes/files-crash.ts';
import { seededRandom } from '../../fakes/random-seeded.ts';
import { openLog } from '../custody/custody-scenario.ts';
import { CAMERA, freshDisk, openSpool, prepare, spoolOne, type Prepared } from './scenario.ts';

const random = seededRandom(5);
let disk: CrashDisk;
let runs: number;
let segment: string;
beforeEach(async () => {
  disk = await freshDisk();
  runs = 0;
});

interface Run {
  readonly spool: Spool;
  readonly custody: CustodyLog;
}

async function run<T>(work: (run: Run) => Promise<T>): Promise<T> {
  const { spool } = await openSpool(disk);
  const { custody } = await openLog(disk, ++runs);
  const done = await work({ spool, custody });
  await custody.checkpoint();
  segment = custody.segments().at(-1)?.segment ?? '';
  await custody.close();
  await spool.close();
  await disk.unlink('/spool/index.jsonl').catch(() => undefined);
  return done;
}

async function take(
  { spool, custody }: Run,
  {
    camera = CAMERA,
    isLogged = true,
    sealedAt,
  }: { camera?: CameraId; isLogged?: boolean; sealedAt?: string } = {},
): Promise<Prepared> {
  const previous = await spool.lastManifestSha256(camera, (of) => lastSpooled(custody, of));
  const docking = makeDockingId(random);
  const prepared = prepare(random, {
    camera,
    previous,
    docking,
    ...(sealedAt === undefined ? {} : { sealedAt }),
  });
  const { recording, payload } = prepared;
  custody.append({ event: 'docked', facts: { bay: 'bay-1', camera, docking } });
  const [path_sha256, sha256] = [sha256Hex(Buffer.from(recording)), sha256Hex(payload)];
  custody.append({
    event: 'pulled',
    facts: { recording, docking, path_sha256, size_bytes: payload.length, sha256 },
  });
  await spoolOne(disk, spool, prepared);
  if (isLogged) logIt(custody, prepared);
  await custody.checkpoint();
  return prepared;
}

function logIt(custody: CustodyLog, prepared: Prepared): void {
  const manifest_sha256 = digestOf(prepared);
  const { size_bytes: sealed_size_bytes } = prepared.documents.manifest.sealed;
  custody.append({
    event: 'spooled',
    facts: { recording: prepared.recording, manifest_sha256, sealed_size_bytes },
  });
}

const digestOf = ({ documents }: Prepared): string => sha256Hex(documents.manifestBytes);
const named = ({ documents }: Prepared): string | null => documents.manifest.previous_manifest_sha256;
const gone = ({ recording }: Prepared): Promise<void> => disk.removeTree(`/spool/ready/${recording}`); // released, old, let go
const junk = (): void =>
  disk.plant('/spool/quarantine/aaaaaaaaaaaaaaaaaaaaaaaaaa/manifest.json', 'nobody can read this');

test('an old damaged segment whose follower was dropped is not where the chain ends', async () => {
  const one = await run(take);
  const first = segment;
  const two = await run(take);
  const second = segment;
  const three = await run(take);
  disk.corrupt(`/spool/custody/${first}.jsonl`, (bytes) => bytes.map((byte, at) => (at === 5 ? 0x21 : byte)));
  await disk.unlink(`/spool/custody/${second}.jsonl.minisig`);
  await disk.unlink(`/spool/custody/${second}.jsonl`);
  await gone(one);
  await gone(two);
  junk();
  expect(named(await run(take))).toBe(digestOf(three));
});

test('entries that were owed came late, and out of order: the verified end stays the end', async () => {
  const [one, two, three] = await run(async (first) => {
    const made = [
      await take(first, { isLogged: false }),
      await take(first, { isLogged: false }),
      await take(first),
    ] as const;
    logIt(first.custody, made[1]); // more urgent
    logIt(first.custody, made[0]);
    return made;
  });
  await gone(one);
  await gone(two);
  junk();
  expect(named(await run(take))).toBe(digestOf(three));
});

test('the log is more than one behind where the newest were not logged, and the one that it names was let go', async () => {
  const before = await run(take);
  const [one, two] = await run(async (second) => [
    await take(second, { isLogged: false }),
    await take(second, { isLogged: false }),
  ]);
  await gone(before);
  junk();
  expect(one).toBeDefined();
  expect(named(await run(take))).toBe(digestOf(two));
});

test('lookups of a camera whose recordings never become durable read no more of the log each time', async () => {
  await run(async (first) => {
    for (let n = 0; n < 3; n++) await take(first);
  });
  junk();
  await run(async ({ spool, custody }) => {
    let asked = 0;
    for (let n = 0; n < 5; n++)
      await spool.lastManifestSha256(CAMERA, async (of) => {
        asked++;
        return lastSpooled(custody, of);
      });
    expect(asked).toBeLessThan(2);
  });
});

test('the log is two behind, and what it names lies in the quarantine, readable and named by the one after it', async () => {
  const [, , three] = await run(async (first) => {
    const made = [
      await take(first),
      await take(first, { isLogged: false }),
      await take(first, { isLogged: false }),
    ] as const;
    await first.spool.quarantine(made[0].recording, 'its payload is damaged');
    return made;
  });
  junk();
  expect(named(await run(take))).toBe(digestOf(three));
});

test('the last one does not parse, and the disk refuses to set it aside', async () => {
  await run(take);
  const last = await run(take);
  disk.corrupt(`/spool/ready/${last.recording}/manifest.json`, (bytes) =>
    bytes.subarray(0, bytes.length >> 1),
  );
  disk.fail({ operation: 'rename', path: last.recording, nth: 1, times: 1, code: 'EIO' });
  expect(named(await run(take))).toBe(digestOf(last));
});

test('the last one is set aside behind 1,000 other things', async () => {
  for (let n = 0; n < 1000; n++) disk.plant(`/spool/quarantine/odd-${n}`, 'x');
  await run(take);
  const last = await run(take);
  disk.corrupt(`/spool/ready/${last.recording}/manifest.json`, (bytes) =>
    bytes.subarray(0, bytes.length >> 1),
  );
  expect(named(await run(take))).toBe(digestOf(last));
});
