// Lets go of the documents of recordings that were receipted and released long ago (SPEC 4.4), so that a station that runs for years does not
// grow. What may go is decided by the spool's rows and proven by the documents themselves; here is only when, and in which order.
//
// Invariants:
// 1. The log says so, durably, before anything goes.
// 2. Only by a wall clock that nothing speaks against: none goes while it may be wrong.
// 3. A few at a time, with pauses: a station that has a year to let go takes a day for it, and its bays do not notice.
import type { Clock, Log } from '../../protocol/format/ports.ts';
import type { SpooledRecording } from './spooled-recording.ts';
import type { Ledger } from '../custody/ledger.ts';
import type { SignedItems } from './signed-items.ts';
import type { Spool } from './spool.ts';
import type { TrustedWallClock } from '../platform/trusted-wall-clock.ts';

const DAY_MS = 86_400_000;
/** Pause between two groups, and behind the last one. */
const GROUP_PAUSE_MS = 60_000;
const ROUND_PAUSE_MS = 6 * 3_600_000;
/** Recordings that are looked at in one group: one group of the log (SPEC 4.3.3). */
const GROUP_RECORDINGS = 50;

export interface DocumentsDroppingOptions {
  readonly spool: Pick<Spool, 'droppable' | 'dropDocuments'>;
  readonly items: Pick<SignedItems, 'drop'>;
  /** Of a camera that it does not know the end of, all documents stay. */
  readonly ledger: Pick<Ledger, 'manifests'>;
  readonly clock: Clock;
  readonly wall: TrustedWallClock;
  readonly log: Log;
  /** `spool.documents_days`. */
  readonly days: number;
}

/** Rounds through all released recordings. */
export class DocumentsDropping {
  readonly #options: DocumentsDroppingOptions;
  #next = 0;

  constructor(options: DocumentsDroppingOptions) {
    this.#options = options;
  }

  /** Until the signal is aborted; never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#options;
    for (let pauseMs = GROUP_PAUSE_MS; ; pauseMs = this.#next > 0 ? GROUP_PAUSE_MS : ROUND_PAUSE_MS) {
      await clock.sleep(pauseMs, signal).catch(() => undefined);
      if (signal.aborted) return;
      await this.#group().catch((error: unknown) => log.warn('documents not dropped', { error }));
    }
  }

  async #group(): Promise<void> {
    const { spool, items, ledger, wall, log, days } = this.#options;
    const from = this.#next;
    this.#next = 0;
    const nowMs = wall.nowMs();
    if (nowMs === undefined) return;
    const beforeMs = nowMs - days * DAY_MS;
    const before = Math.floor(beforeMs / 1000);
    const question = {
      now: Math.floor(nowMs / 1000),
      sealedBefore: before,
      listedBefore: before,
      receivedBeforeMs: beforeMs,
      isChainEnd: ({ camera, recording }: SpooledRecording) =>
        (ledger.manifests.get(camera)?.recording ?? recording) === recording,
    };
    const { droppable, next } = await spool.droppable(question, from, GROUP_RECORDINGS);
    this.#next = next;
    if (droppable.length === 0) return;
    const recordings = droppable.map(({ recording }) => recording);
    await items.drop(droppable, () => spool.dropDocuments(recordings, question));
    log.info('documents dropped: expired and held by the store', { recordings: droppable.length });
  }
}
