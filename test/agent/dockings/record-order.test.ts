// Records go in the order of their chain, however the wall clock stood: what is left tells a start which docking came last.
import { beforeEach, expect, test } from 'vitest';
import { RecordChain } from '../../../agent/dockings/record-chain.ts';
import type { StoredRecord } from '../../../agent/dockings/stored-record.ts';
import type { CrashDisk } from '../../fakes/files-crash.ts';
import { CAMERA, freshDisk } from '../spool/scenario.ts';
import { endedOf, openDockings, plan, receiptRecord, type OpenedDockings } from './life.ts';

/** The third one began before the clock was set. */
const DOCKED_AT = ['2026-11-26T06:00:00.000Z', '2026-11-26T06:10:00.000Z', '2026-11-26T00:07:00.000Z'];
const planned = DOCKED_AT.map((_, at) => plan(at + 1, 0, 2));
let disk: CrashDisk;
/** Of the three dockings, in their order. */
let made: StoredRecord[];

async function record(opened: OpenedDockings, count: number, from = 0): Promise<StoredRecord[]> {
  const parts: StoredRecord[] = [];
  let heard: () => void = () => undefined;
  opened.dockings.start((part) => {
    parts.push(part);
    heard();
  });
  for (let at = 0; at < count; at++) {
    const one = planned[from + at] ?? plan(from + at + 1, 0, 2);
    const recorded = new Promise<void>((resolve) => (heard = resolve));
    opened.dockings.end({ ...endedOf(one), docked_at: DOCKED_AT[from + at] ?? '2026-11-26T06:20:00.000Z' });
    await recorded;
  }
  return parts;
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
    const parts = await record(first, 3);
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
    await expect(records.reclaim(second)).rejects.toMatchObject({ code: 'spool.not-receipted' });
    await records.reclaim(first);
    expect(records.mayGo(second)).toBe(true);
    await records.reclaim(second);
    expect([...records.recordings()].map(({ recording }) => recording)).toEqual([made[2]?.recording]);
  }));

test('one whose going may not outlast a cut holds up the next one', () =>
  opened(async ({ dockings: { records } }) => {
    const [first, second] = made.map(({ recording }) => recording);
    if (first === undefined || second === undefined) throw new Error('there are three');
    disk.fail({ operation: 'syncFolder', nth: 1, code: 'EIO', path: '/spool/dockings' });
    await expect(records.reclaim(first)).rejects.toMatchObject({ code: 'spool.write-failed' });
    expect(records.mayGo(second)).toBe(false);
  }));

test.each([0, 1, 2])(
  'behind %i that went, a start knows the newest and the next record names it',
  async (gone) => {
    await opened(async ({ dockings: { records } }) => {
      for (const { recording } of made.slice(0, gone)) await records.reclaim(recording);
    });
    await opened(async (next) => {
      expect(next.dockings.records.newest(CAMERA)?.docking).toBe(planned[2]?.docking);
      const [fourth] = await record(next, 1, 3);
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
