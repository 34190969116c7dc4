// Tries one thing after the other in threads, so that all cores work and what a try leaves in memory ends with its thread.
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import type { Worker } from 'node:worker_threads';
import { isQuick } from './quick.ts';

/** Other suites run beside them in CI. */
const LANES = isQuick ? 1 : availableParallelism();

/**
 * Each of `tries` is taken by one thread, which answers one message with one; `note` hears of each with its verdict, and ends it all by false.
 * Errors: a thread ended by itself.
 */
export async function tryInThreads<Try, Verdict>(
  start: () => Worker,
  tries: Iterable<Try>,
  note: (tried: Try, verdict: Verdict) => boolean,
): Promise<void> {
  const left = tries[Symbol.iterator]();
  const state = { isOver: false };
  const work = async (): Promise<void> => {
    const worker = start();
    try {
      for (let next = left.next(); next.done !== true && !state.isOver; next = left.next()) {
        worker.postMessage(next.value, []);
        const [verdict] = (await once(worker, 'message')) as [Verdict];
        if (!note(next.value, verdict)) state.isOver = true;
      }
    } finally {
      await worker.terminate();
    }
  };
  await Promise.all(Array.from({ length: LANES }, work));
}
