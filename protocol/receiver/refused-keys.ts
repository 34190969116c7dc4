// Receipts in the vault that another key than the receiver's present one signed: an earlier one of its own, one that was lost, or another receiver's.
// A station that pins that key takes them, and one that does not offers again and again (SPEC 4.2). Who offers tells which of the two it is.
//
// Invariants:
// 1. Each is given as it lies there first. So a station that counts it hears of no other, though its offers waited in a broker, and of two receivers on
//    one vault neither replaces what the other one has just given.
// 2. That of a recording is replaced once in a run: two receivers, neither of whom the station knows, do not take turns.
import { encodeUtf8, sha256Hex } from '../bytes.ts';
import { isDockError } from '../errors.ts';
import { verifyDocument, type PublicKey } from '../minisign.ts';
import type { Clock } from '../ports.ts';
import { parseReceipt, RECEIPT_TRUSTED_COMMENT } from '../receipt.ts';
import { REFUSED_RECEIPTS_MAX, REFUSED_RECEIPT_MS } from './limits.ts';
import { keyOf } from './sending.ts';
import type { RecordingName, SignedDocument, Vault } from './vault.ts';

export interface RefusedKeysOptions {
  /** The present one. */
  readonly publicKey: PublicKey;
  /** See storeKeys. */
  readonly storeKeys: () => Promise<readonly PublicKey[]>;
  readonly vault: Pick<Vault, 'id'>;
  readonly clock: Pick<Clock, 'monotonicMs'>;
}

/** A receipt that was given. */
interface Given {
  /** SHA-256 of its signature. */
  readonly signature: string;
  /** Monotonic. */
  readonly atMs: number;
}

const REPLACED: Given = { signature: '', atMs: 0 };

/** What was given by other keys in one run. */
export class RefusedKeys {
  readonly #options: RefusedKeysOptions;
  /** Which one was given, and when last. The oldest are forgotten. */
  readonly #given = new Map<string, Given>();

  constructor(options: RefusedKeysOptions) {
    this.#options = options;
  }

  /** Something with that stored receipt is offered: true where its station does not count it; else it is about to be given. */
  isRefused(name: RecordingName, receipt: SignedDocument | undefined): boolean {
    if (receipt === undefined || isSignedBy(receipt, [this.#options.publicKey])) return false;
    const key = keyOf(name);
    const given = this.#given.get(key);
    if (given === REPLACED) return false;
    const nowMs = this.#options.clock.monotonicMs();
    const signature = sha256Hex(encodeUtf8(receipt.signature));
    if (given?.signature === signature && nowMs - given.atMs >= REFUSED_RECEIPT_MS) return true;
    this.#remember(key, { signature, atMs: nowMs });
    return false;
  }

  /** There is another one in its place. */
  replaced(name: RecordingName): void {
    this.#remember(keyOf(name), REPLACED);
  }

  /** Whether an earlier key of this receiver gave it for this vault: then what it says is our word, and needs only another signature. Errors: the system's. */
  async isOurs(receipt: SignedDocument): Promise<boolean> {
    const { storeKeys, vault } = this.#options;
    return isSignedBy(receipt, await storeKeys()) && parseReceipt(receipt.bytes).vault === vault.id;
  }

  #remember(key: string, given: Given): void {
    this.#given.delete(key); // the newest are last
    this.#given.set(key, given);
    for (const oldest of this.#given.keys()) {
      if (this.#given.size <= REFUSED_RECEIPTS_MAX) break;
      this.#given.delete(oldest);
    }
  }
}

function isSignedBy({ bytes, signature }: SignedDocument, keys: readonly PublicKey[]): boolean {
  try {
    verifyDocument(bytes, signature, RECEIPT_TRUSTED_COMMENT, keys);
    return true;
  } catch (error) {
    if (isDockError(error)) return false;
    throw error;
  }
}
