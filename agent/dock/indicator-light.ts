// Carries a bay's light to the camera itself, where the camera has an indicator. Best effort: what the bay document says counts.
//
// Invariants:
// 1. Nobody waits for it but `last`, and that for INDICATOR_MS at most.
// 2. One call is under way at a time; of the lights that come meanwhile only the newest is shown.
// 3. A camera that once did not answer in time is left alone: on a slow line each unanswered call takes a place from the pull.
import type { CameraSession, IndicatorState } from '../../drivers/driver.ts';
import { DockError } from '../../protocol/format/errors.ts';
import type { BayDocument } from '../../protocol/transfer/messages.ts';
import type { Clock, Log } from '../../protocol/format/ports.ts';

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
