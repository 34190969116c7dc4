// Tells what happened to the station's wall clock between two looks: nothing, a suspend of the machine, or a step. Pure.
//
// Wall time, monotonic time and boot time go on alike, slewing included. A suspend stops monotonic time only; a step moves wall time only.

/** The three clocks at one moment, in ms. */
export interface ClockSample {
  readonly wallMs: number;
  readonly monotonicMs: number;
  /** Null where the system does not tell: a suspend cannot be told from a step then, and counts as one. */
  readonly bootMs: number | null;
}

/** What is less is truncation, the time between reading one clock and the next, and slow steering. A leap second is just about as much. */
export const STEP_MS_MIN = 1000;

/** True where wall and monotonic clock have parted since: time to find out why. */
export function haveParted(
  before: Pick<ClockSample, 'wallMs' | 'monotonicMs'>,
  now: Pick<ClockSample, 'wallMs' | 'monotonicMs'>,
): boolean {
  return Math.abs(now.wallMs - before.wallMs - (now.monotonicMs - before.monotonicMs)) > STEP_MS_MIN;
}

/** Milliseconds, each 0 where it is not more than STEP_MS_MIN; `stepMs` has the sign of the step. */
export function whatHappened(
  before: ClockSample,
  now: ClockSample,
): { readonly stepMs: number; readonly suspendedMs: number } {
  const monotonicMs = now.monotonicMs - before.monotonicMs;
  const asleepMs =
    now.bootMs === null || before.bootMs === null ? 0 : now.bootMs - before.bootMs - monotonicMs;
  const suspendedMs = asleepMs > STEP_MS_MIN ? asleepMs : 0;
  const stepMs = now.wallMs - before.wallMs - monotonicMs - suspendedMs;
  return {
    stepMs: Math.abs(stepMs) > STEP_MS_MIN ? Math.round(stepMs) : 0,
    suspendedMs: Math.round(suspendedMs),
  };
}
