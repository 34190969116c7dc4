// A store that was restored from a backup (SPEC 6.10). It shows less of our log than it had signed for: then nothing is erased and nothing reclaimed
// until it says, signed, that it was restored. After that all that is still here is offered again, once a statement.
//
// Invariants:
// 1. That the store is behind, and which statement is followed, is durable before anything follows from it, and outlives a start.
// 2. From the moment at which a statement is heard until all that is here was taken back, the store counts as behind.
// 3. After a statement a receipt of its vault counts only with the signed word `held` that names both.
// 4. A statement is followed once. One that is older than the one that is followed, whichever vault it is of, or of another vault than the pinned
//    one (than that one where none is pinned), changes nothing.
// 5. The vault is pinned, durably, before the first receipt of it is stored.
import { sha256Hex } from '../../protocol/format/bytes.ts';
import { DockError } from '../../protocol/format/errors.ts';
import type { SegmentId, SessionId } from '../../protocol/format/ids.ts';
import type { Clock, Conditions, Files, Log } from '../../protocol/format/ports.ts';
import type { Receipt } from '../../protocol/documents/receipt.ts';
import type { Restored } from '../../protocol/documents/restored.ts';
import type { ReceiptMessage } from '../../protocol/transfer/messages.ts';
import type { Custody } from '../custody/custody.ts';
import type { GivesSpace } from '../platform/reserve.ts';
import type { SpoolLayout } from '../spool/layout.ts';
import {
  STORE_LOST_MAX,
  writeStoreState,
  type FollowedStatement,
  type StoreState,
} from '../spool/store-state.ts';
import type { ReceiptEntries } from '../spool/receipt-entries.ts';
import type { Spool } from '../spool/spool.ts';
import { Changes, type ItemChange } from '../spool/changes.ts';
import type { Differences } from '../custody/differences.ts';
import type { CustodyPush } from './custody-push.ts';
import type { PushItem } from '../spool/signed-items.ts';
import { verifyHeld, verifyRestored, type TrustedStore } from './push-verify.ts';

/** First pause before what the disk refused is tried again, and the longest. */
const AGAIN_MS_MIN = 1000;
const AGAIN_MS_MAX = 60_000;
/** Statements that wait while one is followed: the store tells them again. */
const WAITING_MAX = 4;

const NOT_KNOWN = { segment: null, acknowledged: null, shown: null };

/** The store signs for less of a segment than it did. */
export interface ShownLess {
  readonly segment: SegmentId;
  readonly acknowledged: number;
  readonly shown: number;
}

/** Things of one kind that have receipts. */
export interface Receipted {
  /** Removes the receipts of all that is here, durably, one after the other: each counts as spooled again. Errors: the system's; the rest keeps its receipts. */
  offerAgain(): AsyncIterable<PushItem>;
}

export interface StoreRollbackOptions {
  /** What the last run knew. */
  readonly state: StoreState;
  readonly files: Files;
  readonly layout: SpoolLayout;
  readonly reserve: GivesSpace;
  readonly store: TrustedStore;
  readonly custody: Pick<Custody, 'append' | 'checkpoint'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly conditions: Conditions;
}

/** What a statement concerns. */
export interface RollbackWork {
  /** Recordings first, docking records after them. */
  readonly receipted: readonly { readonly kind: ItemChange['kind']; readonly of: Receipted }[];
  readonly changes: Pick<Changes<ItemChange>, 'put'>;
  /** Takes recordings whose copy is gone out of what is known. */
  readonly spool: Pick<Spool, 'withdrawLost'>;
  /** Names them in the log, and shows them until a person has acknowledged it; each once. */
  readonly differences: Pick<Differences, 'storeLost'>;
  readonly receiptEntries: Pick<ReceiptEntries, 'storeRestored'>;
  readonly custodyPush: Pick<CustodyPush, 'forgetAcknowledged'>;
}

/** What one station knows of its store. */
export class StoreRollback {
  readonly #options: StoreRollbackOptions;
  /** Nothing of the store's is against an erasure any more. */
  readonly levels = new Changes<'level'>();
  readonly #ending = new AbortController();
  #work: RollbackWork | undefined;
  #state: StoreState;
  #isDoubtful = false;
  #following = 0;
  #waiting = 0;
  #last: Promise<void> = Promise.resolve();
  /** What the disk took last, and when it takes the next. */
  #kept: StoreState;
  #keeping: Promise<void> = Promise.resolve();

