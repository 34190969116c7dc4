// A TCP proxy on loopback for tests: its connections can be cut at any byte, slowed, cut to pieces, or become half-open while they last.
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { pointTried } from './points.ts';

/** "up" is from client to server. */
export type Direction = 'up' | 'down';

/** A cut behind exactly so many bytes in that direction, counted over all connections from now on. It happens once. */
export interface PlannedCut {
  readonly direction: Direction;
  readonly bytes: number;
  /** A reset, or an end in order as of a peer that closes. */
  readonly how: 'rst' | 'fin';
}

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
  /** Largest piece that is passed on at one time; undefined is as it comes. */
  pieceBytes: number | undefined;
  /** Cuts by plan that happened. */
  cuts = 0;
  #plan: { readonly how: PlannedCut['how']; readonly direction: Direction; leftBytes: number } | undefined;

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

  /** See PlannedCut; undefined calls it off. */
  plan(cut: PlannedCut | undefined): void {
    this.#plan = cut && { how: cut.how, direction: cut.direction, leftBytes: cut.bytes };
  }

  /** Resets every connection. */
  cut(): void {
    pointTried();
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
        pointTried();
        pair.client.resetAndDestroy();
        pair.server.resetAndDestroy();
        return;
      }
      if (this.holes.has(direction)) return;
      if (this.#cutByPlan(pair, to, chunk, direction)) return;
      this.#write(from, to, chunk);
      this.#brake(from, chunk.length);
    });
    from.on('close', () => {
      this.#pairs.delete(pair);
      to.destroySoon();
    });
  }

  #write(from: Socket, to: Socket, chunk: Buffer): void {
    const pieceBytes = this.pieceBytes ?? chunk.length;
    let isTaken = true;
    for (let at = 0; at < chunk.length; at += pieceBytes)
      isTaken = to.write(chunk.subarray(at, at + pieceBytes));
    if (isTaken) return;
    from.pause();
    to.once('drain', () => from.resume());
  }

  /** Passes on what lies in front of the cut, and cuts once the system has it. */
  #cutByPlan({ client, server }: Pair, to: Socket, chunk: Buffer, direction: Direction): boolean {
    const plan = this.#plan;
    if (plan?.direction !== direction) return false;
    if (plan.leftBytes > chunk.length) {
      plan.leftBytes -= chunk.length;
      return false;
    }
    this.#plan = undefined;
    this.cuts++;
    pointTried();
    const ends = [client, server];
    for (const socket of ends) socket.removeAllListeners('data').pause();
    const end = (): void => {
      for (const socket of ends)
        if (plan.how === 'rst') socket.resetAndDestroy();
        else socket.end(() => socket.destroy());
    };
    to.write(chunk.subarray(0, plan.leftBytes), end);
    return true;
  }

  /** Reads no further before the bytes would have passed a slow line. */
  #brake(from: Socket, bytes: number): void {
    if (this.bytesPerS === undefined) return;
    from.pause();
    setTimeout(() => from.resume(), (bytes / this.bytesPerS) * 1000);
  }
}
