// Puts a deadline and two signals round calls that may never return: a medium that hangs holds its system call for good.
import { DockError } from '../../protocol/format/errors.ts';
import type { Clock } from '../../protocol/format/ports.ts';

/** How long an ending waits for a close that hangs; the handle closes by itself when the system call returns. */
const CLOSE_MS = 250;

/** Every call of one session. The system call itself cannot be recalled; what it brings too late is given back. */
export class BoundedCalls {
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #closed: AbortSignal;
  #onEnd: () => void = () => undefined;

  /** `closed` ends every call of the session, now and later, with its reason. */
  constructor(clock: Clock, timeoutMs: number, closed: AbortSignal) {
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
    this.#closed = closed;
  }

  /** Called after each call, whatever ended it. */
  onEnd(handler: () => void): void {
    this.#onEnd = handler;
  }

  /**
   * What the call gives. `discard` takes a result that nobody waits for any more; it must not reject.
   * Errors: the call's own; "driver.timeout" after the deadline; the reason of either signal.
   */
  run<T>(
    what: string,
    signal: AbortSignal,
    call: () => Promise<T>,
    discard?: (late: T) => unknown,
  ): Promise<T> {
    return new Promise((resolve, reject) => {
      for (const ending of [signal, this.#closed]) {
        if (!ending.aborted) continue;
        reject(ending.reason as Error);
        return;
      }
      const end = (settle: () => void): void => {
        cancel();
        signal.removeEventListener('abort', onAbort);
        this.#closed.removeEventListener('abort', onClosed);
        this.#onEnd();
        settle();
      };
      let waiting = true;
      const giveUp = (reason: unknown): void => {
        waiting = false;
        end(() => reject(reason));
      };
      const onAbort = (): void => giveUp(signal.reason);
      const onClosed = (): void => giveUp(this.#closed.reason);
      const cancel = this.#clock.after(this.#timeoutMs, () => giveUp(timedOut(what, this.#timeoutMs)));
      signal.addEventListener('abort', onAbort);
      this.#closed.addEventListener('abort', onClosed);
      call().then(
        (value) => (waiting ? end(() => resolve(value)) : discard?.(value)),
        (error: unknown) => (waiting ? end(() => reject(error)) : undefined),
      );
    });
  }

  /** Waits a short while for a close, whose failure changes nothing any more: nothing was written. Never rejects. */
  release(closing: Promise<unknown>): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#clock.after(CLOSE_MS, resolve);
      const end = (): void => {
        cancel();
        resolve();
      };
      closing.then(end, end);
    });
  }
}

function timedOut(what: string, timeoutMs: number): DockError {
  return new DockError(
    'driver.timeout',
    `${what} took longer than ${timeoutMs} ms; take the camera out, put it in again, and try another card`,
    { retry: 'later', facts: { timeout_ms: timeoutMs } },
  );
}
