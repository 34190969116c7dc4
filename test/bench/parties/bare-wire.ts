// The least of MQTT 3.1.1 that the bare parties need, by hand: no session, QoS 0, one subscription. A library's part of the work is not the floor's.
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { readFileSync } from 'node:fs';

/** Where the broker is, and with what to speak to it where it wants TLS. */
export interface BareBroker {
  readonly port: number;
  readonly tls?: { readonly caFile: string; readonly certFile: string; readonly keyFile: string };
}

/** One message. The payload is valid until the handler returns. */
export type OnMessage = (topic: string, payload: Buffer) => void;

const CONNECT = 0x10;
const CONNACK = 0x20;
const PUBLISH = 0x30;
const SUBSCRIBE = 0x82;
const SUBACK = 0x90;
/** Of a message that is taken: a unit with its tags, its topic and the packet's own bytes. */
const PACKET_BYTES_MAX = 600 * 1024;

/** A connection that has subscribed to one topic. */
export class BareWire {
  readonly #socket: Socket;

  private constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** Errors: those of the socket, and a refusal, end the process: the party has failed. */
  static open(broker: BareBroker, clientId: string, filter: string, onMessage: OnMessage): Promise<BareWire> {
    const socket = socketTo(broker);
    socket.setNoDelay(true);
    const wire = new BareWire(socket);
    return new Promise((resolve) => {
      const packets = new PacketReader((kind, body) => {
        if (kind === CONNACK)
          socket.write(packet(SUBSCRIBE, Buffer.concat([Buffer.of(0, 1), text(filter), Buffer.of(0)])));
        else if (kind === SUBACK) resolve(wire);
        else if (kind === PUBLISH) deliver(body, onMessage);
        else throw new Error(`the broker sent a packet of kind ${kind}`);
      });
      socket.on('data', (bytes) => packets.push(bytes));
      socket.on('close', () => {
        throw new Error('the broker closed the connection');
      });
      // Clean session, no keepalive.
      socket.write(packet(CONNECT, Buffer.concat([text('MQTT'), Buffer.of(4, 2, 0, 0), text(clientId)])));
    });
  }

  /** The payload must stay as it is until `flushed` was called. */
  publish(topic: string, payload: Uint8Array, flushed?: () => void): void {
    const name = text(topic);
    this.#socket.cork();
    this.#socket.write(Buffer.concat([head(PUBLISH, name.length + payload.length), name]));
    this.#socket.write(payload, flushed);
    this.#socket.uncork();
  }
}

function socketTo({ port, tls }: BareBroker): Socket {
  const place = { port, host: '127.0.0.1' };
  if (tls === undefined) return connect(place);
  const [ca, cert, key] = [tls.caFile, tls.certFile, tls.keyFile].map((file) => readFileSync(file));
  return connectTls({ ...place, ca, cert, key, minVersion: 'TLSv1.3' });
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([Buffer.of(bytes.length >> 8, bytes.length & 0xff), bytes]);
}

/** Kind and length of a packet (MQTT 3.1.1, 2.2.3). */
function head(kind: number, length: number): Buffer {
  const bytes = [kind];
  for (let rest = length; ; rest >>= 7) {
    if (rest < 0x80) return Buffer.from([...bytes, rest]);
    bytes.push((rest & 0x7f) | 0x80);
  }
}

function packet(kind: number, body: Buffer): Buffer {
  return Buffer.concat([head(kind, body.length), body]);
}

function deliver(body: Buffer, onMessage: OnMessage): void {
  const end = 2 + body.readUInt16BE(0);
  onMessage(body.toString('latin1', 2, end), body.subarray(end));
}

/** Puts packets together in one buffer, over and over. */
class PacketReader {
  readonly #onPacket: (kind: number, body: Buffer) => void;
  readonly #body = Buffer.allocUnsafeSlow(PACKET_BYTES_MAX);
  #kind = 0;
  #length = 0;
  #shift = 0;
  #filled = 0;
  #state: 'kind' | 'length' | 'body' = 'kind';

  constructor(onPacket: (kind: number, body: Buffer) => void) {
    this.#onPacket = onPacket;
  }

  push(bytes: Buffer): void {
    for (let at = 0; at < bytes.length;) at = this.#take(bytes, at);
  }

  #take(bytes: Buffer, at: number): number {
    if (this.#state === 'body') return this.#fill(bytes, at);
    const byte = bytes[at] ?? 0;
    if (this.#state === 'kind') {
      [this.#kind, this.#length, this.#shift, this.#filled] = [byte, 0, 0, 0];
      this.#state = 'length';
    } else {
      this.#length |= (byte & 0x7f) << this.#shift;
      this.#shift += 7;
      if (byte < 0x80) this.#begin();
    }
    return at + 1;
  }

  #begin(): void {
    if (this.#length > PACKET_BYTES_MAX) throw new Error(`a packet of ${this.#length} bytes`);
    this.#state = 'body';
    if (this.#length === 0) this.#end();
  }

  #fill(bytes: Buffer, at: number): number {
    const count = Math.min(bytes.length - at, this.#length - this.#filled);
    bytes.copy(this.#body, this.#filled, at, at + count);
    this.#filled += count;
    if (this.#filled === this.#length) this.#end();
    return at + count;
  }

  #end(): void {
    this.#state = 'kind';
    this.#onPacket(this.#kind, this.#body.subarray(0, this.#length));
  }
}
