// Builds one MQTT.js client on a socket that is already verified, with a guard between the two. Decides nothing about connections.
import type { Socket } from 'node:net';
import type { Writable } from 'node:stream';
import { MqttClient } from 'mqtt';
import { bufferOf } from '../../protocol/format/bytes.ts';
import { MESSAGE_OVERHEAD_BYTES } from '../../protocol/format/limits.ts';
import type { OpenedSocket } from './broker-socket.ts';
import type { BrokerCredentials, BrokerWill, MqttVersion } from './broker-endings.ts';
import { InboundGuard, type SkippedMessage } from './inbound-guard.ts';

/** MQTT.js's own keepalive is not used (see broker-liveness.ts), but must still be told to the broker. */
const NO_TIMERS = { set: () => 0, clear: () => undefined };
/** Its own deadline for a CONNACK is not used either; it cannot be switched off. */
const NEVER_MS = 2 ** 31 - 1;

export interface ClientOptions extends OpenedSocket {
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
export interface ClientEvents {
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
export function openClient(options: ClientOptions, events: ClientEvents): MqttClient {
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
