// How large a message the station dares to send, with what is said of it: lines of the log, and a condition where none is small enough.
import type { Broker, Conditions, Log } from '../../protocol/format/ports.ts';
import type { Sender } from '../../protocol/transfer/transfer-state.ts';
import { MessageSize } from './message-size.ts';

export interface ToldSizeOptions {
  readonly broker: Pick<Broker, 'payloadBytesMax' | 'isSlow'>;
  readonly log: Log;
  readonly conditions: Conditions;
}

/** The size for one broker; nothing of it throws. */
export class ToldSize {
  readonly #options: ToldSizeOptions;
  readonly #size = new MessageSize();

  constructor(options: ToldSizeOptions) {
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
