// One connection to a broker, from its CONNECT to its end, on a socket that is already verified. Never reconnects.
// What MQTT.js leaves open is done here: the broker's limits, liveness, subscriptions that count only when granted, why it ended.
import type { IConnackPacket, MqttClient } from 'mqtt';
import { DockError } from '../../protocol/format/errors.ts';
import { MESSAGE_OVERHEAD_BYTES } from '../../protocol/format/limits.ts';
import type { BrokerMessage, Clock, Log, PublishOptions } from '../../protocol/format/ports.ts';
import { type ClientOptions, openClient } from './broker-client.ts';
import { Liveness } from './broker-liveness.ts';
import { offlineError, Publisher } from './broker-publisher.ts';
import { endingOfError } from './broker-socket.ts';
import {
  connackEnding,
  disconnectEnding,
  type Ending,
  isPacketTooLarge,
  missingFeature,
  reasonText,
} from './broker-endings.ts';
import type { SkippedMessage } from './inbound-guard.ts';

const PINGREQ = Buffer.from([0xc0, 0x00]);
const DISCONNECT = Buffer.from([0xe0, 0x00]);
/** For our DISCONNECT to leave. */
const CLOSE_MS = 2000;
/** Each of these shows that both directions work. */
const ANSWERS = new Set(['pingresp', 'puback', 'suback']);

export interface LinkOptions extends ClientOptions {
  /** All that is to be subscribed; looked at again until everything is granted. */
  readonly filters: ReadonlySet<string>;
  /** Ceiling for our own packets, beside what the broker says. */
  readonly packetBytesMax: number;
  /** For CONNACK and SUBACK together. */
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly log: Log;
}

/** What one connection tells its owner. None of these may throw. */
export interface LinkEvents {
  /** The connection stands and all filters are granted. */
  readonly ready: () => void;
  readonly message: (message: BrokerMessage) => void;
}

/** How a connection ended; `oversizeBytes`: the largest payload that was sent, where the broker said that a packet was too large. */
export interface LinkEnd {
  readonly ending: Ending;
  readonly oversizeBytes: number | undefined;
}

/** One connection. `run` begins it and resolves when it is over. */
export class BrokerLink {
  readonly #options: LinkOptions;
  readonly #events: LinkEvents;
  readonly #granted = new Set<string>();
  #client: MqttClient | undefined;
  #publisher: Publisher | undefined;
  #liveness: Liveness | undefined;
  #readyAtMs: number | undefined;
  #connackSeen = false;
  #payloadBytesMax = 0;
  #largestSentBytes = 0;
  #skippedCount = 0;
  /** Nothing is sent or handed on any more; the end may still be on its way. */
  #stopped = false;
  #end: LinkEnd | undefined;
  #resolveEnd: (end: LinkEnd) => void = () => undefined;
  #cancelTimeout: () => void = () => undefined;

  constructor(options: LinkOptions, events: LinkEvents) {
    this.#options = options;
    this.#events = events;
  }

  /** Largest payload that this connection takes; 0 before its CONNACK. */
  get payloadBytesMax(): number {
    return this.#payloadBytesMax;
  }

