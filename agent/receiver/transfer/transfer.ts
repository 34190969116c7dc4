// One recording being received: the interpreter of receive-state.ts. Holds its buffers, its open files and its timer.
//
// Invariants:
// 1. Whatever ends it, its buffers go back to the pool, its files are closed and its work in the vault is ended.
// 2. After a failed sync nothing of its payload is used again (the vault drops it); after any other failure what is there is kept.
// 3. It ends `whole` only after everything is durable and in place.
import { unitBytes } from '../../../protocol/documents/manifest.ts';
import type { PublicKey } from '../../../protocol/documents/minisign.ts';
import { isDockError } from '../../../protocol/format/errors.ts';
import type { ReceiverId, SessionId } from '../../../protocol/format/ids.ts';
import { LEASE_MS, MESSAGE_BYTES_MIN, UNIT_BYTES } from '../../../protocol/format/limits.ts';
import type { Broker, Clock, Log } from '../../../protocol/format/ports.ts';
import { encodeMessage, type HaveMessage } from '../../../protocol/transfer/messages.ts';
import { CLAIM_MS_MIN, DIGESTS_WAITING_BYTES_MAX, HAVES_WAITING_MAX, RESUME_UNITS } from '../limits.ts';
import type { DigestsState, UnitStore, UnitSubject, UnitWork } from '../vault/unit-store.ts';
import type { RecordingName, SignedDocument, Vault, VaultWork } from '../vault/vault.ts';
import { isSignedOffer, type OfferSubject } from './offers.ts';
import { Receiving, type ReceivingAction } from './receive-state.ts';
import { logName, type Sending, SignedClaim } from './sending.ts';
import { Reassembly, type Slabs } from './slabs.ts';

/** Why a transfer ended. */
export type TransferEnd =
  /** All of it is durable and in place: it can have its receipt. */
  | { readonly kind: 'whole' }
  /** Nothing came any more, we stop, or another station is due the room. */
  | { readonly kind: 'left'; readonly reason: 'idle' | 'stopped' | 'yielded' }
  /** The station keeps sending bytes with other digests. */
  | { readonly kind: 'altered' }
  /** Another signed manifest lies under this id. */
  | { readonly kind: 'conflict' }
  /** The disk did not take it, or a worker died. */
  | { readonly kind: 'failed'; readonly error: unknown };

export interface TransferOptions {
  readonly receiver: ReceiverId;
  readonly subject: OfferSubject;
  readonly vault: Pick<Vault, 'open' | 'epoch'>;
  readonly units: UnitStore;
  readonly slabs: Slabs;
  readonly clock: Clock;
  readonly log: Log;
  /** Of the station. */
  readonly keys: readonly PublicKey[];
  readonly broker: Pick<Broker, 'payloadBytesMax'>;
  readonly sending: Pick<Sending, 'signed' | 'send'>;
  /** Shares buffers: so many units are missing, once the station may send and after each that landed. */
  readonly transfers: { missing(name: RecordingName, units: number): void };
}

/** Which step a failure belongs to: after "sync" the payload cannot be trusted. */
type Step = 'write' | 'sync';

/** A recording that is claimed. */
export class Transfer {
  readonly subject: OfferSubject;
  readonly #options: TransferOptions;
  readonly #receiving: Receiving;
  /** What came was dropped again. */
  #isDropped = false;
  readonly #reassembly: Reassembly;
  readonly #claim: SignedClaim;
  #beginning: Promise<void> = Promise.resolve();
  #ended: (end: TransferEnd) => void = () => undefined;
  #work: VaultWork | undefined;
  #units: UnitWork | undefined;
  #keeping: Promise<void> = Promise.resolve();
  #digestBytesWaiting = 0;
  #havesWaiting = 0;
  #open = false;
  #completing: Promise<void> | undefined;
  #closing: Promise<void> | undefined;
  #wakeAtMs = Number.POSITIVE_INFINITY;
  #cancelWake: () => void = () => undefined;

  constructor(options: TransferOptions) {
    const { vault, clock, receiver } = options;
    this.#options = options;
    this.subject = options.subject;
    const { session, sealedSizeBytes } = options.subject;
    this.#reassembly = new Reassembly(options.slabs);
    this.#claim = new SignedClaim(session, (each) => this.#signClaim(each));
    const subject = { receiver, sealedSizeBytes, epoch: vault.epoch };
    this.#receiving = new Receiving(subject, session, clock.monotonicMs());
  }

  /** Bytes that are still to come. */
  get missingBytes(): number {
    return this.#receiving.missingUnits * UNIT_BYTES;
  }

  /** Bytes that came in this transfer and stay on disk. */
  get gainedBytes(): number {
    return this.#isDropped ? 0 : this.#receiving.gainedUnits * UNIT_BYTES;
  }

