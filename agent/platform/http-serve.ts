// What the small HTTP servers have in common: bounds of a request, a port that is had or not, an end. What they answer is theirs.
import type { Server, ServerOptions } from 'node:http';
import type { Server as TlsServer } from 'node:https';

/** A server that listens. */
export interface OpenServer {
  readonly port: number;
  /** Ends all connections. Never rejects. */
  close(): Promise<void>;
}

/** Options of a server: bytes of a request's head, ms for all of a request, and ms for which a connection waits for the next one. */
export function requestLimits(headBytesMax: number, requestMs: number, pauseMs = requestMs): ServerOptions {
  return {
    maxHeaderSize: headBytesMax,
    headersTimeout: requestMs,
    requestTimeout: requestMs,
    keepAliveTimeout: pauseMs,
    connectionsCheckingInterval: requestMs / 2,
  };
}

/** Where it listens, and what it bears. */
interface Listening {
  /** 0 takes a free one. */
  readonly port: number;
  readonly address: string;
  readonly connectionsMax: number;
  /** A connection on which nothing moves for so long ends. */
  readonly stuckMs: number;
  /** It failed later. Must not throw. */
  readonly onError: (error: Error) => void;
}

/** Errors: the system's, where the port is taken or may not be used. */
export async function listen(
  server: Server | TlsServer,
  { port, address, connectionsMax, stuckMs, onError }: Listening,
): Promise<OpenServer> {
  server.maxConnections = connectionsMax;
  server.timeout = stuckMs;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, address, resolve);
  });
  server.on('error', onError);
  const had = server.address();
  return {
    port: typeof had === 'object' && had !== null ? had.port : 0,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
