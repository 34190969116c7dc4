// What the station says of itself over MQTT: status with session, and one document a bay. Everything retained is said again at each connect.
import type { SessionId } from '../protocol/ids.ts';
import { encodeMessage, type StatusDocument } from '../protocol/messages.ts';
import type { Broker, Clock, Log } from '../protocol/ports.ts';
import type { StationTopics } from '../protocol/topics.ts';
import type { Bay } from './bay/bay.ts';

/** One bay document a second at most (SPEC 7). */
const BAY_MS = 1000;

export interface StatusOptions {
  readonly broker: Pick<Broker, 'connected' | 'publish'>;
  readonly topics: StationTopics;
  readonly session: SessionId;
  readonly clock: Clock;
  readonly log: Log;
}

/** The will: what the broker says for a station that vanished. */
export function lostStatus(session: SessionId, since: string): Uint8Array {
  return encodeMessage({ state: 'offline', session, since, reason: 'lost' });
}

/** Publishes status and bays. */
export class StatusPublisher {
  readonly #options: StatusOptions;
  readonly #bays = new Set<Bay>();
  readonly #waiting = new Map<Bay, () => void>();
  readonly #saidAtMs = new Map<Bay, number>();
  #status: StatusDocument;

  constructor(options: StatusOptions) {
    this.#options = options;
    this.#status = { state: 'init', session: options.session, since: this.#now(), reason: null };
  }

  /** The state changed; the same state again is not a change. */
  async say(state: StatusDocument['state']): Promise<void> {
    if (state === this.#status.state) return;
    this.#status = {
      state,
      session: this.#options.session,
      since: this.#now(),
      reason: state === 'offline' ? 'stopped' : null,
    };
    await this.#publishStatus();
  }

  /** The bay has something new to show: published at once, or when a second has passed since the last time. */
  bayChanged(bay: Bay): void {
    this.#bays.add(bay);
    if (this.#waiting.has(bay)) return;
    const pause = (this.#saidAtMs.get(bay) ?? -BAY_MS) + BAY_MS - this.#options.clock.monotonicMs();
    const cancel = this.#options.clock.after(Math.max(0, pause), () => {
      this.#waiting.delete(bay);
      void this.#publishBay(bay);
    });
    this.#waiting.set(bay, cancel);
  }

  /** A connection was made: the broker may have forgotten everything. The status comes last. */
  async sayAll(): Promise<void> {
    for (const bay of this.#bays) await this.#publishBay(bay);
    await this.#publishStatus();
  }

  stop(): void {
    for (const cancel of this.#waiting.values()) cancel();
    this.#waiting.clear();
  }

  async #publishBay(bay: Bay): Promise<void> {
    this.#saidAtMs.set(bay, this.#options.clock.monotonicMs());
    await this.#publish(this.#options.topics.bay(bay.id), encodeMessage(bay.document()));
  }

  async #publishStatus(): Promise<void> {
    await this.#publish(this.#options.topics.status, encodeMessage(this.#status));
  }

  async #publish(topic: string, payload: Uint8Array): Promise<void> {
    if (!this.#options.broker.connected) return; // said again at the next connect
    try {
      await this.#options.broker.publish(topic, payload, { qos: 1, retain: true });
    } catch (error) {
      this.#options.log.debug('retained document not published', { topic, error });
    }
  }

  #now(): string {
    return new Date(this.#options.clock.wallMs()).toISOString();
  }
}
