// A broker that says exactly what a test wants: each packet of a client goes to a script, which answers with bytes, with nothing, or leaves
// it to the usual answer. Speaks just enough MQTT 3.1.1 and 5.0 for that.
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';

export const CONNECT = 1;
export const PUBLISH = 3;
export const SUBSCRIBE = 8;
export const PINGREQ = 12;
export const DISCONNECT = 14;

/** One packet of a client: its first byte split, and what follows the length. */
export interface ClientPacket {
  readonly type: number;
  readonly flags: number;
  readonly body: Buffer;
}

/** Bytes to answer with; null for silence; undefined for the usual answer. */
export type Script = (packet: ClientPacket, connection: ScriptedConnection) => Buffer | null | undefined;

/** A packet of the given type, with its length in front of the body. */
export function packet(type: number, body: Uint8Array, flags = 0): Buffer {
  const length: number[] = [];
  let left = body.length;
  do {
    length.push((left % 128) + (left >= 128 ? 128 : 0));
    left = Math.floor(left / 128);
  } while (left > 0);
  return Buffer.concat([Buffer.from([type * 16 + flags, ...length]), body]);
}

/** CONNACK with a code; `properties` are those of MQTT 5 as bytes, undefined for 3.1.1. */
export function connack(code: number, properties?: readonly number[]): Buffer {
  const tail = properties === undefined ? [] : [properties.length, ...properties];
  return packet(2, Buffer.from([0, code, ...tail]));
}

/** MESSAGE of a broker: QoS 1 where a packet id is given. `v5` adds empty properties. */
export function message(
  topic: string,
  payload: Uint8Array,
  options: { readonly packetId?: number; readonly retain?: boolean; readonly v5?: boolean } = {},
): Buffer {
  const { packetId, retain = false, v5 = false } = options;
  const name = Buffer.from(topic);
  const id = packetId === undefined ? [] : [packetId >> 8, packetId & 255];
  const head = Buffer.from([name.length >> 8, name.length & 255]);
  const flags = (packetId === undefined ? 0 : 2) + (retain ? 1 : 0);
  return packet(
    PUBLISH,
    Buffer.concat([head, name, Buffer.from([...id, ...(v5 ? [0] : [])]), payload]),
    flags,
  );
}

/** DISCONNECT of MQTT 5 with a reason code. */
export function disconnect(code: number): Buffer {
  return packet(DISCONNECT, Buffer.from([code, 0]));
}

/** Topic and packet id (0 for QoS 0) of a client's message. */
export function readMessage({ flags, body }: ClientPacket): {
  readonly topic: string;
  readonly packetId: number;
} {
  const end = 2 + body.readUInt16BE(0);
  const packetId = (flags & 6) === 0 ? 0 : body.readUInt16BE(end);
  return { topic: body.toString('utf8', 2, end), packetId };
}

/** One client at the broker. */
export class ScriptedConnection {
  readonly socket: Socket;
  readonly packets: ClientPacket[] = [];
  /** 4 or 5, as the CONNECT said; 0 before it. */
  version = 0;
  /** Bytes that came, whole packets or not. */
  bytes = 0;
  #held: Buffer = Buffer.alloc(0);

  constructor(socket: Socket, script: Script) {
    this.socket = socket;
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => this.#read(chunk, script));
  }

  /** Types of the packets that came, in order. */
  get types(): number[] {
    return this.packets.map(({ type }) => type);
  }

  send(bytes: Uint8Array): void {
    this.socket.write(bytes);
  }

  #read(chunk: Buffer, script: Script): void {
    this.bytes += chunk.length;
    this.#held = Buffer.concat([this.#held, chunk]);
    for (let next = takePacket(this.#held); next !== undefined; next = takePacket(this.#held)) {
      this.#held = next.rest;
      this.packets.push(next.packet);
      if (next.packet.type === CONNECT) this.version = next.packet.body[6] ?? 0;
      const answer = script(next.packet, this);
      const bytes = answer === undefined ? usualAnswer(next.packet, this.version) : answer;
      if (bytes !== null) this.send(bytes);
    }
  }
}

function takePacket(held: Buffer): { readonly packet: ClientPacket; readonly rest: Buffer } | undefined {
  let length = 0;
  for (let place = 1; place < Math.min(held.length, 5); place++) {
    const byte = held[place] ?? 0;
    length += (byte & 127) * 128 ** (place - 1);
    if (byte >= 128) continue;
    const end = place + 1 + length;
    if (held.length < end) return undefined;
    const first = held[0] ?? 0;
    const body = held.subarray(place + 1, end);
    return { packet: { type: first >> 4, flags: first & 15, body }, rest: held.subarray(end) };
  }
  return undefined;
}

function usualAnswer(request: ClientPacket, version: number): Buffer | null {
  const v5 = version === 5;
  switch (request.type) {
    case CONNECT:
      return connack(0, v5 ? [] : undefined);
    case SUBSCRIBE: {
      const filters = countFilters(request.body, v5);
      const grants = Array.from({ length: filters }, () => 1);
      return packet(9, Buffer.from([...request.body.subarray(0, 2), ...(v5 ? [0] : []), ...grants]));
    }
    case PUBLISH: {
      const { packetId } = readMessage(request);
      return packetId === 0 ? null : packet(4, Buffer.from([packetId >> 8, packetId & 255]));
    }
    case PINGREQ:
      return packet(13, Buffer.alloc(0));
    default:
      return null;
  }
}

function countFilters(body: Buffer, v5: boolean): number {
  let count = 0;
  for (let at = v5 ? 3 : 2; at + 2 < body.length; at += 3 + body.readUInt16BE(at)) count++;
  return count;
}

/** The listening end, with every connection that came. */
export class ScriptedBroker {
  readonly connections: ScriptedConnection[] = [];
  readonly #server: Server;

  private constructor(script: Script, tls: TlsOptions | undefined) {
    const accept = (socket: Socket): void => {
      this.connections.push(new ScriptedConnection(socket, script));
    };
    this.#server = tls === undefined ? createServer(accept) : createTlsServer(tls, accept);
    this.#server.on('tlsClientError', () => undefined);
  }

  static async open(
    script: Script = () => undefined,
    tls?: TlsOptions,
    host = '127.0.0.1',
  ): Promise<ScriptedBroker> {
    const broker = new ScriptedBroker(script, tls);
    await new Promise<void>((resolve) => broker.#server.listen(0, host, resolve));
    return broker;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** The newest connection. */
  get last(): ScriptedConnection {
    const last = this.connections.at(-1);
    if (last === undefined) throw new Error('nobody has connected yet');
    return last;
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const { socket } of this.connections) socket.destroy();
    await closed;
  }
}
