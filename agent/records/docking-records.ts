// Docking records in the spool: what they have beside what all documents without payload have (spool/document-store.ts).
//
// Invariants:
// 1. A record is in `store` only after all parts of its docking were durable.
// 2. The parts of each camera's newest docking stay, receipted or not: they carry the chain, and what the next docking must know.
// 3. A part goes only once all parts of its docking were receipted.
import type { CustodyEvent } from '../../protocol/custody/custody-entry.ts';
import { parseDockingRecord, type DockingEntry } from '../../protocol/documents/docking-record.ts';
import type { CameraId, DockingId, RecordingId } from '../../protocol/format/ids.ts';
import type { Files, Random, Signer } from '../../protocol/format/ports.ts';
import type { ChainEnd } from '../custody/ledger.ts';
import { withReserve } from '../platform/reserve.ts';
import { DocumentStore, documentType, type DocumentStoreOptions } from '../spool/document-store.ts';
import type { RecoveryFinding } from '../spool/findings.ts';
import type { ItemType } from '../spool/signed-items.ts';
import { RecordChain, type NewestDocking } from './record-chain.ts';
import type { RecordWriter, RecordWriterDeps } from './record-writer.ts';
import { factsOfRecord, StoredRecord } from './stored-record.ts';

export interface DockingRecordsOptions extends DocumentStoreOptions {
  readonly random: Random;
  readonly signer: Signer;
  /** What the ledger says was recorded last of a camera. */
  readonly lastRecorded: (camera: CameraId) => ChainEnd | undefined;
  readonly policy: RecordWriterDeps['policy'];
}

/** All records of one spool: what is docking records' own beside their store. `open` takes whatever lies on the disk. */
export class DockingRecords {
  readonly store: DocumentStore<StoredRecord>;
  readonly #options: DockingRecordsOptions;
  readonly #chain: RecordChain;
  /** What a writer of a record works with. */
  readonly writing: RecordWriterDeps;

  private constructor(options: DockingRecordsOptions, store: DocumentStore<StoredRecord>) {
    const { files, random, signer, spool, lastRecorded, stationKeys, policy } = options;
    this.#options = options;
    this.store = store;
    this.#chain = new RecordChain(store, lastRecorded, stationKeys);
    this.writing = { files, random, signer, layout: spool.layout, syncs: store.syncs, policy };
    store.keepBy(this);
  }

  /** Recovers what lies in `dockings/`. Errors: the system's where that folder cannot be listed or synced. */
  static async open(
    options: DockingRecordsOptions,
  ): Promise<{ records: DockingRecords; findings: readonly RecoveryFinding[] }> {
    const folder = options.spool.layout.dockings;
    const { store, findings } = await DocumentStore.open(
      {
        kind: 'docking',
        folder,
        item: (bytes, signature, state) => new StoredRecord(factsOfRecord(bytes, signature), state, folder),
      },
      options,
    );
    return { records: new DockingRecords(options, store), findings };
  }

  /** Parts that are here of a docking, in no order. */
  partsOf(docking: DockingId): StoredRecord[] {
    return [...this.store.recordings()].filter(({ facts }) => facts.docking === docking);
  }

  /** The camera's newest docking that has a record, whichever key of this station signed it. */
  newest(camera: CameraId): NewestDocking | undefined {
    return this.#chain.newest(camera);
  }

  /** Digest that the camera's next record names; null where it names none. */
  endOfChain(camera: CameraId): string | null {
    return this.#chain.previous(camera);
  }

  /** One attempt to make a docking's record durable. Errors: "spool.gone", the system's, the signer's: nothing of it counts then. */
  async write(camera: CameraId, writer: RecordWriter): Promise<StoredRecord[]> {
    const { spool } = this.#options;
    await spool.confirm();
    const previous = this.#chain.previous(camera);
    const parts = await withReserve(spool.logReserve, () => writer.write(previous));
    this.#chain.recorded(camera, parts);
    const stored = parts.map((facts) => new StoredRecord(facts, 'spooled', spool.layout.dockings));
    this.store.add(stored);
    return stored;
  }

  /** Entries of a part, from its verified document. Errors: "spool.unknown", "spool.damaged"; those of parsing it. */
  async entriesOf(record: RecordingId): Promise<readonly DockingEntry[]> {
    return parseDockingRecord((await this.store.readManifest(record)).bytes).entries;
  }

  /** See the second and the third invariant. */
  mayGo({ facts }: StoredRecord): boolean {
    if (this.#chain.newest(facts.camera)?.docking === facts.docking) return false;
    return this.partsOf(facts.docking).every(({ state }) => state === 'receipted');
  }

  leaves({ facts }: StoredRecord): void {
    this.#chain.leaves(facts);
  }

  /** Removes parts that no attempt completed and nobody was told of: they are not to be pushed, and no record may name one. Never rejects. */
  removeUnclaimed(docking: DockingId): Promise<void> {
    return this.store.removeUntold(this.partsOf(docking));
  }
}

/** Docking records as signed items; `days` is `retention.days`. */
export function dockingRecordType(
  records: DockingRecords,
  files: Pick<Files, 'readAll'>,
  days: number,
): ItemType<StoredRecord> {
  return {
    ...documentType('docking', records.store, recordedEntries, files, days),
    chainEnd: async ({ facts: { camera, keyId, manifestSha256 } }) =>
      records.endOfChain(camera) === manifestSha256 && keyId !== null ? { camera, key_id: keyId } : undefined,
  };
}

function recordedEntries({ recording, manifestSha256, facts }: StoredRecord): CustodyEvent[] {
  const { docking, part, parts } = facts;
  return [
    { event: 'docking-recorded', facts: { docking, record: recording, sha256: manifestSha256, part, parts } },
  ];
}
