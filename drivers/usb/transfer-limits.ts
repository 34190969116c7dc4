// Limits of USB transfers: bytes, waits, pace. One budget of pending bytes for the whole process: all transfers of all programs share 16 MB of the
// kernel (usbfs_memory_mb), and one that finds none left fails. Anybody who waits is served in order.
import { DockError } from '../../protocol/format/errors.ts';
import type { Clock } from '../../protocol/format/ports.ts';

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

// Waits for what libusb does, with a deadline of ours: the package's own time-outs come up to a minute late on a quiet bus.

/** A cancelled transfer comes back within this, or never. */
const CANCEL_MS = 2000;

interface WaitLimits {
  readonly clock: Clock;
  readonly timeoutMs: number;
  /** Any of them ends the wait with its reason. */
  readonly signals: readonly AbortSignal[];
  /** Asks for an early end; the work must settle soon after. */
  readonly cancel: () => void;
}

/**
 * The work's value. A wait that is given up asks for the end and waits for it: until a transfer has come back its buffer is the kernel's.
 * Errors: those of the work; "driver.timeout"; a signal's reason.
 */
export async function within<T>(work: Promise<T>, limits: WaitLimits): Promise<T> {
  const { clock, timeoutMs, signals, cancel } = limits;
  let undo = (): void => undefined;
  const stopped = new Promise<Error>((resolve) => {
    const unarm = clock.after(timeoutMs, () => resolve(late(timeoutMs)));
    const listeners = signals.map((signal) => {
      const onAbort = (): void => resolve(signal.reason as Error);
      signal.addEventListener('abort', onAbort, { once: true });
      return () => signal.removeEventListener('abort', onAbort);
    });
    undo = () => {
      unarm();
      for (const remove of listeners) remove();
    };
  });
  try {
    const reason = await Promise.race([work.then(() => undefined), stopped]);
    if (reason === undefined) return await work;
    cancel();
    await settledWithin(work, clock);
    throw reason;
  } finally {
    undo();
  }
}

/** Resolves when the work has ended in any way, or after CANCEL_MS. */
function settledWithin(work: Promise<unknown>, clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    const unarm = clock.after(CANCEL_MS, resolve);
    const end = (): void => {
      unarm();
      resolve();
    };
    work.then(end, end);
  });
}

function late(ms: number): DockError {
  return new DockError('driver.timeout', `no USB transfer within ${Math.round(ms)} ms`, { retry: 'later' });
}

// How fast packets are taken from an interrupt pipe: what is more waits in the device, which is not asked until the time is over. Pure.

/** A camera sends an event for each file that it writes or erases; a bus would carry 8,000 a second, from each of them. */
const PACKETS_MAX = 200;
const WINDOW_MS = 1000;

export class EventPace {
  #sinceMs = -Infinity;
  #packets = 0;

  /** A packet came; for so long none is asked for. */
  pauseMs(nowMs: number): number {
    if (nowMs - this.#sinceMs >= WINDOW_MS) {
      this.#sinceMs = nowMs;
      this.#packets = 0;
    }
    this.#packets++;
    return this.#packets < PACKETS_MAX ? 0 : this.#sinceMs + WINDOW_MS - nowMs;
  }
}
