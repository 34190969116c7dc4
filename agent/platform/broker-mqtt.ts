// The Broker port on MQTT.js: connects, stays connected, comes back with pauses, for ever. One link (broker-link.ts) per connection.
//
// Invariants:
// 1. Nothing is kept for a later connection: what was not acknowledged when a connection ends is rejected with "broker.offline".
// 2. "Connected" is said only when every filter is granted; handlers hear of each change exactly once, in order.
// 3. A handler that throws costs a log line, never the connection.
// 4. Certificates and password are read again for every attempt.
import assert from 'node:assert/strict';
import { bufferOf } from '../../protocol/format/bytes.ts';
import { describeError, DockError, isDockError } from '../../protocol/format/errors.ts';
import {
  CONTROL_MESSAGE_BYTES_MAX,
  MESSAGE_BYTES_MIN,
  MESSAGE_OVERHEAD_BYTES,
} from '../../protocol/format/limits.ts';
import type {
  Broker,
  BrokerMessage,
  Clock,
  Conditions,
  Log,
  PublishOptions,
  Random,
} from '../../protocol/format/ports.ts';
import { withEither } from '../../protocol/format/with-either.ts';
import { BrokerConditions } from './broker-conditions.ts';
import { BrokerLink, type LinkEnd } from './broker-link.ts';
import { offlineError } from './broker-publisher.ts';
import { brokerAddress, hasAesInstructions, type OpenedSocket, openSocket } from './broker-socket.ts';
import type { BrokerCredentials, BrokerWill, MqttVersion } from './broker-endings.ts';
import {
  initialReconnect,
  RECONNECT_LIMITS,
  reconnectAccepted,
  reconnectAfter,
  type ReconnectLimits,
  type ReconnectState,
} from './reconnect-state.ts';
import { useSmallPool } from './memory.ts';

const KEEPALIVE_S = 15;
/** A connection that took so long to open is on a slow or lossy line, where TCP stands still for half a minute without being dead ... */
const SLOW_OPEN_MS = 3000;
/** ... and is given so many times the keepalive, by us and by the broker. */
const SLOW_TIMES = 4;
/** For the connection with TLS, and again for CONNACK and SUBACK: a link with 3 s of latency needs 12 and 12. */
const ATTEMPT_MS_MAX = 30_000;

/** A limit that was found by refusals is tried again by a connection so much later: the broker may have been set up again. */
const LOWERED_MS = 86_400_000;

/** How to reach a broker, and as whom. */
export interface MqttBrokerOptions {
  /** mqtt:// or mqtts://HOST[:PORT]. */
  readonly url: string;
  /** "auto" tries MQTT 5 first and remembers where the broker wants 3.1.1. */
  readonly protocol: 'auto' | MqttVersion;
  readonly clientId: string;
  /** Called before every attempt, so that renewed files are used without a restart. A rejection is a failed attempt. */
  readonly credentials?: () => Promise<BrokerCredentials>;
  readonly will?: BrokerWill;
  /** Ceiling for our packets in bytes, for brokers that do not announce their own. */
  readonly maxPacketBytes: number;
  /** Longest payload that reaches the handler; longer ones are dropped. Default CONTROL_MESSAGE_BYTES_MAX. */
  readonly inboundBytesMax?: number;
  /** Seconds, default 15; four times as many on a line that is slow to open. A broker of version 5 may ask for less. */
  readonly keepaliveS?: number;
  readonly reconnect?: ReconnectLimits;
  /** Default 30 s. */
  readonly attemptMsMax?: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly conditions: Conditions;
}

/** A Broker that begins to connect at `start`. */
export interface StartableBroker extends Broker {
  /** Once. */
  start(): void;
}

/**
 * A connection to an MQTT broker over TCP or TLS 1.3.
 * Conditions (no subject): "broker.unreachable" after 10 s, "broker.tls", "broker.refused", "broker.client-id-in-use",
 * "broker.publish-refused", "broker.message-size" where the broker takes less than MESSAGE_BYTES_MIN.
 * Errors: as the port says; a URL that cannot be read is a fault of the caller.
 */
export function openMqttBroker(options: MqttBrokerOptions): StartableBroker {
  useSmallPool();
  return new MqttBroker(options);
}

class MqttBroker implements StartableBroker {
  readonly #options: MqttBrokerOptions;
  readonly #url: URL;
  readonly #conditions: BrokerConditions;
  readonly #filters = new Set<string>();
  readonly #stop = new AbortController();
  #reconnect: ReconnectState;
  #link: BrokerLink | undefined;
  #connected = false;
  #packetBytesMax: number;
  #loweredAtMs = 0;
  #messageHandler: ((message: BrokerMessage) => void) | undefined;
  readonly #stateHandlers: ((connected: boolean) => void)[] = [];
  #running: Promise<void> | undefined;
  #lastEnding: string | undefined;
  #limitShown = false;
  #isSlow = false;

