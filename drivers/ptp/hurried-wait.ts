// A wait for bytes that is cut short once the camera said that they will not come: it may still be wrong, so it gets a moment to show it.
import { DockError } from '../../protocol/format/errors.ts';
import type { Clock } from '../../protocol/format/ports.ts';

const HURRIED_MS = 1000;

export class HurriedWait {
  readonly #clock: Pick<Clock, 'after'>;
  #stop: AbortController | undefined;
  #words: string | undefined;
  #disarm: (() => void) | undefined;

  constructor(clock: Pick<Clock, 'after'>) {
    this.#clock = clock;
  }

  /** What is waited for now, or next, is given up when it does not come within HURRIED_MS. Once is as good as often. */
  hurry(words: string): void {
    this.#words ??= words;
    this.#arm();
  }

  /** What was said is about nothing any more. */
  forget(): void {
    this.#words = undefined;
    this.#disarm?.();
    this.#disarm = undefined;
  }

  /** Runs the wait; bytes that come end the hurry. Errors: those of the wait, "driver.timeout"; the signal's reason. */
  async run<T>(signal: AbortSignal, wait: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const stop = new AbortController();
    const onAbort = (): void => stop.abort(signal.reason);
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
    this.#stop = stop;
    this.#arm();
    try {
      return await wait(stop.signal);
    } finally {
      signal.removeEventListener('abort', onAbort);
      this.#stop = undefined;
      this.forget();
    }
  }

  #arm(): void {
    const [stop, words] = [this.#stop, this.#words];
    if (stop === undefined || words === undefined || this.#disarm !== undefined) return;
    this.#disarm = this.#clock.after(HURRIED_MS, () =>
      stop.abort(
        new DockError('driver.timeout', `${words}, and sent nothing for ${HURRIED_MS} ms`, {
          retry: 'later',
        }),
      ),
    );
  }
}
