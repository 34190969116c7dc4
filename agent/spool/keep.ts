// How long what the store has stays here, copy and documents. The copy: so that it can be offered again to a store that was restored from a backup, and
// never beyond the most days that it may stay here (SPEC 10.4).
//
// The first is counted in monotonic time since this process saw the receipt, so that no jump of the wall clock removes anything early.
// The second is a day, so only the wall clock tells it, and only as long as it may be believed.
import { join } from 'node:path';
import { parseManifest } from '../../protocol/documents/manifest.ts';
import { parseReceipt, RECEIPT_BYTES_MAX } from '../../protocol/documents/receipt.ts';
import { retentionOf, SPOOL_DAYS_MAX, spoolDays } from '../../protocol/documents/retention.ts';
import { type DockError, isDockError } from '../../protocol/format/errors.ts';
import type { RecordingId } from '../../protocol/format/ids.ts';
import { MANIFEST_BYTES_MAX } from '../../protocol/format/limits.ts';
import type { Clock, Files, Log } from '../../protocol/format/ports.ts';
import type { Ledger } from '../custody/ledger.ts';
import type { TrustedWallClock } from '../platform/trusted-wall-clock.ts';
import type { Changes, ItemChange } from './changes.ts';
import { MANIFEST_NAME, RECEIPT_NAME } from './layout.ts';
import type { SignedItem, SignedItems } from './signed-items.ts';
import type { Spool } from './spool.ts';
import type { SpooledRecording } from './spooled-recording.ts';

const DAY_MS = 86_400_000;
const LOOK_MS = 60_000;
/** Recordings whose documents are read in one look: a start with a full spool shall not read for minutes. */
const READS_MAX = 200;

export interface KeepOptions {
  readonly items: Pick<SignedItems, 'types' | 'of' | 'get' | 'reclaim' | 'quarantine'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly keepMs: number;
  /** No copy stays beyond its days. */
  readonly wall: Pick<TrustedWallClock, 'nowMs'>;
  /** The most days that the policy of both roles allows; undefined without one. */
  readonly policy: { readonly daysMax: number | undefined };
  /** As long as it is behind, only those go whose days are over. */
  readonly store: { readonly isBehind: boolean };
  readonly changes: Pick<Changes<ItemChange>, 'read'>;
}

/** A receipted recording whose copy is here. */
interface Kept {
  readonly seenAtMs: number;
  /** Wall time from which its days count; undefined until its documents were read, and where they cannot be. */
  fromMs: number | undefined;
  isRead: boolean;
}

/** Reclaims spool copies that were kept long enough, or earlier where space is asked for. */
export class Keep {
  readonly #options: KeepOptions;
  /** Receipted recordings in the order in which this process saw their receipts. */
  readonly #kept = new Map<RecordingId, Kept>();

  constructor(options: KeepOptions) {
    this.#options = options;
  }

