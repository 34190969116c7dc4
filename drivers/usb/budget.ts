// One budget of pending USB bytes for the whole process: all transfers of all programs share 16 MB of the kernel (usbfs_memory_mb), and one
// that finds none left fails. Whoever waits is served in order.
import { DockError } from '../../protocol/format/errors.ts';

/** A quarter stays for control transfers, for what the kernel adds, and for other programs. */
export const USB_PENDING_BYTES_MAX = 12 * 1024 * 1024;

interface Waiting {
  readonly bytes: number;
  readonly serve: () => void;
}

export class UsbBudget {
  readonly #bytesMax: number;
  #pendingBytes = 0;
  readonly #waiting: Waiting[] = [];

  constructor(bytesMax: number = USB_PENDING_BYTES_MAX) {
    this.#bytesMax = bytesMax;
  }

  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  /**
   * Runs the work when so many bytes are free; they are until it settles.
   * Errors: the signal's reason while it waits; those of the work. More than the whole budget is "usb.transfer-oversize".
   */
  async run<T>(bytes: number, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    if (bytes > this.#bytesMax) {
      const words = `a USB transfer of ${bytes} bytes, at most ${this.#bytesMax} may be pending`;
      throw new DockError('usb.transfer-oversize', words, { retry: 'never' });
    }
    await this.#take(bytes, signal);
    try {
      return await work();
    } finally {
      this.#pendingBytes -= bytes;
      this.#serve();
    }
  }

  #take(bytes: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason as Error);
      const onAbort = (): void => {
        const at = this.#waiting.indexOf(waiting);
        if (at >= 0) this.#waiting.splice(at, 1);
        reject(signal.reason as Error);
        this.#serve();
      };
      const serve = (): void => {
        signal.removeEventListener('abort', onAbort);
        this.#pendingBytes += bytes;
        resolve();
      };
      const waiting = { bytes, serve };
      this.#waiting.push(waiting);
      signal.addEventListener('abort', onAbort, { once: true });
      this.#serve();
    });
  }

  #serve(): void {
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      if (this.#pendingBytes + next.bytes > this.#bytesMax) return;
      this.#waiting.shift();
      next.serve();
    }
  }
}
