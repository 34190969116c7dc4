// What comes below `down/` for a recording, checked: signed messages against the pinned store keys, receipts against our own documents.
// Whatever does not hold is thrown as an error and changes nothing.
import { type PublicKey, verifyDocument, verifyMessage } from '../../protocol/documents/minisign.ts';
import type { Role } from '../../protocol/documents/order.ts';
import { parseReceipt, type Receipt, RECEIPT_TRUSTED_COMMENT } from '../../protocol/documents/receipt.ts';
import { parseRestored, type Restored, RESTORED_TRUSTED_COMMENT } from '../../protocol/documents/restored.ts';
import { parseUtf8 } from '../../protocol/format/bytes.ts';
import { DockError, isDockError } from '../../protocol/format/errors.ts';
import type { ReceiverId, RecordingId, SessionId, StationId } from '../../protocol/format/ids.ts';
import type { Clock, Conditions } from '../../protocol/format/ports.ts';
import {
  type ClaimBody,
  type CustodyBody,
  type HaveMessage,
  type HeldBody,
  messageBytes,
  parseDown,
  parseRestoredMessage,
  parseSignedBody,
  type ReceiptMessage,
  type RefuseBody,
  type SignedMessage,
} from '../../protocol/transfer/messages.ts';
import { otherStore, type ReceiptMeant, receiptMismatch } from '../spool/documents.ts';

/** Whom a station listens to: only the technician's file says so. */
export interface TrustedStore {
  readonly station: StationId;
  readonly storeKeys: readonly PublicKey[];
  readonly receivers: readonly ReceiverId[];
}

export type TrustedDown =
  | { readonly kind: 'claim'; readonly body: ClaimBody }
  | { readonly kind: 'refuse'; readonly body: RefuseBody }
  | { readonly kind: 'again' }
  | { readonly kind: 'have'; readonly message: HaveMessage }
  | { readonly kind: 'receipt'; readonly message: ReceiptMessage };

/**
 * A message below `down/<recording>`, its signature verified where it carries one. A receipt is verified by verifyReceipt.
 * Errors: "message.refused", "signature.*", "message.misdirected" for another station, recording or receiver.
 */
export function verifyDown(payload: Uint8Array, recording: RecordingId, store: TrustedStore): TrustedDown {
  const message = parseDown(payload);
  if (message.message === 'have') return { kind: 'have', message: listed(message, store) };
  if (message.message === 'receipt') return { kind: 'receipt', message: listed(message, store) };
  verifyMessage(message.body, message.signature, message.key_id, store.storeKeys);
  if (message.message === 'again') return { kind: 'again' };
  const body = listed(parseSignedBody(message), store);
  if (body.station !== store.station || body.recording !== recording)
    misdirected('it names another station or recording');
  if (body.message === 'claim') return { kind: 'claim', body };
  if (body.message === 'refuse') return { kind: 'refuse', body };
  return misdirected(`${body.message} does not stand alone for a recording`);
}

/** A signed custody head. Errors: "message.refused", "signature.*", "message.misdirected". */
export function verifyCustodyHead(payload: Uint8Array, store: TrustedStore): CustodyBody {
  const message = parseDown(payload);
  if (message.message !== 'custody') return misdirected(`${message.message} is no custody head`);
  verifyMessage(message.body, message.signature, message.key_id, store.storeKeys);
  const body = listed(parseSignedBody(message), store);
  if (body.message !== 'custody' || body.station !== store.station)
    return misdirected('it names another station');
  return body;
}

/** The store's word that it holds what a receipt was given for. Errors: "message.refused", "signature.*", "message.misdirected". */
export function verifyHeld(message: SignedMessage, recording: RecordingId, store: TrustedStore): HeldBody {
  verifyMessage(message.body, message.signature, message.key_id, store.storeKeys);
  const body = listed(parseSignedBody(message), store);
  if (body.message !== 'held' || body.station !== store.station || body.recording !== recording)
    return misdirected('it names another station or recording');
  return body;
}

