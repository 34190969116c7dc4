// A store that was restored from a backup (SPEC 6.10). It shows less of our log than it had signed for: then nothing is erased and nothing reclaimed
// until it says, signed, that it was restored. After that all that is still here is offered again, once a statement.
//
// Invariants:
// 1. That the store is behind, and which statement is followed, is durable before anything follows from it, and outlives a start.
// 2. From the moment at which a statement is heard until all that is here was taken back, the store counts as behind.
// 3. After a statement a receipt of its vault counts only with the signed word `held` that names both.
// 4. A statement is followed once. One that is older than the one that is followed, whichever vault it is of, or of another vault than the one
//    that counts (countingVault), changes nothing.
// 5. The vault is pinned, durably, before the first receipt of it is stored.
// 6. A statement without the signatures of both roles, by keys that are known here, is not followed; the store counts as behind from then on. Nor is
//    one that names another checkpoint of the log than was seen: that is a fork.
import { ROLES, verifyRoles } from '../../protocol/documents/order.ts';
import type { Receipt } from '../../protocol/documents/receipt.ts';
import { restoredCheckpoint } from '../../protocol/documents/restored.ts';
import { sha256Hex } from '../../protocol/format/bytes.ts';
import { DockError } from '../../protocol/format/errors.ts';
import type { ReceiverId, SegmentId, SessionId } from '../../protocol/format/ids.ts';
import type { Clock, Conditions, Files, Log } from '../../protocol/format/ports.ts';
import type { ReceiptMessage } from '../../protocol/transfer/messages.ts';
import type { Custody } from '../custody/custody-log.ts';
import type { Differences } from '../custody/differences.ts';
import type { GivesSpace } from '../platform/reserve.ts';
import type { Changes } from '../spool/changes.ts';
import type { SpoolLayout } from '../spool/layout.ts';
import type { SignedItems } from '../spool/signed-items.ts';
import type { Spool } from '../spool/spool.ts';
import {
  type FollowedStatement,
  STORE_LOST_MAX,
  type StoreState,
  writePinned,
  writeStoreState,
} from '../spool/store-state.ts';
import type { CustodyPush } from './custody-push.ts';
import type { HeldPolicy } from './held-policy.ts';
import type { LogWitness } from './log-witness.ts';
import { type TrustedStore, type VerifiedStatement, verifyHeld, verifyRestored } from './push-verify.ts';

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

export interface StoreStandingOptions {
  /** What the last run knew. */
  readonly state: StoreState;
  readonly files: Files;
  readonly layout: SpoolLayout;
  readonly reserve: GivesSpace;
  readonly store: TrustedStore;
  /** Whether its log is the one that it was. */
  readonly differences: Pick<Differences, 'isLogForked'>;
  /** Where nothing of the store's is against an erasure any more that was. */
  readonly levels: Changes<'level'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly conditions: Conditions;
}

/** What one station knows of its store: which vault's receipts count, and whether it is behind. */
export class StoreStanding {
  readonly #options: StoreStandingOptions;
  readonly #ending = new AbortController();
  #state: StoreState;
  #isDoubtful = false;
  #following = 0;
  #last: Promise<void> = Promise.resolve();
  /** The one that the disk took last. */
  #pinnedKept: StoreState['pinned'];
  #keeping: Promise<void> = Promise.resolve();

  constructor(options: StoreStandingOptions) {
    this.#options = options;
    this.#state = options.state;
    this.#pinnedKept = options.state.pinned;
    this.#show();
  }

  get state(): StoreState {
    return this.#state;
  }

  /** Nothing of the store's is against an erasure any more. */
  get levels(): Changes<'level'> {
    return this.#options.levels;
  }

  /** Its log is not the one that it was: its receipts may be about what nobody can find there. */
  get isForked(): boolean {
    return this.#options.differences.isLogForked;
  }

  /** Aborted when the station stops. */
  get ending(): AbortSignal {
    return this.#ending.signal;
  }

  /** Nothing is erased or reclaimed as long as it is: what the store gave receipts for may be gone. */
  get isBehind(): boolean {
    return this.#isDoubtful || this.#following > 0 || this.#state.behind !== null || this.isForked;
  }

  /** Resolves when nothing of it runs any more. Never rejects. */
  async stop(): Promise<void> {
    this.#ending.abort(new Error('the station stops'));
    await this.#last;
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
    if (this.#pinnedKept !== this.#state.pinned) await this.#keepPinned();
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
    void this.run(() => this.keep());
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
  run(work: () => Promise<void>): Promise<void> {
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

  /** Makes what is known durable, one write after the other. Errors: the system's. */
  keep(change: Partial<StoreState> = {}): Promise<void> {
    this.#state = { ...this.#state, ...change };
    const { files, layout, reserve } = this.#options;
    return this.#inTurn(() => writeStoreState(files, layout, this.#state, reserve));
  }

  #keepPinned(): Promise<void> {
    const { files, layout, reserve } = this.#options;
    return this.#inTurn(async () => {
      const { pinned } = this.#state;
      if (pinned !== null) await writePinned(files, layout, pinned, reserve);
      this.#pinnedKept = pinned;
    });
  }

