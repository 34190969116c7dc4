// An MQTT 3.1.1 broker inside a Node process, for the first run and for tests without a system package. On loopback only: it knows
// neither TLS nor an ACL. Production runs mosquitto.
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { Aedes } from 'aedes';
import { DockError } from '../../protocol/format/errors.ts';

const LOOPBACK = new Set(['127.0.0.1', '::1', 'localhost']);
/** A client that does not say CONNECT. */
const CONNECT_MS_MAX = 10_000;

export interface EmbeddedBroker {
  readonly port: number;
  /** Ends all connections without a word; resolves when the port is free again. */
  close(): Promise<void>;
}

/**
 * Starts the broker; it keeps everything in memory and forgets it at its end.
 * Shape: `port` 0 takes any free one.
 * Errors: "broker.embedded-host" where the host is not loopback; the system's error where the port cannot be had.
 */
export async function startEmbeddedBroker(options: { host: string; port: number }): Promise<EmbeddedBroker> {
  if (!LOOPBACK.has(options.host)) {
    const message = `the embedded broker listens on loopback only, not on ${options.host}; run mosquitto for others`;
    throw new DockError('broker.embedded-host', message, { retry: 'person' });
  }
  const broker = await Aedes.createBroker({ connectTimeout: CONNECT_MS_MAX });
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.setNoDelay(true));
    socket.once('close', () => sockets.delete(socket));
    broker.handle(socket);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(options.port, options.host, resolve);
  });
  const close = async (): Promise<void> => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const socket of sockets) socket.destroy();
    await new Promise<void>((resolve) => broker.close(() => resolve()));
    await closed;
  };
  return { port: (server.address() as AddressInfo).port, close };
}
