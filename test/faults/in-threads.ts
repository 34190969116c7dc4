// Tries one thing after the other in threads, so that all cores work and what a try leaves in memory ends with its thread.
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import type { Worker } from 'node:worker_threads';
import { pause } from '../fakes/until.ts';
import { isQuick } from './quick.ts';

/** Other suites run beside them in CI. */
const LANES = isQuick ? 1 : availableParallelism();

/** The last message to a thread. */
export const OVER = 'over';
/** What a thread has to put away it has put away within so long. */
const END_MS = 20_000;

/**
 * Each of `tries` is taken by one thread, which answers one message with one, and ends at `OVER`; `note` hears of each with its verdict, and ends
 * it all by false. Errors: a thread ended by itself.
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
    const died = once(worker, 'exit').then(([code]) => {
      throw new Error(`a thread ended by itself, with ${String(code)}`);
    });
    died.catch(() => undefined);
    try {
      for (let next = left.next(); next.done !== true && !state.isOver; next = left.next()) {
        worker.postMessage(next.value, []);
        const [verdict] = (await Promise.race([once(worker, 'message'), died])) as [Verdict];
        if (!note(next.value, verdict)) state.isOver = true;
      }
    } finally {
      await end(worker);
    }
  };
  await Promise.all(Array.from({ length: LANES }, work));
}

async function end(worker: Worker): Promise<void> {
  const ended = once(worker, 'exit').catch(() => undefined);
  worker.postMessage(OVER, []);
  await Promise.race([ended, pause(END_MS)]);
  await worker.terminate();
}
