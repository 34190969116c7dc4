// Whoever waits for a checkpoint with patience shares the one that somebody else makes: each costs two signatures and a sync.
import { describe, expect, test } from 'vitest';
import { settle, type ManualClock } from '../../fakes/clock-manual.ts';
import type { CrashDisk } from '../../fakes/files-crash.ts';
import { eventsOn, logDisk, numbered, numbersOn, openLog } from './custody-scenario.ts';

const PATIENCE_MS = 200;
const cut = (disk: CrashDisk): CrashDisk => disk.crash(disk.steps, 'nothing');

/** What became of a wait. */
function watched(waiting: Promise<void>): { state: 'waits' | 'durable' | 'failed' } {
  const seen: { state: 'waits' | 'durable' | 'failed' } = { state: 'waits' };
  waiting.then(
    () => (seen.state = 'durable'),
    () => (seen.state = 'failed'),
  );
  return seen;
}

describe('a patient wait', () => {
  test('makes no group of its own where somebody else makes one', async () => {
    const disk = logDisk();
    const { custody, clock } = await openLog(disk, 1);
    const before = eventsOn(cut(disk), 'checkpoint').length;
    custody.append(numbered(1));
    const patient = watched(custody.checkpoint(PATIENCE_MS));
    await clock.advance(PATIENCE_MS - 1);
    await settle(20);
    expect(patient.state).toBe('waits');
    custody.append(numbered(2));
    await custody.checkpoint();
    await settle(5);
    expect(patient.state).toBe('durable');
    await clock.advance(5000);
    expect(eventsOn(cut(disk), 'checkpoint')).toHaveLength(before + 1);
    expect(numbersOn(cut(disk))).toEqual([1, 2]);
  });

  test('ends with its patience where nobody else comes, long before the second in which a group closes by itself', async () => {
    const disk = logDisk();
    const { custody, clock } = await openLog(disk, 1);
    custody.append(numbered(1));
    const patient = watched(custody.checkpoint(PATIENCE_MS));
    await clock.advance(PATIENCE_MS);
    await settle(20);
    expect(patient.state).toBe('durable');
    expect(numbersOn(cut(disk))).toEqual([1]);
  });

  /** One group that is being written, and a patient wait for what came behind it. */
  async function behindGroup(
    waitedMs: number,
  ): Promise<{ disk: CrashDisk; clock: ManualClock; state: () => string }> {
    const disk = logDisk();
    const { custody, clock } = await openLog(disk, 1);
    custody.append(numbered(1));
    const urgent = custody.checkpoint();
    await Promise.resolve();
    await Promise.resolve(); // its events are taken by now
    custody.append(numbered(2));
    const patient = watched(custody.checkpoint(PATIENCE_MS));
    const passing = clock.advance(waitedMs);
    await urgent;
    await passing;
    await settle(20);
    return { disk, clock, state: () => patient.state };
  }

  test('begun while another group is written ends with its patience', async () => {
    const { disk, clock, state } = await behindGroup(0);
    await clock.advance(PATIENCE_MS - 1);
    await settle(20);
    expect(state()).toBe('waits');
    await clock.advance(1);
    await settle(20);
    expect(state()).toBe('durable');
    expect(numbersOn(cut(disk))).toEqual([1, 2]);
  });

  test('whose patience ends while another group is written ends right behind that', async () => {
    const { disk, clock, state } = await behindGroup(PATIENCE_MS);
    await clock.advance(0);
    await settle(20);
    expect(state()).toBe('durable');
    expect(numbersOn(cut(disk))).toEqual([1, 2]);
  });

  test('is told of a failure like all others, and what it waits for is written with the rest', async () => {
    const disk = logDisk();
    const { custody, clock } = await openLog(disk, 1);
    disk.fail({ operation: 'write', nth: 1, code: 'EIO', times: Number.POSITIVE_INFINITY });
    custody.append(numbered(1));
    const patient = watched(custody.checkpoint(PATIENCE_MS));
    await clock.advance(PATIENCE_MS);
    await settle(20);
    expect(patient.state).toBe('failed');
    disk.heal();
    await clock.advance(30_000);
    await settle(20);
    expect(numbersOn(cut(disk))).toEqual([1]);
  });

  test('begun while the log is being closed ends with that', async () => {
    const disk = logDisk();
    const { custody } = await openLog(disk, 1);
    custody.append(numbered(1));
    const closing = custody.close();
    await Promise.resolve();
    await Promise.resolve();
    custody.append(numbered(2));
    const patient = watched(custody.checkpoint(PATIENCE_MS));
    await closing;
    await settle(20);
    expect(patient.state).toBe('durable');
    expect(numbersOn(cut(disk))).toEqual([1, 2]);
  });

  test('ends with a log that is closed', async () => {
    const disk = logDisk();
    const { custody } = await openLog(disk, 1);
    custody.append(numbered(1));
    const patient = watched(custody.checkpoint(PATIENCE_MS));
    await custody.close();
    await settle(5);
    expect(patient.state).toBe('durable');
    expect(numbersOn(cut(disk))).toEqual([1]);
  });
});

test('what comes while a disk takes nothing does not make its tries more frequent', async () => {
  const disk = logDisk();
  const { custody, clock } = await openLog(disk, 1);
  disk.fail({ operation: 'write', nth: 1, code: 'EIO', times: Number.POSITIVE_INFINITY });
  custody.append(numbered(1));
  await expect(custody.checkpoint()).rejects.toMatchObject({ code: 'custody.write-failed' });
  for (let second = 0; second < 120; second++) await clock.advance(1000); // pauses are long by now
  const before = disk.calls('create');
  for (let second = 0; second < 60; second++) {
    custody.append(numbered(second + 2));
    await custody.checkpoint(PATIENCE_MS).catch(() => undefined);
    await clock.advance(1000);
    await settle(5);
  }
  expect(disk.calls('create') - before).toBeLessThanOrEqual(3 * 2); // each try is one, and one more in a new segment
});
