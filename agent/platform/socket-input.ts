// What one socket reads, in one buffer over and over: a stream of Node's makes a new one of 64 KiB for every read, which is garbage a moment
// later.
import type { OnReadOpts } from 'node:net';

/** Half a unit. */
const READ_BYTES = 256 * 1024;

/** The reading side of one socket. */
export class SocketInput {
  /** For the options of `net.connect` and `tls.connect`. */
  readonly onread: OnReadOpts;
  #take: (bytes: Buffer) => void = () => undefined;

  constructor() {
    const buffer = Buffer.allocUnsafeSlow(READ_BYTES);
    this.onread = {
      buffer,
      callback: (bytesRead) => {
        this.#take(buffer.subarray(0, bytesRead));
        return true;
      },
    };
  }

  /** Hands on all that comes from now on, as a view that is good until `take` returns. What came before is dropped. */
  start(take: (bytes: Buffer) => void): void {
    this.#take = take;
  }
}
