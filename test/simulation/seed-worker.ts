// A thread that runs the seeds that it is sent, one after the other.
import { parentPort } from 'node:worker_threads';
import { forgetSignatures, knowSignatures } from '../fakes/known-signatures.ts';
import { readKeysQuickly } from '../fakes/quick-keys.ts';
import { signalsEndWithLives } from './lives.ts';
import { runSeed } from './run-seed.ts';
import type { SeedJob } from './seed-sets.ts';

/** Thousands of errors a day are expected ones; where one is not, `--seed` shows its stack. */
Error.stackTraceLimit = 0;
knowSignatures();
readKeysQuickly();
const endLife = signalsEndWithLives();
parentPort?.on('message', ({ seed, evil, generation }: SeedJob) => {
  forgetSignatures();
  runSeed(seed, { evil, generation })
    .then(
      (result) => parentPort?.postMessage(result, []),
      (error: unknown) =>
        parentPort?.postMessage({ seed, error: String((error as Error).stack ?? error) }, []),
    )
    .finally(endLife);
});