/** A statement that the store was restored and signed. What the roles signed of it is not verified. */
export interface VerifiedStatement {
  readonly restored: Restored;
  readonly bytes: Uint8Array;
  readonly signatures: { readonly [role in Role]: string | undefined };
}

/** Errors: "message.refused", "signature.*", "document.*", "message.misdirected". */
export function verifyRestored(payload: Uint8Array, store: TrustedStore): VerifiedStatement {
  const { statement, signature, ...roles } = parseRestoredMessage(payload);
  const bytes = messageBytes(statement);
  verifyDocument(bytes, signature, RESTORED_TRUSTED_COMMENT, store.storeKeys);
  const { officer, supervisor } = roles;
  return { restored: listed(parseRestored(bytes), store), bytes, signatures: { officer, supervisor } };
}

/** A receipt that verified against our own document, with the bytes to keep. */
export interface VerifiedReceipt {
  readonly receipt: Receipt;
  readonly bytes: Uint8Array;
  readonly signature: string;
}

/**
 * `vault`: the one that is pinned. Errors: "message.refused", "signature.*", "document.refused", "receipt.other-store", "receipt.mismatch" with the
 * field that differs.
 */
export function verifyReceipt(
  message: ReceiptMessage,
  meant: ReceiptMeant,
  store: TrustedStore,
  vault: SessionId | undefined,
): VerifiedReceipt {
  const bytes = messageBytes(message.receipt);
  verifyDocument(bytes, message.signature, RECEIPT_TRUSTED_COMMENT, store.storeKeys);
  const receipt = parseReceipt(bytes);
  const other = otherStore(receipt, { receivers: store.receivers, vault });
  if (other !== undefined) refused('receipt.other-store', other);
  const mismatch = receiptMismatch(receipt, meant, store.station);
  if (mismatch !== undefined) refused('receipt.mismatch', mismatch);
  return { receipt, bytes, signature: message.signature };
}

function refused(code: string, why: string): never {
  throw new DockError(code, `receipt refused: ${why}; nothing is released`, { retry: 'never' });
}

/** Text of a small stored file. Errors: "document.refused" where it is not UTF-8. */
export function textOf(bytes: Uint8Array, name: string): string {
  const text = parseUtf8(bytes);
  if (text !== undefined) return text;
  throw new DockError('document.refused', `${name} is not UTF-8`, { retry: 'never' });
}

function listed<Message extends { readonly receiver: ReceiverId }>(
  message: Message,
  store: TrustedStore,
): Message {
  if (store.receivers.includes(message.receiver)) return message;
  return misdirected(`receiver ${message.receiver} is not listed under store.receivers`);
}

function misdirected(why: string): never {
  throw new DockError('message.misdirected', `message ignored: ${why}`, { retry: 'never' });
}

// Shows that somebody speaks as the store with a key that the technician's file does not name: a store that changed its key, or a forger.
// Receipts are told for themselves (push-receipts.ts): there something is at stake.

/** Messages of the true store do not take the condition back: a forger beside it would stay unseen. It goes after an hour without another. */
const QUIET_MS = 3_600_000;
const CONDITION = 'store.unknown-key';

/** Of one station. */
export class StrangeKeys {
  readonly #deps: { readonly conditions: Conditions; readonly clock: Pick<Clock, 'after'> };
  #cancel: () => void = () => undefined;

  constructor(deps: { readonly conditions: Conditions; readonly clock: Pick<Clock, 'after'> }) {
    this.#deps = deps;
  }

  /** Told of whatever a message was refused for; only a signature by a key that is not pinned counts. */
  refused(error: unknown): void {
    if (!isDockError(error, 'signature.unknown-key')) return;
    this.#deps.conditions.raise(CONDITION, null, { reason: error.message });
    this.#cancel();
    this.#cancel = this.#deps.clock.after(QUIET_MS, () => this.#deps.conditions.clear(CONDITION, null));
  }

  stop(): void {
    this.#cancel();
  }
}
