// Loaded into an agent before it begins: how late each of many short timers of its main thread is. The agent's own figure is the longest time of a
// minute, which says nothing of how often. SIGUSR2 begins, the second one writes what was seen into the file BENCH_LOOP_FILE.
import { renameSync, writeFileSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';
import type { Look } from './held-up.ts';
import { monotonicMs } from './monotonic.ts';

/** Between two looks: what is held up for less is not seen. */
const PERIOD_MS = 5;
/** An hour and a half. */
const LOOKS_MAX = 1_000_000;

function watch(file: string): void {
  const looks: Look[] = [];
  let isOver = false;
  const look = (dueMs: number): void => {
    const atMs = monotonicMs();
    if (looks.length < LOOKS_MAX) looks.push([atMs, Math.max(0, atMs - dueMs)]);
    if (!isOver) setTimeout(look, PERIOD_MS, monotonicMs() + PERIOD_MS).unref();
  };
  process.once('SIGUSR2', () => {
    setTimeout(look, PERIOD_MS, monotonicMs() + PERIOD_MS).unref();
    process.once('SIGUSR2', () => {
      isOver = true;
      writeFileSync(`${file}.new`, JSON.stringify(looks));
      renameSync(`${file}.new`, file);
    });
  });
}

const file = process.env['BENCH_LOOP_FILE'];
if (isMainThread && file !== undefined) watch(file);
