// A broker in memory with any number of clients behind the Broker port. Delivers in order, each message in a microtask of its own, and
// lets a test lose, double, alter or delay every single one. Nothing waits for real time: a manual clock makes runs repeatable.
//
// Invariants (as MQTT 3.1.1 with clean sessions):
// 1. What is on the way to a client when its connection ends is gone, and so are its subscriptions; the client subscribes again.
// 2. An acknowledgement says that the broker has the message, not that anybody got it.
// 3. Payloads are copied at publish, as on a wire.
import { DockError } from '../../protocol/format/errors.ts';
import type { BrokerWill } from '../../agent/platform/broker-endings.ts';
import type { StartableBroker } from '../../agent/platform/broker-mqtt.ts';
import type { BrokerMessage, Clock, PublishOptions } from '../../protocol/format/ports.ts';
import { matchesFilter } from './topic-filter.ts';

/** A message on its way from one client to another. */
export interface Passage {
  readonly from: string;
  readonly to: string;
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: 0 | 1;
  readonly retained: boolean;
}

/** One arrival of a message: as it is, altered, or later than what came after it. */
export interface Arrival {
  readonly payload?: Uint8Array;
  readonly delayMs?: number;
}

/** A message as a client sends it. */
export interface SentMessage {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: 0 | 1;
  readonly retain: boolean;
}

export interface MemoryHubOptions {
  readonly clock: Clock;
  /** Default 1 MiB less the overhead, as of a broker with the default ceiling. */
  readonly payloadBytesMax?: number;
  /** Between the loss of a connection and the next attempt. Default 1,000. */
  readonly reconnectMs?: number;
}

/** The broker. All switches may be turned at any time. */
export class MemoryHub {
  readonly clock: Clock;
  /** Between the loss of a connection and the next attempt. */
  reconnectMs: number;
  /** For all clients, from now on. */
  payloadBytesMax: number;
  /** What becomes of each message: one arrival for each element. Default: it arrives once. */
  fate: (passage: Passage) => readonly Arrival[] = () => [{}];
  /** Topics for which it is true are answered with an error code ("broker.refused"). */
  refuses: (topic: string, from: string) => boolean = () => false;
  /** Hears every message that a client sends, wills among them. */
  sent: (from: string, message: SentMessage) => void = () => undefined;
  readonly #retained = new Map<string, { payload: Uint8Array; from: string }>();
  readonly #clients = new Map<string, MemoryBroker>();
  readonly #held = new Set<string>();
  #down = false;

  constructor(options: MemoryHubOptions) {
    this.clock = options.clock;
    this.reconnectMs = options.reconnectMs ?? 1000;
    this.payloadBytesMax = options.payloadBytesMax ?? 1024 * 1024 - 512;
  }

  /** A client that is not started. A second one of an id throws the first one out when it connects. */
  client(id: string, options: { readonly will?: BrokerWill } = {}): MemoryBroker {
    return new MemoryBroker(this, id, options.will);
  }

  /** Breaks the client's connection: its will is published, and it comes back after `reconnectMs`. */
  cut(id: string): void {
    this.#clients.get(id)?.lose('the connection was cut');
  }

  /** As cut, and it does not come back before `release`. */
  hold(id: string): void {
    this.#held.add(id);
    this.cut(id);
  }

  release(id: string): void {
    this.#held.delete(id);
  }

