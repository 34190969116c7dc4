// Answers offers (SPEC 6.1, 6.2, 6.8), station by station in turn: a stored receipt, a claim, a refusal, or nothing where the offer will be repeated anyway.
//
// Invariants:
// 1. Nothing is stored of an offer before its signature, its station and its recording were checked.
// 2. One answer at a time for a recording, and a bounded number of answers and transfers over all; what comes on top waits, and is not parsed until
//    its turn (offers.ts).
// 3. No refusal is final, and whatever failed on our side is a pause.
import { itemDocument } from '../../../protocol/documents/item-documents.ts';
import type { PublicKey } from '../../../protocol/documents/minisign.ts';
import { isDockError, systemCode } from '../../../protocol/format/errors.ts';
import type { ReceiverId, StationId } from '../../../protocol/format/ids.ts';
import type { Broker, Clock, Conditions, Log } from '../../../protocol/format/ports.ts';
import type { ReceiptLog } from '../custody/receipt-log.ts';
import type { Revocations } from '../keys/revocations.ts';
import * as limits from '../limits.ts';
import type { UnitStore } from '../vault/unit-store.ts';
import type { RecordingName, SignedDocument, Vault } from '../vault/vault.ts';
import type { DockingDesk } from './docking-desk.ts';
import {
  type CheckedOffer,
  checkOffer,
  isSignedOffer,
  OfferQueue,
  type OfferSubject,
  type WaitingOffer,
} from './offers.ts';
import type { Receipts } from './receipts.ts';
import { KEY_REVOKED, never, type Refusal, type Refusals, type Rejections } from './refusals.ts';
import { keyOf, logName, type Sending } from './sending.ts';
import type { Slabs } from './slabs.ts';
import type { Space } from './space.ts';
import { Transfer, type TransferEnd } from './transfer.ts';
import type { Transfers } from './transfers.ts';

export interface ClaimsOptions {
  readonly receiver: ReceiverId;
  readonly stations: ReadonlyMap<StationId, readonly PublicKey[]>;
  readonly broker: Pick<Broker, 'payloadBytesMax'>;
  readonly vault: Vault;
  readonly units: UnitStore;
  readonly slabs: Slabs;
  readonly space: Space;
  readonly transfers: Transfers;
  readonly dockings: Pick<DockingDesk, 'answer'>;
  readonly revocations: Pick<Revocations, 'of'>;
  readonly receiptLog: Pick<ReceiptLog, 'heard'>;
  readonly receipts: Receipts;
  readonly refusals: Refusals;
  readonly rejections: Rejections;
  readonly sending: Sending;
  readonly clock: Clock;
  readonly log: Log;
  readonly conditions: Conditions;
}

/** What became of a recording that was claimed; `refused`: its key was revoked while it came. */
type ReceivedEnd = TransferEnd | { readonly kind: 'receipted' } | { readonly kind: 'refused' };

/** The desk where offers arrive. */
export class Claims {
  readonly #options: ClaimsOptions;
  readonly #queue = new OfferQueue(limits.OFFERS_WAITING);
  readonly #answering = new Map<string, Promise<void>>();
  readonly #receiving = new Set<Promise<void>>();
  readonly #perStation = new Map<StationId, number>();
  #stopped = false;

  constructor(options: ClaimsOptions) {
    this.#options = options;
  }

