// A TCP proxy on loopback for tests: its connections can be cut, slowed, or become half-open while they last.
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** "up" is from client to server. */
export type Direction = 'up' | 'down';

interface Pair {
  readonly client: Socket;
  readonly server: Socket;
}

/** One proxy in front of one port. Switches count for running and coming connections. */
export class TcpProxy {
  readonly #server: Server;
  readonly #pairs = new Set<Pair>();
  /** Connections that came so far. */
  accepted = 0;
  /** Bytes that came, whether passed on or not. */
  readonly bytes: Record<Direction, number> = { up: 0, down: 0 };
  /** Directions in which bytes vanish while the connection stays. */
  readonly holes = new Set<Direction>();
  /** New connections are reset. */
  refusing = false;
  /** Bytes per second in each direction; undefined is as fast as it goes. */
  bytesPerS: number | undefined;
  /** Resets the connection once so many bytes went up; counts for the next connections too until set to undefined. */
  cutAfterUp: number | undefined;

  private constructor(targetPort: number) {
    this.#server = createServer((client) => this.#accept(client, targetPort));
  }

  static async open(targetPort: number): Promise<TcpProxy> {
    const proxy = new TcpProxy(targetPort);
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get connections(): number {
    return this.#pairs.size;
  }

  /** Resets every connection. */
  cut(): void {
    for (const { client, server } of this.#pairs) {
      client.resetAndDestroy();
      server.resetAndDestroy();
    }
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.cut();
    await closed;
  }

  #accept(client: Socket, targetPort: number): void {
    client.on('error', () => undefined);
    if (this.refusing) {
      client.resetAndDestroy();
      return;
    }
    this.accepted++;
    const server = connect({ port: targetPort, host: '127.0.0.1', noDelay: true }).on(
      'error',
      () => undefined,
    );
    const pair = { client: client.setNoDelay(true), server };
    this.#pairs.add(pair);
    this.#pass(pair, client, server, 'up');
    this.#pass(pair, server, client, 'down');
  }

  #pass(pair: Pair, from: Socket, to: Socket, direction: Direction): void {
    let upBytes = 0;
    from.on('data', (chunk: Buffer) => {
      this.bytes[direction] += chunk.length;
      if (direction === 'up') upBytes += chunk.length;
      if (this.cutAfterUp !== undefined && upBytes >= this.cutAfterUp) {
        pair.client.resetAndDestroy();
        pair.server.resetAndDestroy();
        return;
      }
      if (this.holes.has(direction)) return;
      if (!to.write(chunk)) {
        from.pause();
        to.once('drain', () => from.resume());
      }
      this.#brake(from, chunk.length);
    });
    from.on('close', () => {
      this.#pairs.delete(pair);
      to.destroySoon();
    });
  }

  /** Reads no further before the bytes would have passed a slow line. */
  #brake(from: Socket, bytes: number): void {
    if (this.bytesPerS === undefined) return;
    from.pause();
    setTimeout(() => from.resume(), (bytes / this.bytesPerS) * 1000);
  }
}
