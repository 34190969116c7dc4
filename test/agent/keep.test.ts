import { beforeEach, expect, test } from 'vitest';
import { Keep } from '../../agent/keep.ts';
import type { SpooledRecording } from '../../agent/spool/spool.ts';
import { DockError } from '../../protocol/errors.ts';
import { parseRecordingId } from '../../protocol/ids.ts';
import { ManualClock } from '../fakes/clock-manual.ts';
import { MemoryCustody } from '../fakes/custody-memory.ts';
import { MemoryLog } from '../fakes/log-memory.ts';

const recording = parseRecordingId('abcdefghijklmnopqrstuvwxya');
const KEEP_MS = 10_000;

let clock: ManualClock;
let held: { recording: typeof recording; state: SpooledRecording['state'] };
let fails: DockError | undefined;
let again: string[];
beforeEach(() => {
  clock = new ManualClock();
  held = { recording, state: 'receipted' };
  fails = undefined;
  again = [];
});

function keep(custody = new MemoryCustody()): Keep {
  const known = held as SpooledRecording;
  return new Keep({
    spool: {
      recordings: () => [known].values(),
      get: () => known,
      reclaim: async () => {
        if (fails?.code === 'spool.not-receipted') held.state = 'spooled';
        if (fails !== undefined) throw fails;
        held.state = 'released';
      },
    },
    custody,
    clock,
    log: new MemoryLog(),
    keepMs: KEEP_MS,
    onUnreceipted: (spooled) => again.push(spooled.recording),
  });
}

test('a copy is removed once it was kept long enough', async () => {
  const kept = keep();
  kept.start();
  const ending = new AbortController();
  const running = kept.run(ending.signal);
  await clock.advance(KEEP_MS - 1);
  expect(held.state).toBe('receipted');
  await clock.advance(60_000);
  expect(held.state).toBe('released');
  ending.abort(new Error('ended'));
  await running;
});

test('a recording whose stored receipt does not stand is pushed again', async () => {
  const kept = keep();
  kept.start();
  fails = new DockError('spool.not-receipted', 'its receipt does not stand', { retry: 'later' });
  await kept.makeRoom();
  expect(again).toEqual([recording]);
});

test('a copy that could not be removed is tried again later', async () => {
  const kept = keep();
  kept.start();
  fails = new DockError('spool.write-failed', 'the disk is read-only', { retry: 'later' });
  expect(await kept.makeRoom()).toBe(false);
  fails = undefined;
  expect(await kept.makeRoom()).toBe(true);
  expect(held.state).toBe('released');
});

test('a copy that was removed makes room although the log took no entry of it', async () => {
  const custody = new MemoryCustody();
  custody.append = () => {
    throw new DockError('custody.overrun', 'too much waits', { retry: 'later' });
  };
  const kept = keep(custody);
  kept.start();
  expect(await kept.makeRoom()).toBe(true);
});
