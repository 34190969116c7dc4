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
import type { Lease, RecordingName, SignedDocument, StoredRecording, Vault } from './vault.ts';

export interface ReceiptsOptions {
  readonly vault: Pick<
    Vault,
    | 'id'
    | 'find'
    | 'findDocking'
    | 'take'
    | 'leave'
    | 'storeReceipt'
    | 'secureReceipt'
    | 'secureDocking'
    | 'secure'
  >;
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

  /** For a recording that was completed just now: its receipt is durable and sent. Errors: the system's, those of the signer. */
  make(subject: ReceiptSubject): Promise<void> {
    return this.#alone(subject, async (lease) => {
      const stored = await this.#options.vault.find(subject);
      // Another receiver may have been offered it again behind the last rename, and have made its receipt.
      if (typeof stored !== 'object' || (await this.#giveThere(subject, stored))) return;
      await this.#make(lease, subject, await this.#afterMs(subject, stored));
    });
  }

  /** For a recording that is in place, with the manifest of this offer. Errors: the system's, those of the signer. */
  async answer(offer: ReceiptSubject, stored: StoredRecording): Promise<StoredAnswer> {
    if (await this.#giveThere(offer, stored)) return { kind: 'given' };
    if (stored.deleted) return { kind: 'unprovable' };
    let answer: StoredAnswer = { kind: 'given' }; // or is, by the receiver that has it
    await this.#alone(offer, async (lease) => {
      const there = await this.#options.vault.find(offer);
      if (typeof there === 'object') answer = await this.#answerAlone(lease, offer, there);
    });
    return answer;
  }

  async #answerAlone(lease: Lease, offer: ReceiptSubject, stored: StoredRecording): Promise<StoredAnswer> {
    if (await this.#giveThere(offer, stored)) return { kind: 'given' };
    if (stored.deleted) return { kind: 'unprovable' };
    if (stored.payloadBytes !== offer.sealedSizeBytes)
      return { kind: 'damaged', reason: 'payload missing or of another length' };
    if (!(await this.#isWhole(offer, stored)))
      return { kind: 'damaged', reason: 'payload or digest list altered' };
    await this.#options.vault.secure(offer);
    await this.#make(lease, offer, await this.#afterMs(offer, stored));
    return { kind: 'given' };
  }

  /** For a docking record that is in place and secured: gives the receipt that lies there, or another one where it was taken back. Errors: as `make`. */
  async giveOrReplace(subject: ReceiptSubject, receipt: SignedDocument): Promise<void> {
    if (!(await this.#isTakenBack(subject, receipt))) return this.give(subject, receipt);
    await this.#alone(subject, async (lease) => {
      const stored = await this.#options.vault.findDocking(subject);
      const there = typeof stored === 'object' ? stored.receipt : undefined;
      if (there === undefined) return;
      if (await this.#isTakenBack(subject, there)) await this.#make(lease, subject, receivedAtMs(there));
      else await this.giveStored('docking', subject, there);
    });
  }

  /**
   * Under the lease of what is in place: of two receivers on one vault one makes its receipt, and the other finds that one. Nothing is done where another
   * receiver has the lease: it answers, or the next offer is answered.
   */
  async #alone(subject: ReceiptSubject, run: (lease: Lease) => Promise<void>): Promise<void> {
    const { vault } = this.#options;
    const lease = await vault.take(subject);
    if (lease === undefined) return;
    try {
      await run(lease);
    } finally {
      await vault.leave(lease, 'drop');
    }
  }

  /** See `sign`. */
  async #make(lease: Lease, subject: ReceiptSubject, afterMs: number): Promise<void> {
    const { vault, log } = this.#options;
    const document = await this.sign(subject, afterMs);
    await vault.storeReceipt(lease, document);
    log.info('receipt given', logName(subject));
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
    if (await this.#isTakenBack(offer, receipt)) return false;
    await this.giveStored('recording', offer, receipt);
    return true;
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

  /** A receipt that takes the place of one that was taken back is later than that; see `sign`. */
  async #afterMs(name: RecordingName, { receipt }: StoredRecording): Promise<number> {
    return receipt !== undefined && (await this.#isTakenBack(name, receipt)) ? receivedAtMs(receipt) : 0;
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

/** What the stored receipt is about; undefined where there is none, or it cannot be read. */
function subjectOf(name: RecordingName, { receipt }: StoredRecording): ReceiptSubject | undefined {
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
      }
    );
  } catch (error) {
    if (error instanceof DockError) return undefined;
    throw error;
  }
}

/** Errors: those of parsing it. */
function receivedAtMs({ bytes }: SignedDocument): number {
  return Date.parse(parseReceipt(bytes).received_at);
}