  /** An offer came. Never throws. */
  offer(name: RecordingName, payload: Uint8Array): void {
    if (!this.#options.refusals.looksAt(name.station) || payload.length > limits.OFFER_BYTES_MAX) return;
    const kept = new Uint8Array(payload);
    this.#wait(name, kept);
  }

  /** The station sent everything of a recording that is not being received: it may have missed its receipt. Never throws. */
  finWithoutTransfer(name: RecordingName): void {
    if (this.#options.stations.has(name.station)) this.#wait(name, undefined);
  }

  /** A line for each station, and one for what needs no place since it has one or had; one for all stations that are not in the file. */
  #wait(name: RecordingName, payload: Uint8Array | undefined): void {
    if (this.#stopped || this.#answering.has(keyOf(name))) return;
    const { stations, transfers, clock } = this.#options;
    const whose = stations.has(name.station) ? name.station : '';
    const needsPlace = payload !== undefined && transfers.get(name) === undefined;
    const line = needsPlace ? whose : `${whose} again`;
    this.#queue.put(line, { name, payload, cameAtMs: clock.monotonicMs() });
    this.#answerNext();
  }

  #answerNext(): void {
    while (!this.#stopped && this.#answering.size < limits.ANSWERING_MAX) {
      const next = this.#queue.take(this.#options.clock.monotonicMs(), (offer) => this.#mayAnswer(offer));
      if (next === undefined) return;
      if (this.#options.refusals.looksAt(next.name.station)) this.#start(next);
    }
  }

  #mayAnswer({ name, payload }: WaitingOffer): boolean {
    const { stations, transfers } = this.#options;
    const own = this.#perStation.get(name.station) ?? 0;
    if (own >= limits.ANSWERING_PER_STATION_MAX) return false;
    if (payload === undefined || !stations.has(name.station) || transfers.get(name) !== undefined)
      return true;
    return transfers.hasPlace(name.station, { all: this.#answering.size, own });
  }

  #start({ name, payload }: WaitingOffer): void {
    const key = keyOf(name);
    const { station } = name;
    this.#perStation.set(station, (this.#perStation.get(station) ?? 0) + 1);
    const answering = (payload === undefined ? this.#giveAgain(name) : this.#answer(name, payload))
      .catch((error: unknown) => this.#failed(name, error))
      .finally(() => {
        this.#answering.delete(key);
        const left = (this.#perStation.get(station) ?? 1) - 1;
        if (left > 0) this.#perStation.set(station, left);
        else this.#perStation.delete(station);
        this.#answerNext();
      });
    this.#answering.set(key, answering);
  }

  async #giveAgain(name: RecordingName): Promise<void> {
    const stored = await this.#options.vault.find(name);
    if (typeof stored !== 'object') return;
    if (stored.deleted || this.#isGenuine('recording', name.station, stored.manifest))
      await this.#options.receipts.giveAgain(name, stored);
  }

  /** No more offers; resolves when those at hand are answered. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#queue.clear();
    await Promise.all(this.#answering.values());
  }

  /** Resolves when every recording that was begun has ended, with its receipt where it is whole. */
  async ended(): Promise<void> {
    while (this.#receiving.size > 0) await Promise.all(this.#receiving);
  }

  async #answer(name: RecordingName, payload: Uint8Array): Promise<void> {
    const { stations, transfers, conditions, revocations } = this.#options;
    const pinned = stations.get(name.station);
    const keys = pinned && { pinned, revoked: await revocations.of(name.station) };
    const verdict = checkOffer(name, payload, keys);
    if (verdict.kind === 'refused') {
      this.#options.refusals.failed(name.station);
      return this.#options.rejections.offer(verdict.refusal);
    }
    const { offer } = verdict;
    conditions.clear('receiver.offer-refused', name.station);
    this.#options.receiptLog.heard(name.station, offer.log);
    if (offer.revoked) return this.#answerRevoked(offer);
    const active = transfers.get(name);
    if (active === undefined)
      return itemDocument(offer.subject.kind).hasPayload
        ? this.#answerGood(offer)
        : this.#options.dockings.answer(offer);
    if (active.subject.manifestSha256 !== offer.subject.manifestSha256)
      return this.#options.rejections.conflict(offer.subject, offer.document);
    active.offered(offer.subject.session);
  }

  /** What has its receipt is answered with it; what came so far of anything else is kept apart. */
  async #answerRevoked(offer: CheckedOffer): Promise<void> {
    const { vault, receipts, transfers, rejections } = this.#options;
    const { subject } = offer;
    const stored = itemDocument(subject.kind).hasPayload
      ? await vault.find(subject)
      : await vault.findDocking(subject);
    const receipt = typeof stored === 'object' ? stored.receipt : undefined;
    const isGone =
      typeof stored === 'object' &&
      'payloadBytes' in stored &&
      !stored.deleted &&
      stored.payloadBytes !== subject.sealedSizeBytes;
    if (receipt !== undefined && !isGone && receipts.fits(receipt, subject))
      return receipts.giveStored(subject.kind, subject, receipt);
    const active = transfers.get(subject);
    if (active?.subject.manifestSha256 === subject.manifestSha256) {
      await active.stop();
      await vault.setAsideWork(subject, KEY_REVOKED);
    }
    await rejections.revoked(offer);
  }

  async #answerGood(offer: CheckedOffer): Promise<void> {
    if (await this.#answerStored(offer)) return;
    const { subject } = offer;
    const { vault, space, refusals, rejections } = this.#options;
    const other = await vault.otherHolder(subject);
    if (other !== undefined) return rejections.elsewhere(offer, other);
    const refusal = await space.admit(subject, subject.sealedSizeBytes, () => this.#begin(offer));
    if (refusal !== undefined) await refusals.refuse(subject, refusal);
  }

  /** True where the recording is in place and the offer was answered. */
  async #answerStored(offer: CheckedOffer): Promise<boolean> {
    const { subject, document } = offer;
    const { vault, receipts } = this.#options;
    const stored = await vault.find(subject);
    if (stored === undefined) return false;
    if (stored === 'damaged') return this.#answerUnreadable(offer);
    if (!sameDocument(stored.manifest, document)) {
      if (!this.#isGenuine('recording', subject.station, stored.manifest))
        return this.#setAside(subject, 'its manifest was altered');
      await this.#options.rejections.conflict(subject, document);
      return true;
    }
    const isOwnSignature = stored.manifest.signature === document.signature;
    if (!stored.deleted && !isOwnSignature && !this.#isGenuine('recording', subject.station, stored.manifest))
      return this.#setAside(subject, 'the signature of its manifest is damaged');
    const answer = await receipts.answer(subject, stored);
    if (answer.kind === 'damaged') return this.#setAside(subject, answer.reason);
    if (answer.kind === 'unprovable')
      await this.#options.refusals.refuse(subject, never('deleted here, and its receipt is lost'));
    else await vault.tidy(subject);
    return true;
  }

  /** A docking record under this id is none that can be read as a recording, and stays where it is. */
  async #answerUnreadable({ subject, document }: CheckedOffer): Promise<boolean> {
    const docking = await this.#options.vault.findDocking(subject);
    if (typeof docking !== 'object') return this.#setAside(subject, 'its documents cannot be read');
    await this.#options.rejections.conflict(subject, document);
    return true;
  }

  /** False: it can be received anew. */
  async #setAside(offer: OfferSubject, reason: string): Promise<false> {
    const { vault, conditions, log } = this.#options;
    log.error('damaged recording in the vault quarantined', { ...logName(offer), reason });
    await vault.setAside(offer, reason);
    conditions.raise('vault.recording-damaged', null, { ...logName(offer), reason });
    return false;
  }

  #begin(checked: CheckedOffer): void {
    const { transfers, vault, log, stations } = this.#options;
    const { subject, document } = checked;
    if (!transfers.hasPlace(subject.station)) return; // taken while we looked
    const transfer = new Transfer({
      ...this.#options,
      subject,
      keys: stations.get(subject.station) ?? [],
    });
    log.info('recording claimed', { ...logName(subject), epoch: vault.epoch });
    transfers.add(subject, transfer);
    const receiving = this.#receive(checked, transfer, document).finally(() =>
      this.#receiving.delete(receiving),
    );
    this.#receiving.add(receiving);
  }

  async #receive(checked: CheckedOffer, transfer: Transfer, document: SignedDocument): Promise<void> {
    let end: ReceivedEnd = await transfer.run(document);
    if (end.kind === 'whole')
      end = await this.#whole(checked).catch((error: unknown) => ({ kind: 'failed' as const, error }));
    this.#ended(checked.subject, end, transfer.gainedBytes);
  }

  /** The key may have been revoked while the recording came: it gets no receipt then (SPEC 4.9). */
  async #whole({ subject, keyId }: CheckedOffer): Promise<ReceivedEnd> {
    const { vault, receipts, revocations, rejections } = this.#options;
    if (!(await revocations.of(subject.station)).has(keyId)) {
      await receipts.make(subject);
      return { kind: 'receipted' };
    }
    const stored = await vault.find(subject);
    await vault.setAside(subject, KEY_REVOKED);
    if (typeof stored === 'object')
      await rejections.revoked({
        subject,
        document: stored.manifest,
        keyId,
        log: undefined,
        revoked: true,
      });
    return { kind: 'refused' };
  }