  /** Takes over what is receipted by now. */
  start(): void {
    for (const { store } of this.#options.items.types)
      for (const { recording, state } of store.recordings())
        if (state === 'receipted' && !this.#kept.has(recording)) this.receipted(recording);
  }

  receipted(recording: RecordingId): void {
    const seenAtMs = this.#options.clock.monotonicMs();
    this.#kept.set(recording, { seenAtMs, fromMs: undefined, isRead: false });
  }

  /** Until the signal is aborted; never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const following = this.#follow(signal);
    this.start(); // what came since the last call: no change of it is read here
    await Promise.all([following, this.#reclaimInTime(signal)]);
  }

  async #follow(signal: AbortSignal): Promise<void> {
    for await (const { item, to } of this.#options.changes.read(signal))
      if (to === 'receipted') this.receipted(item);
  }

  /** Looks once a minute. */
  async #reclaimInTime(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#readFrom(signal);
      const now = [...this.#kept]; // one that could not go is put after the others
      for (const [recording, kept] of now) {
        if (signal.aborted) break;
        if (this.#isOver(kept) && this.#mayGo(recording)) await this.#reclaim(recording);
      }
      await this.#options.clock.sleep(LOOK_MS, signal).catch(() => undefined);
    }
  }

  /** Reclaims the payload that was receipted first. Returns false where there is none that may go. */
  async makeRoom(): Promise<boolean> {
    const { store, items } = this.#options;
    if (store.isBehind) return false;
    for (const recording of this.#kept.keys())
      if (items.get(recording)?.sealedSizeBytes !== 0 && this.#mayGo(recording))
        return this.#reclaim(recording);
    return false;
  }

  /** One that may not go yet stays until another has gone. */
  #mayGo(recording: RecordingId): boolean {
    return this.#options.items.of(recording)?.store.mayGo(recording) ?? true;
  }

  /** It was kept long enough, or its days are over. Asked before each: the store may be behind since the one before went. */
  #isOver({ seenAtMs, fromMs }: Kept): boolean {
    const { clock, wall, store, keepMs, policy } = this.#options;
    const seenMs = clock.monotonicMs() - keepMs;
    const nowMs = wall.nowMs();
    return (
      (seenAtMs <= seenMs && !store.isBehind) ||
      (nowMs !== undefined && fromMs !== undefined && fromMs + spoolDays(policy.daysMax) * DAY_MS <= nowMs)
    );
  }

  /** Learns from their documents since when days count, some in each look. */
  async #readFrom(signal: AbortSignal): Promise<void> {
    const { items, log } = this.#options;
    const unread = [...this.#kept].filter(([, { isRead }]) => !isRead).slice(0, READS_MAX);
    for (const [recording, kept] of unread) {
      if (signal.aborted) return;
      kept.isRead = true;
      const type = items.of(recording);
      const item = type?.store.get(recording);
      if (type === undefined || item === undefined) continue;
      try {
        kept.fromMs = await type.fromMs(item);
      } catch (error) {
        log.warn('documents of a receipted recording not readable', { recording, error });
      }
    }
  }

  async #reclaim(recording: RecordingId): Promise<boolean> {
    const { items, log } = this.#options;
    this.#kept.delete(recording);
    if (items.get(recording)?.state !== 'receipted') return true;
    try {
      await items.reclaim(recording);
      return true;
    } catch (error) {
      log.error('spool copy not removed', { recording, error });
      const isOut = isDockError(error, 'spool.damaged') && (await this.#setAside(recording, error));
      // What is still here with its receipt is tried again, after all others.
      if (!isOut && items.get(recording)?.state === 'receipted') this.receipted(recording);
      return false;
    }
  }

  /** Never rejects; false where it could not be moved now. */
  async #setAside(recording: RecordingId, damage: DockError): Promise<boolean> {
    const { items, log } = this.#options;
    const done = items.quarantine(recording, damage.message.slice(0, 256)).then(() => true);
    return done.catch((error: unknown) => {
      log.error('damaged spool copy not quarantined', { recording, error });
      return false;
    });
  }
}

type ReadAll = Pick<Files, 'readAll'>;
type FromMs = (item: Pick<SignedItem, 'folder'>) => Promise<number>;

/** The time from which the store counts, too (SPEC 10.1). */
export function recordingFrom(files: ReadAll): FromMs {
  return async ({ folder }) => {
    const manifest = parseManifest(await files.readAll(join(folder, MANIFEST_NAME), MANIFEST_BYTES_MAX));
    return Date.parse(retentionOf(manifest, await receivedAt(files, folder), SPOOL_DAYS_MAX).from_at);
  };
}

/** Of documents without a payload the receipt's. Without days a station that starts each day would keep them for ever. */
export function documentFrom(files: ReadAll): FromMs {
  return async ({ folder }) => Date.parse(await receivedAt(files, folder));
}

async function receivedAt(files: ReadAll, folder: string): Promise<string> {
  const receipt = parseReceipt(await files.readAll(join(folder, RECEIPT_NAME), RECEIPT_BYTES_MAX));
  return receipt.received_at;
}

// Lets go of the documents of recordings that were receipted and released long ago (SPEC 4.4), so that a station that runs for years does not
// grow. What may go is decided by the spool's rows and proven by the documents themselves; here is only when, and in which order.
//
// Invariants:
// 1. The log says so, durably, before anything goes.
// 2. Only by a wall clock that nothing speaks against: none goes while it may be wrong.
// 3. A few at a time, with pauses: a station that has a year to let go takes a day for it, and its bays do not notice.

/** Pause between two groups, and behind the last one. */
const GROUP_PAUSE_MS = 60_000;
const ROUND_PAUSE_MS = 6 * 3_600_000;
/** Recordings that are looked at in one group: one group of the log (SPEC 4.3.3). */
const GROUP_RECORDINGS = 50;

interface DocumentsDroppingOptions {
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
