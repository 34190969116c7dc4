// Lets time pass on a clock that stands still until some work has ended, so that what waits for deadlines ends at once.
import type { ManualClock } from './clock-manual.ts';

const STEP_MS = 50;

/** What the work ended with, and after how many ms of the clock. */
export type Passed<T> =
  | { readonly value: T; readonly error?: undefined; readonly ms: number }
  | { readonly value?: undefined; readonly error: unknown; readonly ms: number };

/** Fails where the work has not ended after `msMax` of the clock. */
export async function passing<T>(clock: ManualClock, work: Promise<T>, msMax: number): Promise<Passed<T>> {
  const startedMs = clock.monotonicMs();
  let outcome: { value: T } | { error: unknown } | undefined;
  work.then(
    (value) => {
      outcome = { value };
    },
    (error: unknown) => {
      outcome = { error };
    },
  );
  for (;;) {
    await clock.advance(0);
    const ms = clock.monotonicMs() - startedMs;
    if (outcome !== undefined) return { ...outcome, ms };
    if (ms > msMax) throw new Error(`it did not end within ${msMax} ms`);
    await clock.advance(STEP_MS);
  }
}
