// Lets long synchronous work in a thread share it: one step for each turn of the event loop, so that messages and finished
// reads between two steps never wait for more than one of them.

/** A queue of steps, first come, first served. */
export class LoopTurns {
  readonly #waiting: (() => void)[] = [];
  #armed = false;

  /** Resolves when this caller's step may run: in a later turn of the loop, alone in that turn. */
  next(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#arm();
    });
  }

  #arm(): void {
    if (this.#armed || this.#waiting.length === 0) return;
    this.#armed = true;
    setImmediate(() => {
      this.#armed = false;
      this.#waiting.shift()?.();
      this.#arm();
    });
  }
}