  /** Sends the CONNECT; resolves when the connection is over, however it ended. */
  run(): Promise<LinkEnd> {
    const { socket } = this.#options;
    const client = openClient(this.#options, {
      heard: (bytes) => this.#liveness?.heard(bytes),
      message: (topic, payload) => this.#received({ topic, payload, retained: false }),
      skipped: (message) => this.#skipped(message),
      violated: (detail) => this.#finish(this.#brokenOff(detail)),
    });
    this.#client = client;
    this.#listen(client);
    socket.on('error', (error) => this.#failed(error));
    socket.on('close', () =>
      this.#finish(this.#brokenOff(`the broker hung up${this.#connackSeen ? '' : ' on the CONNECT'}`)),
    );
    this.#cancelTimeout = this.#deadline('CONNACK');
    return new Promise((resolve) => {
      if (this.#end === undefined) this.#resolveEnd = resolve;
      else resolve(this.#end);
    });
  }

  #listen(client: MqttClient): void {
    client.on('error', (error) => this.#failed(error));
    client.on('connect', (packet) => this.#accepted(client, packet.properties));
    client.on('disconnect', (packet) => this.#disconnected(packet.reasonCode ?? 0));
    client.on('packetreceive', (packet) => {
      if (ANSWERS.has(packet.cmd)) this.#liveness?.answered();
    });
    client.on('message', (topic, payload, packet) =>
      this.#received({ topic, payload, retained: packet.retain }),
    );
  }

  #received(message: BrokerMessage): void {
    if (!this.#stopped) this.#events.message(message);
  }

  /** Ends the connection where the broker's word stays out; the returned function calls it off. */
  #deadline(word: string): () => void {
    const { clock, timeoutMs } = this.#options;
    return clock.after(timeoutMs, () => this.#finish(this.#brokenOff(`no ${word} within ${timeoutMs} ms`)));
  }

  /** As Broker.publish; the size was checked by the caller. */
  async publish(topic: string, payload: Uint8Array, options: PublishOptions): Promise<void> {
    const publisher = this.#publisher;
    if (publisher === undefined || this.#readyAtMs === undefined) throw offlineError(topic, 'not connected');
    this.#largestSentBytes = Math.max(this.#largestSentBytes, payload.length);
    await (options.qos === 0
      ? publisher.sendUnacknowledged(topic, payload, options.retain === true)
      : publisher.sendAcknowledged(topic, payload, options));
  }

  /** Resolves when all filters are granted or the connection is over; a refusal ends it, and rejects with "broker.refused". */
  async subscribeAll(): Promise<void> {
    for (;;) {
      const missing = [...this.#options.filters].filter((filter) => !this.#granted.has(filter));
      if (missing.length === 0 || this.#stopped) return;
      const refused = await this.#subscribe(missing);
      if (refused === undefined) for (const filter of missing) this.#granted.add(filter);
      else if (!this.#stopped) this.#refuseSubscription(missing, refused);
    }
  }

  /** Ends it: with a DISCONNECT, so that the broker forgets the will, or without. Resolves when `run` has resolved. */
  close(clean: boolean): void {
    const { socket, clock } = this.#options;
    if (!clean || this.#stopped || this.#readyAtMs === undefined) {
      this.#finish(this.#brokenOff('closed by this side'));
      return;
    }
    this.#stop('closed by this side');
    const cancel = clock.after(CLOSE_MS, () => socket.destroy());
    socket.once('close', cancel);
    socket.end(DISCONNECT);
  }

  #accepted(client: MqttClient, limits: IConnackPacket['properties']): void {
    if (this.#stopped) return;
    this.#connackSeen = true;
    this.#cancelTimeout();
    const lacking = missingFeature(limits);
    if (lacking !== undefined) {
      this.#finish({ kind: 'refused', detail: lacking, reasonCode: null });
      return;
    }
    const packetBytesMax = Math.min(this.#options.packetBytesMax, limits?.maximumPacketSize ?? Infinity);
    this.#payloadBytesMax = Math.max(0, packetBytesMax - MESSAGE_OVERHEAD_BYTES);
    this.#startPublisher(client, limits?.receiveMaximum);
    const { keepaliveS } = this.#options;
    // The broker may want to hear of us more often; what it allows above that does not make a dead connection live longer.
    this.#startLiveness(Math.min(client.keepalive ?? keepaliveS, keepaliveS) * 1000);
    this.subscribeAll().then(
      () => this.#ready(),
      () => undefined,
    );
  }

  #ready(): void {
    if (this.#stopped) return;
    this.#readyAtMs = this.#options.clock.monotonicMs();
    this.#events.ready();
  }

  #startPublisher(client: MqttClient, receiveMaximum: number | undefined): void {
    const { socket, clock } = this.#options;
    const overdue = (detail: string): void => this.#finish(this.#brokenOff(detail));
    this.#publisher = new Publisher({ client, socket, clock, receiveMaximum, overdue });
  }

  #startLiveness(keepaliveMs: number): void {
    const { socket, clock } = this.#options;
    this.#liveness = new Liveness({
      clock,
      keepaliveMs,
      ping: (flushed) => socket.write(PINGREQ, () => flushed()),
      sent: () => ({
        takenBytes: socket.bytesWritten - socket.writableLength,
        waitingBytes: socket.writableLength,
      }),
      dead: (detail) => this.#finish(this.#brokenOff(detail)),
    });
    this.#liveness.start();
  }

  /** The error of a SUBACK, or undefined where all were granted or the connection ended first. */
  #subscribe(filters: readonly string[]): Promise<Error | undefined> {
    const cancel = this.#deadline('SUBACK');
    return new Promise((resolve) => {
      this.#client?.subscribe([...filters], { qos: 1 }, (error) => {
        cancel();
        resolve(error ?? undefined);
      });
    });
  }

  #refuseSubscription(filters: readonly string[], error: Error): never {
    const detail = `subscription to ${filters.join(', ').slice(0, 120)} refused (${error.message})`;
    this.#finish({ kind: 'refused', detail, reasonCode: null });
    throw new DockError('broker.refused', `${detail}; the broker's ACL must allow it`, {
      cause: error,
      retry: 'person',
    });
  }

  #disconnected(code: number): void {
    const detail = `the broker ended the connection: ${reasonText(code)}`;
    const ending = disconnectEnding(code, detail) ?? this.#brokenOff(detail);
    this.#finish(ending, isPacketTooLarge(code) ? this.#largestSentBytes : undefined);
  }

  /** An error of the library or of the socket. A number as its code is the reason in a CONNACK. */
  #failed(error: Error): void {
    const code = 'code' in error ? error.code : undefined;
    if (typeof code === 'number' && !this.#connackSeen) {
      this.#finish(connackEnding(code));
      return;
    }
    const ending = endingOfError(error, false);
    this.#finish(ending.kind === 'tls' ? ending : this.#brokenOff(ending.detail));
  }

  /** The connection broke or was broken off: lost where it had stood, else it never came to that. */
  #brokenOff(detail: string): Ending {
    if (this.#readyAtMs !== undefined) {
      return { kind: 'lost', detail, connectedMs: this.#options.clock.monotonicMs() - this.#readyAtMs };
    }
    if (this.#connackSeen) return { kind: 'unreachable', detail };
    return { kind: 'unanswered', detail };
  }

  /** The first ending counts. */
  #finish(ending: Ending, oversizeBytes?: number): void {
    if (this.#end !== undefined) return;
    this.#end = { ending, oversizeBytes };
    this.#stop(ending.detail);
    this.#options.socket.destroy();
    // Ends the library's own waiting for answers.
    this.#client?.end(true);
    this.#resolveEnd(this.#end);
  }

  #stop(detail: string): void {
    this.#stopped = true;
    this.#cancelTimeout();
    this.#liveness?.stop();
    this.#publisher?.end(detail);
    this.#publisher = undefined;
  }

  #skipped(message: SkippedMessage): void {
    if (this.#skippedCount++ > 0) return;
    this.#options.log.warn('oversized message dropped; further ones on this connection are not logged', {
      size_bytes: message.sizeBytes,
      payload_bytes_max: this.#options.inboundBytesMax,
    });
  }
}