  constructor(options: StoreRollbackOptions) {
    this.#options = options;
    this.#state = options.state;
    this.#kept = options.state;
  }

  /** Nothing is erased or reclaimed as long as it is: what the store gave receipts for may be gone. */
  get isBehind(): boolean {
    return this.#isDoubtful || this.#following > 0 || this.#state.behind !== null;
  }

  /** The vault whose receipts count (SPEC 8.13): undefined where none is pinned, or no receiver that gave a receipt of it is listed any more. */
  get vault(): SessionId | undefined {
    const { store } = this.#options;
    const { pinned } = this.#state;
    return pinned?.receivers.some((each) => store.receivers.includes(each)) ? pinned.vault : undefined;
  }

  /** A receipt that verified (verifyReceipt) and is about to be stored: its vault is the pinned one from now on, durably. Errors: the system's. */
  async pin({ receiver, vault }: Pick<Receipt, 'receiver' | 'vault'>): Promise<void> {
    const receivers = this.vault === undefined ? [] : (this.#state.pinned?.receivers ?? []);
    if (!receivers.includes(receiver))
      this.#state = { ...this.#state, pinned: { vault, receivers: [...receivers, receiver] } };
    if (this.#kept.pinned !== this.#state.pinned) await this.#keep();
  }

  /** Called once, before `start`. */
  connect(work: RollbackWork): void {
    this.#work = work;
    this.#show();
  }

  /** Goes on with what a cut left. */
  start(): void {
    this.#work?.differences.storeLost(this.#state.lost);
    if (this.#state.restored?.offered === false) void this.#run(() => this.#offerAgain());
  }

  /** Resolves when nothing of it runs any more. Never rejects. */
  async stop(): Promise<void> {
    this.#ending.abort(new Error('the station stops'));
    await this.#last;
  }

  /** The store shows less than it had signed for; it is asked again whether that is so. Or it did not mean it. */
  doubts(isDoubtful: boolean): void {
    if (this.#isDoubtful === isDoubtful) return;
    this.#isDoubtful = isDoubtful;
    if (!this.isBehind) this.levels.put('level');
  }

  /** It does. Durable as soon as the disk takes it. */
  showsLess(less: ShownLess): void {
    if (this.#state.behind !== null) return;
    this.#state = { ...this.#state, behind: less };
    this.#options.log.error(
      'the store holds less of our log than it had signed for: nothing is erased until it says that it was restored (bodydock-receiver restored)',
      { ...less },
    );
    this.#show();
    void this.#run(() => this.#keep());
  }

  /** A message at `down/restored`. Never throws: what does not hold is logged and changes nothing. */
  take(payload: Uint8Array): void {
    if (this.#waiting >= WAITING_MAX) return;
    const { store, log } = this.#options;
    try {
      const found = verifyRestored(payload, store);
      this.#waiting++;
      void this.#run(() => this.#follow(found.restored, found.sha256)).finally(() => this.#waiting--);
    } catch (error) {
      log.warn('statement of the store refused', { error });
    }
  }

  /** Errors: "receipt.not-held" for a receipt of the restored vault without its word that it holds what that is for. */
  assertHeld(receipt: Receipt, bytes: Uint8Array, { held }: Pick<ReceiptMessage, 'held'>): void {
    const { restored } = this.#state;
    if (restored === null || receipt.vault !== restored.vault) return;
    const { station, recording } = receipt;
    const named = held && verifyHeld(held, recording, this.#options.store);
    if (named?.receipt_sha256 === sha256Hex(bytes) && named.restored_sha256 === restored.sha256) return;
    throw new DockError(
      'receipt.not-held',
      `receipt refused: the store of ${station} was restored since, and does not say that it holds ${recording} now`,
      { retry: 'later', facts: { recording } },
    );
  }

  /** One after the other. Counts as behind from now on, until it is through. */
  #run(work: () => Promise<void>): Promise<void> {
    this.#following++;
    this.#last = this.#last
      .then(() => this.#untilDone(work))
      .finally(() => {
        this.#following--;
        this.#show();
        if (!this.isBehind && !this.#ending.signal.aborted) this.levels.put('level');
      });
    return this.#last;
  }

  /** What the disk refuses is tried again until it takes it. Never rejects. */
  async #untilDone(work: () => Promise<void>): Promise<void> {
    const { clock, log } = this.#options;
    const { signal } = this.#ending;
    for (let pauseMs = AGAIN_MS_MIN; !signal.aborted; pauseMs = Math.min(2 * pauseMs, AGAIN_MS_MAX))
      try {
        return await work();
      } catch (error) {
        if (signal.aborted) return;
        log.error('what follows from a restored store is not durable: it is tried again', { error });
        this.#raise();
        await clock.sleep(pauseMs, signal).catch(() => undefined);
      }
  }

  async #follow(restored: Restored, sha256: string): Promise<void> {
    const { log } = this.#options;
    const known = this.#state.restored;
    if (known?.sha256 === sha256) return this.#offerAgain();
    const { receiver, vault, restored_at, complete_until } = restored;
    if (known !== null && restored_at <= known.restored_at) {
      log.warn('statement of the store passed over: a later one is followed', { restored_at });
      return;
    }
    const ours = this.vault ?? known?.vault;
    if (ours !== undefined && ours !== vault) {
      log.warn('statement of the store passed over: it is of another vault than our receipts', { vault });
      return;
    }
    const followed = { receiver, vault, sha256, restored_at, complete_until, offered: false };
    this.#state = { ...this.#state, restored: followed };
    await this.#offerAgain();
  }

  /** All of it again where a cut or the disk ended it before. Errors: the system's. */
  async #offerAgain(): Promise<void> {
    const followed = this.#state.restored;
    const work = this.#work;
    if (followed === null || followed.offered || work === undefined) return;
    const { custody, log } = this.#options;
    await this.#keep();
    const facts = { receiver: followed.receiver, restored_sha256: followed.sha256 };
    custody.append({ event: 'store-restored', facts });
    const lost = await this.#withdrawLost(followed, work);
    await this.#keep();
    work.differences.storeLost(this.#state.lost);
    let offered = 0;
    for (const { kind, of } of work.receipted)
      for await (const { recording: item } of of.offerAgain()) {
        work.changes.put({ kind, item, to: 'spooled' });
        offered++;
        this.#ending.signal.throwIfAborted(); // the next start goes on
      }
    await custody.checkpoint();
    work.receiptEntries.storeRestored();
    work.custodyPush.forgetAcknowledged();
    this.#state = { ...this.#state, behind: null, restored: { ...followed, offered: true } };
    await this.#keep();
    const { restored_at, complete_until } = followed;
    const counts = { offered, lost };
    log.warn('the store was restored: all that is here is offered again', {
      restored_at,
      complete_until,
      ...counts,
    });
  }

  /** How many. What was withdrawn before the disk refused one is remembered as well. Errors: the system's. */
  async #withdrawLost(
    { vault, complete_until: until }: FollowedStatement,
    work: RollbackWork,
  ): Promise<number> {
    const all = new Set(this.#state.lost);
    let lost = 0;
    try {
      for await (const item of work.spool.withdrawLost(vault, until)) {
        all.add(item);
        lost++;
        work.changes.put({ kind: 'recording', item, to: 'gone' }); // a file that is still on its camera is pulled again
        this.#ending.signal.throwIfAborted();
      }
    } finally {
      this.#state = { ...this.#state, lost: [...all].slice(-STORE_LOST_MAX) };
    }
    return lost;
  }

  /** One write after the other. Errors: the system's. */
  #keep(): Promise<void> {
    const { files, layout, reserve } = this.#options;
    const kept = this.#keeping.then(async () => {
      const state = this.#state;
      await writeStoreState(files, layout, state, reserve);
      this.#kept = state;
    });
    this.#keeping = kept.catch(() => undefined);
    return kept;
  }

  #show(): void {
    if (this.#state.behind === null) this.#options.conditions.clear('store.rolled-back', null);
    else this.#raise();
  }

  #raise(): void {
    const { segment, acknowledged, shown } = this.#state.behind ?? NOT_KNOWN;
    this.#options.conditions.raise('store.rolled-back', null, { segment, acknowledged, shown });
  }
}
