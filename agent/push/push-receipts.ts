// Takes the receipts of what is pushed: verified, stored durably and logged, in this order; only then anybody is told.
//
// Invariants:
// 1. `receipted` comes once a recording, after its receipt and the log entry of it are durable.
// 2. A receipt that was stored and could not be logged is logged when it comes again.
// 3. Refused receipts make one log entry a recording and reason, however many come. What waits after one that has it need not.
import { type DockError, isDockError } from '../../protocol/format/errors.ts';
import type { RecordingId } from '../../protocol/format/ids.ts';
import type { Conditions, Log } from '../../protocol/format/ports.ts';
import type { ReceiptMessage } from '../../protocol/transfer/messages.ts';
import type { Custody } from '../custody/custody-log.ts';
import type { Differences } from '../custody/differences.ts';
import { receiptMeant } from '../spool/documents.ts';
import type { SignedItems } from '../spool/signed-items.ts';
import { LOG_FORKED, NOT_IN_LOG } from './log-witness.ts';
import type { PushSteps } from './push-steps.ts';
import { type TrustedStore, verifyReceipt } from './push-verify.ts';
import type { StoreStanding } from './store-rollback.ts';

/**
 * Signed by the store and about our document, and counting for nothing now: of before the store was restored, which a broker may deliver at any
 * time; or not in the log of the store, or that is not the one that it was.
 */
const LASTING: ReadonlySet<string> = new Set(['receipt.not-held', NOT_IN_LOG, LOG_FORKED]);
/** Signed by a key of the store, and not of our store, or not about what it came for. */
const FALSE: ReadonlySet<string> = new Set(['receipt.mismatch', 'receipt.other-store']);

export interface PushReceiptsOptions {
  readonly store: TrustedStore;
  readonly items: SignedItems;
  readonly custody: Custody;
  readonly standing: Pick<StoreStanding, 'assertHeld' | 'pin' | 'vault'>;
  readonly log: Log;
  readonly conditions: Conditions;
  readonly documents: Pick<PushSteps, 'manifestBytes'>;
  /** Knows whether a head that the store names is in our custody log. */
  readonly differences: Pick<Differences, 'isOurs'>;
}

/**
 * What becomes of a receipt. `stored`: it is durable, the store has all of it, and nothing more need be sent. `receipted`: it is logged, too.
 * `refused`: it does not count. `not-kept`: it could not be kept now, and nothing of it is stored.
 */
export type ReceiptStep = 'stored' | 'receipted' | 'refused' | 'not-kept';

/** Receipts of one station. */
export class PushReceipts {
  readonly #options: PushReceiptsOptions;
  readonly #taking = new Set<RecordingId>();
  readonly #refusals = new Map<RecordingId, Set<string>>();

  constructor(options: PushReceiptsOptions) {
    this.#options = options;
  }

  /** True while a receipt of the recording is on its way to the disk. */
  isTaking(recording: RecordingId): boolean {
    return this.#taking.has(recording);
  }

  /**
   * A receipt came. One at a time for a recording; `isPushed` says that somebody still waits for one that may be stored already;
   * `unproven` why it is not in the log of the store (LogWitness.follow).
   * Errors: "custody.overrun" where a refusal could not be logged; everything else is logged and changes nothing.
   */
  async *take(
    recording: RecordingId,
    message: ReceiptMessage,
    { isPushed, unproven }: { readonly isPushed: boolean; readonly unproven: DockError | undefined },
  ): AsyncGenerator<ReceiptStep, void> {
    const { items } = this.#options;
    const isSpooled = items.get(recording)?.state === 'spooled';
    if (this.#taking.has(recording) || !(isSpooled || isPushed || items.isEntering(recording))) return;
    this.#taking.add(recording);
    try {
      if (isSpooled) {
        await this.#keep(recording, message, unproven);
        yield 'stored';
      }
      // A statement may have come meanwhile: then it waits for another receipt.
      if (await items.enterReceipt(recording)) yield 'receipted';
    } catch (error) {
      yield* this.#notTaken(recording, error);
    } finally {
      this.#taking.delete(recording);
    }
  }

  /** The recording is receipted or left the spool: what was raised for it is over. */
  forget(recording: RecordingId): void {
    this.#refusals.delete(recording);
    this.#options.conditions.clear('receipt.refused', recording);
  }

  async #keep(
    recording: RecordingId,
    message: ReceiptMessage,
    unproven: DockError | undefined,
  ): Promise<void> {
    const { items } = this.#options;
    const { kind } = items.mustOf(recording);
    const meant = receiptMeant(kind, await this.#options.documents.manifestBytes(recording));
    const { standing, store } = this.#options;
    const { bytes, signature, receipt } = verifyReceipt(message, meant, store, standing.vault);
    standing.assertHeld(receipt, bytes, message);
    if (unproven !== undefined) throw unproven;
    await standing.pin(receipt);
    // The receipt counts all the same: what differs is the log, and that is reported where the log is known.
    this.#options.conditions.clear(NOT_IN_LOG, null);
    if (receipt.custody_head !== null) await this.#options.differences.isOurs(receipt.custody_head);
    await items.storeReceipt(receipt, { bytes, signature });
    try {
      standing.assertHeld(receipt, bytes, message); // a statement may have come while it was stored
    } catch (error) {
      await items.takeBack(recording);
      throw error;
    }
  }

  *#notTaken(recording: RecordingId, error: unknown): Generator<ReceiptStep> {
    const code = isDockError(error) ? error.code : 'unknown';
    this.#options.log.warn('receipt rejected', { recording, error });
    const isFalse = FALSE.has(code) || code.startsWith('signature.');
    const isLasting = isFalse || LASTING.has(code);
    if (!this.#options.items.isEntering(recording)) yield isLasting ? 'refused' : 'not-kept';
    if (!isLasting) return;
    if (isFalse) this.#options.conditions.raise('receipt.refused', recording, { reason: code });
    if (code === NOT_IN_LOG) this.#options.conditions.raise('receipt.not-in-log', null, { recording });
    const logged = this.#refusals.get(recording) ?? new Set();
    if (logged.has(code)) return;
    this.#options.custody.append({ event: 'receipt-refused', facts: { recording, reason: code } });
    this.#refusals.set(recording, logged.add(code));
  }
}
