// Pushes recordings and docking records to the store: decides when which step of protocol/transfer/transfer-state.ts is done. The steps
// themselves are in push-steps.ts, what becomes of receipts in push-receipts.ts, of failures in push-failures.ts; what differs between types of items is ItemType's.
//
// Invariants:
// 1. At most READS_MAX units are in memory, and at most the window is in flight.
// 2. What the spool cannot give back goes to the quarantine: it is neither sent nor skipped silently.
import type { DockError } from '../../protocol/format/errors.ts';
import type { RecordingId, SessionId } from '../../protocol/format/ids.ts';
import { UNIT_BYTES, WINDOW_BYTES_MAX } from '../../protocol/format/limits.ts';
import type { Broker, Clock, Conditions, Log } from '../../protocol/format/ports.ts';
import type { ReceiptMessage, RefuseBody } from '../../protocol/transfer/messages.ts';
import type { StationTopics } from '../../protocol/transfer/topics.ts';
import type { Held, Sender, SenderAction } from '../../protocol/transfer/transfer-state.ts';
import type { Custody } from '../custody/custody-log.ts';
import type { Differences } from '../custody/differences.ts';
import type { Changes, ItemChange } from '../spool/changes.ts';
import type { PushTurn, SignedItems } from '../spool/signed-items.ts';
import type { CustodyPush } from './custody-push.ts';
import type { LogWitness } from './log-witness.ts';
import { MessageSizer } from './message-size.ts';
import { type FailureVerdict, OFFER_SIZE_CODE, PushFailures } from './push-failures.ts';
import { type LaneName, PushQueue } from './push-queue.ts';
import { PushReceipts } from './push-receipts.ts';
import { PushSteps, type UnitReader } from './push-steps.ts';
import { type StrangeKeys, type TrustedStore, verifyDown } from './push-verify.ts';
import type { SendLimits } from './send-limits.ts';
import type { StoreStanding } from './store-rollback.ts';

/** Units being read or handed to the connection at one time. */
const READS_MAX = 4;
/** A store that does not sign for the log gets a docking's record after so long all the same. */
const LOG_MS_MAX = 1000;
/** What has a receipt of which nobody was told by then is offered again. */
const UNTOLD_MS = 5000;

export interface PushOptions {
  readonly broker: Pick<Broker, 'connected' | 'payloadBytesMax' | 'isSlow' | 'publish'>;
  readonly limits: Pick<SendLimits, 'isOpen' | 'pace' | 'onChange'>;
  readonly topics: StationTopics;
  readonly session: SessionId;
  readonly store: TrustedStore;
  readonly strangeKeys: Pick<StrangeKeys, 'refused'>;
  readonly items: SignedItems;
  /** What becomes of what is pushed. */
  readonly changes: Pick<Changes<ItemChange>, 'read'>;
  readonly units: UnitReader;
  /** Gives a unit's memory back at once: left to the garbage collector, units cost it more than sending them. */
  readonly freeBuffer: (buffer: ArrayBuffer) => void;
  readonly custody: Custody;
  readonly custodyPush: Pick<CustodyPush, 'level'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly conditions: Conditions;
  readonly standing: Pick<StoreStanding, 'assertHeld' | 'pin' | 'vault'>;
  /** Knows whether a head that the store names is in our custody log. */
  readonly differences: Pick<Differences, 'isOurs'>;
  /** Knows the log of the store. */
  readonly witness: Pick<LogWitness, 'follow' | 'newest'>;
}

/** Drives all transfers of one station. */
export class Pusher {
  readonly #options: PushOptions;
  readonly #items: SignedItems;
  readonly #queue: PushQueue;
  readonly #size: MessageSizer;
  readonly #steps: PushSteps;
  readonly #receipts: PushReceipts;
  readonly #failures: PushFailures;
  #running = new Set<Promise<void>>();
  /** Docking records that wait for the log. */
  #afterLog = 0;
  #reads = 0;
  #cancelWake: () => void = () => undefined;
  #stopped = false;
  readonly #ending = new AbortController();
  #pumping = false;
  #onDrained: (() => void)[] = [];

