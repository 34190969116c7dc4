import { beforeEach, describe, expect, test } from 'vitest';
import { DockingWatch, PullRates } from '../../../agent/dock/docking-watch.ts';
import type { TrackedEntry, WaitReason } from '../../../agent/inventory/entry.ts';
import { parseBayId } from '../../../protocol/format/ids.ts';
import { ManualClock } from '../../fakes/clock-manual.ts';
import { MemoryConditions } from '../../fakes/conditions-memory.ts';
import { listedFile, trackedEntry } from '../../fakes/tracked-entry.ts';

const MIB = 1024 * 1024;
const bay = parseBayId('bay-1');
let clock: ManualClock;
let conditions: MemoryConditions;
let rates: PullRates;

function begin(open: readonly TrackedEntry[] = []): DockingWatch {
  return new DockingWatch({
    bay,
    clock,
    conditions,
    rates,
    open: () => open,
    problems: () => 0,
    problemReason: () => null,
  });
}

/** Pulls at that rate for so many seconds. */
async function pull(watch: DockingWatch, rate: number, seconds: number, from = 0): Promise<number> {
  let bytes = from;
  for (let passed = 0; passed < seconds; passed++) {
    await clock.advance(1000);
    bytes += rate;
    watch.shows('pulling', bytes);
  }
  return bytes;
}

beforeEach(() => {
  clock = new ManualClock();
  conditions = new MemoryConditions();
  rates = new PullRates();
});

function waiting(reason: WaitReason, otherLength?: TrackedEntry['otherLength']): TrackedEntry {
  const entry = trackedEntry(listedFile('a.mp4'), { kind: 'waiting', reason });
  entry.otherLength = otherLength;
  return entry;
}

describe('files that cannot be taken', () => {
  const lengths = { listedBytes: 5, readBytes: 3 };

  test('are told with the reason of most of them, and lengths only where they are of a file with that reason', () => {
    const watch = begin([waiting('changing', lengths), waiting('unreadable'), waiting('unreadable')]);
    watch.shows('resting', 0);
    expect(conditions.facts('camera.not-taken', bay)).toEqual({ entries: 3, reason: 'unreadable' });
    watch.end();
  });

  test('of which one came with another length are told with both', () => {
    const watch = begin([waiting('unreadable'), waiting('changing'), waiting('changing', lengths)]);
    watch.shows('resting', 0);
    const told = { entries: 3, reason: 'changing', listed_bytes: 5, read_bytes: 3 };
    expect(conditions.facts('camera.not-taken', bay)).toEqual(told);
    watch.end();
  });
});

describe('a docking that is watched', () => {
  test('is stuck when nothing moves for ten minutes, and no longer once something does', async () => {
    const watch = begin();
    watch.shows('pulling', 5);
    await clock.advance(595_000);
    expect(conditions.codes()).toEqual([]);
    await clock.advance(20_000);
    expect(conditions.facts('camera.stuck', bay)).toMatchObject({ activity: 'pulling' });
    watch.shows('pulling', 6);
    expect(conditions.codes()).toEqual([]);
    watch.end();
  });

  test('is stuck in a listing that never comes, and that ends with the docking', async () => {
    const watch = begin();
    await clock.advance(620_000);
    expect(conditions.facts('camera.stuck', bay)).toMatchObject({ activity: 'reading' });
    watch.end();
    expect([conditions.codes(), clock.pending]).toEqual([[], 0]);
  });

  test('is never stuck at rest, however long the camera stays', async () => {
    const watch = begin();
    watch.shows('resting', 0);
    await clock.advance(86_400_000);
    expect(conditions.codes()).toEqual([]);
    watch.end();
  });

  test('is slow at a fifth of what its bay usually reaches, until it is as fast again', async () => {
    for (let docking = 0; docking < 3; docking++) {
      const usual = begin();
      await pull(usual, 20 * MIB, 80);
      usual.end();
    }
    const watch = begin();
    const bytes = await pull(watch, 3 * MIB, 80);
    expect(conditions.facts('camera.slow', bay)).toEqual({
      rate_bytes_per_s: expect.closeTo(3 * MIB, -5) as number,
    });
    await pull(watch, 20 * MIB, 80, bytes);
    expect(conditions.codes()).toEqual([]);
    watch.end();
  });

  test('on a serial line, where everything is slow, is not', async () => {
    for (let docking = 0; docking < 5; docking++) {
      const watch = begin();
      await pull(watch, 11_000, 80);
      watch.end();
    }
    expect(conditions.history.filter(({ facts }) => facts !== undefined)).toEqual([]);
  });
});
