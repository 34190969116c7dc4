// Makes, keeps and gives receipts (SPEC 4.2). A receipt is made only for what is whole and durable in the vault, stored durably, and only
// then sent; a stored one is given again, whoever asks, once its names are surely durable: a sync may have failed behind the renames. A vault that was restored says with each receipt that it holds what that is for.
import { sha256Hex } from '../../../protocol/format/bytes.ts';
import { DockError, isDockError } from '../../../protocol/format/errors.ts';
import type { ReceiverId, StationId } from '../../../protocol/format/ids.ts';
import { unitCount } from '../../../protocol/documents/manifest.ts';
import { itemDocument } from '../../../protocol/documents/item-documents.ts';
import { isPlainlySpelled, verifyDocument, type PublicKey } from '../../../protocol/documents/minisign.ts';
import type { Clock, Log, Signer } from '../../../protocol/format/ports.ts';
import {
  encodeReceipt,
  parseReceipt,
  RECEIPT_TRUSTED_COMMENT,
  type CustodyHead,
  type Receipt,
} from '../../../protocol/documents/receipt.ts';
import type { ReceiptLog } from '../custody/receipt-log.ts';
import type { OfferSubject } from './offers.ts';
import type { VaultWords } from '../reconcile/vault-words.ts';
import { logName, type Sending } from './sending.ts';
import type { UnitStore } from '../vault/unit-store.ts';
import type { RecordingName, SignedDocument, StoredRecording, Vault } from '../vault/vault.ts';

export interface ReceiptsOptions {
  readonly vault: Pick<Vault, 'id' | 'find' | 'storeReceipt' | 'secureReceipt' | 'secureDocking' | 'secure'>;
  readonly units: UnitStore;
  readonly sending: Pick<Sending, 'receipt'>;
  readonly signer: Signer;
  readonly publicKey: PublicKey;
  readonly receiver: ReceiverId;
  /** See CustodyKeeper.head. */
  readonly custody: { head(station: StationId): Promise<CustodyHead | null> };
  readonly receiptLog: Pick<ReceiptLog, 'prove'>;
  readonly words: Pick<VaultWords, 'newest'>;
  readonly clock: Clock;
  readonly log: Log;
}

/** What a receipt is about. */
export type ReceiptSubject = Omit<OfferSubject, 'session'>;
/** What a receipt is given for, and the policy that its document names. */
type GivenTo = RecordingName & Pick<ReceiptSubject, 'policySha256'>;

/** What came of an offer of something that is in place. */
export type StoredAnswer =
  | { readonly kind: 'given' }
  /** Deleted by order, and its receipt cannot be read any more. */
  | { readonly kind: 'unprovable' }
  /** It is not whole: it must be received again. */
  | { readonly kind: 'damaged'; readonly reason: string };

/** The store's word. */
export class Receipts {
  readonly #options: ReceiptsOptions;
  #newestAt: string | null = null;

  constructor(options: ReceiptsOptions) {
    this.#options = options;
  }

  /** When the newest one of this run was made, RFC 3339; null where there is none. */
  get newestAt(): string | null {
    return this.#newestAt;
  }

  /** For a recording that was completed just now: its receipt is durable and sent. Errors: the system's, those of the signer. */
  make(subject: ReceiptSubject): Promise<void> {
    return this.#make(subject);
  }

