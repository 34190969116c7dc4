// Answers offers of documents without payload, docking records among them (SPEC 6.6): each comes whole in its offer, is made durable together with its receipt, and only then
// answered with it. Whoever offers it again gets what is stored.
import { parseDockingRecord } from '../../../protocol/documents/docking-record.ts';
import { payloadlessKinds } from '../../../protocol/documents/item-documents.ts';
import type { PublicKey } from '../../../protocol/documents/minisign.ts';
import { equalBytes } from '../../../protocol/format/bytes.ts';
import type { StationId } from '../../../protocol/format/ids.ts';
import type { Conditions, Log } from '../../../protocol/format/ports.ts';
import type { SignedDocument, StoredDocking, Vault } from '../vault/vault.ts';
import type { DockingGaps } from './docking-gaps.ts';
import { type CheckedOffer, isSignedOffer, type OfferSubject } from './offers.ts';
import type { Receipts } from './receipts.ts';
import type { Refusals, Rejections } from './refusals.ts';
import { logName } from './sending.ts';
import type { Space } from './space.ts';

/** A receipt, two signatures, and what a file system adds to four small files. */
const BESIDE_BYTES = 16 * 1024;

export interface DockingDeskOptions {
  readonly vault: Vault;
  readonly gaps: Pick<DockingGaps, 'kept'>;
  readonly space: Pick<Space, 'refusalOfBytes' | 'added' | 'afterFailure'>;
  readonly receipts: Receipts;
  readonly refusals: Refusals;
  readonly rejections: Rejections;
  readonly stations: ReadonlyMap<StationId, readonly PublicKey[]>;
  readonly log: Log;
  readonly conditions: Conditions;
}

/** Where docking records arrive. */
export class DockingDesk {
  readonly #options: DockingDeskOptions;

  constructor(options: DockingDeskOptions) {
    this.#options = options;
  }

  /** Answers an offer that verified. Errors: the system's, from looking at the vault; a failed write is answered with a pause. */
  async answer(offer: CheckedOffer): Promise<void> {
    const { vault, space, refusals, rejections } = this.#options;
    const { subject, document } = offer;
    const stored = await vault.findDocking(subject);
    if (stored !== undefined && (await this.#answerStored(offer, stored))) return;
    const other = await vault.otherHolder(subject);
    if (other !== undefined) return rejections.elsewhere(offer, other);
    const refusal = await space.refusalOfBytes(subject.station, document.bytes.length + BESIDE_BYTES);
    if (refusal !== undefined) return refusals.refuse(subject, refusal);
    try {
      await this.#keep(offer);
    } catch (error) {
      this.#options.log.error('docking record not stored', { ...logName(subject), error });
      await refusals.refuse(subject, space.afterFailure(error));
    }
  }

  async #keep({ subject, document }: CheckedOffer): Promise<void> {
    const { vault, space, receipts, log, conditions } = this.#options;
    const receipt = await receipts.sign(subject);
    const placed = await vault.placeDocking(subject, document, receipt);
    if (!placed) return; // something lies there that was not there before: the next offer is answered
    space.added(subject.station, document.bytes.length);
    await this.#link(subject, document);
    conditions.clear('vault.write-failed', null);
    log.info('docking record stored, receipt sent', logName(subject));
    await receipts.give(subject, receipt);
  }

  /** True where it was answered; false where it must be kept anew. */
  async #answerStored(
    { subject, document }: CheckedOffer,
    stored: StoredDocking | 'damaged',
  ): Promise<boolean> {
    const { vault, receipts, rejections } = this.#options;
    if (stored === 'damaged') {
      if (typeof (await vault.find(subject)) === 'object') return this.#conflict(subject, document);
      return this.#setAside(subject, 'its documents cannot be read');
    }
    if (!equalBytes(stored.record.bytes, document.bytes)) {
      if (!this.#isGenuine(subject.station, stored.record))
        return this.#setAside(subject, 'its record was altered');
      await rejections.conflict(subject, document);
      return true;
    }
    const { receipt } = stored;
    if (stored.record.signature !== document.signature && !this.#isGenuine(subject.station, stored.record))
      return this.#setAside(subject, 'its signature is damaged');
    if (receipt === undefined || !receipts.fits(receipt, subject))
      return this.#setAside(subject, 'its receipt is missing or about something else');
    await vault.secureDocking(subject);
    await this.#link(subject, document);
    await receipts.give(subject, receipt);
    return true;
  }

  /** True for a document of any such kind that this station signed. */
  #isGenuine(station: StationId, document: SignedDocument): boolean {
    const keys = this.#options.stations.get(station) ?? [];
    return payloadlessKinds().some((kind) => isSignedOffer(kind, document, keys));
  }

  /** Docking records have chains that are watched. */
  async #link(
    { kind, station, manifestSha256: sha256 }: OfferSubject,
    { bytes }: SignedDocument,
  ): Promise<void> {
    if (kind !== 'docking') return;
    const { camera, previous_docking_sha256: previousSha256 } = parseDockingRecord(bytes);
    await this.#options.gaps.kept(station, { camera: camera.id, sha256, previousSha256 });
  }

  async #conflict(subject: OfferSubject, document: SignedDocument): Promise<true> {
    await this.#options.rejections.conflict(subject, document);
    return true;
  }

  async #setAside(subject: OfferSubject, reason: string): Promise<false> {
    const { vault, log, conditions } = this.#options;
    log.error('damaged docking record in the vault quarantined', { ...logName(subject), reason });
    await vault.setAside(subject, reason);
    conditions.raise('vault.recording-damaged', null, { ...logName(subject), reason });
    return false;
  }
}
