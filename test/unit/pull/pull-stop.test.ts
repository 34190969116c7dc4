import { expect, test } from 'vitest';
import { PullStop } from '../../../agent/pull/pull-stop.ts';
import { ManualClock } from '../../fakes/clock-manual.ts';
import { MemoryConditions } from '../../fakes/conditions-memory.ts';
import { MemoryLog } from '../../fakes/log-memory.ts';

const HOUR_MS = 3_600_000;
const eio = Object.assign(new Error('EIO: i/o error'), { code: 'EIO' });

function rig() {
  const clock = new ManualClock();
  const conditions = new MemoryConditions();
  const disk = { isIll: true, tries: 0 };
  const tryDisk = async (): Promise<void> => {
    disk.tries++;
    if (disk.isIll) throw eio;
  };
  const stop = new PullStop({ clock, conditions, log: new MemoryLog(), tryDisk });
  /** Asks each second for so long; every recording that is admitted fails. */
  const failFor = async (ms: number): Promise<number> => {
    let admitted = 0;
    for (let passed = 0; passed < ms; passed += 1000) {
      if (await stop.admits()) {
        admitted++;
        stop.failed(eio);
      }
      await clock.advance(1000);
    }
    return admitted;
  };
  return { clock, conditions, disk, stop, failFor };
}

test('five failures in a row end pulling, and fewer do not', async () => {
  const { stop, conditions } = rig();
  for (let count = 0; count < 4; count++) stop.failed(eio);
  expect(await stop.admits()).toBe(true);
  stop.kept();
  for (let count = 0; count < 4; count++) stop.failed(eio);
  expect(await stop.admits()).toBe(true);
  expect(conditions.codes()).toEqual([]);
  stop.failed(eio);
  expect(await stop.admits()).toBe(false);
  expect(conditions.facts('spool.write-failed')).toEqual({ failures: 5, reason: 'EIO' });
});

test('as long as the disk takes no small file, no camera is read', async () => {
  const { failFor, disk } = rig();
  expect(await failFor(10 * HOUR_MS)).toBe(5);
  expect(disk.tries).toBeGreaterThan(1000);
  expect(disk.tries).toBeLessThanOrEqual((10 * HOUR_MS) / 15_000);
});

test('a disk that takes small files and no recording is tried less and less often, at least once an hour', async () => {
  const { failFor, disk } = rig();
  disk.isIll = false;
  expect(await failFor(HOUR_MS)).toBeLessThanOrEqual(5 + 6);
  const later = await failFor(24 * HOUR_MS);
  expect(later).toBeLessThanOrEqual(26);
  expect(later).toBeGreaterThanOrEqual(23);
});

test('a disk that is well again is found within half a minute, and all goes on with the first recording that is kept', async () => {
  const { clock, stop, failFor, disk, conditions } = rig();
  await failFor(HOUR_MS);
  disk.isIll = false;
  let waitedMs = 0;
  for (; !(await stop.admits()); waitedMs += 1000) await clock.advance(1000);
  expect(waitedMs).toBeLessThanOrEqual(30_000);
  expect(await stop.admits()).toBe(false);
  expect(conditions.isRaised('spool.write-failed')).toBe(true);
  stop.kept();
  expect(conditions.codes()).toEqual([]);
  expect(await stop.admits()).toBe(true);
});

test('a recording that its camera could not give is no try of the disk', async () => {
  const { clock, disk, stop, failFor } = rig();
  disk.isIll = false;
  await failFor(HOUR_MS);
  for (let count = 0; count < 10; count++) {
    while (!(await stop.admits())) await clock.advance(1000);
    const admittedMs = clock.monotonicMs();
    expect(await stop.admits()).toBe(false);
    stop.undecided();
    await clock.advance(15_000);
    expect(await stop.admits()).toBe(true);
    expect(clock.monotonicMs() - admittedMs).toBe(15_000);
    stop.undecided();
    await clock.advance(15_000);
  }
});
