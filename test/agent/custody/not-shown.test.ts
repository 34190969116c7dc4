// A segment that the disk does not show, for a moment or for good: whoever searches the log goes on with the others, and enters nothing that
// another signed document could contradict.
import { beforeEach, expect, test } from 'vitest';
import type { CustodyLog } from '../../../agent/custody/custody-log.ts';
import { endCutOff } from '../../../agent/dockings/cut-off.ts';
import { UNMEASURED } from '../../../agent/dockings/ended-docking.ts';
import { lastRecorded, unrecordedDockings, visitDocking } from '../../../agent/dockings/docking-log.ts';
import type { CustodyEvent } from '../../../protocol/custody-entry.ts';
import { makeDockingId, makeRecordingId, type CameraId, type DockingId } from '../../../protocol/ids.ts';
import type { CrashDisk } from '../../fakes/files-crash.ts';
import { seededRandom } from '../../fakes/random-seeded.ts';
import { openingOf } from '../dockings/life.ts';
import { STATION } from '../spool/scenario.ts';
import { logDisk, openLog } from './custody-scenario.ts';

const random = seededRandom(77);
const CAMERA = 'cam-1' as CameraId;

let disk: CrashDisk;
let runs: number;
beforeEach(() => {
  disk = logDisk();
  runs = 0;
});

const docked = (docking: DockingId): CustodyEvent => ({
  event: 'docked',
  facts: { bay: 'bay-1', camera: CAMERA, docking },
});
const recorded = (docking: DockingId, sha256 = 'a'.repeat(64)): CustodyEvent => ({
  event: 'docking-recorded',
  facts: { docking, record: docking, sha256, part: 1, parts: 1 },
});

/** A segment for each list of events; the log as the next run sees it. */
async function logOf(...segments: readonly (readonly CustodyEvent[])[]): Promise<CustodyLog> {
  for (const events of segments) {
    const { custody } = await openLog(disk, ++runs);
    for (const event of events) custody.append(event);
    await custody.close();
  }
  const { custody } = await openLog(disk, ++runs);
  return custody;
}

/** The n-th segment, counted from 0, cannot be opened so many times in a row. */
function hide(custody: CustodyLog, nth: number, times = Number.POSITIVE_INFINITY, code = 'EISDIR'): void {
  const { segment = '' } = custody.segments()[nth] ?? {};
  disk.fail({ operation: 'open', path: `${segment}.jsonl`, nth: 1, times, code });
}

test('what is missing is what the others do not name; a refusal or two change nothing', async () => {
  const [one, two, three] = [1, 2, 3].map(() => makeRecordingId(random));
  if (!one || !two || !three) throw new Error('three recordings are needed');
  const receipted = (recording: string): CustodyEvent[] => [
    { event: 'receipted', facts: { recording, receipt_sha256: 'b'.repeat(64) } },
  ];
  const custody = await logOf(receipted(one), receipted(two), receipted(three));
  hide(custody, 1, 2);
  expect(await custody.withoutReceiptedEntry([one, two, three])).toEqual([]);
  disk.heal();
  hide(custody, 1);
  expect(await custody.withoutReceiptedEntry([one, two, three])).toEqual([two]);
});

test('want of file handles is no answer', async () => {
  const custody = await logOf([], []);
  hide(custody, 0, 1, 'EMFILE');
  await expect(custody.withoutSpooledEntry([makeRecordingId(random)])).rejects.toMatchObject({
    code: 'EMFILE',
  });
  disk.heal();
  hide(custody, 0, 1, 'EMFILE');
  await expect(visitDocking(custody, makeDockingId(random), () => undefined)).rejects.toMatchObject({
    code: 'EMFILE',
  });
});

test('a docking that began before it may have its record in it, one behind it has none', async () => {
  const [before, behind] = [makeDockingId(random), makeDockingId(random)];
  const custody = await logOf([docked(before)], [recorded(before)], [docked(behind)]);
  expect(await unrecordedDockings(custody)).toMatchObject([{ docking: behind }]);
  hide(custody, 1);
  expect(await unrecordedDockings(custody)).toMatchObject([{ docking: behind }]);
});

test('the last record of a camera is one behind it, or not known', async () => {
  const [older, newer] = [makeDockingId(random), makeDockingId(random)];
  const custody = await logOf(
    [docked(older), recorded(older, '1'.repeat(64))],
    [docked(newer), recorded(newer, '2'.repeat(64))],
  );
  hide(custody, 0);
  expect(await lastRecorded(custody, CAMERA)).toMatchObject({ docking: newer, sha256: '2'.repeat(64) });
  disk.heal();
  hide(custody, 1);
  expect(await lastRecorded(custody, CAMERA)).toBeUndefined();
});

test('what the others tell of a docking is told, and that it may not be all', async () => {
  const docking = makeDockingId(random);
  const custody = await logOf([docked(docking)], [], [recorded(docking)]);
  const visited = async (): Promise<{ isWhole: boolean; events: string[] }> => {
    const events: string[] = [];
    const isWhole = await visitDocking(custody, docking, ({ event }) => events.push(event));
    return { isWhole, events };
  };
  expect(await visited()).toEqual({ isWhole: true, events: ['docked', 'docking-recorded'] });
  hide(custody, 0);
  expect(await visited()).toEqual({ isWhole: false, events: ['docking-recorded'] });
});

test('a docking without a journal whose beginning may stand in it waits, one with a journal is recorded', async () => {
  const docking = makeDockingId(random);
  const custody = await logOf([docked(docking)]);
  const spool = { stateOf: () => undefined, ofDocking: () => Promise.resolve([]) };
  const deps = { station: STATION, custody, spool };
  const open = { docking, opening: undefined, inventory: undefined };
  hide(custody, 0);
  await expect(endCutOff(deps, open)).rejects.toMatchObject({ code: 'custody.not-shown' });
  const opening = { ...openingOf({ docking, recordings: [], further: 0 }), ...UNMEASURED };
  expect(await endCutOff(deps, { ...open, opening })).toMatchObject({ kind: 'ended', ended: { docking } });
});
