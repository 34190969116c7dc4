// Pushes what is spooled to the store: decides when which step of protocol/transfer-state.ts is done. The steps themselves
// are in push-steps.ts, what becomes of receipts in push-receipts.ts.
//
// Invariants:
// 1. At most READS_MAX units are in memory, and at most the window is in flight.
// 2. What the spool cannot give back goes to the quarantine: it is neither sent nor skipped silently.
import { isDockError, systemCode } from '../../protocol/errors.ts';
import type { RecordingId, SessionId } from '../../protocol/ids.ts';
import { WINDOW_BYTES_MAX } from '../../protocol/limits.ts';
import type { ReceiptMessage } from '../../protocol/messages.ts';
import type { Broker, Clock, Conditions, Log } from '../../protocol/ports.ts';
import type { CustodyHead } from '../../protocol/receipt.ts';
import type { StationTopics } from '../../protocol/topics.ts';
import type { Sender, SenderAction } from '../../protocol/transfer-state.ts';
import type { Custody } from '../custody/custody.ts';
import { MessageSize } from './message-size.ts';
import { PushQueue } from './push-queue.ts';
import { PushReceipts } from './push-receipts.ts';
import { PushSteps, type UnitReader } from './push-steps.ts';
import { verifyDown, type TrustedStore } from './push-verify.ts';
import type { SignedBytes } from '../spool/documents.ts';
import type { SpooledRecording } from '../spool/spool.ts';

/** Units being read or handed to the connection at one time. */
const READS_MAX = 4;

/** What pushing needs of the spool. */
export interface PushSpool {
  get(recording: RecordingId): SpooledRecording | undefined;
  recordings(): Iterable<SpooledRecording>;
  /** The manifest and its signature, verified; "spool.damaged", "spool.unknown". */
  readManifest(recording: RecordingId): Promise<SignedBytes>;
  /** chunks.bin, compared with the manifest; "spool.damaged". */
  readChunks(recording: RecordingId): Promise<Uint8Array>;
  storeReceipt(recording: RecordingId, bytes: Uint8Array, signature: string): Promise<void>;
  quarantine(recording: RecordingId, reason: string): Promise<void>;
}

export interface PushOptions {
  readonly broker: Pick<Broker, 'connected' | 'payloadBytesMax' | 'publish'>;
  readonly topics: StationTopics;
  readonly session: SessionId;
  readonly store: TrustedStore;
  readonly spool: PushSpool;
  readonly units: UnitReader;
  /** Gives a unit's memory back at once: left to the garbage collector, units cost it more than sending them. */
  readonly freeBuffer: (buffer: ArrayBuffer) => void;
  readonly custody: Custody;
  readonly clock: Clock;
  readonly log: Log;
  readonly conditions: Conditions;
  /** Of these recordings, those without a "spooled" entry in the log. Errors: the system's. */
  readonly unlogged: (recordings: readonly RecordingId[]) => Promise<readonly RecordingId[]>;
  /** Whether a head that the store names is in our custody log. */
  readonly knowsHead: (head: CustodyHead | null) => Promise<boolean>;
  /** A receipt is durable. Must not throw. */
  readonly onReceipted: (recording: RecordingId) => void;
  /** A recording left the spool for the quarantine: whoever has the camera pulls it again. Must not throw. */
  readonly onQuarantined: (recording: RecordingId) => void;
}

/** Drives all transfers of one station. */
export class Pusher {
  readonly #options: PushOptions;
  readonly #queue: PushQueue;
  readonly #size = new MessageSize();
  readonly #steps: PushSteps;
  readonly #receipts: PushReceipts;
  #running = new Set<Promise<void>>();
  #reads = 0;
  #cancelWake: () => void = () => undefined;
  #stopped = false;
  #pumping = false;