  constructor(options: MqttBrokerOptions) {
    this.#options = options;
    this.#url = new URL(options.url);
    this.#packetBytesMax = options.maxPacketBytes;
    this.#reconnect = initialReconnect(options.protocol);
    const { conditions, clock } = options;
    this.#conditions = new BrokerConditions({ conditions, clock, broker: brokerAddress(this.#url) });
  }

  get connected(): boolean {
    return this.#connected;
  }

  get payloadBytesMax(): number {
    const ceiling = Math.max(0, this.#packetBytesMax - MESSAGE_OVERHEAD_BYTES);
    return this.#connected && this.#link !== undefined
      ? Math.min(ceiling, this.#link.payloadBytesMax)
      : ceiling;
  }

  get isSlow(): boolean {
    return this.#isSlow;
  }

  start(): void {
    assert(this.#running === undefined, 'a broker is started once');
    this.#conditions.started();
    this.#running = this.#run(this.#stop.signal);
  }

  onMessage(handler: (message: BrokerMessage) => void): void {
    assert(this.#messageHandler === undefined, 'a broker has one message handler');
    this.#messageHandler = handler;
  }

  onState(handler: (connected: boolean) => void): void {
    this.#stateHandlers.push(handler);
  }

  async publish(topic: string, payload: Uint8Array, options: PublishOptions): Promise<void> {
    const link = this.#link;
    if (link === undefined || !this.#connected) throw offlineError(topic, 'not connected');
    if (payload.length > this.payloadBytesMax) throw this.#oversize(topic, payload.length);
    try {
      await link.publish(topic, payload, options);
      if (options.qos === 1) this.#conditions.publishTaken(topic);
    } catch (error) {
      this.#noteRefusal(topic, error);
      throw error;
    }
  }

  async subscribe(filter: string): Promise<void> {
    this.#filters.add(filter);
    if (this.#connected) await this.#link?.subscribeAll();
  }

  async close(clean: boolean): Promise<void> {
    this.#stop.abort(
      new DockError('broker.closed', 'the connection to the broker is closed', { retry: 'never' }),
    );
    this.#link?.close(clean);
    this.#setConnected(false);
    await this.#running;
    this.#conditions.stop();
  }

  async #run(signal: AbortSignal): Promise<void> {
    const preferAes = await hasAesInstructions();
    while (!signal.aborted) {
      const end = await this.#attempt(preferAes, signal);
      this.#link = undefined;
      this.#setConnected(false);
      if (end === undefined || signal.aborted) return;
      await this.#options.clock.sleep(this.#afterEnd(end), signal).catch(() => undefined);
    }
  }

  /** One connection from the first byte to the last; undefined where it was stopped before it stood. */
  async #attempt(preferAes: boolean, signal: AbortSignal): Promise<LinkEnd | undefined> {
    const timeoutMs = this.#options.attemptMsMax ?? ATTEMPT_MS_MAX;
    const { clock } = this.#options;
    try {
      const credentials = await this.#credentials(timeoutMs, signal);
      const beganMs = clock.monotonicMs();
      const opened = await openSocket({ url: this.#url, credentials, preferAes, timeoutMs, clock }, signal);
      if (!opened.ok) return { ending: opened.ending, oversizeBytes: undefined };
      this.#isSlow = clock.monotonicMs() - beganMs >= SLOW_OPEN_MS;
      const keepaliveS = (this.#options.keepaliveS ?? KEEPALIVE_S) * (this.#isSlow ? SLOW_TIMES : 1);
      return await this.#runLink(opened, { timeoutMs, keepaliveS, login: credentials.login }, signal);
    } catch (error) {
      if (signal.aborted) return undefined;
      const detail = `the files for TLS and login cannot be read: ${describeError(error)}`;
      return { ending: { kind: 'tls', detail }, oversizeBytes: undefined };
    }
  }

  /** A file system that hangs must not hang us. */
  async #credentials(timeoutMs: number, signal: AbortSignal): Promise<BrokerCredentials> {
    const { credentials, clock } = this.#options;
    if (credentials === undefined) return {};
    const done = new AbortController();
    return withEither(signal, done.signal, async (ending) => {
      const late = clock.sleep(timeoutMs, ending).then(() => {
        throw new DockError('broker.credentials-late', `no answer within ${timeoutMs} ms`, {
          retry: 'later',
        });
      });
      try {
        return await Promise.race([credentials(), late]);
      } finally {
        done.abort();
      }
    });
  }

  async #runLink(
    opened: OpenedSocket,
    { login, ...times }: { timeoutMs: number; keepaliveS: number; login: BrokerCredentials['login'] },
    signal: AbortSignal,
  ): Promise<LinkEnd | undefined> {
    if (signal.aborted) {
      opened.socket.destroy();
      return undefined;
    }
    const { clientId, will, maxPacketBytes, clock, log } = this.#options;
    this.#forgetOldLimit();
    const link = new BrokerLink(
      {
        ...opened,
        version: this.#reconnect.version,
        clientId,
        will,
        ...(login && { login }),
        filters: this.#filters,
        packetBytesMax: maxPacketBytes,
        inboundBytesMax: this.#options.inboundBytesMax ?? CONTROL_MESSAGE_BYTES_MAX,
        ...times,
        clock,
        log,
      },
      { ready: () => this.#ready(), message: (message) => this.#deliver(message) },
    );
    this.#link = link;
    return await link.run();
  }

  #ready(): void {
    this.#reconnect = reconnectAccepted(this.#reconnect);
    this.#lastEnding = undefined;
    this.#conditions.connected();
    this.#setConnected(true);
    this.#noteLimit();
    this.#options.log.info('broker connected', {
      broker: brokerAddress(this.#url),
      mqtt_version: this.#reconnect.version,
      payload_bytes_max: this.payloadBytesMax,
      slow: this.#isSlow,
    });
  }

  /** Pause before the next attempt; conditions and log on the way. */
  #afterEnd({ ending, oversizeBytes }: LinkEnd): number {
    const { random, protocol, reconnect, log } = this.#options;
    const jitter = bufferOf(random.bytes(4)).readUInt32LE() / 2 ** 32;
    const limits = reconnect ?? RECONNECT_LIMITS;
    const { state, pauseMs } = reconnectAfter(this.#reconnect, ending, { jitter, protocol, limits });
    this.#reconnect = state;
    if (oversizeBytes !== undefined) this.#lowerLimit(oversizeBytes);
    if (pauseMs === 0) {
      log.info('broker does not speak this MQTT version', { next_mqtt_version: state.version });
      return pauseMs;
    }
    this.#conditions.ended(ending);
    // One line per change, not per attempt: a broker may be away for weeks.
    const change = `${ending.kind} ${ending.detail}`;
    const fields = { reason: ending.detail, kind: ending.kind, pause_ms: Math.round(pauseMs) };
    log[change === this.#lastEnding ? 'debug' : 'warn']('broker not connected', fields);
    this.#lastEnding = change;
    return pauseMs;
  }

  #setConnected(connected: boolean): void {
    if (this.#connected === connected) return;
    this.#connected = connected;
    for (const handler of this.#stateHandlers)
      this.#guarded('state handler failed', () => handler(connected));
  }

  #deliver(message: BrokerMessage): void {
    const handler = this.#messageHandler;
    if (handler === undefined) return;
    this.#guarded('message handler failed', () => handler(message), { topic: message.topic });
  }

  #guarded(what: string, call: () => void, fields: Readonly<Record<string, unknown>> = {}): void {
    try {
      call();
    } catch (error) {
      this.#options.log.error(what, { ...fields, error });
    }
  }

  /** The broker said that a packet was too large without ever having said how large one may be: half of it is tried next. */
  #lowerLimit(oversizeBytes: number): void {
    const payloadBytes = Math.max(MESSAGE_BYTES_MIN, Math.floor(oversizeBytes / 2));
    this.#packetBytesMax = Math.min(this.#packetBytesMax, payloadBytes + MESSAGE_OVERHEAD_BYTES);
    this.#loweredAtMs = this.#options.clock.monotonicMs();
  }

  #forgetOldLimit(): void {
    const { clock, maxPacketBytes } = this.#options;
    if (clock.monotonicMs() - this.#loweredAtMs >= LOWERED_MS) this.#packetBytesMax = maxPacketBytes;
  }

  #noteLimit(): void {
    const { conditions } = this.#options;
    if (this.payloadBytesMax < MESSAGE_BYTES_MIN) {
      this.#limitShown = true;
      conditions.raise('broker.message-size', null, { payload_bytes_max: this.payloadBytesMax });
    } else if (this.#limitShown) {
      this.#limitShown = false;
      conditions.clear('broker.message-size', null);
    }
  }

  #noteRefusal(topic: string, error: unknown): void {
    if (!isDockError(error, 'broker.refused')) return;
    const { reason, reason_code: code } = error.facts;
    this.#conditions.publishRefused(topic, String(reason), Number(code));
  }

  #oversize(topic: string, sizeBytes: number): DockError {
    const largest = this.payloadBytesMax;
    return new DockError(
      'broker.message-oversize',
      `message to ${topic} has ${sizeBytes} bytes, this broker takes ${largest}; send it in smaller pieces`,
      { retry: 'never', facts: { size_bytes: sizeBytes, payload_bytes_max: largest } },
    );
  }
}
