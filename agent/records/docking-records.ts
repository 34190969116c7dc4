// Docking records in the spool: signed documents, one folder a part, until the store has them and they were kept long enough.
//
// Invariants:
// 1. A record is in `recordings()` only after all parts of its docking were durable.
// 2. The parts of each camera's newest docking stay, receipted or not: they carry the chain, and what the next docking must know.
// 3. A part goes only once all parts of its docking were receipted.
// 4. Whatever changes one part runs one after the other.
import { join } from 'node:path';
import { parseDockingRecord } from '../../protocol/documents/docking-record.ts';
import type { DockingEntry } from '../../protocol/documents/docking-record.ts';
import { DockError, isDockError, isMachineShort } from '../../protocol/format/errors.ts';
import { isRecordingId, type CameraId, type DockingId, type RecordingId } from '../../protocol/format/ids.ts';
import type { PublicKey } from '../../protocol/documents/minisign.ts';
import type { Clock, Conditions, Files, Log, Random, Signer } from '../../protocol/format/ports.ts';
import type { ChainEnd } from '../custody/ledger.ts';
import type { ItemStore } from '../spool/signed-items.ts';
import { Documents, type SignedBytes } from '../spool/documents.ts';
import type { RecoveryFinding } from '../spool/findings.ts';
import { FolderSyncs } from '../../protocol/format/folder-syncs.ts';
import { DOCKING_NAME, DOCKING_SIGNATURE_NAME } from '../spool/layout.ts';
import { withReserve } from '../platform/reserve.ts';
import { notReceipted, StoredReceipts, writeFailed } from '../spool/stored-receipts.ts';
import { KeyedMutex } from '../../protocol/format/keyed-mutex.ts';
import { GOING_SUFFIX } from './journal-recovery.ts';
import { RecordChain, type NewestDocking } from './record-chain.ts';
import { readRecord, recoverAgain, recoverRecords } from './record-recovery.ts';
import type { RecordSpool } from './record-spool.ts';
import type { RecordWriter, RecordWriterDeps } from './record-writer.ts';
import { StoredRecord, type RecordFacts } from './stored-record.ts';
import type { SpoolState } from '../spool/spooled-recording.ts';

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
  /** What the ledger says was recorded last of a camera. */
  readonly lastRecorded: (camera: CameraId) => ChainEnd | undefined;
}

/** All records of one spool. `open` takes whatever lies on the disk. */
export class DockingRecords implements ItemStore<StoredRecord> {
  readonly #options: DockingRecordsOptions;
  readonly #records = new Map<RecordingId, StoredRecord>();
  readonly #chain: RecordChain;
  readonly #documents: Documents;
  readonly #receipts: StoredReceipts;
  readonly #turns = new KeyedMutex<RecordingId>();
  /** What a writer of a record works with. */
  readonly writing: RecordWriterDeps;

  private constructor(options: DockingRecordsOptions, records: readonly StoredRecord[]) {
    const { files, spool } = options;
    this.#options = options;
    for (const record of records) this.#records.set(record.recording, record);
    this.#chain = new RecordChain(this, options.lastRecorded, options.stationKeys);
    this.#documents = new Documents(options, 'docking');
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
    const { records, findings } = await recoverRecords(options);
    return { records: new DockingRecords(options, records), findings };
  }

  /**
   * Looks again, as a start does, at what is no record because the disk did not show it or refused something, in `dockings/` and in the quarantine:
   * from there one comes back that verifies now and has no receipt. Only those of which the log has an entry: of any other docking another record may
   * have been made since. Shape: those that are records now, without a receipt. Errors: the system's where a folder cannot be listed; the machine's.
   */
  async lookAgain(
    isEntered: (record: RecordingId) => boolean,
  ): Promise<{ readonly records: readonly RecordingId[]; readonly findings: readonly RecoveryFinding[] }> {
    const { files, spool, log } = this.#options;
    const { dockings } = spool.layout;
    const isOff = (record: RecordingId): boolean =>
      !this.#records.has(record) && isEntered(record) && !spool.isLeaving(join(dockings, record));
    for (const name of spool.asideNames.filter(isRecordingId).filter(isOff))
      if (await this.#isWholeAside(name)) {
        await spool.moveBack(name, join(dockings, name));
        log.warn('docking record restored from the quarantine: it verifies now', { record: name });
      }
    const { records, findings } = await recoverAgain(
      this.#options,
      (await files.list(dockings)).filter(isRecordingId).filter(isOff),
    );
    for (const record of records) this.#records.set(record.recording, record);
    return { records: records.map(({ recording }) => recording), findings };
  }