  /** Opens the vault's work with the offered document, claims, finds what is there, and receives. Resolves once its work is ended; never rejects. */
  run(document: SignedDocument): Promise<TransferEnd> {
    const ended = new Promise<TransferEnd>((resolve) => (this.#ended = resolve));
    this.#beginning = this.#begin(document).catch((error: unknown) => this.#fail(error, 'write'));
    return ended;
  }

  /** The station offered it again, maybe in another session. */
  offered(session: SessionId): void {
    this.#claim.turnTo(session);
    if (this.#now() - this.#claim.saidAtMs < CLAIM_MS_MIN) return;
    if (this.#open) this.#run(this.#sendClaim(), 'write');
  }

  /** Bytes of the digest list came. */
  digests(offset: number, payload: Uint8Array): void {
    if (!this.#open || this.#units === undefined) return;
    if (this.#digestBytesWaiting + payload.length > DIGESTS_WAITING_BYTES_MAX) return;
    const skip = this.#receiving.digests(offset, payload.length, this.#now());
    if (skip === undefined) return;
    this.#digestBytesWaiting += payload.length;
    const appended = this.#units.appendDigests(offset + skip, payload.subarray(skip)).finally(() => {
      this.#digestBytesWaiting -= payload.length;
    });
    this.#run(
      appended.then((state) => this.#digestsAppended(state)),
      'write',
    );
  }

  /** Bytes of the payload came: copied to their unit's buffer here and now; the unit is checked when it is whole. */
  bytes(offset: number, payload: Uint8Array): void {
    if (!this.#open) return;
    const verdict = this.#receiving.piece(offset, payload.length, this.#now());
    if (verdict.kind === 'drop') return;
    const { unit, at, whole } = verdict;
    const slab = this.#reassembly.copy(unit, at, payload);
    if (slab === undefined) this.#receiving.forget(unit);
    if (slab === undefined || !whole) return;
    this.#reassembly.handOver(unit);
    this.#run(this.#check(unit, slab), 'write');
  }

  /** The station says that it sent everything. */
  fin(epoch: number): void {
    this.#receiving.fin(epoch, this.#now());
    this.#pump();
  }

  /** So many units may be on the way from now on. */
  grant(units: number): void {
    this.#receiving.grant(units, this.#now());
    this.#pump();
  }

  /** True where nothing came for that long although it may. */
  silentFor(ms: number): boolean {
    return this.#open && this.#receiving.silentFor(ms, this.#now());
  }

  /** True where no unit came to its end for that long although it may send. */
  stuckFor(ms: number): boolean {
    return this.#open && this.#receiving.stuckFor(ms, this.#now());
  }

  /** Gives the buffers of units that are not whole back, but for so many that were begun first; they are asked for again. */
  dropFilling(kept = 0): void {
    for (const unit of this.#reassembly.drop(kept)) this.#receiving.forget(unit);
  }

  /** Ends it, or waits for its end where everything came. Resolves when its work was ended; never rejects. */
  stop(): Promise<void> {
    return this.#leave('stopped');
  }

  /** The same, so that another station gets the room that this one needs. */
  yieldRoom(): Promise<void> {
    return this.#leave('yielded');
  }

  async #leave(reason: 'stopped' | 'yielded'): Promise<void> {
    if (this.#completing === undefined) this.#end({ kind: 'left', reason });
    await this.#completing?.catch(() => undefined); // told by #run
    await this.#closing;
  }

  #missing(): void {
    this.#options.transfers.missing(this.subject, this.#receiving.missingUnits);
  }

  #signClaim(session: SessionId): Promise<Uint8Array> {
    const { sending, receiver, vault, broker, subject } = this.#options;
    return sending.signed({
      message: 'claim',
      ...logName(subject),
      receiver,
      session,
      epoch: vault.epoch,
      message_bytes_max: Math.max(MESSAGE_BYTES_MIN, Math.min(UNIT_BYTES, broker.payloadBytesMax)),
      lease_ms: LEASE_MS,
      manifest_sha256: subject.manifestSha256,
    });
  }

  async #begin(document: SignedDocument): Promise<void> {
    const { vault, units, subject, keys } = this.#options;
    const isGenuine = (other: SignedDocument): boolean => isSignedOffer('recording', other, keys);
    const { sealedSizeBytes, chunksSha256 } = subject;
    const sealed: UnitSubject = { sealedSizeBytes, chunksSha256 };
    this.#claim.payload().catch(() => undefined); // signed while the files are made; waited for below
    const work = await vault.open(subject, document, { sealedSizeBytes, isGenuine });
    this.#work = work;
    const digestsWhole = work.digestsFound && (await units.checkDigests(work.places.chunksPath, sealed));
    if (work.digestsFound && !digestsWhole) await work.newDigests();
    this.#units = await units.open(work.places, sealed, { kind: 'write', digestsWhole });
    if (this.#closing !== undefined) return;
    this.#open = true;
    const resumes = digestsWhole && work.payloadBytes > 0;
    if (digestsWhole) this.#receiving.digestsFound();
    if (!resumes) this.#missing(); // so that the first `have` brings credit
    await this.#sendClaim();
    if (resumes) await this.#resume(this.#units, work);
  }

  /** What an earlier attempt left is found by its digests, a few units at a time beside the work of others. */
  async #resume(units: UnitWork, work: VaultWork): Promise<void> {
    const count = Math.ceil(work.payloadBytes / UNIT_BYTES);
    for (let first = 0; first < count && this.#closing === undefined; first += RESUME_UNITS) {
      const group = Array.from({ length: Math.min(RESUME_UNITS, count - first) }, (_, at) => first + at);
      const held = await Promise.all(group.map((unit) => units.holdsUnit(unit, true)));
      for (const [at, unit] of group.entries()) if (held[at]) this.#receiving.unitFound(unit, this.#now());
      this.#pump();
    }
    if (this.#closing !== undefined) return;
    this.#missing();
    this.#pump();
  }

  /** A claim that could not be sent is asked for by the next offer. */
  async #sendClaim(): Promise<void> {
    const { session } = this.#claim;
    const payload = await this.#claim.payload();
    if (this.#closing !== undefined || session !== this.#claim.session) return; // a newer one is on its way
    this.#claim.said(this.#now());
    this.#say(payload);
    this.#receiving.claimed(session, this.#now());
    this.#pump();
  }

  async #digestsAppended(state: DigestsState): Promise<void> {
    if (state === 'more' || this.#closing !== undefined) return;
    if (state === 'whole' && this.#work !== undefined) this.#keeping = this.#work.keepDigests();
    this.#receiving.digestsChecked(state === 'whole', this.#now());
    this.#pump();
    await this.#keeping;
  }

  async #check(unit: number, slab: number): Promise<void> {
    const { slabs, subject } = this.#options;
    let good: boolean | undefined;
    try {
      const sizeBytes = unitBytes(subject.sealedSizeBytes, unit);
      good = await this.#units?.storeUnit(unit, slab, sizeBytes);
    } finally {
      slabs.release(slab);
    }
    if (this.#closing !== undefined || good === undefined) return;
    this.#receiving.checked(unit, good, this.#now());
    if (good) this.#missing();
    this.#pump();
  }

  #pump(): void {
    while (this.#open && this.#closing === undefined) {
      const action = this.#receiving.next(this.#now());
      if (action === undefined) break;
      this.#perform(action);
    }
    this.#arm();
  }

  #perform(action: ReceivingAction): void {
    if (action.kind === 'have') this.#sayHave(action.message);
    else if (action.kind === 'sync') this.#run(this.#sync(), 'sync');
    else if (action.kind === 'complete') this.#run((this.#completing = this.#complete()), 'sync');
    else if (action.kind === 'refuse') this.#end({ kind: 'altered' });
    else this.#end({ kind: 'left', reason: 'idle' });
  }

  #sayHave(message: HaveMessage): void {
    if (this.#havesWaiting >= HAVES_WAITING_MAX) {
      this.#receiving.haveUnsaid();
      return;
    }
    this.#havesWaiting++;
    this.#say(encodeMessage(message), () => this.#havesWaiting--);
  }

  #say(payload: Uint8Array, done: () => void = () => undefined): void {
    const { sending, log, subject } = this.#options;
    sending
      .send(subject, payload)
      .catch((error: unknown) => log.debug('message not sent', { ...logName(subject), error }))
      .finally(done);
  }

  async #sync(): Promise<void> {
    await this.#work?.sync();
    this.#receiving.synced(this.#now());
    this.#pump();
  }

