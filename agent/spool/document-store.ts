// Signed items that are a document and nothing more, in one folder of the spool: one folder an item, until the store has it and it was kept long enough.
// Docking records are of that kind (records/docking-records.ts); what differs between kinds is DocumentType.
//
// Invariants:
// 1. An item is in `recordings()` only after its folder was durable.
// 2. Whatever changes one item runs one after the other.
// 3. A folder leaves as a whole: a cut never leaves half of an item behind.
import { dirname, join } from 'node:path';
import { itemDocument, NO_CHUNKS_SHA256, type ItemKind } from '../../protocol/documents/item-documents.ts';
import { signatureKeyId, type PublicKey } from '../../protocol/documents/minisign.ts';
import { encodeUtf8, sha256Hex } from '../../protocol/format/bytes.ts';
import { writeDurable } from '../../protocol/format/durable.ts';
import { DockError, isDockError, isMachineShort } from '../../protocol/format/errors.ts';
import { SIGNATURE_SUFFIX } from '../../protocol/format/file-names.ts';
import { FolderSyncs } from '../../protocol/format/folder-syncs.ts';
import { isRecordingId, type RecordingId } from '../../protocol/format/ids.ts';
import { KeyedMutex } from '../../protocol/format/keyed-mutex.ts';
import type { Conditions, Files, Log } from '../../protocol/format/ports.ts';
import { ITEM } from '../custody/ledger.ts';
import { withReserve } from '../platform/reserve.ts';
import { readStored, recoverAgain, recoverDocuments } from './document-recovery.ts';
import { Documents, type SignedBytes } from './documents.ts';
import type { RecoveryFinding } from './findings.ts';
import { documentFrom } from './keep.ts';
import type { ItemStore, ItemType } from './signed-items.ts';
import type { Spool } from './spool.ts';
import type { SpoolState } from './spooled-recording.ts';
import { notReceipted, StoredReceipts, writeFailed } from './stored-receipts.ts';

/** After an item's id, below `docked/`: the folder in which it is made, and the one in which it goes. A start removes both. */
export const MAKING_SUFFIX = '.record';
export const GOING_SUFFIX = '.gone';

/** One item; only its store changes its state. */
export interface StoredDocument {
  readonly recording: RecordingId;
  readonly folder: string;
  readonly locked: false;
  readonly sealedSizeBytes: 0;
  readonly chunksSha256: string;
  readonly manifestSha256: string;
  /** Of the key that signed it, as its signature says; null where that cannot be read. */
  readonly keyId: string | null;
  /** Orders what waits for its turn. */
  readonly sealedAt: string;
  state: SpoolState;
}

/** What differs between kinds of documents at a station. */
export interface DocumentType<Item extends StoredDocument> {
  readonly kind: ItemKind;
  /** Where the folders of its items are. */
  readonly folder: string;
  /** An item from its document and signature, neither of them verified. Errors: "document.refused". */
  item(bytes: Uint8Array, signature: string, state: SpoolState): Item;
}

/** What documents need of the spool that they lie in. */
export type DocumentSpool = Pick<
  Spool,
  | 'layout'
  | 'confirm'
  | 'setAside'
  | 'setAsideInTheEnd'
  | 'asideNames'
  | 'moveBack'
  | 'isLeaving'
  | 'logReserve'
>;

export interface DocumentStoreOptions {
  readonly spool: DocumentSpool;
  readonly files: Files;
  readonly log: Log;
  readonly conditions: Conditions;
  /** Of the signer's key first, and older ones of this station. */
  readonly stationKeys: readonly PublicKey[];
  readonly storeKeys: readonly PublicKey[];
}

/** What a kind has to say of its items beside what is the same for all. */
export interface DocumentKeeping<Item> {
  /** See ItemStore.mayGo. */
  mayGo(item: Item): boolean;
  /** It is about to be moved to the quarantine. */
  leaves(item: Item): void;
}

const KEEP_NOTHING: DocumentKeeping<unknown> = { mayGo: () => true, leaves: () => undefined };

/** A kind that has no more to say of its documents than ITEM_DOCUMENTS does. */
export function plainDocuments(kind: ItemKind, folder: string): DocumentType<StoredDocument> {
  return {
    kind,
    folder,
    item: (bytes, signature, state) => {
      const { recording } = itemDocument(kind).content(bytes);
      return {
        recording,
        folder: join(folder, recording),
        locked: false,
        sealedSizeBytes: 0,
        chunksSha256: NO_CHUNKS_SHA256,
        manifestSha256: sha256Hex(bytes),
        keyId: signatureKeyId(signature) ?? null,
        sealedAt: '',
        state,
      };
    },
  };
}

/** All items of one kind in one spool. `open` takes whatever lies on the disk. */
export class DocumentStore<Item extends StoredDocument = StoredDocument> implements ItemStore<Item> {
  readonly syncs: FolderSyncs;
  readonly #type: DocumentType<Item>;
  readonly #options: DocumentStoreOptions;
  readonly #items = new Map<RecordingId, Item>();
  readonly #documents: Documents;
  readonly #receipts: StoredReceipts;
  readonly #turns = new KeyedMutex<RecordingId>();
  #keeping: DocumentKeeping<Item> = KEEP_NOTHING;