  /** Drops every connection and all that is retained, as a kill without persistence; wills are lost too. Down until `up`. */
  kill(): void {
    this.#down = true;
    const clients = [...this.#clients.values()];
    this.#clients.clear();
    for (const client of clients) client.lose('the broker was killed');
    this.forgetRetained();
  }

  up(): void {
    this.#down = false;
  }

  forgetRetained(): void {
    this.#retained.clear();
  }

  /** What is retained under a topic, or undefined. */
  retained(topic: string): Uint8Array | undefined {
    return this.#retained.get(topic)?.payload;
  }

  /** Topics with a retained message. */
  retainedTopics(): string[] {
    return [...this.#retained.keys()].sort();
  }

  /** For clients: true where the connection stands from now on. */
  admit(client: MemoryBroker): boolean {
    if (this.#down || this.#held.has(client.id)) return false;
    const before = this.#clients.get(client.id);
    this.#clients.set(client.id, client);
    before?.throwOut();
    return true;
  }

  /** For clients: the connection is over. */
  dismiss(client: MemoryBroker, will: BrokerWill | undefined): void {
    if (this.#clients.get(client.id) === client) this.#clients.delete(client.id);
    else if (this.#down) return;
    if (will === undefined) return;
    this.route(client.id, will.topic, new Uint8Array(will.payload), will.qos, will.retain);
  }

  /** For clients: takes a message and hands it on. */
  route(from: string, topic: string, payload: Uint8Array, qos: 0 | 1, retain: boolean): void {
    this.sent(from, { topic, payload, qos, retain });
    if (retain && payload.length === 0) this.#retained.delete(topic);
    else if (retain) this.#retained.set(topic, { payload, from });
    for (const client of this.#recipients(topic)) {
      this.#pass({ from, to: client.id, topic, payload, qos, retained: false }, client);
    }
  }

  /** For clients: what is retained under a new subscription. */
  sendRetained(client: MemoryBroker, filter: string): void {
    for (const [topic, { payload, from }] of this.#retained) {
      if (!matchesFilter(filter, topic)) continue;
      this.#pass({ from, to: client.id, topic, payload, qos: 1, retained: true }, client);
    }
  }

  #recipients(topic: string): Set<MemoryBroker> {
    const recipients = new Set<MemoryBroker>();
    for (const client of this.#clients.values())
      if ([...client.granted].some((filter) => matchesFilter(filter, topic))) recipients.add(client);
    return recipients;
  }

  #pass(passage: Passage, client: MemoryBroker): void {
    const connection = client.connection;
    for (const { payload = passage.payload, delayMs = 0 } of this.fate(passage)) {
      const message = { topic: passage.topic, payload, retained: passage.retained };
      const arrive = (): void => client.receive(connection, message);
      if (delayMs > 0) this.clock.after(delayMs, arrive);
      else queueMicrotask(arrive);
    }
  }
}

/** One client of a hub. */
export class MemoryBroker implements StartableBroker {
  readonly id: string;
  readonly #hub: MemoryHub;
  readonly #will: BrokerWill | undefined;
  readonly #filters = new Set<string>();
  /** Grows with each connection: what was on the way to an earlier one does not arrive. */
  connection = 0;
  /** Errors that handlers threw. */
  readonly handlerErrors: unknown[] = [];
  #connected = false;
  #started = false;
  #closed = false;
  #cancelReconnect: () => void = () => undefined;
  #messageHandler: ((message: BrokerMessage) => void) | undefined;
  readonly #stateHandlers: ((connected: boolean) => void)[] = [];

  constructor(hub: MemoryHub, id: string, will: BrokerWill | undefined) {
    this.#hub = hub;
    this.id = id;
    this.#will = will;
  }

  get connected(): boolean {
    return this.#connected;
  }

  get payloadBytesMax(): number {
    return this.#hub.payloadBytesMax;
  }

  /** Filters that the broker knows of this client now. */
  get granted(): ReadonlySet<string> {
    return this.#connected ? this.#filters : new Set();
  }

  start(): void {
    if (this.#started) throw new Error('a broker is started once');
    this.#started = true;
    queueMicrotask(() => this.#connect());
  }

  onMessage(handler: (message: BrokerMessage) => void): void {
    if (this.#messageHandler !== undefined) throw new Error('a broker has one message handler');
    this.#messageHandler = handler;
  }

  onState(handler: (connected: boolean) => void): void {
    this.#stateHandlers.push(handler);
  }

  async publish(topic: string, payload: Uint8Array, options: PublishOptions): Promise<void> {
    if (!this.#connected) throw offline(topic);
    if (payload.length > this.payloadBytesMax) {
      throw new DockError('broker.message-oversize', `${payload.length} bytes for ${topic}`, {
        retry: 'never',
      });
    }
    const connection = this.connection;
    const refused = this.#hub.refuses(topic, this.id);
    if (!refused) {
      this.#hub.route(this.id, topic, new Uint8Array(payload), options.qos, options.retain === true);
    }
    if (options.qos === 0) return;
    await Promise.resolve();
    if (!this.#connected || connection !== this.connection) throw offline(topic);
    if (refused) throw new DockError('broker.refused', `refused: ${topic}`, { retry: 'later' });
  }

  async subscribe(filter: string): Promise<void> {
    const known = this.#filters.has(filter);
    this.#filters.add(filter);
    if (this.#connected && !known) this.#announce(filter);
    await Promise.resolve();
  }

  async close(clean: boolean): Promise<void> {
    this.#closed = true;
    this.#cancelReconnect();
    this.#end(clean ? undefined : this.#will);
    await Promise.resolve();
  }

  /** For the hub: the connection broke. */
  lose(reason: string): void {
    if (!this.#connected) return;
    this.#end(this.#will);
    this.#retryLater(reason);
  }

  /** For the hub: another client came with this id. This one stays away, as a real one stays away for long. */
  throwOut(): void {
    this.#closed = true;
    this.#end(this.#will);
  }

  /**
   * For the hub: a message arrives, if the connection that it was sent to still stands. The payload is lent: anybody who keeps it past the
   * handler finds other bytes in it, as with a buffer that is read into again.
   */
  receive(connection: number, message: BrokerMessage): void {
    if (!this.#connected || connection !== this.connection) return;
    const lent = new Uint8Array(message.payload);
    this.#guarded(() => this.#messageHandler?.({ ...message, payload: lent }));
    lent.fill(0xee);
  }

  #connect(): void {
    if (this.#closed || this.#connected) return;
    if (!this.#hub.admit(this)) {
      this.#retryLater('not admitted');
      return;
    }
    this.connection++;
    this.#connected = true;
    for (const filter of this.#filters) this.#announce(filter);
    for (const handler of this.#stateHandlers) this.#guarded(() => handler(true));
  }

  #announce(filter: string): void {
    this.#hub.sendRetained(this, filter);
  }

  #retryLater(_reason: string): void {
    if (this.#closed) return;
    this.#cancelReconnect = this.#hub.clock.after(this.#hub.reconnectMs, () => this.#connect());
  }

  #end(will: BrokerWill | undefined): void {
    if (!this.#connected) return;
    this.#connected = false;
    this.#hub.dismiss(this, will);
    for (const handler of this.#stateHandlers) this.#guarded(() => handler(false));
  }

  #guarded(call: () => void): void {
    try {
      call();
    } catch (error) {
      this.handlerErrors.push(error);
    }
  }
}

function offline(topic: string): DockError {
  return new DockError('broker.offline', `message to ${topic} not sent: not connected`, { retry: 'later' });
}