  #inTurn(write: () => Promise<void>): Promise<void> {
    const kept = this.#keeping.then(write);
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

/**
 * The vault whose statements and log count (SPEC 6.10.3, 6.12.5): the pinned one; where none is, that of the statement that was followed last, as
 * long as its receiver is listed: where it is not, another vault may be in its place. Undefined for any.
 */
export function countingVault(
  { vault, state: { restored } }: Pick<StoreStanding, 'vault' | 'state'>,
  receivers: readonly ReceiverId[],
): SessionId | undefined {
  if (vault !== undefined || restored === null) return vault;
  return receivers.includes(restored.receiver) ? restored.vault : undefined;
}

/** What a statement concerns. */
export interface StoreRollbackOptions {
  readonly standing: StoreStanding;
  readonly store: TrustedStore;
  readonly policy: Pick<HeldPolicy, 'roleKeys'>;
  readonly custody: Pick<Custody, 'append' | 'checkpoint'>;
  /** Takes recordings whose copy is gone out of what is known. */
  readonly spool: Pick<Spool, 'withdrawLost'>;
  readonly items: Pick<SignedItems, 'offerAgain' | 'withdrawn'>;
  /** Names them in the log, and shows them until a person has acknowledged it; each once. */
  readonly differences: Pick<Differences, 'storeLost' | 'logRestored'>;
  readonly custodyPush: Pick<CustodyPush, 'forgetAcknowledged'>;
  /** What was seen of the store's log. */
  readonly witness: Pick<LogWitness, 'contradicts'>;
  readonly log: Log;
  readonly conditions: Conditions;
}

/** Follows the statements of one store. */
export class StoreRollback {
  readonly #options: StoreRollbackOptions;
  #waiting = 0;

  constructor(options: StoreRollbackOptions) {
    this.#options = options;
  }

  /** Goes on with what a cut left. */
  start(): void {
    const { differences, standing } = this.#options;
    differences.storeLost(standing.state.lost);
    if (standing.state.restored?.offered === false) void standing.run(() => this.#offerAgain());
  }

  /** A message at `down/restored`. Never throws: what does not hold is logged and changes nothing. */
  take(payload: Uint8Array): void {
    if (this.#waiting >= WAITING_MAX) return;
    const { standing, store, log } = this.#options;
    try {
      const found = verifyRestored(payload, store);
      this.#waiting++;
      void standing.run(() => this.#follow(found)).finally(() => this.#waiting--);
    } catch (error) {
      log.warn('statement of the store refused', { error });
    }
  }

  async #follow(statement: VerifiedStatement): Promise<void> {
    const { standing, store, log, conditions } = this.#options;
    const { restored, bytes } = statement;
    const sha256 = sha256Hex(bytes);
    const known = standing.state.restored;
    if (known?.sha256 === sha256) return this.#offerAgain();
    const { receiver, vault, restored_at, complete_until } = restored;
    if (known !== null && restored_at <= known.restored_at) {
      log.warn('statement of the store passed over: a later one is followed', { restored_at });
      return;
    }
    const ours = countingVault(standing, store.receivers);
    if (ours !== undefined && ours !== vault) {
      log.warn('statement of the store passed over: it is of another vault than our receipts', { vault });
      return;
    }
    const checkpoint = restoredCheckpoint(restored);
    if (checkpoint !== undefined && this.#options.witness.contradicts(checkpoint)) {
      log.error('statement of the store not followed: it names another log than was seen', { restored_at });
      return;
    }
    const reason = this.#whyNot(statement);
    if (reason !== undefined) {
      log.error('statement of the store not followed, and nothing is erased: both roles must sign it', {
        reason,
      });
      conditions.raise('restored.refused', null, { reason, restored_at, complete_until });
      return standing.keep({ behind: standing.state.behind ?? NOT_KNOWN });
    }
    conditions.clear('restored.refused', null);
    const followed = { receiver, vault, sha256, restored_at, complete_until, offered: false };
    await standing.keep({ restored: followed });
    await this.#offerAgain();
  }

  /** Why both roles did not sign it (SPEC 6.10.3.7); undefined where they did. */
  #whyNot({ restored, bytes, signatures: { officer, supervisor } }: VerifiedStatement): string | undefined {
    const keys = this.#options.policy.roleKeys(restored.vault);
    if (ROLES.some((role) => keys[role].length === 0)) return 'restored.no-roles';
    if (officer === undefined || supervisor === undefined) return 'restored.unsigned';
    try {
      verifyRoles('restored', bytes, { officer, supervisor }, keys);
      return undefined;
    } catch (error) {
      if (error instanceof DockError) return error.code;
      throw error;
    }
  }

  /** All of it again where a cut or the disk ended it before. Errors: the system's. */
  async #offerAgain(): Promise<void> {
    const { standing, custody, items, differences, custodyPush, log } = this.#options;
    const followed = standing.state.restored;
    if (followed === null || followed.offered) return;
    await standing.keep();
    const { receiver, sha256, restored_at, complete_until } = followed;
    custody.append({ event: 'store-restored', facts: { receiver, restored_sha256: sha256 } });
    const lost = await this.#withdrawLost(followed);
    differences.storeLost(standing.state.lost);
    differences.logRestored();
    let offered = 0;
    for await (const _ of items.offerAgain()) {
      offered++;
      standing.ending.throwIfAborted(); // the next start goes on
    }
    await custody.checkpoint();
    custodyPush.forgetAcknowledged();
    await standing.keep({ behind: null, restored: { ...followed, offered: true } });
    const facts = { restored_at, complete_until, offered, lost };
    log.warn('the store was restored: all that is here is offered again', facts);
  }

  /** How many. What was withdrawn before the disk refused one is remembered as well. Errors: the system's. */
  async #withdrawLost({ vault, complete_until: until }: FollowedStatement): Promise<number> {
    const { standing, spool, items } = this.#options;
    const all = new Set(standing.state.lost);
    let lost = 0;
    try {
      for await (const item of spool.withdrawLost(vault, until)) {
        all.add(item);
        lost++;
        items.withdrawn('recording', item);
        standing.ending.throwIfAborted();
      }
    } finally {
      await standing.keep({ lost: [...all].slice(-STORE_LOST_MAX) });
    }
    return lost;
  }
}
