// The receiving end as a whole: subscribes, hands each message to whom it concerns, ends in order. Knows no file and no socket.
import type { ReceiverId, StationId } from '../../protocol/format/ids.ts';
import type { Broker, BrokerMessage, Clock, Log } from '../../protocol/format/ports.ts';
import { parseFin } from '../../protocol/transfer/messages.ts';
import type { ReceiverTopics, UpTopic } from '../../protocol/transfer/topics.ts';
import type { CustodyGreeting, CustodyKeeper } from './custody/custody-keep.ts';
import type { ReceiptLog } from './custody/receipt-log.ts';
import type { RevokedUse } from './keys/revocations.ts';
import { STOP_MS } from './limits.ts';
import type { VaultWords } from './reconcile/vault-words.ts';
import type { Claims } from './transfer/claims.ts';
import type { DockingGaps } from './transfer/docking-gaps.ts';
import type { Space } from './transfer/space.ts';
import type { Transfers } from './transfer/transfers.ts';

/** What a receiver is made of; open-receiver.ts makes it, in the order of who needs whom. */
export interface ReceiverParts {
  readonly receiver: ReceiverId;
  readonly broker: Broker;
  readonly topics: ReceiverTopics;
  readonly transfers: Transfers;
  readonly claims: Claims;
  readonly space: Space;
  readonly gaps: DockingGaps;
  readonly custody: CustodyKeeper;
  readonly receiptLog: ReceiptLog;
  readonly greeting: CustodyGreeting;
  readonly words: VaultWords;
  readonly revokedUse: RevokedUse;
  /** The stations of the file, and when something came from each last, in ms since 1970. */
  readonly heard: Map<StationId, number | undefined>;
  readonly clock: Clock;
  readonly log: Log;
}

/** One receiver on one vault and one broker. */
export class Receiver {
  readonly #parts: ReceiverParts;

  constructor(parts: ReceiverParts) {
    this.#parts = parts;
  }

  /** Listens. Resolves when all filters are granted, or at once while the broker is not reached. Errors: those of Broker.subscribe. */
  async start(): Promise<void> {
    const { broker, topics, space, gaps, words, greeting } = this.#parts;
    space.start();
    gaps.start();
    await words.start();
    greeting.start();
    broker.onMessage((message) => this.#take(message));
    await Promise.all(topics.filters.map((filter) => broker.subscribe(filter)));
  }

  /**
   * Ends in order: no more offers, what is complete gets its receipt, unfinished work is closed. After STOP_MS it ends all the same:
   * what was not done then is asked for again. False where something still works on the vault then. Never rejects.
   */
  async stop(): Promise<boolean> {
    const abort = new AbortController();
    const { clock, log } = this.#parts;
    const patience = clock.sleep(STOP_MS, abort.signal).then(
      () => {
        log.warn('stopped before all work was done');
        return false;
      },
      () => true,
    );
    await Promise.race([this.#finish(), patience]);
    abort.abort(new Error('ended'));
    return patience;
  }

  async #finish(): Promise<void> {
    const { claims, transfers, greeting, custody, receiptLog, words, space, gaps, revokedUse } = this.#parts;
    await Promise.all([claims.stop(), transfers.stop()]);
    await transfers.stop(); // what an offer at hand began in between
    await claims.ended();
    await greeting.stop();
    await custody.stop();
    await receiptLog.stop();
    await words.stop();
    await space.stop();
    await gaps.stop();
    revokedUse.stop();
  }

  #take({ topic, payload, retained }: BrokerMessage): void {
    if (retained) return; // whoever is not connected now asks again
    const up = this.#parts.topics.parseUp(topic);
    if (up === undefined) return;
    if ('receiver' in up && up.receiver !== this.#parts.receiver) return;
    const { heard, clock } = this.#parts;
    if (heard.has(up.station)) heard.set(up.station, clock.wallMs());
    this.#dispatch(up, payload);
  }

  #dispatch(up: UpTopic, payload: Uint8Array): void {
    switch (up.kind) {
      case 'bytes':
        this.#parts.transfers.get(up)?.bytes(up.offset, payload);
        return;
      case 'digests':
        this.#parts.transfers.get(up)?.digests(up.offset, payload);
        return;
      case 'fin':
        this.#fin(up, payload);
        return;
      case 'offer':
        this.#parts.claims.offer({ station: up.station, recording: up.recording }, payload);
        return;
      case 'custody':
        this.#parts.custody.take(up.station, up.segment, up, payload);
        return;
      case 'log':
        void this.#parts.receiptLog.answer(up.station, up, payload);
        return;
    }
  }

  #fin(up: UpTopic & { kind: 'fin' }, payload: Uint8Array): void {
    try {
      const { epoch } = parseFin(payload);
      const transfer = this.#parts.transfers.get(up);
      if (transfer === undefined) this.#parts.claims.finWithoutTransfer(up);
      else transfer.fin(epoch);
    } catch (error) {
      this.#parts.log.debug('no fin', { station: up.station, recording: up.recording, error });
    }
  }
}
