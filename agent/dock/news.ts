// A bell that is never missed: a ring before the wait ends the next wait at once.

/** One waiter at a time. */
export class News {
  #rung = false;
  #wake: (() => void) | undefined;

  ring(): void {
    this.#rung = true;
    this.#wake?.();
  }

  /** Resolves at the next ring, or at once where one came since the last wait; rejects with the signal's reason. */
  async wait(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (!this.#rung) await this.#ringOrAbort(signal);
    this.#rung = false;
  }

  #ringOrAbort(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = (): void => {
        this.#wake = undefined;
        signal.removeEventListener('abort', end);
        if (signal.aborted)
          reject(signal.reason instanceof Error ? signal.reason : new Error(String(signal.reason)));
        else resolve();
      };
      this.#wake = end;
      signal.addEventListener('abort', end, { once: true });
    });
  }
}
