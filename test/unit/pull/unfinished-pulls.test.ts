// What is kept of pulls that broke off, for how long, and what gives way.
import { expect, test } from 'vitest';
import { UnfinishedPulls, type OpenPull, type PulledFile } from '../../../agent/pull/unfinished-pulls.ts';
import type { Sealing } from '../../../agent/seal/bulk.ts';
import type { Staging } from '../../../agent/spool/spool.ts';
import { makeRecordingId, parseCameraId } from '../../../protocol/format/ids.ts';
import { nodeRandom } from '../../../agent/platform/random-node.ts';
import { ManualClock } from '../../fakes/clock-manual.ts';
import { MemoryLog } from '../../fakes/log-memory.ts';

const random = nodeRandom();
const DAY_MS = 86_400_000;
const GIB = 1024 ** 3;

const file: PulledFile = {
  camera: parseCameraId('cam-1'),
  serial: 'A-1',
  pathSha256: '1'.repeat(64),
  sizeBytes: 100,
  modifiedAt: '2026-11-25T08:00:00.000Z',
};
const other = (number: number): PulledFile => ({ ...file, pathSha256: `${number}`.padStart(64, '0') });

/** Pulls whose ends are noted. */
function holder() {
  const clock = new ManualClock();
  const gone: string[] = [];
  const unfinished = new UnfinishedPulls({
    spool: { discard: async ({ recording }) => void gone.push(`discarded ${recording}`) },
    clock,
    log: new MemoryLog(),
  });
  const pull = (positionBytes = 1): OpenPull => {
    const recording = makeRecordingId(random);
    const abort = async (): Promise<void> => void gone.push(`aborted ${recording}`);
    const sealing = { positionBytes, abort } as Partial<Sealing> as Sealing;
    return { recording, staging: { recording } as Staging, sealing, joints: [] };
  };
  return { clock, gone, unfinished, pull };
}
const ends = ({ recording }: OpenPull): string[] => [`aborted ${recording}`, `discarded ${recording}`];

test('what was begun is taken up once, by the same file', async () => {
  const { unfinished, pull, gone, clock } = holder();
  const begun = pull();
  await unfinished.keep(file, begun);
  expect(unfinished.has(file)).toBe(true);
  expect(await unfinished.takeUp(other(1))).toBeUndefined();
  expect(await unfinished.takeUp({ ...file })).toBe(begun);
  expect(await unfinished.takeUp(file)).toBeUndefined();
  await clock.advance(2 * DAY_MS);
  expect(gone).toEqual([]);
});

test.each([{ serial: 'A-2' }, { serial: null }, { sizeBytes: 101 }, { modifiedAt: null }])(
  'a file with %j in place of what it had is another one: what was begun is given up',
  async (change) => {
    const { unfinished, pull, gone } = holder();
    const begun = pull();
    await unfinished.keep(file, begun);
    expect(await unfinished.takeUp({ ...file, ...change })).toBeUndefined();
    expect(gone).toEqual(ends(begun));
    expect(unfinished.has(file)).toBe(false);
  },
);

test('it is kept for a day', async () => {
  const { unfinished, pull, gone, clock } = holder();
  const begun = pull();
  await unfinished.keep(file, begun);
  await clock.advance(DAY_MS - 1);
  expect(gone).toEqual([]);
  await clock.advance(1);
  expect(gone).toEqual(ends(begun));
});

test('the oldest gives way to a ninth, to 32 GiB, to whoever needs its space, and to a new one of its file', async () => {
  const { unfinished, pull, gone } = holder();
  const pulls = Array.from({ length: 9 }, () => pull());
  for (const [at, each] of pulls.entries()) await unfinished.keep(other(at), each);
  const [first, second, third] = pulls;
  if (first === undefined || second === undefined || third === undefined) throw new Error('there are nine');
  expect(gone).toEqual(ends(first));
  expect(await unfinished.dropOldest()).toBe(true);
  expect(gone.slice(2)).toEqual(ends(second));
  await unfinished.keep(other(2), pull());
  expect(gone.slice(4)).toEqual(ends(third));
  gone.length = 0;
  const large = pull(40 * GIB);
  await unfinished.keep(file, large);
  expect(gone).toHaveLength(2 * 7); // it alone is left
  expect(await unfinished.takeUp(file)).toBe(large);
  expect(await unfinished.dropOldest()).toBe(false);
});

test('one without a byte is not kept, and none once the station ends', async () => {
  const { unfinished, pull, gone } = holder();
  const [empty, kept, late] = [pull(0), pull(), pull()];
  await unfinished.keep(other(1), empty);
  expect(gone).toEqual(ends(empty));
  await unfinished.keep(other(2), kept);
  await unfinished.close();
  await unfinished.keep(other(3), late);
  expect(gone).toEqual([...ends(empty), ...ends(kept), ...ends(late)]);
});
