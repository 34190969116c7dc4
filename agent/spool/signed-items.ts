// Signed items: all that a station makes, signs, keeps, pushes and answers for. Recordings with their bytes, docking records, which are a document and
// nothing more, and whatever is registered beside them (station/compose-station.ts). One state machine for all of them: STEPS, below, is its table.
//
// Invariants:
// 1. File durable, then log entry durable, then everything else follows. What goes for good is the other way round: the entry is durable first.
// 2. Each step makes its own entry and its own change. What the log does not take of a step that is done is made up for later: of a durable item before
//    it is offered, of a receipt before anything goes because of it, of what left by the next start (settlement.ts).
// 3. Which type an item is of is found by its id; ids are never given twice.
import { join } from 'node:path';
import type { CustodyEvent } from '../../protocol/custody/custody-entry.ts';
import type { ItemKind } from '../../protocol/documents/item-documents.ts';
import { parseReceipt, type Receipt, RECEIPT_BYTES_MAX } from '../../protocol/documents/receipt.ts';
import { sha256Hex } from '../../protocol/format/bytes.ts';
import { DockError, isDockError } from '../../protocol/format/errors.ts';
import type { CameraId, RecordingId } from '../../protocol/format/ids.ts';
import type { Files, Log } from '../../protocol/format/ports.ts';
import { appendOrLog, type Custody, type CustodyLog, enterOwed } from '../custody/custody-log.ts';
import { ITEM } from '../custody/ledger.ts';
import type { Changes, ItemChange } from './changes.ts';
import type { DocumentFolder, SignedBytes } from './documents.ts';
import { RECEIPT_NAME } from './layout.ts';
import type { Rechecked } from './leaving.ts';
import type { SpoolState } from './spooled-recording.ts';

/** One item whose document is here. */
export interface SignedItem extends DocumentFolder {
  readonly state: SpoolState;
  /** Pushed before others. */
  readonly locked: boolean;
  /** Orders items of a type. */
  readonly sealedAt: string;
}

/** One that waits for its turn. */
export type PushTurn = Pick<SignedItem, 'recording' | 'locked' | 'sealedSizeBytes'>;

/** Where items of one type lie. It moves files; what follows from that is SignedItems'. */
export interface ItemStore<Item extends SignedItem = SignedItem> {
  /** One of which all is here. */
  get(id: RecordingId): Item | undefined;
  /** How far it got; undefined where nothing of it is here. */
  stateOf(id: RecordingId): SpoolState | undefined;
  /** Whatever is left of it, and be it its documents alone. Errors: the machine's. */
  find(id: RecordingId): Promise<Item | undefined>;
  /** All of which all is here, in no order. */
  recordings(): Iterable<Pick<SignedItem, 'recording' | 'state'>>;
  /** Those without a receipt that counts, the oldest first. */
  waiting(): readonly PushTurn[];
  /** The document and its signature, verified; "spool.damaged", "spool.unknown". */
  readManifest(id: RecordingId): Promise<SignedBytes>;
  /** chunks.bin, compared with the document; nothing where it has no payload. "spool.damaged". */
  readChunks(id: RecordingId): Promise<Uint8Array>;
  /** Errors: "spool.unknown", "spool.gone", "spool.write-failed". */
  storeReceipt(id: RecordingId, bytes: Uint8Array, signature: string): Promise<void>;
  /** Removes a receipt, durably. Undefined where there is none, or it is not here. Errors: "spool.gone", "spool.write-failed". */
  takeBackReceipt(id: RecordingId): Promise<Item | undefined>;
  /** False for one that is receipted, and stays until another one has gone or come. */
  mayGo(id: RecordingId): boolean;
  /** Errors: "spool.unknown", "spool.not-receipted", "spool.not-yet", "spool.damaged", "spool.write-failed". */
  reclaim(id: RecordingId): Promise<void>;
  /** Errors: "spool.gone": nothing changed; "spool.write-failed": it is out of the store all the same. */
  quarantine(id: RecordingId, reason: string): Promise<void>;
}

/** A type of items at a station; what both ends know of it is its row of ITEM_DOCUMENTS. */
export interface ItemType<Item extends SignedItem = SignedItem> {
  readonly kind: ItemKind;
  readonly store: ItemStore<Item>;
  /** Bit of ITEM that the last of its `entries` sets. */
  readonly entered: number;
  /** What the log says of one that is durable, in order. */
  entries(item: Item): CustodyEvent[];
  /** Camera and key of one that is the end of its camera's chain; undefined for any other, and where its key is not known. Errors: the machine's. */
  chainEnd(item: Item): Promise<{ readonly camera: CameraId; readonly key_id: string } | undefined>;
  /** Wall time in ms since 1970 from which the days count for which a copy may stay. Errors: those of its documents; the system's. */
  fromMs(item: Item): Promise<number>;
  /** Condition while the store refuses one until a person looks. */
  readonly refusedCode: string;
}

