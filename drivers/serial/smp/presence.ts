// Is the camera still there? A port that belongs to the dock stays when the camera leaves, so only answers tell (SPEC 11.8).
//
// Invariants:
// 1. While a question is under way no echo is sent: a camera that computes a digest may not answer anything else.
// 2. A question that ran out of time is followed by an echo: the camera left where that has no answer either.
import { DockError, isDockError } from '../../../protocol/format/errors.ts';
import type { Clock } from '../../../protocol/format/ports.ts';

/** A camera that is not asked anything is sent an echo this often. */
const ECHO_MS = 3000;

export interface PresenceParts {
  readonly clock: Pick<Clock, 'after'>;
  /** Resolves when the camera answers. Errors: "driver.timeout" where it does not; others. */
  readonly echo: (signal: AbortSignal) => Promise<void>;
  /** The camera left without its port telling. Called once. */
  readonly onLeft: (error: DockError) => void;
}

/** Presence of one camera for one session. */
export class SmpPresence {
  readonly #parts: PresenceParts;
  readonly #stop = new AbortController();
  #underWay = 0;
  #cancel: () => void = () => undefined;
  #left: DockError | undefined;

  constructor(parts: PresenceParts) {
    this.#parts = parts;
  }

  /** Begins to send echoes. */
  start(): void {
    this.#cancel = this.#parts.clock.after(ECHO_MS, () => void this.#beat());
  }

  stop(): void {
    this.#cancel();
    this.#stop.abort(new DockError('driver.detached', 'the session was closed', { retry: 'later' }));
  }

  /** Asks the camera. Errors: "driver.detached" where it turns out to have left; those of the question; the signal's reason. */
  async during<T>(question: () => Promise<T>, signal: AbortSignal): Promise<T> {
    this.#underWay++;
    try {
      return await question();
    } catch (error) {
      throw await this.#judged(error, signal);
    } finally {
      this.#underWay--;
    }
  }

  /** As `during`, for a question with many answers. */
  async *duringAll<T>(answers: AsyncIterable<T>, signal: AbortSignal): AsyncGenerator<T, void, undefined> {
    this.#underWay++;
    try {
      yield* answers;
    } catch (error) {
      throw await this.#judged(error, signal);
    } finally {
      this.#underWay--;
    }
  }

  async #beat(): Promise<void> {
    if (this.#underWay === 0) await this.#echo(this.#stop.signal);
    if (!this.#stop.signal.aborted && this.#left === undefined) this.start();
  }

  async #judged(error: unknown, signal: AbortSignal): Promise<unknown> {
    const ending = AbortSignal.any([this.#stop.signal, signal]);
    if (!isDockError(error, 'driver.timeout') || ending.aborted) return error;
    await this.#echo(ending);
    return signal.aborted ? (signal.reason as unknown) : (this.#left ?? error);
  }

  async #echo(signal: AbortSignal): Promise<void> {
    try {
      await this.#parts.echo(signal);
    } catch (error) {
      if (!isDockError(error, 'driver.timeout') || signal.aborted || this.#left !== undefined) return;
      const words = 'the camera does not answer any more; it is read again when it is put back';
      this.#left = new DockError('driver.detached', words, { retry: 'later', cause: error });
      this.#parts.onLeft(this.#left);
    }
  }
}
