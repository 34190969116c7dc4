// A TCP proxy in front of an MQTT broker that flips one bit in the payload of some large messages on their way up. The MQTT stream itself
// stays valid, so nobody but a digest can notice.
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

const PUBLISH = 3;
/** Messages above this carry pieces of recordings. */
const LARGE_BYTES = 64 * 1024;

/** Follows one MQTT stream and says where large messages end. Bytes in, altered in place. */
class Flipper {
  readonly #altered: (message: number) => boolean;
  #header: number[] = [];
  #leftBytes = 0;
  #flipAtLeft = -1;
  #large = 0;

  constructor(altered: (message: number) => boolean) {
    this.#altered = altered;
  }

  pass(chunk: Buffer): number {
    let flips = 0;
    for (let at = 0; at < chunk.length;) {
      if (this.#leftBytes === 0) {
        this.#readHeader(chunk[at++] ?? 0);
        continue;
      }
      const taken = Math.min(this.#leftBytes, chunk.length - at);
      const behind = this.#leftBytes - taken;
      if (this.#flipAtLeft <= this.#leftBytes && this.#flipAtLeft > behind) {
        const place = at + this.#leftBytes - this.#flipAtLeft;
        chunk[place] = (chunk[place] ?? 0) ^ 0x10;
        flips++;
      }
      this.#leftBytes = behind;
      at += taken;
    }
    return flips;
  }

  #readHeader(byte: number): void {
    this.#header.push(byte);
    if (this.#header.length === 1 || byte >= 0x80) return;
    const [first = 0, ...length] = this.#header;
    this.#header = [];
    this.#leftBytes = length.reduce((sum, digit, place) => sum + (digit & 0x7f) * 128 ** place, 0);
    const isLarge = first >> 4 === PUBLISH && this.#leftBytes > LARGE_BYTES;
    this.#flipAtLeft = isLarge && this.#altered(this.#large++) ? Math.floor(this.#leftBytes / 2) : -1;
  }
}

/** One proxy on loopback. */
export class CorruptingProxy {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** Bits flipped so far. */
  flips = 0;

  /** `altered`: whether the n-th large message of a connection is altered, counted from 0. */
  private constructor(targetPort: number, altered: (message: number) => boolean) {
    this.#server = createServer((client) => {
      const server = connect({ port: targetPort, host: '127.0.0.1', noDelay: true });
      const flipper = new Flipper(altered);
      for (const socket of [client, server]) {
        this.#sockets.add(socket);
        socket.on('error', () => undefined).on('close', () => this.#sockets.delete(socket));
      }
      server.on('data', (chunk: Buffer) => client.write(chunk)).on('close', () => client.destroy());
      client.on('data', (chunk: Buffer) => {
        this.flips += flipper.pass(chunk);
        if (server.write(chunk)) return;
        client.pause();
        server.once('drain', () => client.resume());
      });
      client.on('close', () => server.destroy());
    });
  }

  static async open(targetPort: number, altered: (message: number) => boolean): Promise<CorruptingProxy> {
    const proxy = new CorruptingProxy(targetPort, altered);
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }
}