interface Step {
  readonly from: readonly (ItemState | 'nothing')[];
  readonly to: ItemState;
  /** What the log says; that of a new item is its type's (`entries`), one entry `store-restored` is for all whose receipts are taken back, and one that verifies again has all its entries. */
  readonly event: CustodyEvent['event'] | null;
  /** What readers of the changes hear. */
  readonly change: ItemChange['to'] | null;
}

/** States of an item. `reclaimed` is called `released` where it is about files: SpoolState. */
export type ItemState = 'spooled' | 'receipted' | 'reclaimed' | 'dropped' | 'quarantined';

/** All that may happen to an item. */
export const STEPS = {
  spool: { from: ['nothing'], to: 'spooled', event: null, change: 'spooled' },
  receipt: { from: ['spooled'], to: 'receipted', event: 'receipted', change: 'receipted' },
  takeBack: { from: ['receipted'], to: 'spooled', event: null, change: 'spooled' },
  reclaim: { from: ['receipted'], to: 'reclaimed', event: 'spool-reclaimed', change: null },
  drop: { from: ['reclaimed'], to: 'dropped', event: 'spool-documents-dropped', change: null },
  restore: { from: ['quarantined'], to: 'spooled', event: null, change: 'spooled' },
  quarantine: {
    from: ['spooled', 'receipted', 'reclaimed'],
    to: 'quarantined',
    event: 'quarantined',
    change: 'gone',
  },
} as const satisfies Readonly<Record<string, Step>>;

/** The next offer's checkpoint covers a receipt's entry, too: one of its own costs two signatures and a sync for each recording. */
const PATIENCE_MS = 200;

export interface SignedItemsOptions {
  readonly types: readonly ItemType[];
  readonly custody: Custody & Pick<CustodyLog, 'isEntered' | 'ledger'>;
  readonly files: Pick<Files, 'readAll'>;
  readonly changes: Pick<Changes<ItemChange>, 'put'>;
  readonly log: Log;
}

/** All items of one station. */
export class SignedItems {
  readonly types: readonly ItemType[];
  readonly #options: SignedItemsOptions;
  /** Receipts that are stored and not yet in the log, or not yet durably so. */
  readonly #entering = new Map<RecordingId, { readonly event: CustodyEvent; isAppended: boolean }>();
  /** Entries of `spool` that the log did not take. */
  readonly #owed = new Map<RecordingId, CustodyEvent[]>();

  constructor(options: SignedItemsOptions) {
    this.#options = options;
    this.types = options.types;
  }

  /** The type of one of which all is here, or undefined. */
  of(id: RecordingId): ItemType | undefined {
    return this.types.find(({ store }) => store.get(id) !== undefined);
  }

  /** The type of one of which anything is left, or undefined. */
  holding(id: RecordingId): ItemType | undefined {
    return this.types.find(({ store }) => store.stateOf(id) !== undefined);
  }

  get(id: RecordingId): SignedItem | undefined {
    return this.of(id)?.store.get(id);
  }

  stateOf(id: RecordingId): SpoolState | undefined {
    return this.holding(id)?.store.stateOf(id);
  }

  /** Errors: "spool.unknown" where nothing has it. */
  mustOf(id: RecordingId): ItemType {
    const type = this.of(id);
    if (type !== undefined) return type;
    throw new DockError('spool.unknown', `${id} is not in the spool`, { retry: 'never' });
  }

  /** `spool`: one is durable. */
  spooled(kind: ItemKind, id: RecordingId): void {
    this.enterSpooled(kind, id);
    this.announceSpooled(kind, id);
  }

  /** The entries of `spool` alone: `announceSpooled` follows. What the log does not take now it is owed. */
  enterSpooled(kind: ItemKind, id: RecordingId): void {
    const { custody, log } = this.#options;
    const type = this.types.find((each) => each.kind === kind);
    const item = type?.store.get(id);
    if (type === undefined || item === undefined) return; // it left meanwhile
    const owed = type.entries(item);
    try {
      enterOwed(custody, owed);
    } catch (error) {
      log.error('custody log entry rejected', { ...owed[0]?.facts, error });
      this.#owed.set(id, owed);
    }
  }