  /** For a recording that is in place, with the manifest of this offer. Errors: the system's, those of the signer. */
  async answer(offer: ReceiptSubject, stored: StoredRecording): Promise<StoredAnswer> {
    if (await this.#giveThere(offer, stored)) return { kind: 'given' };
    if (stored.deleted) return { kind: 'unprovable' };
    if (stored.payloadBytes !== offer.sealedSizeBytes)
      return { kind: 'damaged', reason: 'payload missing or of another length' };
    if (!(await this.#isWhole(offer, stored)))
      return { kind: 'damaged', reason: 'payload or digest list altered' };
    await this.#options.vault.secure(offer);
    await this.#make(offer);
    return { kind: 'given' };
  }

  /** See `sign`. */
  async #make(subject: ReceiptSubject): Promise<void> {
    const { vault, log } = this.#options;
    const document = await this.sign(subject);
    await vault.storeReceipt(subject, document);
    log.info('receipt sent', logName(subject));
    await this.give(subject, document);
  }

  /** Gives the receipt of what is in place, where it is one that an offer would be answered with; nothing otherwise. Errors: the system's. */
  async giveAgain(name: RecordingName, stored: StoredRecording): Promise<void> {
    const manifestSha256 = sha256Hex(stored.manifest.bytes);
    const about = subjectOf(name, stored);
    if (about?.manifestSha256 === manifestSha256) await this.#giveThere(about, stored);
  }

  /** False where there is none that counts. */
  async #giveThere(offer: ReceiptSubject, stored: StoredRecording): Promise<boolean> {
    const { receipt } = stored;
    if (receipt === undefined || !this.fits(receipt, offer)) return false;
    if (stored.payloadBytes !== offer.sealedSizeBytes && !stored.deleted) return false;
    await this.giveStored('recording', offer, receipt);
    return true;
  }

  /** Gives one that was found in the vault. Errors: the system's: it may not be durable, and is given to nobody. */
  async giveStored(kind: ReceiptSubject['kind'], name: GivenTo, receipt: SignedDocument): Promise<void> {
    const { vault } = this.#options;
    await (itemDocument(kind).hasPayload ? vault.secureReceipt(name) : vault.secureDocking(name));
    await this.give(name, receipt);
  }

  /** A new receipt, which is nowhere yet. Errors: those of the signer and of the custody head. */
  async sign(subject: ReceiptSubject): Promise<SignedDocument> {
    const receipt = await this.#receipt(subject);
    const bytes = encodeReceipt(receipt);
    const signature = await this.#options.signer.sign(bytes, RECEIPT_TRUSTED_COMMENT);
    this.#newestAt = receipt.received_at;
    return { bytes, signature };
  }

  async #receipt(subject: ReceiptSubject): Promise<Receipt> {
    const { vault, receiver, custody, clock } = this.#options;
    return {
      type: 'receipt',
      version: 1,
      kind: subject.kind,
      recording: subject.recording,
      station: subject.station,
      manifest_sha256: subject.manifestSha256,
      sealed_size_bytes: subject.sealedSizeBytes,
      chunks_sha256: subject.chunksSha256,
      receiver,
      vault: vault.id,
      custody_head: await custody.head(subject.station),
      received_at: new Date(clock.wallMs()).toISOString(),
    };
  }

  /** A stored receipt about this manifest. One by an earlier key of ours, or by another receiver's, may count; one whose signature is wrong does not. */
  fits(document: SignedDocument, subject: ReceiptSubject): boolean {
    try {
      const receipt = parseReceipt(document.bytes);
      const about =
        receipt.kind === subject.kind &&
        receipt.recording === subject.recording &&
        receipt.station === subject.station &&
        receipt.manifest_sha256 === subject.manifestSha256 &&
        receipt.chunks_sha256 === subject.chunksSha256;
      if (!about) return false;
      verifyDocument(document.bytes, document.signature, RECEIPT_TRUSTED_COMMENT, [this.#options.publicKey]);
      return true;
    } catch (error) {
      if (!(error instanceof DockError)) throw error;
      // A turned bit in the id makes any key an unknown one; it stands in the comment, too.
      return isDockError(error, 'signature.unknown-key') && isPlainlySpelled(document.signature);
    }
  }

  /** Every unit on disk against its digest, and the list against the manifest. */
  async #isWhole(offer: ReceiptSubject, { places, manifest }: StoredRecording): Promise<boolean> {
    const { units } = this.#options;
    if (sha256Hex(manifest.bytes) !== offer.manifestSha256) return false;
    if (!(await units.checkDigests(places.chunksPath, offer))) return false;
    const work = await units.open(places, offer, { kind: 'read' });
    try {
      for (let unit = 0; unit < unitCount(offer.sealedSizeBytes); unit++)
        if (!(await work.holdsUnit(unit))) return false;
      return true;
    } finally {
      await work.close().catch(() => undefined); // nothing was written
    }
  }

  /**
   * Sends a receipt that is durable, with the proof that it is in the store's log: it is entered first. Never rejects: a station that did not get
   * it offers again and is given it again.
   */
  async give(name: GivenTo, receipt: SignedDocument): Promise<void> {
    const { sending, receiptLog, words, log } = this.#options;
    const proof = await receiptLog.prove(receipt, name.policySha256).catch((error: unknown) => {
      log.error('receipt not given: it is not in the log of the store', { ...logName(name), error });
    });
    if (proof === undefined) return;
    await sending
      .receipt(name, receipt, proof, words.newest?.sha256)
      .catch((error: unknown) => log.debug('receipt not sent', { ...logName(name), error }));
  }
}

/** What the stored receipt is about; undefined where there is none, or it or the manifest cannot be read. */
function subjectOf(name: RecordingName, { receipt, manifest }: StoredRecording): ReceiptSubject | undefined {
  try {
    const read = receipt && parseReceipt(receipt.bytes);
    return (
      read && {
        station: name.station,
        recording: name.recording,
        kind: 'recording',
        manifestSha256: read.manifest_sha256,
        sealedSizeBytes: read.sealed_size_bytes,
        chunksSha256: read.chunks_sha256,
        policySha256: itemDocument('recording').content(manifest.bytes).policySha256,
      }
    );
  } catch (error) {
    if (error instanceof DockError) return undefined;
    throw error;
  }
}