  #isGenuine(kind: OfferSubject['kind'], station: StationId, document: SignedDocument): boolean {
    return isSignedOffer(kind, document, this.#options.stations.get(station) ?? []);
  }

  #ended(offer: OfferSubject, end: ReceivedEnd, gainedBytes: number): void {
    const { transfers, space, conditions, refusals, log } = this.#options;
    transfers.remove(offer);
    this.#answerNext();
    space.added(offer.station, gainedBytes);
    if (end.kind === 'receipted') {
      conditions.clear('receiver.altered', offer.station);
      conditions.clear('vault.write-failed', null);
    } else if (end.kind === 'left' || end.kind === 'refused') {
      log.info('recording left', {
        ...logName(offer),
        reason: end.kind === 'left' ? end.reason : KEY_REVOKED,
      });
      if (end.kind === 'left' && end.reason === 'yielded')
        void refusals.refuse(offer, pause('others are due the room that is left', limits.PAUSE_FULL_MS));
    } else if (end.kind === 'conflict') {
      void this.#options.rejections.conflict(offer);
    } else if (end.kind === 'altered') {
      log.warn('station sends altered bytes', logName(offer));
      conditions.raise('receiver.altered', offer.station, { recording: offer.recording });
      void refusals.refuse(offer, pause('bytes do not have their digests', limits.PAUSE_ALTERED_MS));
    } else if (end.kind === 'failed') {
      log.error('recording not stored', { ...logName(offer), error: end.error });
      void refusals.refuse(offer, space.afterFailure(end.error));
    }
  }

  /** Before there was anything to answer to, or the vault failed: the station repeats its offer. */
  #failed(name: RecordingName, error: unknown): void {
    const { log, conditions, refusals } = this.#options;
    if (isDockError(error, 'message.refused')) {
      refusals.failed(name.station);
      log.debug('no offer', { ...logName(name), error });
      return;
    }
    log.error('offer not answered', { ...logName(name), error });
    conditions.raise('vault.write-failed', null, { system_code: systemCode(error) ?? null });
  }
}

function sameDocument(a: SignedDocument, b: SignedDocument): boolean {
  return Buffer.compare(a.bytes, b.bytes) === 0;
}

function pause(reason: string, retryAfterMs: number): Refusal {
  return { verb: 'pause', reason, retryAfterMs };
}
