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
  /** Bytes of the running packet that are still to come. */
  #leftBytes = 0;
  #skipping: SkippedPacket | undefined;
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
        if (this.#skipping !== undefined) from = end;
        this.#body(chunk.subarray(at, end));
        at = end;
        continue;
      }
      const start = at;
      const heldBytes = this.#header.length;
      at = this.#readHeader(chunk, at);
      if (this.#header.length > 0) {
        // Not complete: it waits here until it is known whether the packet may pass.
        this.#forward(chunk, from, start);
        return;
      }
      if (this.#skipping !== undefined) {
        this.#forward(chunk, from, start);
        from = at;
      } else if (heldBytes > 0) {
        this.#sink.forward(this.#completeHeader);
        from = at;
      }
    }
    if (!this.#violated) this.#forward(chunk, from, chunk.length);
  }

  #completeHeader: Buffer = Buffer.alloc(0);

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
    this.#completeHeader = Buffer.from(header);
    const first = header[0] ?? 0;
    const lengthBytes = header.slice(1).reduce((sum, byte, place) => sum + (byte & 0x7f) * 128 ** place, 0);
    const type = first >> 4;
    const qos = type === PUBLISH ? (first >> 1) & 3 : 0;
    const sizeBytes = header.length + lengthBytes;
    if (!FROM_BROKER.has(type)) return this.#violate(`a packet of type ${type}`);
    if (qos > 1) return this.#violate('a message of QoS 2, which was never asked for');
    if (type !== PUBLISH && sizeBytes > CONTROL_PACKET_BYTES_MAX) {
      return this.#violate(`a packet of type ${type} with ${sizeBytes} bytes`);
    }
    this.#leftBytes = lengthBytes;
    this.#skipping = sizeBytes > this.#packetBytesMax ? new SkippedPacket(sizeBytes, qos === 1) : undefined;
  }

  #body(bytes: Buffer): void {
    this.#leftBytes -= bytes.length;
    const skipping = this.#skipping;
    if (skipping === undefined) return;
    skipping.pass(bytes);
    if (this.#leftBytes > 0) return;
    this.#skipping = undefined;
    this.#sink.skipped({ sizeBytes: skipping.sizeBytes, packetId: skipping.packetId });
  }

  #violate(detail: string): void {
    this.#violated = true;
    this.#header = [];
    this.#sink.violated(detail);
  }
}

/** The one thing worth knowing of a packet that is thrown away: its packet id, behind the topic. */
class SkippedPacket {
  readonly sizeBytes: number;
  readonly #acknowledged: boolean;
  /** Body bytes 0 and 1 (length of the topic) and the two of the packet id. */
  readonly #kept: number[] = [];
  #at = 0;

  constructor(sizeBytes: number, acknowledged: boolean) {
    this.sizeBytes = sizeBytes;
    this.#acknowledged = acknowledged;
  }

  get packetId(): number | undefined {
    const [, , high, low] = this.#kept;
    return !this.#acknowledged || high === undefined || low === undefined ? undefined : high * 256 + low;
  }

  pass(bytes: Buffer): void {
    const start = this.#at;
    this.#at += bytes.length;
    while (this.#kept.length < 4) {
      const place = this.#nextPlace() - start;
      const byte = bytes[place];
      if (byte === undefined) return;
      this.#kept.push(byte);
    }
  }

  #nextPlace(): number {
    const [high = 0, low = 0] = this.#kept;
    return this.#kept.length < 2 ? this.#kept.length : high * 256 + low + this.#kept.length;
  }
}
