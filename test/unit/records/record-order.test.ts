// Records go in the order of their chain, however the wall clock stood: what is left tells a start which docking came last.
import { beforeEach, expect, test } from 'vitest';
import { RecordChain } from '../../../agent/records/record-chain.ts';
import type { EndedDocking } from '../../../agent/records/ended-docking.ts';
import type { StoredRecord } from '../../../agent/records/stored-record.ts';
import { makeDockingId } from '../../../protocol/format/ids.ts';
import type { CrashDisk } from '../../fakes/files-crash.ts';
import { seededRandom } from '../../fakes/random-seeded.ts';
import { CAMERA, freshDisk } from '../spool/scenario.ts';
import {
  endedOf,
  inventoryOf,
  openDockings,
  openingOf,
  plan,
  receiptRecord,
  type OpenedDockings,
} from './life.ts';

/** The third one began before the clock was set. */
const DOCKED_AT = ['2026-11-26T06:00:00.000Z', '2026-11-26T06:10:00.000Z', '2026-11-26T00:07:00.000Z'];
const planned = DOCKED_AT.map((_, at) => plan(at + 1, 0, 2));
let disk: CrashDisk;
/** Of the three dockings, in their order. */
let made: StoredRecord[];

const ended = (at: number): EndedDocking => ({
  ...endedOf(planned[at] ?? plan(at + 1, 0, 2)),
  docked_at: DOCKED_AT[at] ?? '2026-11-26T06:20:00.000Z',
  stay_docked_at: DOCKED_AT[at] ?? '2026-11-26T06:20:00.000Z',
});
const later = (): EndedDocking => ended(3);

/** Records of dockings that end one after the other; `parts` of all of them together, one each unless it says. */
async function record(
  { dockings }: OpenedDockings,
  all: readonly EndedDocking[],
  parts = all.length,
): Promise<StoredRecord[]> {
  const made: StoredRecord[] = [];
  let heard: () => void = () => undefined;
  dockings.start((part) => {
    made.push(part);
    if (part.facts.part === part.facts.parts) heard();
  });
  for (const each of all) {
    const recorded = new Promise<void>((resolve) => (heard = resolve));
    dockings.end(each);
    await recorded;
  }
  expect(made).toHaveLength(parts);
  return made;
}

async function opened<T>(use: (opened: OpenedDockings) => Promise<T>): Promise<T> {
  const each = await openDockings(disk, 2);
  try {
    return await use(each);
  } finally {
    await each.close();
  }
}

beforeEach(async () => {
  disk = await freshDisk();
  made = await opened(async (first) => {
    const parts = await record(first, [0, 1, 2].map(ended));
    for (const part of parts) await receiptRecord(first, part);
    return parts;
  });
});

test('one goes only once the one that it names has gone', () =>
  opened(async ({ dockings: { records } }) => {
    const [first, second] = made.map(({ recording }) => recording);
    expect(records.reclaimable().map(({ recording }) => recording)).toEqual([first, second]);
    if (first === undefined || second === undefined) throw new Error('there are three');
    expect([records.mayGo(first), records.mayGo(second)]).toEqual([true, false]);
    await expect(records.reclaim(second)).rejects.toMatchObject({ code: 'spool.not-yet' });
    await records.reclaim(first);
    expect(records.mayGo(second)).toBe(true);
    await records.reclaim(second);
    expect([...records.recordings()].map(({ recording }) => recording)).toEqual([made[2]?.recording]);
  }));

test('one whose going may not outlast a cut holds up the next one until it does', () =>
  opened(async (station) => {
    const { records } = station.dockings;
    const [first, second] = made.map(({ recording }) => recording);
    if (first === undefined || second === undefined) throw new Error('there are three');
    disk.fail({ operation: 'syncFolder', nth: 1, code: 'EIO', path: '/spool/dockings' });
    await expect(records.reclaim(first)).rejects.toMatchObject({ code: 'spool.write-failed' });
    expect(records.mayGo(second)).toBe(false);
    await record(station, [later()]); // syncs the same folder
    expect(records.mayGo(second)).toBe(true);
  }));

test('one whose way into the quarantine the disk refused holds up the next one', () =>
  opened(async ({ dockings: { records } }) => {
    const [first, second] = made.map(({ recording }) => recording);
    if (first === undefined || second === undefined) throw new Error('there are three');
    disk.fail({ operation: 'rename', nth: 1, times: 1, code: 'EIO', path: '/spool/quarantine' });
    await expect(records.quarantine(first, 'damaged')).rejects.toMatchObject({ code: 'spool.write-failed' });
    expect(records.mayGo(second)).toBe(false);
  }));

test('a docking keeps its first part until the store has all of them, and what a log tells of is no unfinished record', async () => {
  disk = await freshDisk();
  const big = plan(1, 0, 300);
  const parts = await opened(async (first) => {
    const journal = await first.dockings.begin(openingOf(big));
    await journal.inventoryTaken(inventoryOf(big));
    await journal.close();
    disk.fail({ operation: 'unlink', nth: 1, code: 'EIO', path: '/docked/' });
    const all = await record(first, [endedOf(big), endedOf(plan(2, 0, 2))], 3);
    const [one, two] = all;
    if (one === undefined || two === undefined) throw new Error('there are two parts and a third record');
    await receiptRecord(first, one);
    await expect(first.dockings.records.reclaim(one.recording)).rejects.toMatchObject({
      code: 'spool.not-yet',
    });
    await receiptRecord(first, two);
    await first.dockings.records.reclaim(one.recording);
    return [two, all[2]];
  });
  await opened(async ({ dockings: { records } }) => {
    const left = [...records.recordings()].map(({ recording }) => recording).sort();
    expect(left).toEqual(parts.map((part) => part?.recording ?? '').sort());
  });
});

test.each([0, 1, 2])(
  'behind %i that went, a start knows the newest and the next record names it',
  async (gone) => {
    await opened(async ({ dockings: { records } }) => {
      for (const { recording } of made.slice(0, gone)) await records.reclaim(recording);
    });
    await opened(async (next) => {
      expect(next.dockings.records.newest(CAMERA)?.docking).toBe(planned[2]?.docking);
      const [fourth] = await record(next, [later()]);
      expect(fourth?.facts.previousSha256).toBe(made[2]?.manifestSha256);
    });
  },
);

test('what lies in the quarantine comes behind what does not, whatever its time', () => {
  const [first, , third] = made.map(({ facts }) => facts);
  if (first === undefined || third === undefined) throw new Error('there are three');
  expect(new RecordChain([third], [first]).newest(CAMERA)?.docking).toBe(third.docking);
  expect(new RecordChain([], [first, third]).newest(CAMERA)?.docking).toBe(first.docking);
});

test("a record by the station's key of today comes before one of an earlier key, wherever it lies and whatever its time", () => {
  const [facts] = made.map((record) => record.facts);
  if (facts === undefined) throw new Error('there are three');
  const before = { ...facts, keyId: 'earlier', dockedAt: '2026-11-26T09:00:00.000Z' };
  const docking = makeDockingId(seededRandom(9));
  const first = { ...facts, docking, keyId: 'today', manifestSha256: 'f'.repeat(64) };
  expect(new RecordChain([before, first], [], 'today').newest(CAMERA)?.docking).toBe(docking);
  expect(new RecordChain([before], [first], 'today').newest(CAMERA)?.parts).toEqual([first]);
});
