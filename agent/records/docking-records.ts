// Docking records in the spool: what they have beside what all documents without payload have (spool/document-store.ts), and how one is
// made durable.
//
// Invariants:
// 1. A record is in `store` only after all parts of its docking were durable.
// 2. The parts of each camera's newest docking stay, receipted or not: they carry the chain, and what the next docking must know.
// 3. A part goes only once all parts of its docking were receipted.
import { join } from 'node:path';
import type { CustodyEvent } from '../../protocol/custody/custody-entry.ts';
import {
  DOCKING_RECORD_TRUSTED_COMMENT,
  type DockingEntry,
  encodeDockingRecord,
  type NewDockingRecord,
  parseDockingRecord,
} from '../../protocol/documents/docking-record.ts';
import { systemCode } from '../../protocol/format/errors.ts';
import type { FolderSyncs } from '../../protocol/format/folder-syncs.ts';
import { type CameraId, type DockingId, makeDockingId, type RecordingId } from '../../protocol/format/ids.ts';
import { DOCKING_ENTRIES_PER_PART } from '../../protocol/format/limits.ts';
import type { Files, Random, Signer } from '../../protocol/format/ports.ts';
import type { ChainEnd } from '../custody/ledger.ts';
import { withReserve } from '../platform/reserve.ts';
import {
  DocumentStore,
  type DocumentStoreOptions,
  documentType,
  MAKING_SUFFIX,
  writeDocument,
} from '../spool/document-store.ts';
import type { RecoveryFinding } from '../spool/findings.ts';
import type { SpoolLayout } from '../spool/layout.ts';
import type { ItemType } from '../spool/signed-items.ts';
import type { EndedDocking } from './ended-docking.ts';
import { type NewestDocking, RecordChain } from './record-chain.ts';
import { factsOfRecord, type RecordFacts, StoredRecord } from './stored-record.ts';

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

