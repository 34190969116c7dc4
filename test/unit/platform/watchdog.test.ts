import assert from 'node:assert/strict';
import { describe, test } from 'vitest';
import { startWatchdog } from '../../../agent/platform/service-manager.ts';
import { DISK_STUCK_MS, watchedFiles } from '../../../agent/platform/watched-calls.ts';
import type { Files, OpenFile } from '../../../protocol/format/ports.ts';
import { Progress } from '../../../protocol/format/progress.ts';
import { ManualClock, settle } from '../../fakes/clock-manual.ts';

const WATCHDOG_MS = 30_000;

/** A clock, a service manager that counts what it hears, and a process that it watches. */
function watched(): {
  clock: ManualClock;
  progress: Progress;
  alive: () => number;
  said: string[];
  stop: () => void;
} {
  const clock = new ManualClock();
  const progress = new Progress(clock);
  const said: string[] = [];
  const log = { error: (text: string) => said.push(text), info: (text: string) => said.push(text) };
  let alive = 0;
  const manager = { watchdogMs: WATCHDOG_MS, alive: () => void alive++ };
  const stop = startWatchdog({ manager, progress, clock, log });
  return { clock, progress, alive: () => alive, said, stop };
}

/** A disk each of whose calls takes that long. */
function slowFiles(clock: ManualClock, ms: number): Files {
  const pause = (): Promise<void> => clock.sleep(ms, new AbortController().signal);
  const file: Partial<OpenFile> = { write: pause, sync: pause, close: pause };
  return {
    create: async () => (await pause(), file as OpenFile),
    syncFolder: pause,
  } as Partial<Files> as Files;
}

describe('the watchdog', () => {
  test('an idle process says that it is alive three times within the time, for ever', async () => {
    const { clock, alive } = watched();
    await clock.advance(WATCHDOG_MS * 100);
    assert.equal(alive(), 301);
  });

  test('a call of the disk that never ends stops the word, and its end brings it back', async () => {
    const { clock, progress, alive, said } = watched();
    let end: () => void = () => undefined;
    const source = progress.source('spool', DISK_STUCK_MS);
    void source.during(new Promise<void>((resolve) => (end = resolve)));
    await clock.advance(DISK_STUCK_MS);
    const before = alive();
    await clock.advance(WATCHDOG_MS * 10);
    assert.equal(alive(), before);
    end();
    await settle();
    await clock.advance(WATCHDOG_MS);
    assert.equal(alive(), before + 3);
    assert.equal(said.length, 2, said.join());
  });

  test('a disk on which each write takes 2 s is slow and not stuck, also behind a call that is stuck no longer than allowed', async () => {
    const { clock, progress, alive } = watched();
    const files = watchedFiles(slowFiles(clock, 2000), progress.source('spool', DISK_STUCK_MS));
    const work = (async () => {
      const file = await files.create('/spool/payload.age');
      for (let at = 0; at < 500; at++) await file.write(new Uint8Array(1), at);
      await file.sync();
      await file.close();
      await files.syncFolder('/spool');
    })();
    await clock.advance(1_008_000);
    await work;
    assert.equal(alive(), 101);
  });

  test('much that moves does not hide one write that hangs', async () => {
    const { clock, progress, alive } = watched();
    const source = progress.source('spool', DISK_STUCK_MS);
    const hanging = watchedFiles(slowFiles(clock, 10 * DISK_STUCK_MS), source);
    const quick = watchedFiles(slowFiles(clock, 1000), source);
    void hanging.syncFolder('/spool');
    const beside = (async () => {
      for (let at = 0; at < 1000; at++) await quick.syncFolder('/spool');
    })();
    await clock.advance(DISK_STUCK_MS + WATCHDOG_MS);
    const before = alive();
    await clock.advance(WATCHDOG_MS * 5);
    assert.equal(alive(), before);
    await clock.advance(1_000_000);
    await beside;
  });

  test('a call that fails is not stuck, and its error comes as it is', async () => {
    const { clock, progress, alive } = watched();
    const failure = new Error('EIO');
    await assert.rejects(progress.source('spool', 1).during(Promise.reject(failure)), failure);
    await clock.advance(WATCHDOG_MS);
    assert.equal(alive(), 4);
  });

  test('nothing is said where nobody waits for it, and no more once it was stopped', async () => {
    const { clock, progress, alive, stop } = watched();
    let heard = 0;
    const nobody = { watchdogMs: null, alive: () => void heard++ };
    const log = { error: () => undefined, info: () => undefined };
    startWatchdog({ manager: nobody, progress, clock, log });
    stop();
    await clock.advance(WATCHDOG_MS);
    assert.deepEqual([alive(), heard], [1, 0]);
  });
});
