// Receipts in the vault by this receiver that another key than its present one signed: an earlier one of its own, or one that was lost. A station
// that pins that key takes them, and one that does not offers again and again (SPEC 4.2). Who offers tells which of the two it is.
//
// Invariants:
// 1. Each is given as it lies there first, and as long as the station does not go on asking with long pauses. So a station that counts it hears of no
//    other, though its offers waited in a broker or its log stalls for a while.
// 2. What another receiver gave is never replaced: a station that pins that one's key may have logged it.
// 3. That of a recording is replaced once in a run.
import { encodeUtf8, sha256Hex } from '../../../protocol/format/bytes.ts';
import { isDockError } from '../../../protocol/format/errors.ts';
import type { ReceiverId } from '../../../protocol/format/ids.ts';
import { verifyDocument, type PublicKey } from '../../../protocol/documents/minisign.ts';
import type { Clock } from '../../../protocol/format/ports.ts';
import { parseReceipt, RECEIPT_TRUSTED_COMMENT, type Receipt } from '../../../protocol/documents/receipt.ts';
import {
  REFUSED_OWN_MS,
  REFUSED_RECEIPTS_MAX,
  REFUSED_RECEIPT_MS,
  REFUSED_RECEIPT_MS_MAX,
} from '../limits.ts';
import { keyOf } from './sending.ts';
import type { RecordingName, SignedDocument, Vault } from '../vault/vault.ts';

export interface RefusedKeysOptions {
  readonly receiver: ReceiverId;
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

  /** Something with that stored receipt is offered: true where its station does not count it; else it is about to be given. Errors: the system's. */
  async isRefused(name: RecordingName, receipt: SignedDocument | undefined): Promise<boolean> {
    if (receipt === undefined || isSignedBy(receipt, [this.#options.publicKey])) return false;
    if (nameIn(receipt)?.receiver !== this.#options.receiver) return false;
    const key = keyOf(name);
    const given = this.#given.get(key);
    if (given === REPLACED) return false;
    const nowMs = this.#options.clock.monotonicMs();
    const signature = sha256Hex(encodeUtf8(receipt.signature));
    const pauseMs = given?.signature === signature ? nowMs - given.atMs : 0;
    if (await this.#isLong(pauseMs, receipt)) return true;
    this.#remember(key, { signature, atMs: nowMs });
    return false;
  }

  /** Our own words are only signed anew, which harms nobody; to replace others by mistake would. */
  async #isLong(pauseMs: number, receipt: SignedDocument): Promise<boolean> {
    if (pauseMs < REFUSED_OWN_MS || pauseMs > REFUSED_RECEIPT_MS_MAX) return false;
    return pauseMs >= REFUSED_RECEIPT_MS || (await this.isOurs(receipt));
  }

  /** There is another one in its place. */
  replaced(name: RecordingName): void {
    this.#remember(keyOf(name), REPLACED);
  }

  /** Whether an earlier key of this receiver gave it for this vault: then what it says is our word, and needs only another signature. Errors: the system's. */
  async isOurs(receipt: SignedDocument): Promise<boolean> {
    const { storeKeys, vault, receiver } = this.#options;
    const named = nameIn(receipt);
    if (named?.receiver !== receiver || named.vault !== vault.id) return false;
    return isSignedBy(receipt, await storeKeys());
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

/** Who gave it, and for which vault; undefined where it cannot be read. */
function nameIn({ bytes }: SignedDocument): Pick<Receipt, 'receiver' | 'vault'> | undefined {
  try {
    return parseReceipt(bytes);
  } catch (error) {
    if (isDockError(error)) return undefined;
    throw error;
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