/** Docking records as signed items. */
export function dockingRecordType(
  records: DockingRecords,
  files: Pick<Files, 'readAll'>,
): ItemType<StoredRecord> {
  return {
    ...documentType('docking', records.store, recordedEntries, files),
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

// Makes the record of one docking durable: all of its parts, or none.
//
// Order: each part is written and synced in a folder below `docked/`, and that folder synced; then the parts behind the first are renamed
// to `dockings/`, which is synced before the first part's rename, and again behind it.
// Invariants:
// 1. A first part in `dockings/` says that all of them are there. Parts without it were claimed to nobody.
// 2. An attempt begins only after everything that an earlier one left was removed: no part of two attempts ever lies there.
// 3. What an attempt left goes back in the other order, the first part whole and durably before any other: the first invariant holds meanwhile.

interface RecordWriterDeps {
  readonly files: Files;
  readonly layout: Pick<SpoolLayout, 'dockings' | 'docked'>;
  readonly syncs: FolderSyncs;
  readonly signer: Signer;
  readonly random: Random;
  /** What the station holds of it. */
  readonly policy: { readonly sha256: string | undefined };
}

/** Writes one record, attempt after attempt. */
export class RecordWriter {
  readonly #deps: RecordWriterDeps;
  readonly #ended: EndedDocking;
  readonly #making: string;
  /** An attempt may have left something. */
  #begun = false;
  /** Parts that it may have left in `dockings/`, in the order in which they came there. */
  #moved: string[] = [];

  constructor(deps: RecordWriterDeps, ended: EndedDocking) {
    this.#deps = deps;
    this.#ended = ended;
    this.#making = join(deps.layout.docked, ended.docking + MAKING_SUFFIX);
  }

  /**
   * One attempt. `previous` is the digest of the camera's record before this one, or null. Shape: the facts of the parts, in order.
   * Errors: the system's, the signer's; then nothing of the attempt counts.
   */
  async write(previous: string | null): Promise<RecordFacts[]> {
    const { files } = this.#deps;
    await this.#clean();
    this.#begun = true;
    await files.makeFolder(this.#making);
    const parts = await this.#writeParts(previous);
    await this.#putInPlace(parts);
    this.#begun = false;
    this.#moved = [];
    await files.removeTree(this.#making).catch(() => undefined); // empty; the next start removes it
    return parts;
  }

  async #clean(): Promise<void> {
    if (!this.#begun) return;
    const [last, ...before] = this.#moved.toReversed();
    if (last !== undefined) await this.#moveBack([last]);
    if (before.length > 0) await this.#moveBack(before);
    this.#moved = [];
    await this.#deps.files.removeTree(this.#making);
    this.#begun = false;
  }

  async #moveBack(records: readonly string[]): Promise<void> {
    const { files, layout, syncs } = this.#deps;
    for (const record of records)
      await files.rename(join(layout.dockings, record), join(this.#making, record)).catch(unlessMissing);
    await syncs.sync(layout.dockings);
  }

  async #writeParts(previous: string | null): Promise<RecordFacts[]> {
    const parts: RecordFacts[] = [];
    const ended = { ...this.#ended, ...policyIn(this.#deps.policy) };
    for (let part = 1; part <= partCount(this.#ended); part++) {
      const record = recordIdOf(this.#ended, part, this.#deps.random);
      parts.push(await this.#writePart(ended, part, record, parts.at(-1)?.manifestSha256 ?? previous));
    }
    return parts;
  }

  async #writePart(
    ended: EndedDocking & PolicyIn,
    part: number,
    record: DockingId,
    previous: string | null,
  ): Promise<RecordFacts> {
    const { files, signer } = this.#deps;
    const bytes = encodePart(ended, part, record, previous);
    const signature = await signer.sign(bytes, DOCKING_RECORD_TRUSTED_COMMENT);
    await writeDocument(files, join(this.#making, record), 'docking', { bytes, signature });
    return factsOfRecord(bytes, signature);
  }

  async #putInPlace([first, ...further]: readonly RecordFacts[]): Promise<void> {
    const { layout, syncs } = this.#deps;
    for (const { recording } of further) await this.#move(recording);
    if (further.length > 0) await syncs.sync(layout.dockings);
    if (first !== undefined) await this.#move(first.recording);
    await syncs.sync(layout.dockings);
  }

  async #move(record: string): Promise<void> {
    const { files, layout } = this.#deps;
    this.#moved.push(record);
    await files.rename(join(this.#making, record), join(layout.dockings, record));
  }
}

/** It never came there, or went back already. */
function unlessMissing(error: unknown): void {
  if (systemCode(error) !== 'ENOENT') throw error;
}

// Cuts a docking into the parts of its record (SPEC 4.6). Pure.

type PolicyIn = Pick<NewDockingRecord, 'version' | 'policy_sha256'>;

/** The same in all parts. */
function policyIn({ sha256 }: RecordWriterDeps['policy']): PolicyIn {
  return sha256 === undefined ? { version: 2 } : { version: 3, policy_sha256: sha256 };
}

/** How many parts a docking's record has. A docking without entries has one. */
function partCount(ended: EndedDocking): number {
  return Math.max(1, Math.ceil(ended.entries.length / DOCKING_ENTRIES_PER_PART));
}

/** The record's id of a part: the docking's own for part 1, another one, drawn now, for each further part. */
function recordIdOf(ended: EndedDocking, part: number, random: Random): DockingId {
  return part === 1 ? ended.docking : makeDockingId(random);
}

/**
 * Canonical bytes of one part. `previous` is the digest of the part before, for part 1 that of the camera's record before, or null.
 * Errors: "document.refused" (broken code of ours).
 */
function encodePart(
  ended: EndedDocking & PolicyIn,
  part: number,
  record: DockingId,
  previous: string | null,
): Uint8Array {
  const { entries, ...same } = ended;
  const from = (part - 1) * DOCKING_ENTRIES_PER_PART;
  const document: NewDockingRecord = {
    type: 'docking-record',
    ...same,
    record,
    part,
    parts: partCount(ended),
    entries: entries.slice(from, from + DOCKING_ENTRIES_PER_PART),
    previous_docking_sha256: previous,
  };
  return encodeDockingRecord(document);
}
