// How large a message the station dares to send: what the broker announces, lowered by what it was seen to drop (SPEC 6.3), and tried again
// at twice the size once much has arrived: a line that flapped for an hour must not cost for months.
//
// Invariants:
// 1. Never more than the broker announces, nor more than a unit.
// 2. A larger size is on trial until more than the window arrived with it; during that the first connection lost while sending ends it.
// 3. Each trial that failed makes the next one four times as rare: what a broker that truly takes less costs is bounded by what arrives.
import { MESSAGE_BYTES_MIN, UNIT_BYTES, WINDOW_BYTES_MAX } from '../../protocol/format/limits.ts';
import type { Broker, Conditions, Log } from '../../protocol/format/ports.ts';
import type { Sender } from '../../protocol/transfer/transfer-state.ts';

const MIB = 1024 * 1024;
/** On a line that is slow to open: a message that takes a minute is lost with its connection. */
const SLOW_BYTES = 16 * 1024;
/** Connections in a row that ended while bytes were on the way and none had arrived. */
const STRIKES = 2;
/** So much arrives before twice the size is tried. */
const RISE_BYTES = 64 * MIB;
const RISE_FACTOR = 4;
const RISE_BYTES_MAX = 64 * 1024 * MIB;
/** So much arrives before a trial has passed: what was on the way when it began is less. */
const TRIAL_BYTES = 2 * WINDOW_BYTES_MAX;

/** Keeps the ceiling for one broker. */
export class MessageSize {
  #ceilingBytes = UNIT_BYTES;
  #strikes = 0;
  #onTrial = false;
  /** Since the ceiling changed. */
  #arrivedBytes = 0;
  #riseBytes = RISE_BYTES;

  /** Payload bytes to use where the broker announces that much. */
  limit(announcedBytes: number, isSlow = false): number {
    return Math.min(this.#ceilingBytes, announcedBytes, isSlow ? SLOW_BYTES : UNIT_BYTES);
  }

  /** So many bytes arrived: connections that end from now on are ordinary ones. Returns true where the ceiling rose. */
  arrived(sizeBytes: number): boolean {
    this.#strikes = 0;
    this.#arrivedBytes += sizeBytes;
    if (this.#onTrial && this.#arrivedBytes >= TRIAL_BYTES) this.#passed();
    if (this.#ceilingBytes >= UNIT_BYTES || this.#onTrial || this.#arrivedBytes < this.#riseBytes)
      return false;
    this.#ceilingBytes = Math.min(UNIT_BYTES, this.#ceilingBytes * 2);
    this.#arrivedBytes = 0;
    this.#onTrial = true;
    return true;
  }

  /** A connection ended with bytes on the way; `someArrived`: of each recording that they were of, at any time. Returns true where the ceiling fell. */
  lostWhileSending(someArrived: boolean): boolean {
    if (this.#onTrial) return this.shrink();
    if (someArrived) return false;
    this.#strikes++;
    return this.#strikes >= STRIKES && this.shrink();
  }

  /** Halves the ceiling. Returns false where it cannot fall further. */
  shrink(): boolean {
    if (this.#ceilingBytes <= MESSAGE_BYTES_MIN) return false;
    if (this.#onTrial) this.#riseBytes = Math.min(RISE_BYTES_MAX, this.#riseBytes * RISE_FACTOR);
    this.#onTrial = false;
    this.#arrivedBytes = 0;
    this.#ceilingBytes = Math.max(MESSAGE_BYTES_MIN, this.#ceilingBytes / 2);
    return true;
  }

  #passed(): void {
    this.#onTrial = false;
    this.#riseBytes = RISE_BYTES;
  }
}

// How large a message the station dares to send, with what is said of it: lines of the log, and a condition where none is small enough.

interface MessageSizerOptions {
  readonly broker: Pick<Broker, 'payloadBytesMax' | 'isSlow'>;
  readonly log: Log;
  readonly conditions: Conditions;
}

/** The size for one broker; nothing of it throws. */
export class MessageSizer {
  readonly #options: MessageSizerOptions;
  readonly #size = new MessageSize();

  constructor(options: MessageSizerOptions) {
    this.#options = options;
  }

  /** Payload bytes to use now. */
  get limitBytes(): number {
    const { payloadBytesMax, isSlow } = this.#options.broker;
    return this.#size.limit(payloadBytesMax, isSlow);
  }

  /** The receiver answers but nothing of this arrives. */
  stalled(sender: Sender): void {
    const { log, conditions, broker } = this.#options;
    sender.messagesShrunk();
    if (this.#size.shrink())
      log.warn('message size reduced', { reason: 'the receiver answers but nothing arrives' });
    else conditions.raise('broker.message-size', null, { payload_bytes_max: broker.payloadBytesMax });
  }

  /** The connection ended while bytes of these were on the way; of none is no reason. */
  lostWhileSending(senders: readonly Sender[]): void {
    if (senders.length === 0) return;
    if (this.#size.lostWhileSending(senders.every(({ receivedBytes }) => receivedBytes > 0)))
      this.#options.log.warn('message size reduced', { reason: 'connection lost while sending' });
  }

  arrived(sizeBytes: number): void {
    if (this.#size.arrived(sizeBytes))
      this.#options.log.info('message size increased', { reason: 'much arrived' });
    this.#options.conditions.clear('broker.message-size', null);
  }
}
