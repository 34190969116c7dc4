// A thread that runs the seeds that it is sent, one after the other.
import { parentPort } from 'node:worker_threads';
import { runSeed } from './run-seed.ts';
import type { SeedJob } from './seed-sets.ts';
import { beginLives } from './life-thread.ts';

/** Thousands of errors a day are expected ones; where one is not, `--seed` shows its stack. */
Error.stackTraceLimit = 0;
const endLife = beginLives();
parentPort?.on('message', ({ seed, evil, generation }: SeedJob) => {
  runSeed(seed, { evil, generation })
    .then(
      (result) => parentPort?.postMessage(result, []),
      (error: unknown) =>
        parentPort?.postMessage({ seed, error: String((error as Error).stack ?? error) }, []),
    )
    .finally(endLife);
});
