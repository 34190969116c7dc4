// One connection to a broker, from its CONNECT to its end, on a socket that is already verified. Never reconnects.
// What MQTT.js leaves open is done here: the broker's limits, liveness, subscriptions that count only when granted, why it ended.
import { type IConnackPacket, MqttClient } from 'mqtt';
import type { Socket } from 'node:net';
import type { Writable } from 'node:stream';
import { bufferOf } from '../../protocol/format/bytes.ts';
import { DockError } from '../../protocol/format/errors.ts';
import { MESSAGE_OVERHEAD_BYTES } from '../../protocol/format/limits.ts';
import type { BrokerMessage, Clock, Log, PublishOptions } from '../../protocol/format/ports.ts';
import {
  type BrokerCredentials,
  type BrokerWill,
  connackEnding,
  disconnectEnding,
  type Ending,
  isPacketTooLarge,
  missingFeature,
  type MqttVersion,
  reasonText,
} from './broker-endings.ts';
import { Liveness } from './broker-liveness.ts';
import { offlineError, Publisher } from './broker-publisher.ts';
import { endingOfError, type OpenedSocket } from './broker-socket.ts';
import { InboundGuard, type SkippedMessage } from './inbound-guard.ts';

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

// Builds one MQTT.js client on a socket that is already verified, with a guard between the two. Decides nothing about connections.

/** MQTT.js's own keepalive is not used (see broker-liveness.ts), but must still be told to the broker. */
const NO_TIMERS = { set: () => 0, clear: () => undefined };
/** Its own deadline for a CONNACK is not used either; it cannot be switched off. */
const NEVER_MS = 2 ** 31 - 1;

interface ClientOptions extends OpenedSocket {
  readonly version: MqttVersion;
  readonly clientId: string;
  readonly keepaliveS: number;
  readonly will: BrokerWill | undefined;
  /** Account and password, where the broker asks for them. */
  readonly login?: BrokerCredentials['login'];
  /** Longest payload that is let in. */
  readonly inboundBytesMax: number;
}

/** What is told of the bytes that come in, before MQTT.js sees them. */
interface ClientEvents {
  readonly heard: (bytes: number) => void;
  /** A long message of QoS 0, which MQTT.js does not see; the payload is good until this returns. */
  readonly message: (topic: string, payload: Buffer) => void;
  readonly skipped: (message: SkippedMessage) => void;
  /** The broker sent what cannot be MQTT; the connection is to be ended. */
  readonly violated: (detail: string) => void;
}

/** A PUBACK for a message that MQTT.js never sees. */
function acknowledge(socket: Socket, packetId: number): void {
  socket.write(Buffer.from([0x40, 0x02, packetId >> 8, packetId & 0xff]));
}

/**
 * Puts the guard into the way of what MQTT.js reads: it takes its input with `stream.pipe(parser)`, and writes to the stream itself, so only
 * `pipe` is replaced and nothing is added to what is sent. The parser throws on some malformed packets: that too ends here.
 */
function guardInput(options: ClientOptions, events: ClientEvents): void {
  const { socket, input, inboundBytesMax, version } = options;
  const pipe = (parser: Writable): Writable => {
    let room = true;
    const guardOptions = { packetBytesMax: inboundBytesMax + MESSAGE_OVERHEAD_BYTES, version };
    const guard = new InboundGuard(guardOptions, {
      forward: (piece) => {
        room = parser.write(Buffer.from(piece)); // a copy: the parser keeps what is not whole
      },
      message: (topic, payload) => {
        if (parser.writableLength > 0) return false; // in order: behind what MQTT.js still works on
        events.message(topic, payload);
        return true;
      },
      skipped: (message) => {
        if (message.packetId !== undefined) acknowledge(socket, message.packetId);
        events.skipped(message);
      },
      violated: (detail) => events.violated(`the broker sent ${detail}`),
    });
    input.start((bytes) => {
      if (socket.destroyed) return;
      events.heard(bytes.length);
      try {
        guard.pass(bytes);
      } catch (error) {
        events.violated(`the broker sent a packet that cannot be read (${String(error)})`);
      }
      if (!room) socket.pause();
    });
    parser.on('drain', () => {
      room = true;
      socket.resume();
    });
    return parser;
  };
  Object.assign(socket, { pipe });
}

/**
 * A client that sends its CONNECT at once: clean session, no reconnecting, nothing stored for later.
 * Shape: the caller attaches its listeners, "error" first, before the event loop turns.
 * No maximum packet size is announced, although MQTT 5 has a word for it: mosquitto 2.0 loses a place of its in-flight window with each message
 * that it then holds back, and after 20 of them nothing of QoS 1 comes any more. The guard takes them out itself, and acknowledges them.
 * `writeCache` off: MQTT.js would prepare 65,536 small buffers, 7 MB, to save an allocation per message.
 */
function openClient(options: ClientOptions, events: ClientEvents): MqttClient {
  const { will, version, login } = options;
  guardInput(options, events);
  return new MqttClient(() => options.socket, {
    protocolId: 'MQTT',
    protocolVersion: version,
    clientId: options.clientId,
    clean: true,
    keepalive: options.keepaliveS,
    timerVariant: NO_TIMERS,
    connectTimeout: NEVER_MS,
    reconnectPeriod: 0,
    resubscribe: false,
    queueQoSZero: false,
    writeCache: false,
    ...(login === undefined ? {} : { username: login.username, password: bufferOf(login.password) }),
    ...(will === undefined ? {} : { will: { ...will, payload: bufferOf(will.payload) } }),
  });
}
