// How long a receipted recording's spool copy stays: so that it can be offered again to a store that was restored from a backup, and never beyond the
// day on which the recording is due (SPEC 10.4).
//
// The first is counted in monotonic time since this process saw the receipt, so that no jump of the wall clock removes anything early.
// The second is a day, so only the wall clock tells it, and only as long as it may be believed.
import { join } from 'node:path';
import { isDockError, type DockError } from '../../protocol/format/errors.ts';
import { MANIFEST_BYTES_MAX } from '../../protocol/format/limits.ts';
import type { RecordingId } from '../../protocol/format/ids.ts';
import { parseManifest } from '../../protocol/documents/manifest.ts';
import type { Clock, Files, Log } from '../../protocol/format/ports.ts';
import { parseReceipt, RECEIPT_BYTES_MAX } from '../../protocol/documents/receipt.ts';
import { retentionOf } from '../../protocol/documents/retention.ts';
import { appendOrLog, type Custody } from '../custody/custody.ts';
import type { Changes, ItemChange } from './changes.ts';
import type { PushItem, PushStore } from './signed-items.ts';
import { MANIFEST_NAME, RECEIPT_NAME } from './layout.ts';
import type { TrustedWallClock } from '../platform/trusted-wall-clock.ts';

const DAY_MS = 86_400_000;
const LOOK_MS = 60_000;
/** Recordings whose documents are read in one look: a start with a full spool shall not read for minutes. */
const READS_MAX = 200;

/** What tells when a copy is due. */
export interface DueOptions {
  readonly wall: TrustedWallClock;
  /** Wall time in ms since 1970. Errors: those of its documents; the system's. */
  readonly dueMs: (item: PushItem) => Promise<number>;
}

export interface KeepOptions {
  readonly kind: ItemChange['kind'];
  /** Recordings, or docking records. One that may not go yet stays until another has gone; all may unless it says. */
  readonly spool: Pick<PushStore, 'get' | 'quarantine'> & {
    /** What is here now, in no order. */
    recordings(): Iterable<Pick<PushItem, 'recording' | 'state'>>;
    reclaim(recording: RecordingId): Promise<void>;
    mayGo?(recording: RecordingId): boolean;
  };
  readonly custody: Custody;
  readonly clock: Clock;
  readonly log: Log;
  readonly keepMs: number;
  /** No copy stays beyond the day on which it is due. */
  readonly due: DueOptions;
  /** As long as it is behind, only those go that are due. */
  readonly store: { readonly isBehind: boolean };
  /** Of the spool: what may go is read there, what does not stand any more is put there. */
  readonly changes: Changes<ItemChange>;
}

