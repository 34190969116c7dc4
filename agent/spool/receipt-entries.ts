// A cut between a receipt's sync and the log's checkpoint leaves a recording or a record receipted without its `receipted` entry. The next
// start makes up for it; and where something is to be erased because of the receipt, that waits for the entry, so that the log never shows
// an erasure without its reason.
import { join } from 'node:path';
import { sha256Hex } from '../../protocol/format/bytes.ts';
import { ownId, type RecordingId } from '../../protocol/format/ids.ts';
import { describeError } from '../../protocol/format/errors.ts';
import { INVENTORY_ENTRIES_MAX } from '../../protocol/format/limits.ts';
import type { Files, Log } from '../../protocol/format/ports.ts';
import { parseReceipt, RECEIPT_BYTES_MAX } from '../../protocol/documents/receipt.ts';
import type { Custody } from '../custody/custody.ts';
import { RECEIPT_NAME } from './layout.ts';

/** Receipts that are known to be in the log: those of a camera with as many files as a docking takes. */
const LOGGED_MAX = INVENTORY_ENTRIES_MAX;

export interface ReceiptEntriesOptions {
  /** Where something that was receipted lies; undefined where it is not here any more. Errors: the machine's. */
  readonly folderOf: (recording: RecordingId) => Promise<string | undefined>;
  readonly files: Pick<Files, 'readAll'>;
  readonly custody: Custody;
  readonly log: Log;
  /** Everything that is receipted now and whose copy is here. */
  readonly receipted: () => Iterable<RecordingId>;
  /** Whether a receipt that counts lies here now. */
  readonly isReceipted: (recording: RecordingId) => boolean;
  /** Of these recordings, those without a `receipted` entry in the durable log. */
  readonly unlogged: (recordings: readonly RecordingId[]) => Promise<readonly RecordingId[]>;
}

/** Knows which receipts the log names. The log itself is asked only for those of earlier runs, once for each. */
export class ReceiptEntries {
  readonly #options: ReceiptEntriesOptions;
  readonly #logged = new Set<RecordingId>();
  /** Receipted before this start. */
  #earlier: readonly RecordingId[] = [];

  constructor(options: ReceiptEntriesOptions) {
    this.#options = options;
  }

  /** Takes over what was receipted before this start. Called before anything more can be receipted. */
  start(): void {
    this.#earlier = [...this.#options.receipted()];
  }

  /** Makes up for what earlier runs owe. Never rejects: what fails is made up for when it is to be erased, or at the next start. */
  async run(): Promise<void> {
    try {
      await this.makeUp(this.#earlier);
      await this.#options.custody.checkpoint();
    } catch (error) {
      this.#options.log.warn('comparing earlier receipts with the log failed', {
        error: describeError(error),
      });
    }
    this.#earlier = [];
  }

  /** This process has appended the entry of the recording's receipt: what is appended behind it is not durable before it. */
  logged(recording: RecordingId): void {
    this.#remember(recording);
  }

  /** The store was restored: entries of before count no more. */
  storeRestored(): void {
    this.#logged.clear();
  }

  /** Appends the entries that are missing, and says whether there were any: the caller makes the checkpoint. Errors: the system's, "document.refused". */
  async makeUp(recordings: readonly RecordingId[]): Promise<boolean> {
    const asked = recordings.filter((recording) => !this.#logged.has(recording));
    if (asked.length === 0) return false;
    const unlogged = await this.#options.unlogged(asked);
    for (const recording of unlogged) await this.#append(recording);
    for (const recording of asked) this.#remember(recording);
    return unlogged.length > 0;
  }

  /** The oldest ones are forgotten: whoever asks for one of them has the log read. */
  #remember(recording: RecordingId): void {
    this.#logged.add(ownId(recording));
    for (const oldest of this.#logged) {
      if (this.#logged.size <= LOGGED_MAX) break;
      this.#logged.delete(oldest);
    }
  }

  async #append(recording: RecordingId): Promise<void> {
    const folder = await this.#options.folderOf(recording);
    if (folder === undefined) return;
    const bytes = await this.#options.files.readAll(join(folder, RECEIPT_NAME), RECEIPT_BYTES_MAX);
    if (this.#logged.has(recording)) return; // its receipt came in this run, and was logged while the log was searched
    if (!this.#options.isReceipted(recording)) return; // the store took it back meanwhile
    const { receiver } = parseReceipt(bytes);
    const facts = { recording, receiver, receipt_sha256: sha256Hex(bytes) };
    this.#options.custody.append({ event: 'receipted', facts });
  }
}
