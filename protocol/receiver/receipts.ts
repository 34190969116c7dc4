// Makes, keeps and gives receipts (SPEC 4.2). A receipt is made only for what is whole and durable in the vault, stored durably, and only
// then sent; a stored one is given again, whoever asks, once its names are surely durable: a sync may have failed behind the renames.
import { sha256Hex } from '../bytes.ts';
import { DockError, isDockError } from '../errors.ts';
import type { ReceiverId, StationId } from '../ids.ts';
import { unitCount } from '../manifest.ts';
import { isPlainlySpelled, verifyDocument, type PublicKey } from '../minisign.ts';
import type { Clock, Log, Signer } from '../ports.ts';
import {
  encodeReceipt,
  parseReceipt,
  RECEIPT_TRUSTED_COMMENT,
  type CustodyHead,
  type Receipt,
} from '../receipt.ts';
import type { OfferSubject } from './offer-check.ts';
import { logName, type Sending } from './sending.ts';
import type { UnitStore } from './unit-store.ts';
import type { RecordingName, SignedDocument, StoredRecording, Vault } from './vault.ts';

export interface ReceiptsOptions {
  readonly vault: Pick<Vault, 'id' | 'storeReceipt' | 'secureReceipt' | 'secureDocking' | 'secure'>;
  readonly units: UnitStore;
  readonly sending: Pick<Sending, 'receipt'>;
  readonly signer: Signer;
  readonly publicKey: PublicKey;
  readonly receiver: ReceiverId;
  /** See CustodyKeeper.head. */
  readonly custodyHead: (station: StationId) => Promise<CustodyHead | null>;
  /** See MissingWatch.takenBack. */
  readonly takenBack: (name: RecordingName) => Promise<ReadonlySet<string>>;
  readonly clock: Clock;
  readonly log: Log;
}

/** What a receipt is about. */
export type ReceiptSubject = Omit<OfferSubject, 'session'>;

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

  constructor(options: ReceiptsOptions) {
    this.#options = options;
  }

  /** For a recording that was completed just now: makes its receipt durable and sends it; see `sign`. Errors: the system's, those of the signer. */
  async make(subject: ReceiptSubject, afterMs = 0): Promise<void> {
    const { vault, log } = this.#options;
    const document = await this.sign(subject, afterMs);
    await vault.storeReceipt(subject, document);
    log.info('receipt given', logName(subject));
    await this.give(subject, document);
  }

  /** For a recording that is in place, with the manifest of this offer. Errors: the system's, those of the signer. */
  async answer(offer: ReceiptSubject, stored: StoredRecording): Promise<StoredAnswer> {
    const { receipt } = stored;
    const isTakenBack = receipt !== undefined && (await this.#isTakenBack(offer, receipt));
    const fits = receipt !== undefined && this.fits(receipt, offer) && !isTakenBack;
    const whole = stored.payloadBytes === offer.sealedSizeBytes;
    if (fits && (whole || stored.deleted)) {
      await this.giveStored('recording', offer, receipt);
      return { kind: 'given' };
    }
    if (stored.deleted) return { kind: 'unprovable' };
    if (!whole) return { kind: 'damaged', reason: 'payload missing or of another length' };
    if (!(await this.#isWhole(offer, stored)))
      return { kind: 'damaged', reason: 'payload or digest list altered' };
    await this.#options.vault.secure(offer);
    await this.make(offer, isTakenBack ? receivedAtMs(receipt) : 0);
    return { kind: 'given' };
  }

  /** For a docking record that is in place and secured: gives the receipt that lies there, or another one where it was taken back. Errors: as `make`. */
  async giveOrReplace(subject: ReceiptSubject, receipt: SignedDocument): Promise<void> {
    if (await this.#isTakenBack(subject, receipt)) await this.make(subject, receivedAtMs(receipt));
    else await this.give(subject, receipt);
  }

  /** Gives one that was found in the vault. Errors: the system's: it may not be durable, and is given to nobody. */
  async giveStored(
    kind: ReceiptSubject['kind'],
    name: RecordingName,
    receipt: SignedDocument,
  ): Promise<void> {
    const { vault } = this.#options;
    await (kind === 'docking' ? vault.secureDocking(name) : vault.secureReceipt(name));
    await this.give(name, receipt);
  }

  /** A new receipt, which is nowhere yet, received later than `afterMs` (UTC). Errors: those of the signer and of the custody head. */
  async sign(subject: ReceiptSubject, afterMs = 0): Promise<SignedDocument> {
    const bytes = encodeReceipt(await this.#receipt(subject, afterMs));
    return { bytes, signature: await this.#options.signer.sign(bytes, RECEIPT_TRUSTED_COMMENT) };
  }

  /** A station takes no receipt any more that is not later. */
  async #isTakenBack(name: RecordingName, { bytes }: SignedDocument): Promise<boolean> {
    return (await this.#options.takenBack(name)).has(sha256Hex(bytes));
  }

  async #receipt(subject: ReceiptSubject, afterMs: number): Promise<Receipt> {
    const { vault, receiver, custodyHead, clock } = this.#options;
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
      custody_head: await custodyHead(subject.station),
      received_at: new Date(Math.max(clock.wallMs(), afterMs + 1)).toISOString(),
    };
  }

  /** A stored receipt about this manifest. One by an earlier key of ours counts; one whose signature is wrong does not. */
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

  /** Sends a receipt that is durable. Never rejects: whoever did not get it offers again and is given it again. */
  async give(name: RecordingName, receipt: SignedDocument): Promise<void> {
    await this.#options.sending
      .receipt(name, receipt)
      .catch((error: unknown) => this.#options.log.debug('receipt not sent', { ...logName(name), error }));
  }
}

/** Errors: those of parsing it. */
function receivedAtMs({ bytes }: SignedDocument): number {
  return Date.parse(parseReceipt(bytes).received_at);
}
