// One bay for the life of the agent: waits for a camera, runs its docking, reports what is seen, and begins again. It never ends by an error.
import { performDocking, type BayWork } from './bay-docking.ts';
import {
  bayLight,
  bayState,
  countEntries,
  RateMeter,
  type BayActivity,
  type PushProgress,
} from './bay-state.ts';
import type { Docking } from './docking.ts';
import type { BayId, RecordingId } from '../../protocol/ids.ts';
import { isDockError } from '../../protocol/errors.ts';
import type { BayDocument } from '../../protocol/messages.ts';
import type { Clock, Conditions, Log } from '../../protocol/ports.ts';

/** Pause behind a docking that failed for another reason than the camera's departure. */
const FAILED_PAUSE_MS = 5000;

export interface BayDeps {
  readonly id: BayId;
  /** What staff and monitoring call the camera; never a serial number. */
  readonly alias: string;
  readonly work: BayWork;
  readonly progress: PushProgress;
  readonly clock: Clock;
  readonly log: Log;
  readonly conditions: Conditions;
  readonly onChange: (bay: Bay) => void;
}

export class Bay {
  readonly id: BayId;
  readonly #deps: BayDeps;
  readonly #rate = new RateMeter();
  #docking: Docking | undefined;
  #idle: BayActivity = 'empty';
  #since: string;
  #shown = '';

  constructor(deps: BayDeps) {
    this.#deps = deps;
    this.id = deps.id;
    this.#since = new Date(deps.clock.wallMs()).toISOString();
  }

  /** Runs until the signal is aborted; never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    this.#changed(); // what is retained may be of a camera that left while nobody looked
    while (!signal.aborted) {
      try {
        await performDocking(
          this.#deps.work,
          signal,
          (docking) => this.#begin(docking),
          () => this.#changed(),
        );
      } catch (error) {
        if (signal.aborted) break;
        await this.#ended(error, signal);
      }
    }
    this.#begin(undefined);
  }

  /** A receipt came for a recording that may be of this bay's camera. */
  wake(): void {
    this.#docking?.wake();
  }

  quarantined(recording: RecordingId): void {
    this.#docking?.quarantined(recording);
  }

  /** The bay document of this moment (SPEC 7). */
  document(): BayDocument {
    const docking = this.#docking;
    const activity = docking?.activity ?? this.#idle;
    const counts = countEntries(docking?.entries ?? [], this.#deps.progress, docking?.pulledBytes ?? 0);
    const state = bayState(activity, counts);
    this.#mark(state);
    const done = state === 'pushing' ? counts.bytesReceipted : counts.bytesSpooled;
    const moving = state === 'pulling' || state === 'pushing';
    const rate = moving ? this.#rate.sample(this.#deps.clock.monotonicMs(), done) : null;
    return {
      bay: this.id,
      camera: docking === undefined ? null : this.#deps.alias,
      state,
      light: bayLight(activity, counts, docking?.problems ?? 0),
      entries: counts.entries,
      entries_spooled: counts.spooled,
      entries_receipted: counts.receipted,
      entries_erased: counts.erased,
      entries_waiting: counts.waiting,
      bytes: counts.bytes,
      bytes_spooled: counts.bytesSpooled,
      bytes_receipted: counts.bytesReceipted,
      rate_bytes_per_s: rate,
      remaining_s: rate === null || rate === 0 ? null : Math.ceil((counts.bytes - done) / rate),
      since: this.#since,
    };
  }

  #mark(state: string): void {
    if (state === this.#shown) return;
    this.#shown = state;
    this.#since = new Date(this.#deps.clock.wallMs()).toISOString();
    this.#rate.reset();
  }

  #begin(docking: Docking | undefined): void {
    this.#docking = docking;
    this.#idle = 'empty';
    if (docking !== undefined) this.#deps.conditions.clear('camera.failed', this.id);
    this.#changed();
  }

  #changed(): void {
    this.#deps.onChange(this);
  }

  async #ended(error: unknown, signal: AbortSignal): Promise<void> {
    this.#begin(undefined);
    if (isDockError(error, 'driver.detached')) return;
    this.#deps.log.error('docking failed, it is tried again', { bay: this.id, error });
    this.#deps.conditions.raise('camera.failed', this.id, {
      reason: isDockError(error) ? error.code : 'unexpected',
    });
    this.#idle = 'failed';
    this.#changed();
    await pause(this.#deps.clock, FAILED_PAUSE_MS, signal);
  }
}

/** Ends early, and without an error, when the signal is aborted. */
async function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  try {
    await clock.sleep(ms, signal);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
