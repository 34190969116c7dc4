// Docking records in the spool: signed documents, one folder a part, until the store has them and they were kept long enough.
//
// Invariants:
// 1. A record is in `recordings()` only after all parts of its docking were durable.
// 2. The parts of each camera's newest docking stay, receipted or not: they carry the chain, and what the next docking must know.
// 3. A part goes only once the part that it names has gone and all parts of its docking were receipted: what is left of a chain is always its
//    end, and a docking without its first part is either recorded wholly or not at all.
// 4. Whatever changes one part runs one after the other.
// 5. What a start read of a record, and did not verify, is read again before anything is said of it (record-links.ts).
import { join } from 'node:path';
import {
  DOCKING_RECORD_TRUSTED_COMMENT,
  parseDockingRecord,
} from '../../protocol/documents/docking-record.ts';
import type { DockingEntry } from '../../protocol/documents/docking-record.ts';
import { sha256Hex } from '../../protocol/format/bytes.ts';
import { DockError, isDockError } from '../../protocol/format/errors.ts';
import type { CameraId, DockingId, RecordingId } from '../../protocol/format/ids.ts';
import type { PublicKey } from '../../protocol/documents/minisign.ts';
import type { Clock, Conditions, Files, Log, Random, Signer } from '../../protocol/format/ports.ts';
import type { LoggedEnd } from '../custody/last-of-camera.ts';
import type { PushStore } from '../push/push-source.ts';
import type { AskedOutcome } from '../spool/asked-again.ts';
import { Documents, type SignedBytes } from '../spool/documents.ts';
import type { RecoveryFinding } from '../spool/findings.ts';
import { FolderSyncs } from '../../protocol/format/folder-syncs.ts';
import { DOCKING_NAME, DOCKING_SIGNATURE_NAME } from '../spool/layout.ts';
import { withReserve } from '../spool/receipts.ts';
import { assertCounts, withRefused, type RefusedReceipt } from '../spool/refused-receipts.ts';
import { notReceipted, StoredReceipts, writeFailed } from '../spool/stored-receipts.ts';
import { KeyedMutex } from '../../protocol/format/keyed-mutex.ts';
import { GOING_SUFFIX } from './journal-recovery.ts';
import type { NewestDocking } from './record-chain.ts';
import { RecordLinks } from './record-links.ts';
import { recoverRecords, type RecoveredRecords } from './record-recovery.ts';
import { RecordSet } from './record-set.ts';
import type { RecordSpool } from './record-spool.ts';
import type { RecordWriter, RecordWriterDeps } from './record-writer.ts';
import { StoredRecord, type RecordFacts } from './stored-record.ts';

export interface DockingRecordsOptions {
  readonly spool: RecordSpool;
  readonly files: Files;
  readonly random: Random;
  readonly signer: Signer;
  readonly clock: Pick<Clock, 'monotonicMs'>;
  readonly log: Log;
  readonly conditions: Conditions;
  /** Of the signer's key first, and older ones of this station. */
  readonly stationKeys: readonly PublicKey[];
  readonly storeKeys: readonly PublicKey[];
  /** What the log says was recorded last of a camera; undefined where it does not tell. Errors: the system's. */
  readonly lastRecorded: (camera: CameraId) => Promise<LoggedEnd | undefined>;
}

/** Which documents are read. */
const DOCKING_DOCUMENT = {
  name: DOCKING_NAME,
  signatureName: DOCKING_SIGNATURE_NAME,
  trustedComment: DOCKING_RECORD_TRUSTED_COMMENT,
};

/** All records of one spool. `open` takes whatever lies on the disk. */
export class DockingRecords implements PushStore<StoredRecord> {
  readonly #options: DockingRecordsOptions;
  readonly #records: RecordSet;
  readonly #links: RecordLinks;
  /** Dockings of which a part that is not here may come back. */
  readonly #inParts: ReadonlySet<DockingId>;
  readonly #documents: Documents;
  readonly #receipts: StoredReceipts;
  readonly #turns = new KeyedMutex<RecordingId>();
  /** Receipts that the store took back in this run. */
  readonly #refused = new Map<RecordingId, readonly RefusedReceipt[]>();
  /** What a writer of a record works with. */
  readonly writing: RecordWriterDeps;