  constructor(options: PushOptions) {
    this.#options = options;
    this.#queue = new PushQueue((recording) => options.spool.get(recording)?.state === 'spooled');
    this.#steps = new PushSteps(options);
    this.#receipts = new PushReceipts({
      ...options,
      manifestBytes: (recording) => this.#steps.manifestBytes(recording),
      onReceipted: (recording) => this.#receipted(recording),
    });
  }

  /** Takes over what the spool holds without a receipt, the oldest first. */
  start(): void {
    const waiting = [...this.#options.spool.recordings()].filter(
      (recording) => recording.state === 'spooled',
    );
    waiting.sort((a, b) => (a.sealedAt < b.sealedAt ? -1 : 1));
    this.#run(this.#takeOver(waiting));
  }

  /** A recording became durable in the spool; its "spooled" entry is owed to the log where it is not logged. */
  add(recording: SpooledRecording, isLogged: boolean): void {
    if (!isLogged) this.#steps.owes(recording.recording);
    this.#enqueue(recording);
    this.#pump();
  }

  /** Bytes of a recording that the receiver said it holds. */
  receivedBytes(recording: RecordingId): number {
    return this.#queue.get(recording)?.receivedBytes ?? 0;
  }

  /** The connection came or went. */
  connectionChanged(connected: boolean): void {
    const now = this.#options.clock.monotonicMs();
    const senders = this.#queue.active(now);
    if (connected) for (const sender of senders) sender.connected(now);
    else if (
      senders.some((sender) => sender.sending && sender.inFlightBytes > 0 && sender.receivedBytes === 0)
    ) {
      if (this.#size.lostWhileSending())
        this.#options.log.warn('messages made smaller', { reason: 'connection lost while sending' });
    }
    this.#pump();
  }

  /** A message below `down/<recording>`. Never throws: what does not hold is logged and changes nothing. */
  take(recording: RecordingId, payload: Uint8Array): void {
    if (this.#stopped || this.#options.spool.get(recording) === undefined) {
      this.#options.log.debug('message for a recording that is not here', { recording });
      return;
    }
    try {
      this.#takeVerified(recording, payload);
    } catch (error) {
      this.#options.log.warn('message from the store refused', { recording, error });
    }
    this.#pump();
  }

  /** Resolves when what is running has ended; nothing new is started. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancelWake();
    await Promise.allSettled(this.#running);
  }

  /** A cut between commit and checkpoint left a recording without its entry: the log is asked before anything is offered. */
  async #takeOver(waiting: readonly SpooledRecording[]): Promise<void> {
    try {
      const owed = await this.#options.unlogged(waiting.map(({ recording }) => recording));
      for (const recording of owed) this.#steps.owes(recording);
    } catch (error) {
      this.#options.log.error('custody log could not be searched for spooled entries', { error });
    }
    for (const recording of waiting) this.#enqueue(recording);
  }

  #enqueue(recording: SpooledRecording): void {
    this.#queue.add({
      recording: recording.recording,
      session: this.#options.session,
      manifestSha256: recording.manifestSha256,
      sealedSizeBytes: recording.sealedSizeBytes,
      locked: recording.locked,
    });
  }

  #takeVerified(recording: RecordingId, payload: Uint8Array): void {
    const down = verifyDown(payload, recording, this.#options.store);
    const sender = this.#queue.get(recording);
    const now = this.#options.clock.monotonicMs();
    if (down.kind === 'receipt') {
      this.#run(this.#settle(recording, down.message));
      return;
    }
    if (sender === undefined) return;
    if (down.kind === 'claim') {
      if (sender.claim(down.body, now)) this.#options.conditions.clear('recording.refused', recording);
    } else if (down.kind === 'refuse') {
      sender.refuse(down.body, now);
      this.#steps.unload(recording); // it may be for a day
      this.#options.log.warn('store refused a recording', {
        recording,
        verb: down.body.verb,
        reason: down.body.reason,
      });
      if (down.body.verb === 'never')
        this.#options.conditions.raise('recording.refused', recording, { reason: down.body.reason });
    } else {
      const before = sender.receivedBytes;
      sender.have(down.message, now);
      if (sender.receivedBytes > before) this.#arrived();
    }
  }

  /** Starts whatever may be done now and sets the timer for what comes later. */
  #pump(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    try {
      while (!this.#stopped && this.#options.broker.connected && this.#reads < READS_MAX) {
        const found = this.#pick();
        if (found === undefined) break;
        this.#run(this.#perform(found.sender, found.action));
      }
    } finally {
      this.#pumping = false;
    }
    this.#setWake();
  }

  #pick(): { sender: Sender; action: SenderAction } | undefined {
    const now = this.#options.clock.monotonicMs();
    const budget = {
      windowBytes: WINDOW_BYTES_MAX - this.#queue.inFlightBytes,
      messageBytesMax: this.#size.limit(this.#options.broker.payloadBytesMax),
    };
    for (const sender of this.#queue.active(now)) {
      if (sender.stalled) this.#shrink(sender);
      const action = sender.next(now, budget);
      if (action !== undefined) return { sender, action };
    }
    return undefined;
  }

  #shrink(sender: Sender): void {
    sender.messagesShrunk();
    if (this.#size.shrink()) {
      this.#options.log.warn('messages made smaller', { reason: 'the receiver answers but nothing arrives' });
    } else {
      this.#options.conditions.raise('broker.message-size', null, {
        payload_bytes_max: this.#options.broker.payloadBytesMax,
      });
    }
  }

  #arrived(): void {
    this.#size.arrived();
    this.#options.conditions.clear('broker.message-size', null);
  }

  #setWake(): void {
    this.#cancelWake();
    if (this.#stopped || !this.#options.broker.connected) return;
    const now = this.#options.clock.monotonicMs();
    let at = Number.POSITIVE_INFINITY;
    for (const sender of this.#queue.active(now)) at = Math.min(at, sender.wakeAtMs);
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
      await this.#steps.perform(recording, action);
    } catch (error) {
      await this.#failed(recording, error);
    } finally {
      this.#reads -= reads;
    }
  }

  async #settle(recording: RecordingId, message: ReceiptMessage): Promise<void> {
    try {
      await this.#receipts.take(recording, message, this.#queue.get(recording) !== undefined);
    } finally {
      if (this.#queue.get(recording) === undefined) this.#steps.unload(recording);
    }
  }

  #receipted(recording: RecordingId): void {
    this.#queue.get(recording)?.receipted();
    this.#forget(recording);
    this.#options.onReceipted(recording);
  }

  #forget(recording: RecordingId): void {
    this.#queue.remove(recording);
    this.#steps.forget(recording);
    this.#receipts.forget(recording);
    this.#options.conditions.clear('recording.refused', recording);
  }

  /** A step failed: a lost connection heals by itself; what the spool cannot give back is put aside, never sent, never skipped silently. */
  async #failed(recording: RecordingId, error: unknown): Promise<void> {
    if (isDockError(error, 'broker.offline')) return;
    const damaged = isDockError(error, 'spool.unit-damaged') || isDockError(error, 'spool.damaged');
    const unreadable = ['EIO', 'ENOENT', 'EUCLEAN'].includes(systemCode(error) ?? '');
    const state = this.#options.spool.get(recording)?.state;
    if (state === undefined) this.#forget(recording);
    // The store has the original of what is receipted: our copy may be reclaimed while its last units are read.
    if (state !== 'spooled' || this.#receipts.isTaking(recording)) return;
    this.#options.log.error('recording could not be sent', { recording, error });
    if (damaged || unreadable)
      await this.#putAside(recording, damaged ? 'damaged' : `unreadable: ${systemCode(error)}`);
  }

  async #putAside(recording: RecordingId, reason: string): Promise<void> {
    this.#forget(recording);
    try {
      await this.#options.spool.quarantine(recording, reason);
    } finally {
      this.#enterQuarantined(recording, reason);
      this.#options.onQuarantined(recording); // out of the spool even where it could not be moved
    }
  }

  #enterQuarantined(recording: RecordingId, reason: string): void {
    try {
      this.#options.custody.append({ event: 'quarantined', facts: { name: recording, reason } });
    } catch (error) {
      this.#options.log.error('entry of the custody log not taken', { recording, error });
    }
  }
}
