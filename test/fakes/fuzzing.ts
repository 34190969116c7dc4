// Runs a property over drawn input: so many runs in a suite, or for so long where BODYDOCK_NONSENSE_MS says so (`npm run test:nonsense`).
// BODYDOCK_FUZZ_RUNS multiplies the runs. What failed once is run first ever since.
import { appendFileSync } from 'node:fs';
import * as fc from 'fast-check';

/** Of a run that failed, as fast-check names it. */
export interface KeptSeed {
  readonly seed: number;
  readonly path: string;
}

export interface FuzzPlan {
  /** What the property is called in what is printed. */
  readonly name: string;
  /** In a suite, and between two looks at the time. */
  readonly runs: number;
  readonly kept?: readonly KeptSeed[];
}

/** How long a property takes at most: what its test grants. */
export const FUZZ_MS = Number(process.env['BODYDOCK_NONSENSE_MS'] ?? 0);
const LONGER = Number(process.env['BODYDOCK_FUZZ_RUNS'] ?? 1);
const FIRST_SEED = Number(process.env['BODYDOCK_NONSENSE_SEED'] ?? Math.floor(Math.random() * 2 ** 31));

/** Errors: fast-check's, which names seed and path. */
export async function fuzz<T>(
  property: fc.IProperty<T> | fc.IAsyncProperty<T>,
  { name, runs, kept = [] }: FuzzPlan,
): Promise<void> {
  for (const { seed, path } of kept) await fc.assert(property, { seed, path, endOnFailure: true });
  if (FUZZ_MS === 0) {
    await fc.assert(property, { numRuns: runs * LONGER });
    return;
  }
  const beganMs = performance.now();
  let done = 0;
  for (let seed = FIRST_SEED; performance.now() - beganMs < FUZZ_MS; seed++) {
    await fc.assert(property, { seed, numRuns: runs });
    done += runs;
  }
  fuzzed(name, done, performance.now() - beganMs);
}

/** Tells anybody who runs all fuzzers how much was done. */
export function fuzzed(name: string, runs: number, ms: number): void {
  const out = process.env['BODYDOCK_NONSENSE_OUT'];
  if (out !== undefined) appendFileSync(out, `${JSON.stringify({ name, runs, ms })}\n`);
}
