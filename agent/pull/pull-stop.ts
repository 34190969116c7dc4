// Ends pulling where the station's own disk refuses one recording after the other: to read a camera for a disk that takes nothing wears the
// camera and keeps its light on "do not take", for as long as it stays.
//
// Invariants:
// 1. FAILURES_MAX recordings in a row that were read and could not be kept, of whatever bay, end pulling. One that was kept begins it anew.
// 2. While pulling has ended, a camera is read only to try one recording, at most once in a pause that doubles up to PAUSE_MS_MAX, and only
//    after the disk took a small file. A try that says nothing of the disk does not count: the next one follows behind the next small file.
// 3. The condition stands from the end of pulling until a recording was kept.
import { describeError, systemCode } from '../../protocol/format/errors.ts';
import type { Clock, Conditions, Log } from '../../protocol/format/ports.ts';

/** A single bad write, or one in each of some bays, is no reason to stop. */
const FAILURES_MAX = 5;
/** Pause between two small files while the disk takes none. */
const LOOK_MS = 15_000;
/** First and last pause between two recordings that are tried. */
const PAUSE_MS_MIN = 60_000;
const PAUSE_MS_MAX = 3_600_000;
const CONDITION = 'spool.write-failed';

export interface PullStopDeps {
  readonly clock: Pick<Clock, 'monotonicMs'>;
  readonly conditions: Conditions;
  readonly log: Log;
  /** Writes, syncs and removes a small file in the spool. Errors: those of the spool and the system's. */
  readonly tryDisk: () => Promise<void>;
}

/** One for all bays of a station. */
export class PullStop {
  readonly #deps: PullStopDeps;
  #failures = 0;
  #lookAtMs = 0;
  #tryAtMs = 0;
  #pauseMs = PAUSE_MS_MIN;
  /** One was admitted to try the disk, and its end is not known yet. */
  #isTrying = false;

  constructor(deps: PullStopDeps) {
    this.#deps = deps;
  }

  /** Whether a recording may be pulled now. Never rejects. */
  async admits(): Promise<boolean> {
    if (this.#failures < FAILURES_MAX) return true;
    const now = this.#deps.clock.monotonicMs();
    if (now < this.#tryAtMs || now < this.#lookAtMs) return false;
    this.#lookAtMs = now + LOOK_MS;
    try {
      await this.#deps.tryDisk();
    } catch (error) {
      this.#deps.log.debug('disk still rejects all writes', { error });
      return false;
    }
    if (this.#failures < FAILURES_MAX) return true;
    this.#tryAtMs = now + this.#pauseMs;
    this.#isTrying = true;
    return true;
  }

  /** One that was read could not be kept. */
  failed(error: unknown): void {
    this.#failures++;
    if (this.#isTrying) this.#pauseMs = Math.min(2 * this.#pauseMs, PAUSE_MS_MAX);
    this.#isTrying = false;
    if (this.#failures < FAILURES_MAX) return;
    const reason = systemCode(error) ?? null;
    if (this.#failures === FAILURES_MAX) {
      this.#deps.log.error('pulling stopped: repeated disk errors', {
        failures: this.#failures,
        last: describeError(error),
      });
      this.#tryAtMs = this.#deps.clock.monotonicMs() + LOOK_MS;
    }
    this.#deps.conditions.raise(CONDITION, null, { failures: this.#failures, reason });
  }

  /** One that was admitted ended for another reason than the disk: its camera's, or a stop. */
  undecided(): void {
    if (this.#isTrying) this.#tryAtMs = 0;
    this.#isTrying = false;
  }

  /** One was kept. */
  kept(): void {
    if (this.#failures >= FAILURES_MAX) this.#deps.log.info('pulling resumed: disk accepts recordings');
    this.#failures = 0;
    this.#isTrying = false;
    this.#pauseMs = PAUSE_MS_MIN;
    this.#deps.conditions.clear(CONDITION, null);
  }
}