  announceSpooled(kind: ItemKind, id: RecordingId): void {
    this.#changed('spool', kind, id);
  }

  /** Enters what the log is owed of one, before it is offered. Errors: "custody.overrun"; the rest is still owed then. */
  payOwed(id: RecordingId): void {
    enterOwed(this.#options.custody, this.#owed.get(id) ?? []);
    this.#owed.delete(id);
  }

  /** `receipt`, its file: durable when it resolves. Errors: "spool.wrong-state"; those of the store. */
  async storeReceipt(
    receipt: Pick<Receipt, 'recording' | 'receiver'>,
    { bytes, signature }: SignedBytes,
  ): Promise<void> {
    const { recording, receiver } = receipt;
    const { store } = this.#mustBe('receipt', recording);
    const event = receiptEntry(recording, receiver, bytes);
    this.#entering.set(recording, { event, isAppended: false });
    try {
      await store.storeReceipt(recording, bytes, signature);
    } catch (error) {
      this.#entering.delete(recording);
      throw error;
    }
  }

  /** True where a receipt is stored whose entry is not durable yet. */
  isEntering(id: RecordingId): boolean {
    return this.#entering.has(id);
  }

  /** `receipt`, its entry, and the change. False where it was taken back meanwhile. Errors: "custody.overrun", "custody.write-failed": again later. */
  async enterReceipt(id: RecordingId): Promise<boolean> {
    const { custody } = this.#options;
    const entering = this.#entering.get(id);
    if (entering?.isAppended === false) {
      custody.append(entering.event);
      entering.isAppended = true;
    }
    await custody.checkpoint(PATIENCE_MS);
    this.#entering.delete(id);
    const type = this.holding(id);
    if (type?.store.stateOf(id) === 'spooled') return false;
    if (type !== undefined) this.#changed('receipt', type.kind, id);
    return true;
  }

  /** `takeBack` of a receipt that was stored and does not count after all. Errors: those of the store. */
  async takeBack(id: RecordingId): Promise<void> {
    this.#entering.delete(id);
    await this.#mustBe('takeBack', id).store.takeBackReceipt(id);
  }

  /** `takeBack` of all receipts of what is here, durably, one after the other. Errors: the system's; the rest keeps its receipts. */
  async *offerAgain(): AsyncGenerator<RecordingId> {
    for (const { kind, store } of this.types)
      for (const id of receiptedIn(store)) {
        if ((await store.takeBackReceipt(id)) === undefined) continue;
        this.#changed('takeBack', kind, id);
        yield id;
      }
  }

  /**
   * `reclaim`. Only a receipt in the durable log explains an item that is not there any more. Errors: "spool.wrong-state"; those of the store: where
   * its receipt does not stand it is offered again.
   */
  async reclaim(id: RecordingId): Promise<void> {
    const { custody } = this.#options;
    const { kind, store } = this.#mustBe('reclaim', id);
    if (await this.makeUp([id])) await custody.checkpoint();
    const isTakenBack = store.stateOf(id) === 'spooled';
    try {
      await store.reclaim(id);
    } catch (error) {
      if (!isTakenBack && store.stateOf(id) === 'spooled') this.#changed('takeBack', kind, id);
      throw error;
    }
    this.#enter('reclaim', { recording: id });
  }

  /** `drop`: the entries are durable before `remove` takes the documents away. Errors: "spool.wrong-state", "custody.*"; those of `remove`. */
  async drop(
    documents: readonly { recording: RecordingId; manifestSha256: string; receiptSha256: string }[],
    remove: () => Promise<void>,
  ): Promise<void> {
    const { custody } = this.#options;
    for (const { recording } of documents) this.#mustBe('drop', recording);
    for (const { recording, manifestSha256, receiptSha256 } of documents) {
      const facts = { recording, manifest_sha256: manifestSha256, receipt_sha256: receiptSha256 };
      custody.append({ event: STEPS.drop.event, facts });
    }
    await custody.checkpoint();
    await remove();
  }

  /** `quarantine`. Errors: "spool.gone", "station.short": nothing changed; whatever else the disk does, it is out of the spool. */
  async quarantine(id: RecordingId, reason: string): Promise<void> {
    const type = this.of(id);
    if (type === undefined) return;
    try {
      await type.store.quarantine(id, reason);
    } catch (error) {
      if (isDockError(error, 'spool.gone') || isDockError(error, 'station.short')) throw error;
      this.#options.log.error('it could not be moved to the quarantine, and is out of the spool', {
        recording: id,
        error,
      });
    }
    this.#left(type.kind, id, reason);
  }

  /** What a look at documents that the release gate refused found and did (Spool.recheck). */
  rechecked(kind: ItemKind, id: RecordingId, outcome: Rechecked): void {
    if (outcome === 'unreceipted') this.#changed('takeBack', kind, id);
    if (outcome === 'aside') this.#left(kind, id, 'damaged documents');
  }

  /** `restore`: what the disk withheld, or showed altered, verifies now, and has no receipt (daily-look.ts). */
  restored(kind: ItemKind, id: RecordingId): void {
    this.#changed('restore', kind, id);
  }

  /** A restored store may lack what only documents are left of here: a file that is still on its camera is pulled again. */
  withdrawn(kind: ItemKind, id: RecordingId): void {
    this.#changed('quarantine', kind, id);
  }

  /**
   * Appends entries of receipts that the log lacks, and says whether there were any: the caller makes the checkpoint. A receipt of another run
   * is taken back, unless its payload is gone: what proved it may be forgotten (SPEC 4.3.9.11). Errors: the system's, "document.refused";
   * those of the store.
   */
  async makeUp(ids: readonly RecordingId[]): Promise<boolean> {
    let isAny = false;
    for (const id of ids) if (!this.#isReceiptEntered(id)) isAny = (await this.#appendReceipt(id)) || isAny;
    return isAny;
  }

  /** The log needs no more entries of what was reclaimed by one. */
  #isReceiptEntered(id: RecordingId): boolean {
    const { custody } = this.#options;
    if (custody.isEntered(id, ITEM.receipted)) return true;
    return !custody.ledger.items.has(id) && this.stateOf(id) === 'released';
  }

  async #appendReceipt(id: RecordingId): Promise<boolean> {
    const { files, custody } = this.#options;
    const type = this.holding(id);
    const entering = this.#entering.get(id);
    if (type?.store.stateOf(id) === 'spooled') return false; // it is being written, or was taken back
    if (entering !== undefined) {
      if (!entering.isAppended) custody.append(entering.event);
      return (entering.isAppended = true);
    }
    if (type?.store.stateOf(id) === 'receipted') {
      if ((await type.store.takeBackReceipt(id)) !== undefined) this.#changed('takeBack', type.kind, id);
      return false;
    }
    const folder = (await type?.store.find(id))?.folder;
    if (folder === undefined) return false;
    const bytes = await files.readAll(join(folder, RECEIPT_NAME), RECEIPT_BYTES_MAX);
    // Meanwhile it may have been taken back, or entered.
    if ((this.stateOf(id) ?? 'spooled') === 'spooled' || this.#isReceiptEntered(id)) return false;
    custody.append(receiptEntry(id, parseReceipt(bytes).receiver, bytes));
    return true;
  }

  /** The type of an item of which STEPS allows that now. Errors: "spool.unknown", "spool.wrong-state": broken code of ours. */
  #mustBe(step: keyof typeof STEPS, id: RecordingId): ItemType {
    const type = this.holding(id) ?? this.mustOf(id);
    const state = type.store.stateOf(id);
    const from: readonly string[] = STEPS[step].from;
    if (state !== undefined && from.includes(state === 'released' ? 'reclaimed' : state)) return type;
    throw new DockError('spool.wrong-state', `${step} of ${id} is not possible: it is ${state ?? 'gone'}`, {
      retry: 'never',
      facts: { recording: id },
    });
  }

  #left(kind: ItemKind, id: RecordingId, reason: string): void {
    this.#owed.delete(id);
    this.#enter('quarantine', { name: id, reason });
    this.#changed('quarantine', kind, id);
  }

  /** What is true whether or not the log takes it. */
  #enter(step: 'reclaim' | 'quarantine', facts: CustodyEvent['facts']): void {
    const { custody, log } = this.#options;
    appendOrLog(custody, log, { event: STEPS[step].event, facts });
  }

  #changed(step: keyof typeof STEPS, kind: ItemKind, item: RecordingId): void {
    const to = STEPS[step].change;
    if (to !== null) this.#options.changes.put({ kind, item, to });
  }
}

/** Ids, since a row of the spool is good until something changes there. */
function receiptedIn(store: Pick<ItemStore, 'recordings'>): RecordingId[] {
  return [...store.recordings()].flatMap(({ recording, state }) =>
    state === 'receipted' ? [recording] : [],
  );
}

function receiptEntry(
  recording: RecordingId,
  receiver: Receipt['receiver'],
  bytes: Uint8Array,
): CustodyEvent {
  return { event: STEPS.receipt.event, facts: { recording, receiver, receipt_sha256: sha256Hex(bytes) } };
}
