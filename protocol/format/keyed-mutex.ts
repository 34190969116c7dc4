// One after the other for the same key, side by side for different ones.

/** Queues of asynchronous steps, one per key; a queue is forgotten when it is empty. */
export class KeyedMutex<Key> {
  readonly #last = new Map<Key, Promise<unknown>>();

  /** Runs the step after all earlier ones of that key, whatever became of them. Errors: those of the step. */
  run<T>(key: Key, step: () => Promise<T>): Promise<T> {
    const before = this.#last.get(key);
    const turn = before === undefined ? step() : before.then(step);
    const settled: Promise<unknown> = turn
      .catch(() => undefined)
      .then(() => {
        if (this.#last.get(key) === settled) this.#last.delete(key);
      });
    this.#last.set(key, settled);
    return turn;
  }

  /** Resolves when everything that was queued until now has ended. */
  async idle(): Promise<void> {
    await Promise.all(this.#last.values());
  }
}