  private constructor(type: DocumentType<Item>, options: DocumentStoreOptions, items: readonly Item[]) {
    const { files, spool, storeKeys, log } = options;
    this.#type = type;
    this.#options = options;
    for (const item of items) this.#items.set(item.recording, item);
    this.syncs = new FolderSyncs(files);
    this.#documents = new Documents(options, type.kind);
    this.#receipts = new StoredReceipts({
      files,
      storeKeys,
      log,
      documents: this.#documents,
      reserve: spool.logReserve,
      confirm: () => spool.confirm(),
      setAside: (...what) => spool.setAside(...what),
      onChange: () => undefined,
    });
  }

  /** Recovers what lies in the folder. Errors: the system's where it cannot be made, listed or synced; the machine's. */
  static async open<Item extends StoredDocument>(
    type: DocumentType<Item>,
    options: DocumentStoreOptions,
  ): Promise<{ store: DocumentStore<Item>; findings: readonly RecoveryFinding[] }> {
    if ((await options.files.stat(type.folder)) === undefined) {
      await options.files.makeFolder(type.folder);
      await options.files.syncFolder(dirname(type.folder));
    }
    const { items, findings } = await recoverDocuments(type, options);
    return { store: new DocumentStore(type, options, items), findings };
  }

  /** Called once, before anything may go. */
  keepBy(keeping: DocumentKeeping<Item>): void {
    this.#keeping = keeping;
  }

  /**
   * Looks again, as a start does, at what is no item because the disk did not show it or refused something, in its folder and in the quarantine: from
   * there one comes back that verifies now and has no receipt. Only those of which the log has an entry: in place of any other one another may have been
   * made since. Shape: those that are items now, without a receipt. Errors: the system's where a folder cannot be listed; the machine's.
   */
  async lookAgain(
    isEntered: (id: RecordingId) => boolean,
  ): Promise<{ readonly items: readonly RecordingId[]; readonly findings: readonly RecoveryFinding[] }> {
    const { files, spool, log } = this.#options;
    const { folder, kind } = this.#type;
    const isOff = (id: RecordingId): boolean =>
      !this.#items.has(id) && isEntered(id) && !spool.isLeaving(join(folder, id));
    for (const name of spool.asideNames.filter(isRecordingId).filter(isOff))
      if (await this.#isWholeAside(name)) {
        await spool.moveBack(name, join(folder, name));
        log.warn('document restored from the quarantine: it verifies now', { kind, record: name });
      }
    const off = (await files.list(folder)).filter(isRecordingId).filter(isOff);
    const { items, findings } = await recoverAgain(this.#type, this.#options, off);
    this.add(items);
    return { items: items.map(({ recording }) => recording), findings };
  }

  /** Whether that folder in the quarantine holds this document and nothing else, and no other one has its place. Errors: the machine's. */
  async #isWholeAside(id: RecordingId): Promise<boolean> {
    const { files, spool } = this.#options;
    const { name } = itemDocument(this.#type.kind);
    const folder = join(spool.layout.quarantine, id);
    try {
      if ((await files.stat(join(this.#type.folder, id))) !== undefined) return false;
      const names = (await files.list(folder)).toSorted();
      if (names.join() !== [name, name + SIGNATURE_SUFFIX].toSorted().join()) return false;
      const { item, isVerified } = await readStored(this.#type, this.#options, folder);
      return isVerified && item.recording === id;
    } catch (error) {
      if (isMachineShort(error)) throw error;
      return false;
    }
  }

  get(id: RecordingId): Item | undefined {
    return this.#items.get(id);
  }

  /** Its document is all that there is of an item. */
  stateOf(id: RecordingId): SpoolState | undefined {
    return this.#items.get(id)?.state;
  }

  find(id: RecordingId): Promise<Item | undefined> {
    return Promise.resolve(this.#items.get(id));
  }

  recordings(): IterableIterator<Item> {
    return this.#items.values();
  }

  waiting(): readonly Item[] {
    const waiting = [...this.#items.values()].filter(({ state }) => state === 'spooled');
    return waiting.sort((a, b) => (a.sealedAt < b.sealedAt ? -1 : 1));
  }

  /** The document and its signature, compared with what was made durable and verified. Errors: "spool.unknown", "spool.damaged". */
  async readManifest(id: RecordingId): Promise<SignedBytes> {
    return this.#documents.manifest(this.#mustKnow(id), this.#options.stationKeys);
  }

  /** There is no payload. */
  async readChunks(): Promise<Uint8Array> {
    return new Uint8Array(0);
  }

  /** Makes a signed document durable. Errors: "spool.gone", "spool.write-failed": nothing of it counts then. */
  async write({ bytes, signature }: SignedBytes): Promise<Item> {
    const { files, spool } = this.#options;
    const item = this.#type.item(bytes, signature, 'spooled');
    const making = join(spool.layout.docked, item.recording + MAKING_SUFFIX);
    await spool.confirm();
    try {
      await withReserve(spool.logReserve, async () => {
        await files.removeTree(making);
        if ((await files.stat(item.folder)) !== undefined) {
          await files.rename(item.folder, making); // of an attempt whose sync failed
          await files.removeTree(making);
        }
        await writeDocument(files, making, this.#type.kind, { bytes, signature });
        await files.rename(making, item.folder);
        await this.syncs.sync(this.#type.folder);
      });
    } catch (error) {
      writeFailed('write', item.recording, error);
    }
    this.add([item]);
    return item;
  }

  /** They are durable in their folders. */
  add(items: readonly Item[]): void {
    for (const item of items) this.#items.set(item.recording, item);
  }

  /** Stores a verified receipt, durably; one that stands stays. Errors: "spool.unknown", "spool.gone", "spool.write-failed". */
  storeReceipt(id: RecordingId, bytes: Uint8Array, signature: string): Promise<void> {
    return this.#turns.run(id, () => this.#receipts.store(this.#mustKnow(id), { bytes, signature }));
  }

  takeBackReceipt(id: RecordingId): Promise<Item | undefined> {
    return this.#turns.run(id, async () => {
      const item = this.#items.get(id);
      if (item?.state !== 'receipted') return undefined;
      await this.#receipts.takeBack(item);
      return item;
    });
  }

  /** Moves one aside under its id. One that is not here is ignored. Errors: "spool.gone"; "spool.write-failed": it is no longer here all the same. */
  quarantine(id: RecordingId, reason: string): Promise<void> {
    return this.#turns.run(id, async () => {
      const item = this.#items.get(id);
      if (item === undefined) return;
      const { spool, log } = this.#options;
      await spool.confirm();
      this.#keeping.leaves(item);
      this.#items.delete(id);
      log.error('document quarantined', { kind: this.#type.kind, record: id, reason });
      await spool
        .setAsideInTheEnd(item.folder, reason)
        .catch((error: unknown) => writeFailed('quarantine', id, error));
    });
  }

  mayGo(id: RecordingId): boolean {
    const item = this.#items.get(id);
    return item === undefined || this.#keeping.mayGo(item);
  }

  /**
   * Removes one that is receipted and may go. Errors: "spool.unknown"; "spool.not-receipted" where it is not, or where its receipt does not stand: it
   * counts as spooled again; "spool.not-yet" where it may not; "spool.write-failed".
   */
  reclaim(id: RecordingId): Promise<void> {
    return this.#turns.run(id, async () => {
      const item = this.#mustKnow(id);
      if (item.state !== 'receipted') notReceipted(id);
      if (!this.#keeping.mayGo(item)) notYet(id);
      if (!(await this.#receipts.stands(item))) notReceipted(id);
      try {
        await this.#remove(item);
      } catch (error) {
        if (isDockError(error)) throw error;
        writeFailed('reclaim', id, error);
      }
    });
  }

  /** Removes some that nobody was told of. Never rejects: what the disk does not let go is not shown any more, and the next start tries again. */
  async removeUntold(items: readonly Item[]): Promise<void> {
    for (const { recording } of items) this.#items.delete(recording);
    for (const item of items)
      await this.#remove(item).catch((error: unknown) =>
        this.#options.log.error('incomplete document not removed', { record: item.recording, error }),
      );
  }

  async #remove(item: Item): Promise<void> {
    const { files, spool } = this.#options;
    await spool.confirm();
    const going = join(spool.layout.docked, item.recording + GOING_SUFFIX);
    await files.rename(item.folder, going); // as a whole: a cut never leaves half of it behind
    this.#items.delete(item.recording);
    await this.syncs.sync(this.#type.folder);
    await files.removeTree(going);
  }

  #mustKnow(id: RecordingId): Item {
    const item = this.#items.get(id);
    if (item !== undefined) return item;
    throw new DockError('spool.unknown', `${this.#type.kind} ${id} is not in the spool`, { retry: 'never' });
  }
}

/** Makes a folder with a signed document of that kind, durable but for the folder's own name. Errors: the system's. */
export async function writeDocument(
  files: Files,
  folder: string,
  kind: ItemKind,
  { bytes, signature }: SignedBytes,
): Promise<void> {
  const { name } = itemDocument(kind);
  await files.makeFolder(folder);
  await writeDurable(files, join(folder, name), bytes);
  await writeDurable(files, join(folder, name + SIGNATURE_SUFFIX), encodeUtf8(signature));
  await files.syncFolder(folder);
}

/** Documents of one kind as signed items: `entries` is what the log says of one that is durable. */
export function documentType<Item extends StoredDocument>(
  kind: ItemKind,
  store: DocumentStore<Item>,
  entries: ItemType<Item>['entries'],
  files: Pick<Files, 'readAll'>,
): ItemType<Item> {
  return {
    kind,
    store,
    entered: ITEM.recorded,
    entries,
    chainEnd: async () => undefined, // unless it has chains
    fromMs: documentFrom(files),
    refusedCode: 'docking.refused',
  };
}

/** Errors: "spool.not-yet", always. */
function notYet(record: string): never {
  throw new DockError('spool.not-yet', `document ${record} stays: another one has to go or come first`, {
    retry: 'later',
    facts: { record },
  });
}
