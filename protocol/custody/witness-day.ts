// Which documents of a station belong to which day (SPEC 4.10), read from its folder in a vault, and the root over one day. The store
// makes witnesses of it and anybody can recompute them.
//
// Memory: 32 bytes for each document of the wanted days of one station; no document is held.
import { parseDeletionRecord, DELETION_BYTES_MAX } from '../documents/deletion-record.ts';
import { sha256 } from '../format/bytes.ts';
import { readIfThere } from '../format/durable.ts';
import { DockError, isDockError, systemCode } from '../format/errors.ts';
import { isRecordingId } from '../format/ids.ts';
import { DIGEST_BYTES, MANIFEST_BYTES_MAX } from '../format/limits.ts';
import { CompactRange, leafHash } from '../transparency/merkle.ts';
import type { Files } from '../format/ports.ts';
import { parseReceipt, RECEIPT_BYTES_MAX } from '../documents/receipt.ts';
import { dayOf } from './witness.ts';
import { DELETION, DOCKING, MANIFEST, RECEIPT } from '../format/file-names.ts';

/** Documents of one station in the days that are worked on at one time: 8 MiB of digests, and ten times what a busy city's station has. */
export const WITNESS_DOCUMENTS_MAX = 2 ** 18;
/** Digests are sorted in so many parts by their first byte, so that no part holds the thread for long. */
const PARTS = 256;

/** The digests of one day of one keeper. */
export class DayDigests {
  readonly #parts: { bytes: Uint8Array; count: number }[] = [];
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** Takes a digest of 32 bytes, in any order. */
  add(digest: Uint8Array): void {
    const at = digest[0] ?? 0;
    const part = (this.#parts[at] ??= { bytes: new Uint8Array(4 * DIGEST_BYTES), count: 0 });
    const end = part.count * DIGEST_BYTES;
    if (end === part.bytes.length) part.bytes = grown(part.bytes);
    part.bytes.set(digest, end);
    part.count++;
    this.#count++;
  }

  has(digest: Uint8Array): boolean {
    return this.#part(digest[0] ?? 0).some((each) => Buffer.compare(each, digest) === 0);
  }

  /**
   * Merkle root over all, and over those of `beside`, in ascending order, in hex. `breathe` is awaited between pieces of work of a few
   * milliseconds.
   */
  async root(breathe: () => Promise<void>, beside: readonly Uint8Array[] = []): Promise<string> {
    const tree = new CompactRange();
    for (let at = 0; at < PARTS; at++) {
      const digests = [...this.#part(at), ...beside.filter(([first]) => first === at)];
      if (digests.length === 0) continue;
      for (const digest of digests.sort((a, b) => Buffer.compare(a, b))) tree.append(leafHash(digest));
      await breathe();
    }
    return Buffer.from(tree.root()).toString('hex');
  }

  /** Those with that first byte. */
  #part(at: number): Uint8Array[] {
    const { bytes, count } = this.#parts[at] ?? { bytes: new Uint8Array(), count: 0 };
    return Array.from({ length: count }, (_, each) =>
      bytes.subarray(each * DIGEST_BYTES, (each + 1) * DIGEST_BYTES),
    );
  }
}

function grown(bytes: Uint8Array): Uint8Array {
  const larger = new Uint8Array(2 * bytes.length);
  larger.set(bytes);
  return larger;
}

/** What reading a station's folder needs. */
export interface StationDaysQuestion {
  readonly files: Pick<Files, 'list' | 'readAll'>;
  /** The station's folder in the vault. */
  readonly folder: string;
  /** Asked for the day of each receipt and deletion record: whether its documents count. */
  readonly wanted: (day: string) => boolean;
  readonly signal: AbortSignal;
}

/** Digests by day, and folders of which a document could not be read, so that its day is not known. */
export interface StationDays {
  readonly days: ReadonlyMap<string, DayDigests>;
  readonly unreadable: readonly string[];
}

/**
 * The documents of one station on the wanted days.
 * Errors: "witness.too-many" above WITNESS_DOCUMENTS_MAX; the signal's reason; the system's ("EIO", "EMFILE" ...).
 */
export async function stationDays(question: StationDaysQuestion): Promise<StationDays> {
  const walk = new StationWalk(question);
  const names = (await question.files.list(question.folder)).filter(isRecordingId);
  for (const name of names.sort()) {
    question.signal.throwIfAborted();
    await walk.take(name);
  }
  return walk;
}

class StationWalk implements StationDays {
  readonly days = new Map<string, DayDigests>();
  readonly unreadable: string[] = [];
  readonly #question: StationDaysQuestion;
  #count = 0;

  constructor(question: StationDaysQuestion) {
    this.#question = question;
  }

  async take(name: string): Promise<void> {
    const folder = `${this.#question.folder}/${name}`;
    try {
      await this.#receipt(folder);
      await this.#deletion(folder);
    } catch (error) {
      if (!isUnreadable(error)) throw error;
      this.unreadable.push(name);
    }
  }

  async #receipt(folder: string): Promise<void> {
    const bytes = await this.#read(folder, RECEIPT, RECEIPT_BYTES_MAX);
    if (bytes === undefined) return;
    const { received_at: receivedAt, kind } = parseReceipt(bytes);
    const day = dayOf(receivedAt);
    if (!this.#question.wanted(day)) return;
    this.#add(day, bytes);
    const beside = kind === 'docking' ? DOCKING : MANIFEST;
    const document = await this.#read(folder, beside, MANIFEST_BYTES_MAX);
    if (document !== undefined) this.#add(day, document);
  }

  async #deletion(folder: string): Promise<void> {
    const bytes = await this.#read(folder, DELETION, DELETION_BYTES_MAX);
    if (bytes === undefined) return;
    const day = dayOf(parseDeletionRecord(bytes).deleted_at);
    if (this.#question.wanted(day)) this.#add(day, bytes);
  }

  #add(day: string, document: Uint8Array): void {
    if (++this.#count > WITNESS_DOCUMENTS_MAX)
      throw new DockError(
        'witness.too-many',
        `${this.#question.folder} has more than ${WITNESS_DOCUMENTS_MAX} documents on ${day} and the days beside it, more than one witness takes: ask for a single day`,
        { retry: 'person' },
      );
    let digests = this.days.get(day);
    if (digests === undefined) this.days.set(day, (digests = new DayDigests()));
    digests.add(sha256(document));
  }

  #read(folder: string, name: string, bytesMax: number): Promise<Uint8Array | undefined> {
    return readIfThere(this.#question.files, `${folder}/${name}`, bytesMax);
  }
}

/** True where the fault is that of this one document or folder, and false where the machine cannot read now. */
function isUnreadable(error: unknown): boolean {
  if (isDockError(error, 'witness.too-many')) return false;
  if (error instanceof DockError) return true;
  return ['EFBIG', 'EISDIR', 'ELOOP', 'ENOTDIR'].includes(systemCode(error) ?? '');
}
