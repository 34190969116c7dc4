// What the store asks for again although it gave its receipt (SPEC 6.10): handed to where the thing lies at once, and again until the disk took it.
//
// Invariants:
// 1. `onAsking` gets a promise before anything is awaited. It is settled once what follows from the asking is durable, and never before: also not
//    where pushing ends in between.
// 2. Only where our own receipt cannot be read for PATIENCE_MS an asking is let go: what cannot be read allows neither to erase nor to reclaim.
import { isDockError } from '../../protocol/format/errors.ts';
import type { RecordingId } from '../../protocol/format/ids.ts';
import type { AgainBody } from '../../protocol/transfer/messages.ts';
import type { Clock, Log } from '../../protocol/format/ports.ts';
import type { AskedOutcome } from '../spool/asked-again.ts';
import type { PushSource, PushSources } from './push-source.ts';

/** Pause before what the disk did not take is tried again, at first and at most: it doubles. */
const PAUSE_MS_MIN = 1000;
const PAUSE_MS_MAX = 60_000;
const PATIENCE_MS = 60_000;

export interface AskingsOptions {
  readonly sources: Pick<PushSources, 'holding'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly onAsking: (settled: Promise<void>) => void;
  /** So many are tried again. Must not throw. */
  readonly onUnmarked: (count: number) => void;
  /** It is durable that the store asks for it. Must not throw. */
  readonly follow: (source: PushSource, body: AgainBody, outcome: AskedOutcome) => void;
  /** Takes work that runs in the background. The work does not reject. */
  readonly run: (work: Promise<void>) => void;
}

interface Asking {
  readonly recording: RecordingId;
  readonly body: AgainBody;
  readonly sinceMs: number;
  readonly settle: () => void;
}

/** Of one station. */
export class Askings {
  readonly #options: AskingsOptions;
  /** All that are not settled, by recording and receipt: who asks twice is heard once. */
  readonly #open = new Map<string, Asking>();
  readonly #unmarked = new Set<Asking>();
  #pauseMs = PAUSE_MS_MIN;
  #isWaiting = false;
  #cancel: () => void = () => undefined;
  #stopped = false;

  constructor(options: AskingsOptions) {
    this.#options = options;
  }

  /** A verified message. */
  take(recording: RecordingId, body: AgainBody): void {
    const key = keyOf(recording, body);
    if (this.#open.has(key)) return;
    const { clock, onAsking, run } = this.#options;
    let settle = (): void => undefined;
    onAsking(new Promise((resolve) => (settle = resolve)));
    const asking = { recording, body, sinceMs: clock.monotonicMs(), settle };
    this.#open.set(key, asking);
    run(this.#attempt(asking));
  }

  /** Nothing is tried again; what runs is the caller's to await. */
  stop(): void {
    this.#stopped = true;
    this.#cancel();
  }

  /** Never rejects. */
  async #attempt(asking: Asking): Promise<void> {
    const { sources, follow } = this.#options;
    const { recording, body } = asking;
    const source = sources.holding(recording);
    let outcome: AskedOutcome = 'other';
    try {
      outcome = (await source?.store.askAgain(recording, body.receipt_sha256)) ?? 'other';
    } catch (error) {
      if (!this.#isLetGo(asking, error)) return this.#again(asking, error);
    }
    if (source !== undefined && outcome !== 'other') follow(source, body, outcome);
    this.#settled(asking);
  }

  #isLetGo({ recording, sinceMs }: Asking, error: unknown): boolean {
    const { clock, log } = this.#options;
    if (!isDockError(error, 'spool.damaged') || clock.monotonicMs() - sinceMs < PATIENCE_MS) return false;
    log.error('redelivery requested for an unreadable receipt', { recording, error });
    return true;
  }

  #settled(asking: Asking): void {
    const { onUnmarked } = this.#options;
    this.#open.delete(keyOf(asking.recording, asking.body));
    if (this.#unmarked.delete(asking)) onUnmarked(this.#unmarked.size);
    if (this.#unmarked.size === 0) this.#pauseMs = PAUSE_MS_MIN;
    asking.settle();
  }

  #again(asking: Asking, error: unknown): void {
    const { log, onUnmarked } = this.#options;
    if (!this.#unmarked.has(asking)) {
      this.#unmarked.add(asking);
      const { recording } = asking;
      log.error('redelivery request not stored, will retry', { recording, error });
      onUnmarked(this.#unmarked.size);
    }
    this.#wait();
  }

  #wait(): void {
    if (this.#isWaiting || this.#stopped) return;
    this.#isWaiting = true;
    const { clock, run } = this.#options;
    this.#cancel = clock.after(this.#pauseMs, () => run(this.#round()));
    this.#pauseMs = Math.min(2 * this.#pauseMs, PAUSE_MS_MAX);
  }

  /** One after the other: a store that was put back may have asked for all that is here. */
  async #round(): Promise<void> {
    for (const asking of this.#unmarked) {
      if (this.#stopped) return;
      await this.#attempt(asking);
    }
    this.#isWaiting = false;
    if (this.#unmarked.size > 0) this.#wait();
  }
}

function keyOf(recording: RecordingId, { receipt_sha256 }: AgainBody): string {
  return `${recording} ${receipt_sha256}`;
}
