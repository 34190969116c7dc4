// Sends messages over one connection: QoS 0 at the pace of the socket, QoS 1 up to the broker's receive maximum. Keeps nothing beyond it.
//
// Invariants:
// 1. Every promise settles: by the broker's word, by the end of the connection, or because an acknowledgement is overdue, which ends it.
// 2. No more than one message of QoS 0 above the socket's own buffer waits here; the others wait at their callers.
// 3. No more QoS 1 messages are unacknowledged than the broker said it takes (the library does not look at that number).
import type { MqttClient } from 'mqtt';
import type { Socket } from 'node:net';
import { bufferOf } from '../../protocol/format/bytes.ts';
import { DockError } from '../../protocol/format/errors.ts';
import type { Clock, PublishOptions } from '../../protocol/format/ports.ts';
import { reasonText } from './broker-endings.ts';

/** QoS 1 messages that may wait for their turn: more is a caller that does not wait for its answers. */
const WAITING_MAX = 1024;
const NOTHING = new Uint8Array(0);
/** Where the broker names no receive maximum; brokers queue 20 to 100 for one client. */
const IN_FLIGHT_MAX = 64;
/** For an acknowledgement, once nothing of ours waits in front of it any more: a slow line needs a minute for what the system has of it. */
const ACKNOWLEDGED_MS_MAX = 120_000;
/** As often the wait restarts while bytes still leave. A link that is dead ends before, see broker-liveness.ts. */
const PATIENCE_TIMES_MAX = 20;

export interface PublisherOptions {
  readonly client: MqttClient;
  readonly socket: Socket;
  readonly clock: Clock;
  /** The broker's receive maximum, where it named one. */
  readonly receiveMaximum: number | undefined;
  /** An acknowledgement is overdue: the connection is to be ended. */
  readonly overdue: (detail: string) => void;
}

type Reject = (error: Error) => void;

/** "broker.offline": nothing is known of what became of the message; the caller sends it again. */
export function offlineError(topic: string, detail: string): DockError {
  return new DockError('broker.offline', `message to ${topic} not sent: ${detail}; it may be sent again`, {
    retry: 'later',
  });
}

/** The publishing half of one connection, from its CONNACK to its end. */
export class Publisher {
  readonly #options: PublisherOptions;
  readonly #inFlightMax: number;
  #inFlight = 0;
  readonly #waiting: (() => void)[] = [];
  readonly #pending = new Set<Reject>();
  #drained: Promise<void> | undefined;
  #ended: string | undefined;

  constructor(options: PublisherOptions) {
    this.#options = options;
    this.#inFlightMax = Math.min(IN_FLIGHT_MAX, options.receiveMaximum ?? IN_FLIGHT_MAX);
  }

  /** Resolves once the kernel has the payload: until then its memory must not change, from then on it is the caller's again. */
  async sendUnacknowledged(topic: string, payload: Uint8Array, retain: boolean): Promise<void> {
    await this.#room(topic);
    // Without a callback: the library would add a listener for "drain" for each, and call it before the bytes have left.
    this.#options.client.publish(topic, bufferOf(payload), { qos: 0, retain });
    await this.#flushed(topic);
  }

  /** Writes are done in their order: an empty one is done when everything in front of it is. */
  #flushed(topic: string): Promise<void> {
    const { socket } = this.#options;
    return new Promise((resolve, reject) => {
      socket.write(NOTHING, (error) => {
        // A write that a destroyed socket cut off is called done, and without an error.
        if ((error === null || error === undefined) && !socket.destroyed) resolve();
        else reject(offlineError(topic, error?.message ?? this.#ended ?? 'the connection ended'));
      });
    });
  }

  /** Resolves on a PUBACK with a success code; errors "broker.refused" and "broker.offline". */
  async sendAcknowledged(topic: string, payload: Uint8Array, options: PublishOptions): Promise<void> {
    await this.#turn(topic);
    try {
      if (this.#ended !== undefined) throw offlineError(topic, this.#ended);
      await this.#acknowledged(topic, payload, options);
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#inFlight--;
      else next();
    }
  }

  /** The connection has ended: what is unacknowledged is rejected, and each of those hands its turn to one that waits, which then sees the end. */
  end(detail: string): void {
    this.#ended = detail;
    for (const reject of this.#pending) reject(new Error(detail));
  }

  /** Waits while the socket is full. One listener for "drain", however many wait. */
  async #room(topic: string): Promise<void> {
    while (this.#ended === undefined && this.#options.socket.writableNeedDrain) {
      this.#drained ??= this.#nextDrain();
      await this.#drained;
    }
    if (this.#ended !== undefined) throw offlineError(topic, this.#ended);
  }

  #nextDrain(): Promise<void> {
    const { socket } = this.#options;
    return new Promise((resolve) => {
      const settle = (): void => {
        this.#drained = undefined;
        this.#pending.delete(settle);
        socket.removeListener('drain', settle);
        resolve();
      };
      this.#pending.add(settle);
      socket.once('drain', settle);
    });
  }

  async #turn(topic: string): Promise<void> {
    if (this.#inFlight < this.#inFlightMax) {
      this.#inFlight++;
      return;
    }
    if (this.#waiting.length >= WAITING_MAX)
      throw offlineError(topic, `${WAITING_MAX} messages wait before it`);
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  #acknowledged(
    topic: string,
    payload: Uint8Array,
    { retain = false, expiresSeconds }: PublishOptions,
  ): Promise<void> {
    // The library leaves properties out where the connection is MQTT 3.1.1.
    const properties =
      expiresSeconds === undefined ? {} : { properties: { messageExpiryInterval: expiresSeconds } };
    return new Promise((resolve, reject) => {
      const settle = (error: DockError | undefined): void => {
        stopWatch();
        this.#pending.delete(onEnd);
        if (error === undefined) resolve();
        else reject(error);
      };
      const onEnd = (error: Error): void => settle(offlineError(topic, error.message));
      this.#pending.add(onEnd);
      const stopWatch = this.#watch(topic);
      this.#options.client.publish(topic, bufferOf(payload), { qos: 1, retain, ...properties }, (error) => {
        settle(error === null || error === undefined ? undefined : publishError(topic, error));
      });
    });
  }

  /** Ends the connection where the acknowledgement stays out; what waits in the socket in front of the message is given time. */
  #watch(topic: string): () => void {
    let times = 0;
    let cancel: () => void = () => undefined;
    const arm = (): void => {
      cancel = this.#options.clock.after(ACKNOWLEDGED_MS_MAX, () => {
        if (this.#options.socket.writableLength > 0 && ++times < PATIENCE_TIMES_MAX) arm();
        else this.#options.overdue(`a message to ${topic} was not acknowledged`);
      });
    };
    arm();
    return () => cancel();
  }
}

/** What the library reports of a publish: an error code of the broker, or the end of the connection. */
function publishError(topic: string, error: Error): DockError {
  const code = 'code' in error && typeof error.code === 'number' ? error.code : undefined;
  if (code === undefined) return offlineError(topic, error.message);
  const reason = reasonText(code);
  return new DockError('broker.refused', `the broker refused a message to ${topic}: ${reason}`, {
    cause: error,
    retry: 'later',
    facts: { reason, reason_code: code },
  });
}
