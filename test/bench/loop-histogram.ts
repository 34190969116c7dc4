// Loaded into an agent before it begins: how long its main thread is held up, as a histogram. The agent's own figure is the longest time of a
// minute, which says nothing of how often. SIGUSR2 begins to count, the second one writes what was counted into the file BENCH_LOOP_FILE.
import { renameSync, writeFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { isMainThread } from 'node:worker_threads';

/** Between two looks: what is held up for less is not seen, and each look's own wait is in what Node counts. */
const RESOLUTION_MS = 5;
const NS_PER_MS = 1e6;

/** As it stands in the file. */
export interface LoopHeldUp {
  readonly looks: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
  readonly longestMs: number;
}

function watch(file: string): void {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  const lateMs = (ns: number): number => Math.max(0, ns / NS_PER_MS - RESOLUTION_MS);
  process.once('SIGUSR2', () => {
    histogram.enable();
    process.once('SIGUSR2', () => {
      histogram.disable();
      const found: LoopHeldUp = {
        looks: histogram.count,
        p50Ms: lateMs(histogram.percentile(50)),
        p99Ms: lateMs(histogram.percentile(99)),
        p999Ms: lateMs(histogram.percentile(99.9)),
        longestMs: lateMs(histogram.max),
      };
      writeFileSync(`${file}.new`, JSON.stringify(found));
      renameSync(`${file}.new`, file);
    });
  });
}

const file = process.env['BENCH_LOOP_FILE'];
if (isMainThread && file !== undefined) watch(file);
