// Looks at the bytes from a broker before any parser does: takes out what is too long, and puts long messages together itself, in one buffer
// over and over, where the parser would make a new one of each. Pure: bytes in, pieces, messages and findings out.
//
// Invariants:
// 1. Of a message above the limit no more than 7 bytes are ever kept, whatever length it claims: 256 MB cost no memory.
// 2. What is taken out or put together is a whole packet; the parser behind sees a valid stream without it.
// 3. A message of QoS 1 that was taken out is acknowledged anyway: else the broker would keep it in flight, and twenty of them
//    would stop all others. A retained one would come again at every connect, so the connection is not ended for it.
// 4. What no broker may send to us (other packet types, QoS 2, long control packets, a length of five bytes) ends the connection.
import { MESSAGE_BYTES_MIN } from '../../protocol/format/limits.ts';
import type { MqttVersion } from './broker-endings.ts';

/** MQTT control packet types that a broker sends; QoS 2 and AUTH are not among those that we take part in. */
const PUBLISH = 3;
const FROM_BROKER = new Set([2, PUBLISH, 4, 9, 11, 13, 14]);
/** Control packets carry a few properties and texts; the largest list, a SUBACK, has a byte for each filter. */
const CONTROL_PACKET_BYTES_MAX = 128 * 1024;
const LENGTH_BYTES_MAX = 4;
/** Length of the topic, and a topic of one character. */
const MESSAGE_BODY_BYTES_MIN = 3;
/** A message of QoS 0 that is not retained and no duplicate. */
const PLAIN_PUBLISH = 0x30;
/** No piece of a recording is shorter, but the last one of a unit; what is shorter is left to the parser. */
const GATHERED_BYTES_MIN = MESSAGE_BYTES_MIN;

export interface GuardOptions {
  /** Longest packet that is let through, fixed header included. */
  readonly packetBytesMax: number;
  /** Of version 5, properties stand behind the topic. */
  readonly version: MqttVersion;
}

/** A message that was taken out. `packetId` is there for QoS 1 only. */
export interface SkippedMessage {
  readonly sizeBytes: number;
  readonly packetId: number | undefined;
}

/** What the guard reports while it passes bytes on. After `violated` it is not to be used again. */
export interface GuardSink {
  /** For the parser: a view on what came in, or on the guard's own buffer; good until the next bytes are passed. */
  readonly forward: (piece: Buffer) => void;
  /** A long message of QoS 0, put together; the payload is a view like that. False: it is to be forwarded anyway. */
  readonly message: (topic: string, payload: Buffer) => boolean;
  readonly skipped: (message: SkippedMessage) => void;
  readonly violated: (detail: string) => void;
}

/** One guard for one connection. */
export class InboundGuard {
  readonly #options: GuardOptions;
  readonly #sink: GuardSink;
  /** Fixed header as far as it came: type and flags, then the length's bytes. */
  #header: number[] = [];
  /** The last fixed header that was whole, for when it came in two pieces. */
  #wholeHeader: Buffer = Buffer.alloc(0);
  /** Bytes of the running packet that are still to come. */
  #leftBytes = 0;
  /** The running packet, where it is a message. */
  #message: PassingMessage | undefined;
  /** Where long messages are put together, made for the first one. */
  #gathered: Buffer | undefined;
  #violated = false;

  constructor(options: GuardOptions, sink: GuardSink) {
    this.#options = options;
    this.#sink = sink;
  }