  /** Whether that folder in the quarantine holds this record and nothing else, and no other one has its place. Errors: the machine's. */
  async #isWholeAside(record: RecordingId): Promise<boolean> {
    const { files, spool, stationKeys } = this.#options;
    const folder = join(spool.layout.quarantine, record);
    try {
      if ((await files.stat(join(spool.layout.dockings, record))) !== undefined) return false;
      const names = (await files.list(folder)).toSorted();
      if (names.join() !== [DOCKING_NAME, DOCKING_SIGNATURE_NAME].toSorted().join()) return false;
      const { facts, isVerified } = await readRecord(files, folder, stationKeys);
      return isVerified && facts.recording === record;
    } catch (error) {
      if (isMachineShort(error)) throw error;
      return false;
    }
  }

  get(record: RecordingId): StoredRecord | undefined {
    return this.#records.get(record);
  }

  /** Its documents are all that there is of a record. */
  stateOf(record: RecordingId): SpoolState | undefined {
    return this.#records.get(record)?.state;
  }

  find(record: RecordingId): Promise<StoredRecord | undefined> {
    return Promise.resolve(this.#records.get(record));
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
    return this.#chain.newest(camera);
  }

  /** One attempt to make a docking's record durable. Errors: "spool.gone", the system's, the signer's: nothing of it counts then. */
  async write(camera: CameraId, writer: RecordWriter): Promise<StoredRecord[]> {
    const { spool } = this.#options;
    await spool.confirm();
    const previous = this.#chain.previous(camera);
    const parts = await withReserve(spool.logReserve, () => writer.write(previous));
    return this.#add(camera, parts);
  }

  /** Entries of a part, from its verified document. Errors: "spool.unknown", "spool.damaged"; those of parsing it. */
  async entriesOf(record: RecordingId): Promise<readonly DockingEntry[]> {
    return parseDockingRecord((await this.readManifest(record)).bytes).entries;
  }

  /** The document and its signature, compared with what was made durable and verified. Errors: "spool.unknown", "spool.damaged". */
  async readManifest(record: RecordingId): Promise<SignedBytes> {
    return this.#documents.manifest(this.#mustKnow(record), this.#options.stationKeys);
  }

  /** A docking record has no bytes behind it. */
  async readChunks(): Promise<Uint8Array> {
    return new Uint8Array(0);
  }

  /** Stores a verified receipt, durably; one that stands stays. Errors: "spool.unknown", "spool.gone", "spool.write-failed". */
  storeReceipt(record: RecordingId, bytes: Uint8Array, signature: string): Promise<void> {
    return this.#turns.run(record, async () => {
      const stored = this.#mustKnow(record);
      await this.#receipts.store(stored, { bytes, signature });
    });
  }

  /** Removes a receipt, durably: the part counts as spooled again. Undefined where there is none, or it is not here. Errors: "spool.gone", "spool.write-failed". */
  takeBackReceipt(record: RecordingId): Promise<StoredRecord | undefined> {
    return this.#turns.run(record, async () => {
      const stored = this.#records.get(record);
      if (stored?.state !== 'receipted') return undefined;
      await this.#receipts.takeBack(stored);
      return stored;
    });
  }

  /** Moves a part aside under its id. One that is not here is ignored. Errors: "spool.gone"; "spool.write-failed": it is no longer here all the same. */
  quarantine(record: RecordingId, reason: string): Promise<void> {
    return this.#turns.run(record, async () => {
      const stored = this.#records.get(record);
      if (stored === undefined) return;
      await this.#options.spool.confirm();
      this.#chain.leaves(stored.facts);
      this.#records.delete(record);
      this.#options.log.error('docking record quarantined', { record, reason });
      await this.#options.spool
        .setAsideInTheEnd(stored.folder, reason)
        .catch((error: unknown) => writeFailed('quarantine', record, error));
    });
  }

  /** See the second and the third invariant. So it may where it is not here itself. */
  mayGo(record: RecordingId): boolean {
    const stored = this.#records.get(record);
    if (stored === undefined) return true;
    if (this.#chain.newest(stored.facts.camera)?.docking === stored.facts.docking) return false;
    return this.partsOf(stored.facts.docking).every(({ state }) => state === 'receipted');
  }

  /**
   * Removes a part that is receipted and may go. Errors: "spool.unknown"; "spool.not-receipted" where it is not, or where its receipt does
   * not stand: it counts as spooled again; "spool.not-yet" where it may not; "spool.write-failed".
   */
  reclaim(record: RecordingId): Promise<void> {
    return this.#turns.run(record, async () => {
      const stored = this.#mustKnow(record);
      if (stored.state !== 'receipted') notReceipted(record);
      if (!this.mayGo(record)) notYet(record);
      if (!(await this.#receipts.stands(stored))) notReceipted(record);
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
    for (const { recording } of parts) this.#records.delete(recording);
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
    this.#records.delete(stored.recording);
    await syncs.sync(layout.dockings);
    await files.removeTree(going);
  }

  #add(camera: CameraId, parts: readonly RecordFacts[]): StoredRecord[] {
    this.#chain.recorded(camera, parts);
    const { dockings } = this.writing.layout;
    const stored = parts.map((facts) => new StoredRecord(facts, 'spooled', dockings));
    for (const record of stored) this.#records.set(record.recording, record);
    return stored;
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
    `docking record ${record} stays: it is the newest of its camera, or a part of it has no receipt`,
    {
      retry: 'later',
      facts: { record },
    },
  );
}
