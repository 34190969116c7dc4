// How long a receipted recording's spool copy stays: so that a store that was restored from a backup can ask again.
// Counted in monotonic time since this process first saw the receipt, so that no jump of the wall clock removes anything early.
import type { RecordingId } from '../protocol/ids.ts';
import type { Clock, Log } from '../protocol/ports.ts';
import type { Custody } from './custody/custody.ts';
import type { Spool, SpooledRecording } from './spool/spool.ts';

const LOOK_MS = 60_000;

export interface KeepOptions {
  readonly spool: Pick<Spool, 'recordings' | 'get' | 'reclaim'>;
  readonly custody: Custody;
  readonly clock: Clock;
  readonly log: Log;
  readonly keepMs: number;
  /** The stored receipt did not stand: the recording counts as spooled again and must be pushed. Must not throw. */
  readonly onUnreceipted: (recording: SpooledRecording) => void;
}

/** Reclaims spool copies that were kept long enough, or earlier where space is asked for. */
export class Keep {
  readonly #options: KeepOptions;
  /** Receipted recordings in the order in which this process saw their receipts. */
  readonly #seenAtMs = new Map<RecordingId, number>();

  constructor(options: KeepOptions) {
    this.#options = options;
  }

  /** Takes over what was receipted before this start. */
  start(): void {
    for (const recording of this.#options.spool.recordings())
      if (recording.state === 'receipted') this.receipted(recording.recording);
  }

  receipted(recording: RecordingId): void {
    this.#seenAtMs.set(recording, this.#options.clock.monotonicMs());
  }

  /** Looks once a minute until the signal is aborted; never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const due = this.#options.clock.monotonicMs() - this.#options.keepMs;
      const kept = [...this.#seenAtMs].filter(([, seenAtMs]) => seenAtMs <= due);
      for (const [recording] of kept) {
        if (signal.aborted) break;
        await this.#reclaim(recording);
      }
      await this.#options.clock.sleep(LOOK_MS, signal).catch(() => undefined);
    }
  }

  /** Reclaims the copy that was receipted first. Returns false where there is none. */
  async makeRoom(): Promise<boolean> {
    for (const recording of this.#seenAtMs.keys()) return this.#reclaim(recording);
    return false;
  }

  async #reclaim(recording: RecordingId): Promise<boolean> {
    this.#seenAtMs.delete(recording);
    if (this.#options.spool.get(recording)?.state !== 'receipted') return true;
    try {
      await this.#options.spool.reclaim(recording);
    } catch (error) {
      this.#options.log.error('spool copy could not be removed', { recording, error });
      this.#notReclaimed(recording);
      return false;
    }
    try {
      this.#options.custody.append({ event: 'spool-reclaimed', facts: { recording } });
    } catch (error) {
      this.#options.log.error('entry of the custody log not taken', { recording, error });
    }
    return true;
  }

  /** One whose stored receipt does not stand needs a new one; any other is tried again, behind all others. */
  #notReclaimed(recording: RecordingId): void {
    const spooled = this.#options.spool.get(recording);
    if (spooled?.state === 'spooled') this.#options.onUnreceipted(spooled);
    else if (spooled?.state === 'receipted') this.receipted(recording);
  }
}
