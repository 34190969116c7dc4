// The light of a bay where people see it: on a lamp beside it, and on the camera itself. Best effort: what the bay document says counts, and a lamp
// that fails is a condition and holds nothing up.
//
// Invariants:
// 1. One call is under way at a time; of the lights that come meanwhile only the newest is shown. Nobody waits for it.
// 2. A call that does not come back within LAMP_MS counts as failed; until it does, no other is made.
// 3. A lamp that failed is tried again every RETRY_MS, so that one that is plugged in later shows what is true.
import type { BayConfig } from '../../config/station-config.ts';
import type { CameraSession, IndicatorState } from '../../drivers/driver.ts';
import { DockError } from '../../protocol/format/errors.ts';
import type { BayId } from '../../protocol/format/ids.ts';
import type { Clock, Conditions, Log } from '../../protocol/format/ports.ts';
import type { BayDocument } from '../../protocol/transfer/messages.ts';

const LAMP_MS = 2000;
const RETRY_MS = 60_000;
const CONDITION = 'station.led';

export type BayLight = BayDocument['light'];

/** One lamp, whatever it is: LEDs of the machine, or a controller in the dock. */
export interface Lamp {
  /** Shows it. Errors: "lamp.missing", "lamp.refused"; the system's. */
  show(light: BayLight): Promise<void>;
}

export interface BayLampDeps {
  readonly bay: BayId;
  readonly lamp: Lamp;
  readonly clock: Pick<Clock, 'after'>;
  readonly conditions: Conditions;
  readonly log: Log;
}

/** The lamp of a bay that has LEDs, made of their names. */
export function bayLamp(
  { id, leds }: Pick<BayConfig, 'id' | 'leds'>,
  deps: Omit<BayLampDeps, 'bay' | 'lamp'> & { readonly leds: (names: readonly string[]) => Lamp },
): BayLamp | undefined {
  return leds.length === 0 ? undefined : new BayLamp({ ...deps, bay: id, lamp: deps.leds(leds) });
}

/** The lamp of one bay. */
export class BayLamp {
  readonly #deps: BayLampDeps;
  #wanted: BayLight | undefined;
  #shown: BayLight | undefined;
  #isShowing = false;
  #hasFailed = false;
  #cancelRetry: () => void = () => undefined;

  constructor(deps: BayLampDeps) {
    this.#deps = deps;
  }

  /** The bay's light is this one now. Returns at once. */
  show(light: BayLight): void {
    this.#wanted = light;
    if (!this.#isShowing && !this.#hasFailed) void this.#showAll();
  }

  /** No more tries. What is shown stays: a lamp that goes dark would say that no camera is there. */
  stop(): void {
    this.#cancelRetry();
  }

  async #showAll(): Promise<void> {
    this.#isShowing = true;
    try {
      while (this.#wanted !== undefined && this.#wanted !== this.#shown && !this.#hasFailed) {
        const light = this.#wanted;
        await this.#showOne(light);
      }
    } finally {
      this.#isShowing = false;
    }
  }

  async #showOne(light: BayLight): Promise<void> {
    const cancel = this.#deps.clock.after(LAMP_MS, () => this.#failed('late'));
    try {
      await this.#deps.lamp.show(light);
      this.#shown = light;
      this.#hasFailed = false;
      this.#cancelRetry();
      this.#deps.conditions.clear(CONDITION, this.#deps.bay);
    } catch (error) {
      this.#deps.log.debug('lamp of a bay not switched', { bay: this.#deps.bay, light, error });
      this.#failed(reasonOf(error));
    } finally {
      cancel();
    }
  }

  #failed(reason: string): void {
    const { bay, clock, conditions } = this.#deps;
    this.#hasFailed = true;
    this.#shown = undefined;
    conditions.raise(CONDITION, bay, { reason });
    this.#cancelRetry();
    this.#cancelRetry = clock.after(RETRY_MS, () => {
      this.#hasFailed = false;
      if (!this.#isShowing) void this.#showAll();
    });
  }
}

/** The system's code, such as "ENOENT" for a lamp that is not there; never a sentence with a path in it. */
function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : 'failed';
}

// Carries a bay's light to the camera itself, where the camera has an indicator. Best effort: what the bay document says counts.
//
// Invariants:
// 1. Nobody waits for it but `last`, and that for INDICATOR_MS at most.
// 2. One call is under way at a time; of the lights that come meanwhile only the newest is shown.
// 3. A camera that once did not answer in time is left alone: on a slow line each unanswered call takes a place from the pull.

/** A camera shows a light within this time, or is not asked again. */
const INDICATOR_MS = 2000;

const STATES: Readonly<Record<BayDocument['light'], IndicatorState | undefined>> = {
  off: undefined,
  'do-not-take': 'wait',
  'safe-to-take': 'safe',
  'call-someone': 'help',
};

/** The indicator of the camera of one docking. */
export class IndicatorLight {
  readonly #session: CameraSession;
  readonly #clock: Pick<Clock, 'after'>;
  readonly #log: Log;
  #wanted: IndicatorState | undefined;
  #shown: IndicatorState | undefined;
  #showing: Promise<void> | undefined;
  #isLeftAlone: boolean;

  constructor(session: CameraSession, clock: Pick<Clock, 'after'>, log: Log) {
    this.#session = session;
    this.#clock = clock;
    this.#log = log;
    this.#isLeftAlone = session.setIndicator === undefined;
  }

  /** The bay's light is this one now. Returns at once. */
  show(light: BayDocument['light']): void {
    this.#wanted = STATES[light] ?? this.#wanted;
    if (this.#showing !== undefined || this.#isLeftAlone || this.#wanted === this.#shown) return;
    this.#showing = this.#showAll().finally(() => (this.#showing = undefined));
  }

  /** As `show`; resolves when the camera shows it or is left alone. Never rejects. */
  async last(light: BayDocument['light']): Promise<void> {
    this.show(light);
    await this.#showing;
  }

  async #showAll(): Promise<void> {
    while (this.#wanted !== undefined && this.#wanted !== this.#shown && !this.#isLeftAlone) {
      const state = this.#wanted;
      try {
        await this.#within((signal) => this.#session.setIndicator?.(state, signal));
        this.#shown = state;
      } catch (error) {
        this.#isLeftAlone = true;
        this.#log.debug('camera indicator not set', { error });
      }
    }
  }

  async #within(call: (signal: AbortSignal) => Promise<void> | undefined): Promise<void> {
    const late = new AbortController();
    const timedOut = new DockError(
      'driver.timeout',
      `the camera did not show the light within ${INDICATOR_MS} ms`,
      { retry: 'never' },
    );
    const aborted = new Promise<never>((_resolve, reject) => {
      late.signal.addEventListener('abort', () => reject(timedOut), { once: true });
    });
    const cancel = this.#clock.after(INDICATOR_MS, () => late.abort(timedOut));
    try {
      await Promise.race([call(late.signal), aborted]);
    } finally {
      cancel();
    }
  }
}
