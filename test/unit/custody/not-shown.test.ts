// A segment that the disk does not show, for a moment or for good: cameras are cleared all the same, and nothing is signed that it might
// contradict.
import { beforeEach, expect, test } from 'vitest';
import type { CustodyLog } from '../../../agent/custody/custody-log.ts';
import { ITEM } from '../../../agent/custody/ledger.ts';
import { endCutOff } from '../../../agent/records/cut-off.ts';
import { UNMEASURED } from '../../../agent/records/ended-docking.ts';
import type { CustodyEvent } from '../../../protocol/custody/custody-entry.ts';
import {
  makeDockingId,
  makeRecordingId,
  parseRecordingId,
  type CameraId,
  type DockingId,
} from '../../../protocol/format/ids.ts';
import type { CrashDisk } from '../../fakes/files-crash.ts';
import { seededRandom } from '../../fakes/random-seeded.ts';
import { openingOf } from '../records/life.ts';
import { STATION } from '../spool/scenario.ts';
import { FOLDER, logDisk, openLog } from './custody-scenario.ts';

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
const recorded = (docking: DockingId): CustodyEvent => ({
  event: 'docking-recorded',
  facts: { docking, record: docking, sha256: 'a'.repeat(64), part: 1, parts: 1 },
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

/** The log as a start finds it that is not shown the n-th of its segments, and that no index tells of it. */
async function reopened(custody: CustodyLog, nth: number): Promise<CustodyLog> {
  await custody.close();
  hide(custody, nth);
  return (await openLog(disk, ++runs)).custody;
}

/** The n-th segment, counted from 0, cannot be opened so many times in a row. */
function hide(custody: CustodyLog, nth: number, times = Number.POSITIVE_INFINITY, code = 'EISDIR'): void {
  const { segment = '' } = custody.segments()[nth] ?? {};
  disk.fail({ operation: 'open', path: `${segment}.jsonl`, nth: 1, times, code });
}

test('what a segment says that is not shown to a start the ledger lacks; a refusal or two change nothing', async () => {
  const [one, two, three] = [1, 2, 3].map(() => makeRecordingId(random));
  if (!one || !two || !three) throw new Error('three recordings are needed');
  const receipted = (recording: string): CustodyEvent[] => [
    { event: 'receipted', facts: { recording, receipt_sha256: 'b'.repeat(64) } },
  ];
  const entered = (custody: CustodyLog): boolean[] =>
    [one, two, three].map((recording) => custody.isEntered(recording, ITEM.receipted));
  const custody = await logOf(receipted(one), receipted(two), receipted(three));
  await custody.close();
  hide(custody, 1, 2);
  const shown = (await openLog(disk, ++runs)).custody;
  expect(entered(shown)).toEqual([true, true, true]);
  disk.heal();
  const hidden = await reopened(shown, 1);
  expect(entered(hidden)).toEqual([true, false, true]);
  expect(hidden.isWhole).toBe(false);
});

test('want of file handles is no answer', async () => {
  const custody = await logOf([], []);
  await custody.close();
  hide(custody, 0, 1, 'EMFILE');
  await expect(openLog(disk, ++runs)).rejects.toMatchObject({ code: 'EMFILE' });
});

/** What is made of a docking of which a journal is here. */
function ending(custody: CustodyLog, docking: DockingId): ReturnType<typeof endCutOff> {
  const spool = { stateOf: () => undefined, ofDocking: () => Promise.resolve([]) };
  const opening = { ...openingOf({ docking, recordings: [], further: 0 }), ...UNMEASURED };
  return endCutOff({ station: STATION, custody, spool }, { docking, opening, inventory: undefined });
}

test('what became of a docking is not said where the log is not shown any more', async () => {
  const docking = makeDockingId(random);
  const custody = await logOf([docked(docking)], [], []);
  hide(custody, 1);
  const spool = { stateOf: () => undefined, ofDocking: () => Promise.resolve([]) };
  const open = {
    docking,
    opening: { ...openingOf({ docking, recordings: [], further: 0 }), ...UNMEASURED },
    inventory: undefined,
  };
  await expect(endCutOff({ station: STATION, custody, spool }, open)).rejects.toMatchObject({
    code: 'EISDIR',
  });
});

test('whether a docking was recorded a start does not say that was not shown it, and the next one does', async () => {
  const docking = makeDockingId(random);
  const record = parseRecordingId(docking);
  const custody = await reopened(await logOf([docked(docking)], [recorded(docking)], []), 1);
  expect(custody.apart).toHaveLength(1);
  expect(custody.isWhole).toBe(false);
  expect(custody.isEntered(record, ITEM.recorded)).toBe(false);
  await custody.close();
  disk.heal();
  const next = (await openLog(disk, ++runs)).custody;
  expect(next.isWhole).toBe(true);
  expect(next.ledger.recorded.has(docking)).toBe(true);
  expect([...next.ledger.dockings]).toEqual([]);
});

test('what is damaged from its first line on tells of records, and of nothing else', async () => {
  const [docking, begun] = [makeDockingId(random), makeDockingId(random)];
  const opened = await logOf([docked(docking)], [recorded(docking), docked(begun)], []);
  await opened.close();
  const { segment = '' } = opened.segments()[1] ?? {};
  const path = `${FOLDER}/${segment}.jsonl`;
  const bytes = Buffer.from(disk.tree(FOLDER).get(path) ?? []);
  bytes[5] = 0x21;
  disk.plant(path, bytes);
  const { custody } = await openLog(disk, ++runs);
  expect(custody.segments().map((each) => each.segment)).not.toContain(segment);
  expect(custody.apart).toEqual([segment]);
  expect(custody.ledger.recorded.has(docking)).toBe(true);
  expect(custody.ledger.dockings.has(begun)).toBe(false);
  expect(await ending(custody, docking)).toEqual({ kind: 'recorded' });
  expect(await ending(custody, begun)).toMatchObject({ kind: 'ended' });
});
