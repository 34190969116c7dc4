// The numbers of a store for its heartbeat (SPEC 7.9), from the parts that know them. Changes nothing.
import { join } from 'node:path';
import { parseUtf8 } from '../../protocol/format/bytes.ts';
import { readIfThere } from '../../protocol/format/durable.ts';
import { CHECKPOINT } from '../../protocol/format/file-names.ts';
import type { StationId } from '../../protocol/format/ids.ts';
import { MONITORING_CODES_MAX } from '../../protocol/format/limits.ts';
import type { Clock, Files } from '../../protocol/format/ports.ts';
import type { StoreHealthDocument } from '../../protocol/transfer/monitoring.ts';
import { parseCheckpoint } from '../../protocol/transparency/checkpoint.ts';
import { NOTE_BYTES_MAX, parseNote } from '../../protocol/transparency/signed-note.ts';
import { type HeartbeatFields, secondsBetween } from '../monitoring/heartbeat.ts';
import { currentLogFolder } from './custody/store-log.ts';
import type { VaultWords } from './reconcile/vault-words.ts';
import { newestWordMs, type TimeDeps } from './retention/outside-time.ts';
import type { RetentionCounts } from './retention/retention-timer.ts';

/** What a store adds to a heartbeat. */
export type StoreNumbers = Omit<StoreHealthDocument, keyof HeartbeatFields>;

/** What somebody outside said is read so often: a time stamp wants a program of its own. */
const OUTSIDE_MS = 600_000;

/** Parts that know a number. */
export interface StoreCounters {
  readonly quotaBytes: number;
  readonly vault: { freeBytes(): Promise<number> };
  readonly space: { readonly usedBytes: number | undefined; look(): Promise<void> };
  readonly retention: { readonly counted: RetentionCounts | undefined };
  readonly transfers: { readonly size: number };
  readonly receipts: { readonly newestAt: string | null };
  readonly words: Pick<VaultWords, 'inForce'>;
  /** The stations of the file, and when something came from each last, in ms since 1970. */
  readonly heard: ReadonlyMap<StationId, number | undefined>;
  /** Reads the log of the store and what somebody outside said of it. */
  readonly log: Omit<TimeDeps, 'signal'>;
}

/** Counts for one store. */
export class StoreCount {
  readonly #parts: StoreCounters;
  #outside: { readonly readMs: number; readonly saidMs: number | undefined } | undefined;

  constructor(parts: StoreCounters) {
    this.#parts = parts;
  }

  /** The numbers of this moment; the room that is left is judged by them. What cannot be read is null. Never rejects. */
  async measure(): Promise<StoreNumbers> {
    const { quotaBytes, vault, space, retention, transfers, receipts, words, log } = this.#parts;
    await space.look().catch(() => undefined); // free_bytes says it
    const { counted } = retention;
    const newest = [receipts.newestAt, counted?.newestReceivedAt ?? null].filter((at) => at !== null);
    const outsideMs = await this.#outsideMs();
    return {
      free_bytes: await vault.freeBytes().catch(() => null),
      used_bytes: space.usedBytes ?? null,
      quota_bytes: quotaBytes,
      recordings: counted?.recordings ?? null,
      recordings_held: counted?.held ?? null,
      recordings_due: counted?.due ?? null,
      recordings_deleted: counted?.deleted ?? null,
      transfers: transfers.size,
      newest_receipt_at: newest.toSorted().at(-1) ?? null,
      log_size: await logSize(log).catch(() => null),
      outside_at: outsideMs === undefined ? null : instant(outsideMs),
      outside_age_seconds: outsideMs === undefined ? null : secondsBetween(outsideMs, log.clock.wallMs()),
      policy: words.inForce?.policy.number ?? null,
      stations: this.stations(),
    };
  }

  /** When each was heard last, those that were silent for longest first. */
  stations(): StoreNumbers['stations'] {
    return [...this.#parts.heard]
      .toSorted(([, one], [, other]) => (one ?? 0) - (other ?? 0))
      .slice(0, MONITORING_CODES_MAX)
      .map(([station, ms]) => ({ station, heard_at: ms === undefined ? null : instant(ms) }));
  }

  async #outsideMs(): Promise<number | undefined> {
    const { log } = this.#parts;
    const nowMs = log.clock.monotonicMs();
    if (this.#outside === undefined || nowMs - this.#outside.readMs >= OUTSIDE_MS) {
      const saidMs = await newestWordMs({ ...log, signal: new AbortController().signal }).catch(
        () => undefined,
      );
      this.#outside = { readMs: nowMs, saidMs };
    }
    return this.#outside.saidMs;
  }
}

function instant(ms: number): string {
  return new Date(ms).toISOString();
}

/** Lines of the newest checkpoint; null before there is one. Errors: the system's; "note.*", "checkpoint.*". */
async function logSize(
  log: Parameters<typeof currentLogFolder>[0] & { readonly files: Files; readonly clock: Clock },
): Promise<number | null> {
  const path = join(await currentLogFolder(log), CHECKPOINT);
  const bytes = await readIfThere(log.files, path, NOTE_BYTES_MAX);
  return bytes === undefined ? null : parseCheckpoint(parseNote(parseUtf8(bytes) ?? '').text).size;
}
