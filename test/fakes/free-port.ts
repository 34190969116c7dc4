// A TCP port on loopback that nobody listens on at this moment.
import { createServer } from 'node:net';

/** Another process may take it before the caller does; anybody who starts a program on it tries again. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() =>
        address !== null && typeof address === 'object' ? resolve(address.port) : reject(),
      );
    });
  });
}
