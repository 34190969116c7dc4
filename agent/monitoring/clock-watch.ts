// Watches the station's own clock: whether it is synchronised, and whether it was stepped. Both go into the custody log, the first
// also into every manifest. Nothing of the product's timing depends on either: timers are monotonic.
import type { CustodyEvent } from '../../protocol/custody/custody-entry.ts';
import type { Clock, Conditions, Log } from '../../protocol/format/ports.ts';
import type { Custody } from '../custody/custody-log.ts';

/** Two clocks are compared this often; no question is asked as long as they go alike. */
const LOOK_MS = 5000;
/** The system is asked again so often, each time with a process or two: sooner while a station that was just started has no time yet. */
const ASK_MS = 300_000;
const ASK_SOONER_MS = 30_000;
/** Boot time is read from a file, and counts only where the other clocks were read so soon behind it. */
const SAMPLE_MS_MAX = 100;
const SAMPLES_MAX = 3;
/** A start waits so long for the first answer and goes on without. */
const START_MS_MAX = 2000;
/** A station without a battery-backed clock needs about so long after every start: no reason to call somebody. */
const UNSYNCHRONISED_MS_MIN = 120_000;
const CONDITION = 'station.clock-unsynchronised';

export interface ClockWatchDeps {
  readonly source: ClockSource;
  readonly clock: Clock;
  readonly custody: Custody;
  readonly conditions: Conditions;
  readonly log: Log;
}

/** The station's clock as it is known. */
export class ClockWatch {
  readonly #deps: ClockWatchDeps;
  readonly #begun: Promise<void>;
  #synchronised: boolean | null = null;
  #logged: boolean | null | undefined;
  #unsynchronisedSinceMs: number | undefined;
  #before: ClockSample;
  #askAtMs = 0;

  private constructor(deps: ClockWatchDeps) {
    this.#deps = deps;
    this.#before = sample(deps.clock, null);
    this.#begun = this.#begin();
  }

  /** Asks for the first time. Never rejects, and does not wait for a system that does not answer. */
  static async open(deps: ClockWatchDeps): Promise<ClockWatch> {
    const watch = new ClockWatch(deps);
    await new Promise<void>((resolve) => {
      const cancel = deps.clock.after(START_MS_MAX, resolve);
      void watch.#begun.then(resolve).finally(cancel);
    });
    return watch;
  }

  /** The newest answer; null where the system cannot tell, and from a step or a suspend on until it was asked again. */
  get synchronised(): boolean | null {
    return haveParted(this.#before, sample(this.#deps.clock, null)) ? null : this.#synchronised;
  }

  /** The state at the start, for the custody log. */
  start(): void {
    this.#tellState();
  }

  /** Looks until the signal is aborted; never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    await this.#begun;
    while (!signal.aborted) {
      await this.#look();
      await this.#deps.clock.sleep(LOOK_MS, signal).catch(() => undefined);
    }
  }

  async #begin(): Promise<void> {
    this.#before = await this.#sampleAll();
    await this.#ask();
  }

  async #look(): Promise<void> {
    const { clock } = this.#deps;
    if (haveParted(this.#before, sample(clock, null))) {
      const now = await this.#sampleAll();
      this.#tellStep(now);
      this.#before = now;
      this.#synchronised = null;
      this.#askAtMs = 0;
    }
    if (clock.monotonicMs() >= this.#askAtMs) await this.#ask();
    this.#judge();
  }

  async #ask(): Promise<void> {
    this.#synchronised = await this.#deps.source.isSynchronised();
    const pauseMs = this.#synchronised === true ? ASK_MS : ASK_SOONER_MS;
    this.#askAtMs = this.#deps.clock.monotonicMs() + pauseMs;
    if (this.#logged !== undefined) this.#tellState();
  }

  async #sampleAll(): Promise<ClockSample> {
    const { clock, source } = this.#deps;
    for (let tries = 0; tries < SAMPLES_MAX; tries++) {
      const startMs = clock.monotonicMs();
      const bootMs = await source.bootMs();
      if (clock.monotonicMs() - startMs <= SAMPLE_MS_MAX) return sample(clock, bootMs);
    }
    return sample(clock, null);
  }

  #tellState(): void {
    if (this.#logged === this.#synchronised) return;
    this.#logged = this.#synchronised;
    this.#deps.log.info('clock state', { synchronised: this.#synchronised });
    this.#append({ event: 'clock-state', facts: { synchronised: this.#synchronised } });
  }

  #tellStep(now: ClockSample): void {
    const { stepMs, suspendedMs } = whatHappened(this.#before, now);
    if (suspendedMs !== 0) this.#deps.log.info('station was suspended', { suspended_ms: suspendedMs });
    if (stepMs === 0) return;
    this.#deps.log.warn('wall clock was stepped', { step_ms: stepMs });
    this.#append({ event: 'clock-stepped', facts: { step_ms: stepMs } });
  }

  #judge(): void {
    const { clock, conditions } = this.#deps;
    if (this.#synchronised !== false) {
      this.#unsynchronisedSinceMs = undefined;
      conditions.clear(CONDITION, null);
      return;
    }
    this.#unsynchronisedSinceMs ??= clock.monotonicMs();
    if (clock.monotonicMs() - this.#unsynchronisedSinceMs >= UNSYNCHRONISED_MS_MIN)
      conditions.raise(CONDITION, null);
  }

  #append(event: CustodyEvent): void {
    try {
      this.#deps.custody.append(event);
    } catch (error) {
      this.#deps.log.error('custody log entry rejected', { event: event.event, error });
    }
  }
}

function sample(clock: Clock, bootMs: number | null): ClockSample {
  return { wallMs: clock.wallMs(), monotonicMs: clock.monotonicMs(), bootMs };
}

// The port to what the system knows of this station's clock. Its adapter is agent/platform/clock-source-linux.ts.

/** Both questions are answered within seconds and never reject; null where the system cannot tell. */
export interface ClockSource {
  /** Whether the wall clock is synchronised to another one now. */
  isSynchronised(): Promise<boolean | null>;
  /** Milliseconds since the machine was started, those of a suspend included, which monotonic time leaves out. */
  bootMs(): Promise<number | null>;
}

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
