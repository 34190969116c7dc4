// One request after the other for a bay, at most a few waiting, and none waiting for ever: a program that hangs in the kernel holds its bay's lane
// until the kernel lets go of it, and nobody else's.
import type { Clock } from '../../../protocol/format/ports.ts';
import { mountError } from './mount-error.ts';

const WAITING_MAX = 4;
/** For a request with all its programs, and those before it. */
const REQUEST_MS = 80_000;

export class BayLane {
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  constructor(clock: Clock, timeoutMs: number = REQUEST_MS) {
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
  }

  get isBusy(): boolean {
    return this.#waiting > 0;
  }

  /** Errors: the work's own; "mount.busy" where too many wait; "mount.timeout" where it does not end in time, whatever still runs. */
  run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#waiting >= WAITING_MAX)
      return Promise.reject(mountError('mount.busy', 'too many requests for this bay'));
    return this.runLast(work);
  }

  /** The same behind however many wait: for what nobody asks for again. Errors: as `run`, but for "mount.busy". */
  runLast<T>(work: () => Promise<T>): Promise<T> {
    this.#waiting++;
    const running = this.#last.then(work).finally(() => this.#waiting--);
    this.#last = running.catch(() => undefined);
    return new Promise((resolve, reject) => {
      const late = (): void => reject(mountError('mount.timeout', `no end in ${this.#timeoutMs} ms`));
      const cancel = this.#clock.after(this.#timeoutMs, late);
      running.then(resolve, reject).finally(cancel);
    });
  }
}