  async #complete(): Promise<void> {
    await this.#keeping;
    await this.#units?.close();
    await this.#work?.complete();
    this.#end({ kind: 'whole' });
  }

  /** Work in the background: its failure ends the transfer. */
  #run(work: Promise<void>, step: Step): void {
    work.catch((error: unknown) => this.#fail(error, step));
  }

  #fail(error: unknown, step: Step): void {
    if (isDockError(error, 'vault.recording-conflict')) this.#end({ kind: 'conflict' });
    else this.#end({ kind: 'failed', error }, step === 'sync');
  }

  #end(end: TransferEnd, spoiled = false): void {
    if (this.#closing !== undefined) return;
    this.#cancelWake();
    this.dropFilling();
    this.#closing = this.#close(spoiled).then(() => this.#ended(end));
  }

  async #close(spoiled: boolean): Promise<void> {
    if (!this.#open) await this.#beginning;
    const isClosed = await this.#closeUnits();
    this.#isDropped = spoiled || !isClosed;
    await (this.#isDropped ? this.#work?.abandon() : this.#work?.release());
  }

  /** False: what was written may not have reached the medium, whatever a later sync says. */
  async #closeUnits(): Promise<boolean> {
    try {
      await this.#units?.close();
      return true;
    } catch (error) {
      const { log, subject } = this.#options;
      log.warn('units not closed, requested again', { ...logName(subject), error });
      return false;
    }
  }

  #arm(): void {
    const atMs = this.#receiving.wakeAtMs;
    if (!this.#open || this.#closing !== undefined || atMs >= this.#wakeAtMs) return;
    this.#cancelWake();
    this.#wakeAtMs = atMs;
    this.#cancelWake = this.#options.clock.after(Math.max(1, atMs - this.#now()), () => {
      this.#wakeAtMs = Number.POSITIVE_INFINITY;
      this.#pump();
    });
  }

  #now(): number {
    return this.#options.clock.monotonicMs();
  }
}