  private constructor(options: DockingRecordsOptions, { records, apart, unread, inParts }: RecoveredRecords) {
    const { files, spool } = options;
    this.#options = options;
    this.#records = new RecordSet(records);
    this.#inParts = inParts;
    this.#links = new RecordLinks({
      ...options,
      records: this.#records,
      apart,
      unread,
      onVerified: (record) => this.#tellReclaimable(record),
    });
    this.#documents = new Documents(options, DOCKING_DOCUMENT);
    this.#receipts = new StoredReceipts({
      ...options,
      documents: this.#documents,
      reserve: spool.logReserve,
      confirm: () => spool.confirm(),
      setAside: (...what) => spool.setAside(...what),
      onChange: () => undefined,
    });
    this.writing = { ...options, layout: spool.layout, syncs: new FolderSyncs(files) };
  }

  /** Recovers what lies in `dockings/`. Errors: the system's where that folder cannot be listed or synced. */
  static async open(
    options: DockingRecordsOptions,
  ): Promise<{ records: DockingRecords; findings: readonly RecoveryFinding[] }> {
    const recovered = await recoverRecords(options);
    return { records: new DockingRecords(options, recovered), findings: recovered.findings };
  }

  get(record: RecordingId): StoredRecord | undefined {
    return this.#records.get(record);
  }

  /** Its documents are all that there is of a record. */
  holds(record: RecordingId): boolean {
    return this.#records.get(record) !== undefined;
  }

  recordings(): IterableIterator<StoredRecord> {
    return this.#records.values();
  }

  waiting(): readonly StoredRecord[] {
    const waiting = [...this.#records.values()].filter(({ state }) => state === 'spooled');
    return waiting.sort((a, b) => (a.sealedAt < b.sealedAt ? -1 : 1));
  }

  /** Parts that are here of a docking, in no order. */
  partsOf(docking: DockingId): StoredRecord[] {
    return [...this.#records.values()].filter(({ facts }) => facts.docking === docking);
  }

  /** The camera's newest docking that has a record, whichever key of this station signed it. */
  newest(camera: CameraId): NewestDocking | undefined {
    return this.#links.newest(camera);
  }

  /** Looks again at what did not verify, before `newest` is asked. Errors: only the machine's. */
  lookAgain(): Promise<void> {
    return this.#links.lookAgain();
  }

  /** Whether a record that did not verify says that it is of a newer docking of that camera: nobody knows for sure then which one came last. */
  mayHaveNewer(camera: CameraId): boolean {
    return this.#links.mayHaveNewer(camera);
  }

  /** One attempt to make a docking's record durable. Errors: "spool.gone", the system's, the signer's: nothing of it counts then. */
  async write(camera: CameraId, writer: RecordWriter): Promise<StoredRecord[]> {
    const { spool } = this.#options;
    await spool.confirm();
    const previous = await this.#links.previous(camera, writer.docking);
    const left = this.#records.left();
    const parts = await withReserve(spool.logReserve, () => writer.write(previous));
    this.#records.forget(left); // it synced their folder
    return this.#add(camera, parts);
  }

  /** Entries of a part, from its verified document. Errors: "spool.unknown", "spool.damaged"; those of parsing it. */
  async entriesOf(record: RecordingId): Promise<readonly DockingEntry[]> {
    return parseDockingRecord((await this.readManifest(record)).bytes).entries;
  }

  /** The document and its signature, compared with what was made durable and verified. Errors: "spool.unknown", "spool.damaged". */
  async readManifest(record: RecordingId): Promise<SignedBytes> {
    await this.#links.lookAgainAt(record);
    return this.#documents.manifest(this.#mustKnow(record), this.#options.stationKeys);
  }

  /** A docking record has no bytes behind it. */
  async readChunks(): Promise<Uint8Array> {
    return new Uint8Array(0);
  }

  /** Stores a verified receipt, durably; one that stands stays. Errors: "spool.unknown", "receipt.asked-again", "spool.gone", "spool.write-failed". */
  storeReceipt(record: RecordingId, bytes: Uint8Array, signature: string): Promise<void> {
    return this.#turns.run(record, async () => {
      await this.#links.lookAgainAt(record);
      const stored = this.#mustKnow(record);
      assertCounts(this.#refused.get(record) ?? [], bytes);
      await this.#receipts.store(stored, { bytes, signature });
      this.#tellReclaimable(stored);
    });
  }

  /**
   * The store asks for a part again for which it gave the receipt with that digest: it counts as spooled until there is another one that counts.
   * Nothing is erased because of a docking record, so nothing of that outlives a start: the store asks again.
   * Errors: "spool.damaged" where its receipt cannot be read.
   */
  askAgain(record: RecordingId, receiptSha256: string): Promise<AskedOutcome> {
    return this.#turns.run(record, async () => {
      await this.#links.lookAgainAt(record);
      const stored = this.#records.get(record);
      if (stored?.state !== 'receipted') return 'other';
      const { bytes } = await this.#documents.receipt(stored);
      if (sha256Hex(bytes) !== receiptSha256) return 'other';
      this.#refused.set(record, withRefused(this.#refused.get(record) ?? [], bytes));
      stored.state = 'spooled';
      return 'waits';
    });
  }

  /** There is no mark to remove. */
  async askedOver(): Promise<void> {
    return undefined;
  }

  /** Moves a part aside under its id. One that is not here is ignored. Errors: "spool.gone"; "spool.write-failed": it is no longer here all the same. */
  quarantine(record: RecordingId, reason: string): Promise<void> {
    return this.#turns.run(record, async () => {
      const stored = this.#records.get(record);
      if (stored === undefined) return;
      await this.#options.spool.confirm();
      this.#records.hide(stored);
      this.#links.goesApart(stored.facts);
      this.#options.log.error('docking record quarantined', { record, reason });
      await this.#options.spool
        .setAsideInTheEnd(stored.folder, reason)
        .catch((error: unknown) => writeFailed('quarantine', record, error));
      this.#records.forget([stored]);
    });
  }

  /** Parts that were receipted and need not stay, each behind the one that it names: what was receipted before this process is among them. */
  reclaimable(): StoredRecord[] {
    return this.#records.inOrder().filter((record) => this.#isReclaimable(record));
  }

  /** Whether a part that is reclaimable may go now, see the third invariant. So it may where it is not here itself. */
  mayGo(record: RecordingId): boolean {
    const stored = this.#records.get(record);
    if (stored === undefined) return true;
    const { docking, parts } = stored.facts;
    if (this.#inParts.has(docking) || this.#links.mayNameUnread(stored)) return false;
    const isWhole = parts === 1 || this.partsOf(docking).every(({ state }) => state === 'receipted');
    return isWhole && this.#records.isFirst(stored);
  }

  /**
   * Removes a part that is reclaimable and may go. Errors: "spool.unknown"; "spool.not-receipted" where it is not, or where its receipt does
   * not stand: it counts as spooled again; "spool.not-yet" where it may not; "spool.write-failed".
   */
  reclaim(record: RecordingId): Promise<void> {
    return this.#turns.run(record, async () => {
      await this.#links.lookAgainAt(record);
      const stored = this.#mustKnow(record);
      if (!this.mayGo(record)) notYet(record);
      if (!this.#isReclaimable(stored) || !(await this.#receipts.stands(stored))) notReceipted(record);
      try {
        await this.#remove(stored);
      } catch (error) {
        if (isDockError(error)) throw error;
        writeFailed('reclaim', record, error);
      }
    });
  }

  /**
   * Removes parts that no attempt completed and nobody was told of: they are not to be pushed, and no record may name one. Never rejects:
   * what the disk does not let go is not shown any more, and the next start tries again.
   */
  async removeUnclaimed(docking: DockingId): Promise<void> {
    const parts = this.partsOf(docking);
    if (parts.length === 0) return;
    for (const part of parts) {
      this.#records.hide(part);
      this.#links.forget(part.recording);
    }
    this.#links.follow();
    for (const part of parts)
      await this.#remove(part).catch((error: unknown) =>
        this.#options.log.error('part of an incomplete docking record not removed', { docking, error }),
      );
  }

  async #remove(stored: StoredRecord): Promise<void> {
    const { files, layout, syncs } = this.writing;
    await this.#options.spool.confirm();
    const going = join(layout.docked, stored.recording + GOING_SUFFIX);
    await files.rename(stored.folder, going); // as a whole: a cut never leaves half of a record behind
    this.#records.leave(stored);
    const left = this.#records.left();
    await syncs.sync(layout.dockings);
    this.#records.forget(left);
    await files.removeTree(going);
  }

  #add(camera: CameraId, parts: readonly RecordFacts[]): StoredRecord[] {
    const before = this.#links.newest(camera);
    this.#links.recorded(camera, parts);
    const { dockings } = this.writing.layout;
    const stored = parts.map((facts) => new StoredRecord(facts, 'spooled', dockings));
    for (const record of stored) this.#records.add(record);
    for (const { recording } of before?.parts ?? [])
      if (this.#records.get(recording)?.state === 'receipted') this.#putReclaimable(recording);
    return stored;
  }

  #tellReclaimable(stored: StoredRecord): void {
    if (this.#isReclaimable(stored)) this.#putReclaimable(stored.recording);
  }

  #putReclaimable(item: RecordingId): void {
    this.#options.spool.changes.put({ kind: 'docking', item, to: 'reclaimable' });
  }

  #isReclaimable({ state, facts }: StoredRecord): boolean {
    return state === 'receipted' && !this.#links.mayBeNewest(facts);
  }

  #mustKnow(record: RecordingId): StoredRecord {
    const stored = this.#records.get(record);
    if (stored !== undefined) return stored;
    throw new DockError('spool.unknown', `docking record ${record} is not in the spool`, { retry: 'never' });
  }
}

/** Errors: "spool.not-yet", always. */
function notYet(record: string): never {
  throw new DockError(
    'spool.not-yet',
    `docking record ${record} stays: the one that it names is still here, or a part of it has no receipt`,
    { retry: 'later', facts: { record } },
  );
}