  /** Takes the next bytes of the connection, in pieces of any size. What is forwarded is a view on them. */
  pass(chunk: Buffer): void {
    let at = 0;
    let from = 0;
    while (at < chunk.length && !this.#violated) {
      if (this.#leftBytes > 0) {
        const end = Math.min(chunk.length, at + this.#leftBytes);
        if (this.#message?.passesOn === false) from = end;
        this.#body(chunk.subarray(at, end));
        at = end;
        continue;
      }
      const start = at;
      const isSplit = this.#header.length > 0;
      at = this.#readHeader(chunk, at);
      if (this.#header.length > 0) {
        // Not whole: it waits here until it is known whether the packet may pass.
        this.#forward(chunk, from, start);
        return;
      }
      if (this.#message?.passesOn === false) {
        this.#forward(chunk, from, start);
        from = at;
      } else if (isSplit) {
        if (!this.#violated) this.#sink.forward(this.#wholeHeader);
        from = at;
      }
    }
    if (!this.#violated) this.#forward(chunk, from, chunk.length);
  }

  #forward(chunk: Buffer, from: number, to: number): void {
    if (to > from) this.#sink.forward(from === 0 && to === chunk.length ? chunk : chunk.subarray(from, to));
  }

  /** Reads the fixed header on; when it is whole, decides and empties `#header`. Returns the place behind what it read. */
  #readHeader(chunk: Buffer, at: number): number {
    while (at < chunk.length) {
      const byte = chunk[at++] ?? 0;
      this.#header.push(byte);
      if (this.#header.length === 1) continue;
      if (byte < 0x80) {
        this.#decide();
        return at;
      }
      if (this.#header.length > LENGTH_BYTES_MAX) {
        this.#violate('a packet length of more than four bytes');
        return at;
      }
    }
    return at;
  }

  #decide(): void {
    const header = this.#header;
    this.#header = [];
    this.#wholeHeader = Buffer.from(header);
    const lengthBytes = header.slice(1).reduce((sum, byte, place) => sum + (byte & 0x7f) * 128 ** place, 0);
    const shape = { first: header[0] ?? 0, lengthBytes, sizeBytes: header.length + lengthBytes };
    const problem = headerProblem(shape);
    this.#leftBytes = lengthBytes;
    this.#message = undefined;
    if (problem !== undefined) this.#violate(problem);
    else if (typeOf(shape) === PUBLISH)
      this.#message = new PassingMessage(shape, this.#options.packetBytesMax);
  }

  #body(bytes: Buffer): void {
    this.#leftBytes -= bytes.length;
    const message = this.#message;
    if (message === undefined) return;
    message.pass(bytes);
    if (message.broken) {
      this.#violate('a message that is shorter than its own topic');
      return;
    }
    if (message.way === 'gather') this.#gather(message, bytes);
    if (this.#leftBytes > 0) return;
    this.#message = undefined;
    if (message.way === 'skip')
      this.#sink.skipped({ sizeBytes: message.sizeBytes, packetId: message.packetId });
  }

  /** Hands on what lies in one piece, and copies what comes in several. */
  #gather(message: PassingMessage, bytes: Buffer): void {
    if (bytes.length === message.lengthBytes) {
      this.#deliver(message, bytes);
      return;
    }
    this.#gathered ??= Buffer.allocUnsafeSlow(this.#options.packetBytesMax);
    const end = message.lengthBytes - this.#leftBytes;
    bytes.copy(this.#gathered, end - bytes.length);
    if (this.#leftBytes === 0) this.#deliver(message, this.#gathered.subarray(0, end));
  }

  /** A message without properties is handed on here; any other one is the parser's. */
  #deliver({ topicEnd }: PassingMessage, body: Buffer): void {
    const start = this.#options.version === 5 ? topicEnd + 1 : topicEnd;
    const isPlain = topicEnd > 2 && (start === topicEnd || body[topicEnd] === 0);
    if (isPlain && this.#sink.message(body.toString('utf8', 2, topicEnd), body.subarray(start))) return;
    this.#sink.forward(this.#wholeHeader);
    this.#sink.forward(body);
  }

  #violate(detail: string): void {
    this.#violated = true;
    this.#header = [];
    this.#sink.violated(detail);
  }
}

/** A fixed header: its first byte, the bytes that follow it, and the whole packet's size. */
interface PacketShape {
  readonly first: number;
  readonly lengthBytes: number;
  readonly sizeBytes: number;
}

function typeOf({ first }: PacketShape): number {
  return first >> 4;
}

function qosOf({ first }: PacketShape): number {
  return (first >> 1) & 3;
}

/** Why no broker may send us a packet with this header, or undefined. */
function headerProblem(shape: PacketShape): string | undefined {
  const type = typeOf(shape);
  if (!FROM_BROKER.has(type)) return `a packet of type ${type}`;
  if (type !== PUBLISH) {
    if ((shape.first & 15) !== 0) return `a packet of type ${type} with flags`;
    const tooLong = shape.sizeBytes > CONTROL_PACKET_BYTES_MAX;
    return tooLong ? `a packet of type ${type}, ${shape.sizeBytes} bytes long` : undefined;
  }
  if (qosOf(shape) > 1) return 'a message of QoS 2, which was never asked for';
  return shape.lengthBytes < MESSAGE_BODY_BYTES_MIN ? 'a message without a topic' : undefined;
}

/** The few bytes of a message that the guard looks at: the length of its topic, and behind the topic its packet id. */
class PassingMessage {
  readonly sizeBytes: number;
  /** Without the fixed header. */
  readonly lengthBytes: number;
  /** To the parser, nowhere, or put together here. */
  readonly way: 'forward' | 'skip' | 'gather';
  readonly #acknowledged: boolean;
  /** Body bytes 0 and 1, then the two of the packet id. */
  readonly #kept: number[] = [];
  #at = 0;

  constructor(shape: PacketShape, packetBytesMax: number) {
    this.sizeBytes = shape.sizeBytes;
    this.lengthBytes = shape.lengthBytes;
    const isLong = shape.first === PLAIN_PUBLISH && shape.sizeBytes >= GATHERED_BYTES_MIN;
    this.way = shape.sizeBytes > packetBytesMax ? 'skip' : isLong ? 'gather' : 'forward';
    this.#acknowledged = qosOf(shape) === 1;
  }

  /** Whether its bytes go to the parser as they come. */
  get passesOn(): boolean {
    return this.way === 'forward';
  }

  /** Where the topic ends in the body; known once two bytes have passed. */
  get topicEnd(): number {
    const [high = 0, low = 0] = this.#kept;
    return 2 + high * 256 + low;
  }

  get packetId(): number | undefined {
    const [, , high, low] = this.#kept;
    return !this.#acknowledged || high === undefined || low === undefined ? undefined : high * 256 + low;
  }

  /** Topic and packet id do not fit into it. The parser behind would answer such a message with a packet id of -1, and throw. */
  get broken(): boolean {
    if (this.#kept.length < 2) return false;
    return this.topicEnd + (this.#acknowledged ? 2 : 0) > this.lengthBytes;
  }

  pass(bytes: Buffer): void {
    const start = this.#at;
    this.#at += bytes.length;
    const wanted = this.#acknowledged ? 4 : 2;
    while (this.#kept.length < wanted) {
      const byte = bytes[this.#nextPlace() - start];
      if (byte === undefined) return;
      this.#kept.push(byte);
    }
  }

  #nextPlace(): number {
    return this.#kept.length < 2 ? this.#kept.length : this.topicEnd + this.#kept.length - 2;
  }
}
