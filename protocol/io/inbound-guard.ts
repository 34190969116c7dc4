// Looks at the bytes from a broker before any parser does, and takes out what is too long. Pure: bytes in, pieces and findings out.
//
// Invariants:
// 1. Of a message above the limit no more than 7 bytes are ever kept, whatever length it claims: 256 MB cost no memory.
// 2. What is taken out is a whole packet; the parser behind sees a valid stream without it.
// 3. A message of QoS 1 that was taken out is acknowledged all the same: else the broker would keep it in flight, and twenty of them
//    would stop all others. A retained one would come again at every connect, so the connection is not ended for it.
// 4. What no broker may send to us (other packet types, QoS 2, long control packets, a length of five bytes) ends the connection.

/** MQTT control packet types that a broker sends; QoS 2 and AUTH are not among those that we take part in. */
const PUBLISH = 3;
const FROM_BROKER = new Set([2, PUBLISH, 4, 9, 11, 13, 14]);
/** Control packets carry a few properties and texts; the largest list, a SUBACK, has a byte for each filter. */
const CONTROL_PACKET_BYTES_MAX = 128 * 1024;
const LENGTH_BYTES_MAX = 4;
/** Length of the topic, and a topic of one character. */
const MESSAGE_BODY_BYTES_MIN = 3;

/** A message that was taken out. `packetId` is there for QoS 1 only. */
export interface SkippedMessage {
  readonly sizeBytes: number;
  readonly packetId: number | undefined;
}

/** What the guard reports while it passes bytes on. After `violated` it is not to be used again. */
export interface GuardSink {
  readonly forward: (piece: Buffer) => void;
  readonly skipped: (message: SkippedMessage) => void;
  readonly violated: (detail: string) => void;
}

/** One guard for one connection. */
export class InboundGuard {
  readonly #packetBytesMax: number;
  readonly #sink: GuardSink;
  /** Fixed header as far as it came: type and flags, then the length's bytes. */
  #header: number[] = [];
  /** The last fixed header that was whole, for when it came in two pieces. */
  #wholeHeader: Buffer = Buffer.alloc(0);
  /** Bytes of the running packet that are still to come. */
  #leftBytes = 0;
  /** The running packet, where it is a message. */
  #message: PassingMessage | undefined;
  #violated = false;

  /** `packetBytesMax`: longest packet that is let through, fixed header included. */
  constructor(packetBytesMax: number, sink: GuardSink) {
    this.#packetBytesMax = packetBytesMax;
    this.#sink = sink;
  }

  /** Takes the next bytes of the connection, in pieces of any size. What is forwarded is a view on them. */
  pass(chunk: Buffer): void {
    let at = 0;
    let from = 0;
    while (at < chunk.length && !this.#violated) {
      if (this.#leftBytes > 0) {
        const end = Math.min(chunk.length, at + this.#leftBytes);
        if (this.#message?.oversize === true) from = end;
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
      if (this.#message?.oversize === true) {
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
    else if (typeOf(shape) === PUBLISH) this.#message = new PassingMessage(shape, this.#packetBytesMax);
  }

  #body(bytes: Buffer): void {
    this.#leftBytes -= bytes.length;
    const message = this.#message;
    if (message === undefined) return;
    message.pass(bytes);
    if (message.broken) {
      this.#violate('a message that is shorter than its own topic');
    } else if (this.#leftBytes === 0) {
      this.#message = undefined;
      if (message.oversize) this.#sink.skipped({ sizeBytes: message.sizeBytes, packetId: message.packetId });
    }
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
  readonly oversize: boolean;
  readonly #lengthBytes: number;
  readonly #acknowledged: boolean;
  /** Body bytes 0 and 1, then the two of the packet id. */
  readonly #kept: number[] = [];
  #at = 0;

  constructor(shape: PacketShape, packetBytesMax: number) {
    this.sizeBytes = shape.sizeBytes;
    this.oversize = shape.sizeBytes > packetBytesMax;
    this.#lengthBytes = shape.lengthBytes;
    this.#acknowledged = qosOf(shape) === 1;
  }

  get packetId(): number | undefined {
    const [, , high, low] = this.#kept;
    return !this.#acknowledged || high === undefined || low === undefined ? undefined : high * 256 + low;
  }

  /** Topic and packet id do not fit into it. The parser behind would answer such a message with a packet id of -1, and throw. */
  get broken(): boolean {
    if (this.#kept.length < 2) return false;
    return this.#topicEnd() + (this.#acknowledged ? 2 : 0) > this.#lengthBytes;
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

  #topicEnd(): number {
    const [high = 0, low = 0] = this.#kept;
    return 2 + high * 256 + low;
  }

  #nextPlace(): number {
    return this.#kept.length < 2 ? this.#kept.length : this.#topicEnd() + this.#kept.length - 2;
  }
}