  constructor(options: PushOptions) {
    this.#options = options;
    this.#items = options.items;
    const { broker, limits, topics, session, store, units, freeBuffer, custody, items } = options;
    const { differences, clock, log, conditions } = options;
    this.#size = new MessageSizer({ broker, log, conditions });
    const { pace } = limits;
    const { witness } = options;
    const steps = new PushSteps({
      broker,
      pace,
      topics,
      session,
      items,
      units,
      freeBuffer,
      custody,
      witness,
    });
    const receipts = new PushReceipts({
      store,
      items,
      documents: steps,
      differences,
      standing: options.standing,
      custody,
      log,
      conditions,
    });
    this.#steps = steps;
    this.#receipts = receipts;
    this.#queue = new PushQueue({ items, session, documents: steps });
    this.#failures = new PushFailures({
      broker,
      items,
      receipts,
      clock,
      log,
      conditions,
    });
  }

  /** Takes over what the spool holds without a receipt, the oldest first, once all of it is entered: nothing is offered that the log does not know. */
  start(entered: Promise<void>): void {
    this.#options.limits.onChange(() => this.#pump());
    this.#run(this.#follow());
    this.#run(entered.then(() => this.#takeOver()));
  }

  /** Until the end: what becomes durable, and what loses its receipt. */
  async #follow(): Promise<void> {
    for await (const { kind, item, to } of this.#options.changes.read(this.#ending.signal)) {
      if (to !== 'spooled') continue;
      if (kind === 'docking') this.#run(this.#addAfterLog(item));
      else this.#add(item);
    }
  }

  /**
   * Offers a docking's record after the log that says of the docking. The receipt names the head of the log that the store holds by then
   * (SPEC 4.2), so it proves that camera's whole visit, its erasures among it; a record that overtook the log would prove it a docking later.
   */
  async #addAfterLog(record: RecordingId): Promise<void> {
    this.#afterLog++;
    try {
      await this.#options.custodyPush.level(LOG_MS_MAX);
    } finally {
      this.#afterLog--;
      this.#add(record);
    }
  }

  #add(id: RecordingId): void {
    const item = this.#items.get(id);
    if (item?.state !== 'spooled') return;
    this.#enqueue(item);
    this.#pump();
  }

  /** Bytes of a recording that the receiver said it holds. */
  receivedBytes(recording: RecordingId): number {
    return this.#queue.get(recording)?.receivedBytes ?? 0;
  }

  /** The connection came or went. */
  connectionChanged(connected: boolean): void {
    const now = this.#options.clock.monotonicMs();
    const senders = this.#queue.active(now).map(({ sender }) => sender);
    if (!connected) this.#options.limits.pace.letGo();
    if (connected) for (const sender of senders) sender.connected(now);
    else this.#size.lostWhileSending(senders.filter((sender) => sender.sending && sender.inFlightBytes > 0));
    this.#pump();
  }

  /** A message below `down/<recording>`. Never throws: what does not hold is logged and changes nothing. */
  take(recording: RecordingId, payload: Uint8Array): void {
    if (this.#stopped || this.#items.holding(recording) === undefined) {
      this.#options.log.debug('message for an unknown recording', { recording });
      return;
    }
    try {
      this.#takeVerified(recording, payload);
    } catch (error) {
      this.#options.log.warn('message from the store rejected', { recording, error });
      this.#options.strangeKeys.refused(error);
    }
    this.#pump();
  }

  /** Resolves when no docking record waits for its receipt but refused ones, at the latest after that long. Never rejects. */
  async dockingsPushed(waitMs: number): Promise<void> {
    await this.#options.clock.sleep(0, this.#ending.signal).catch(() => undefined); // what was announced before this call is read by then
    if (!this.#areDocumentsOpen) return;
    await new Promise<void>((resolve) => {
      const cancel = this.#options.clock.after(waitMs, resolve);
      this.#onDrained.push(() => {
        cancel();
        resolve();
      });
    });
  }

  /** Resolves when what is running has ended; nothing new is started. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#ending.abort();
    this.#cancelWake();
    this.#options.limits.pace.letGo();
    await Promise.allSettled(this.#running);
  }

  #takeOver(): void {
    for (const { store } of this.#items.types) for (const turn of store.waiting()) this.#enqueue(turn);
    this.#pump();
  }

  #enqueue({ recording, locked, sealedSizeBytes }: PushTurn): void {
    this.#queue.add(recording, sealedSizeBytes === 0 ? 'documents' : locked ? 'locked' : 'normal');
  }

  #takeVerified(recording: RecordingId, payload: Uint8Array): void {
    const down = verifyDown(payload, recording, this.#options.store);
    const now = this.#options.clock.monotonicMs();
    if (down.kind === 'receipt') {
      // In the order in which they come: each proof is made from the checkpoint of the one before.
      const { message } = down;
      this.#run(this.#settle(recording, message, this.#options.witness.follow(message)));
      return;
    }
    if (down.kind === 'again') {
      this.#options.log.warn('the store asks for single recordings, as 0.1.0 does: update the receiver', {
        recording,
      });
      return;
    }
    const known = this.#queue.get(recording);
    const sender = down.kind === 'claim' ? (known ?? this.#queue.claimed(recording, now)) : known;
    if (sender === undefined) return;
    if (down.kind === 'claim') {
      if (sender.claim(down.body, now)) this.#clearRefused(recording);
    } else if (down.kind === 'refuse') {
      sender.refuse(down.body, now);
      this.#refused(recording, down.body);
    } else {
      const { receivedBytes: before, inFlightBytes: onTheWay } = sender;
      sender.have(down.message, now);
      const arrived = sender.receivedBytes - before;
      if (arrived > 0) this.#size.arrived(Math.min(arrived, onTheWay)); // what an earlier connection left there says nothing of this one
    }
  }

  #refused(recording: RecordingId, { verb, reason }: RefuseBody): void {
    const type = this.#items.holding(recording); // none where it left meanwhile
    this.#steps.unload(recording); // it may be for a day
    this.#options.log.warn('store postponed the offer', { kind: type?.kind, recording, verb, reason });
    if (verb === 'never' && type !== undefined)
      this.#options.conditions.raise(type.refusedCode, recording, { reason });
  }

  #clearRefused(recording: RecordingId): void {
    for (const { refusedCode } of this.#items.types) this.#options.conditions.clear(refusedCode, recording);
  }

  /** Starts whatever may be done now and sets the timer for what comes later. */
  #pump(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    try {
      while (!this.#stopped && this.#options.broker.connected) {
        const found = this.#pick();
        if (found === undefined) break;
        this.#run(this.#perform(found.sender, found.action));
      }
    } finally {
      this.#pumping = false;
    }
    this.#setWake();
    this.#tellDrained();
  }

  #tellDrained(): void {
    if (this.#onDrained.length === 0 || this.#areDocumentsOpen) return;
    for (const tell of this.#onDrained.splice(0)) tell();
  }

  get #areDocumentsOpen(): boolean {
    return !this.#stopped && (this.#afterLog > 0 || this.#queue.isOpen('documents'));
  }

  #pick(): { sender: Sender; action: SenderAction } | undefined {
    const { clock, limits } = this.#options;
    const now = clock.monotonicMs();
    const budget = {
      windowBytes: WINDOW_BYTES_MAX - this.#queue.inFlightBytes,
      messageBytesMax: Math.min(this.#size.limitBytes, limits.pace.messageBytesMax),
    };
    const heldIn = this.#held();
    for (const { sender, lane } of this.#queue.active(now)) {
      if (sender.stalled) this.#size.stalled(sender);
      const action = sender.next(now, { ...budget, held: heldIn(lane) });
      if (action !== undefined) return { sender, action };
    }
    return undefined;
  }

  /**
   * What is held back in a lane at this moment. Under a limit a unit begins once there are bytes for those before it: it is not begun to wait.
   * While READS_MAX units are under way no other begins, but a line that takes a minute for them keeps nothing else back.
   */
  #held(): (lane: LaneName) => Held {
    const { isOpen, pace } = this.#options.limits;
    const held = !this.#isFull && pace.isFree(this.#underWayBytes) ? 'nothing' : 'bytes';
    return (lane) => (lane === 'normal' && !isOpen ? 'offers' : held);
  }

  get #isFull(): boolean {
    return this.#reads >= READS_MAX;
  }

  get #underWayBytes(): number {
    return this.#reads * UNIT_BYTES;
  }

  #setWake(): void {
    this.#cancelWake();
    if (this.#stopped || !this.#options.broker.connected) return;
    const now = this.#options.clock.monotonicMs();
    const { pace } = this.#options.limits;
    const heldIn = this.#held();
    const active = this.#queue.active(now);
    let at = this.#queue.wakeAtMs(now);
    for (const { sender, lane } of active) {
      const held = heldIn(lane);
      const waitsForPace = held === 'bytes' && sender.sending && !this.#isFull; // the end of a unit looks again
      const freeAt = waitsForPace ? pace.freeAtMs(this.#underWayBytes) : at;
      at = Math.min(at, sender.wakeAtMs(held), freeAt);
    }
    if (at === Number.POSITIVE_INFINITY) return;
    this.#cancelWake = this.#options.clock.after(Math.max(5, at - now), () => this.#pump());
  }

  #run(work: Promise<void>): void {
    const running = work
      .catch((error: unknown) => this.#options.log.debug('push step failed', { error }))
      .finally(() => {
        this.#running.delete(running);
        this.#pump();
      });
    this.#running.add(running);
  }

  async #perform(sender: Sender, action: SenderAction): Promise<void> {
    const { recording } = sender.subject;
    const reads = action.kind === 'unit' || action.kind === 'digests' ? 1 : 0; // offers and fins are bounded by the active senders
    this.#reads += reads;
    try {
      if (action.kind === 'unit') await this.#performUnit(sender, action);
      else await this.#steps.perform(recording, action);
      if (action.kind === 'offer') this.#offered(sender);
    } catch (error) {
      this.#failed(recording, await this.#failures.judge(recording, error));
    } finally {
      this.#reads -= reads;
    }
  }

  /** Where what the start read of it did not verify, and other facts did since, the store answers for those. */
  #offered(sender: Sender): void {
    const { recording, manifestSha256 } = sender.subject;
    sender.offerFits(true);
    if (sender.standsBack) this.#steps.unload(recording); // the answer may be long in coming, and there may be many
    this.#options.conditions.clear(OFFER_SIZE_CODE, recording);
    const item = this.#items.get(recording);
    if (item === undefined || item.manifestSha256 === manifestSha256) return;
    this.#queue.remove(recording);
    this.#enqueue(item);
  }

  /** A slow line takes minutes for a unit: it is not late, and not sent again, before it has left. */
  async #performUnit(sender: Sender, action: SenderAction & { kind: 'unit' }): Promise<void> {
    const { clock } = this.#options;
    sender.leaving(action.unit, clock.monotonicMs());
    let heldMs: number | undefined;
    try {
      const isWanted = (): boolean => !this.#stopped && sender.wants(action);
      heldMs = await this.#steps.sendUnit(sender.subject.recording, action, isWanted);
    } finally {
      sender.left(action, heldMs !== undefined, clock.monotonicMs(), heldMs);
    }
  }

  async #settle(
    recording: RecordingId,
    message: ReceiptMessage,
    unproven: DockError | undefined,
  ): Promise<void> {
    const isPushed = this.#queue.get(recording) !== undefined;
    try {
      for await (const step of this.#receipts.take(recording, message, { isPushed, unproven })) {
        if (step === 'stored') this.#stored(recording);
        else if (step === 'receipted') this.#receipted(recording);
        else this.#receiptRefused(recording, step === 'refused');
      }
    } finally {
      if (this.#queue.get(recording) === undefined) this.#steps.unload(recording);
    }
  }

  /** What is on its way counts no longer, and others have its place. Where the log cannot be told of the receipt, the next offer brings it again. */
  #stored(recording: RecordingId): void {
    const sender = this.#queue.get(recording);
    if (sender === undefined) return;
    this.#queue.delivered(recording);
    if (sender.inFlightBytes > 0) this.#size.arrived(sender.inFlightBytes); // no `have` tells of the last ones
    sender.postponed(this.#options.clock.monotonicMs() + UNTOLD_MS);
    this.#pump();
  }

  /** Others need not wait for another one. */
  #receiptRefused(recording: RecordingId, isLasting: boolean): void {
    this.#steps.unload(recording); // it may be for an hour
    this.#queue.get(recording)?.receiptRefused(this.#options.clock.monotonicMs(), isLasting);
  }

  #receipted(recording: RecordingId): void {
    this.#queue.get(recording)?.receipted();
    this.#forget(recording);
  }

  #forget(recording: RecordingId): void {
    this.#queue.remove(recording);
    this.#steps.forget(recording);
    this.#receipts.forget(recording);
    this.#failures.forget(recording);
    this.#clearRefused(recording);
    this.#options.conditions.clear(OFFER_SIZE_CODE, recording);
  }

  #failed(recording: RecordingId, verdict: FailureVerdict): void {
    if (verdict.kind === 'nothing') return;
    if (verdict.kind === 'gone') return this.#forget(recording);
    this.#steps.unload(recording); // it may be for long, and it is read anew from the disk before it is offered
    const sender = this.#queue.get(recording);
    if (verdict.kind === 'later') sender?.postponed(this.#options.clock.monotonicMs() + verdict.pauseMs);
    else sender?.offerFits(false);
  }
}