/** A receipted recording whose copy is here. */
interface Kept {
  readonly seenAtMs: number;
  /** Wall time at which it is due; undefined until its documents were read, and where they cannot be. */
  dueMs: number | undefined;
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
    for (const { recording, state } of this.#options.spool.recordings())
      if (state === 'receipted' && !this.#kept.has(recording)) this.receipted(recording);
  }

  receipted(recording: RecordingId): void {
    const seenAtMs = this.#options.clock.monotonicMs();
    this.#kept.set(recording, { seenAtMs, dueMs: undefined, isRead: false });
  }

  /** Until the signal is aborted; never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const following = this.#follow(signal);
    this.start(); // what came since the last call: no change of it is read here
    await Promise.all([following, this.#reclaimInTime(signal)]);
  }

  async #follow(signal: AbortSignal): Promise<void> {
    const { kind, changes } = this.#options;
    const mayGo = kind === 'recording' ? 'receipted' : 'reclaimable';
    for await (const change of changes.read(signal))
      if (change.kind === kind && change.to === mayGo) this.receipted(change.item);
  }

  /** Looks once a minute. */
  async #reclaimInTime(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#readDue(signal);
      const now = [...this.#kept]; // one that could not go is put after the others
      for (const [recording, kept] of now) {
        if (signal.aborted) break;
        if (this.#isOver(kept) && this.#mayGo(recording)) await this.#reclaim(recording);
      }
      await this.#options.clock.sleep(LOOK_MS, signal).catch(() => undefined);
    }
  }

  /** Reclaims the copy that was receipted first. Returns false where there is none that may go. */
  async makeRoom(): Promise<boolean> {
    if (this.#options.store.isBehind) return false;
    for (const recording of this.#kept.keys()) if (this.#mayGo(recording)) return this.#reclaim(recording);
    return false;
  }

  #mayGo(recording: RecordingId): boolean {
    return this.#options.spool.mayGo?.(recording) ?? true;
  }

  /** It was kept long enough, or is due. Asked before each: the store may be behind since the one before went. */
  #isOver({ seenAtMs, dueMs }: Kept): boolean {
    const { clock, due, store, keepMs } = this.#options;
    const seenMs = clock.monotonicMs() - keepMs;
    const nowMs = due.wall.nowMs();
    return (
      (seenAtMs <= seenMs && !store.isBehind) ||
      (nowMs !== undefined && dueMs !== undefined && dueMs <= nowMs)
    );
  }

  /** Learns from their documents when recordings are due, some in each look. */
  async #readDue(signal: AbortSignal): Promise<void> {
    const { due, spool, log } = this.#options;
    const unread = [...this.#kept].filter(([, { isRead }]) => !isRead).slice(0, READS_MAX);
    for (const [recording, kept] of unread) {
      if (signal.aborted) return;
      kept.isRead = true;
      const spooled = spool.get(recording);
      if (spooled === undefined) continue;
      try {
        kept.dueMs = await due.dueMs(spooled);
      } catch (error) {
        log.warn('documents of a receipted recording not readable', { recording, error });
      }
    }
  }

  async #reclaim(recording: RecordingId): Promise<boolean> {
    this.#kept.delete(recording);
    if (this.#options.spool.get(recording)?.state !== 'receipted') return true;
    try {
      await this.#options.spool.reclaim(recording);
    } catch (error) {
      this.#options.log.error('spool copy not removed', { recording, error });
      if (isDockError(error, 'spool.damaged')) await this.#setAside(recording, error);
      else this.#notReclaimed(recording);
      return false;
    }
    const { custody, log } = this.#options;
    appendOrLog(custody, log, { event: 'spool-reclaimed', facts: { recording } });
    return true;
  }

  /** Never rejects: what the disk does not move is tried again, behind all others. */
  async #setAside(recording: RecordingId, damage: DockError): Promise<void> {
    const { kind, spool, custody, changes, log } = this.#options;
    const reason = damage.message.slice(0, 256);
    try {
      await spool.quarantine(recording, reason);
    } catch (error) {
      log.error('damaged spool copy not quarantined', { recording, error });
      this.#notReclaimed(recording);
      return;
    }
    appendOrLog(custody, log, { event: 'quarantined', facts: { name: recording, reason } });
    changes.put({ kind, item: recording, to: 'gone' });
  }

  /** One whose stored receipt does not stand needs a new one; any other is tried again, behind all others. */
  #notReclaimed(recording: RecordingId): void {
    const { kind, spool, changes } = this.#options;
    const state = spool.get(recording)?.state;
    if (state === 'spooled') changes.put({ kind, item: recording, to: 'spooled' });
    else if (state === 'receipted') this.receipted(recording);
  }
}

type ReadAll = Pick<Files, 'readAll'>;

/** When recordings are due: `days` (`retention.days`) after the time from which the store counts, too (SPEC 10.1). */
export function recordingDue(files: ReadAll, days: number): DueOptions['dueMs'] {
  return async ({ folder }) => {
    const manifest = parseManifest(await files.readAll(join(folder, MANIFEST_NAME), MANIFEST_BYTES_MAX));
    return Date.parse(retentionOf(manifest, await receivedAt(files, folder), days).due_at);
  };
}

/** When docking records are due: as many days after their receipt. Else a station that is started anew each day keeps them for ever. */
export function dockingDue(files: ReadAll, days: number): DueOptions['dueMs'] {
  return async ({ folder }) => Date.parse(await receivedAt(files, folder)) + days * DAY_MS;
}

async function receivedAt(files: ReadAll, folder: string): Promise<string> {
  const receipt = parseReceipt(await files.readAll(join(folder, RECEIPT_NAME), RECEIPT_BYTES_MAX));
  return receipt.received_at;
}
