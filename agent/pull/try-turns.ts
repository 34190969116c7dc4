// Who may take a file now: any number of tries side by side, or one alone. A try that must be alone waits for a moment in which the station
// takes nothing else, so that a file under suspicion holds nobody up for longer than it takes itself.

interface Waiter {
  readonly isAlone: boolean;
  readonly go: () => void;
}

/** All tries of a station. */
export class TryTurns {
  #running = 0;
  #isAlone = false;
  #waiting: Waiter[] = [];

  /** Resolves when it may begin, with what ends its turn (idempotent). Errors: the signal's reason. */
  async begin(isAlone: boolean, signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted();
    if (!this.#mayGo(isAlone)) await this.#wait(isAlone, signal);
    else this.#enter(isAlone);
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      this.#running--;
      this.#isAlone = false;
      this.#next();
    };
  }

  /** Enters on behalf of those that wait, in their order, those beside others first. */
  #next(): void {
    const inOrder = this.#waiting.toSorted((a, b) => Number(a.isAlone) - Number(b.isAlone));
    for (const waiter of inOrder) {
      if (!this.#mayGo(waiter.isAlone)) continue;
      this.#enter(waiter.isAlone);
      this.#waiting = this.#waiting.filter((other) => other !== waiter);
      waiter.go();
    }
  }

  #mayGo(isAlone: boolean): boolean {
    return !this.#isAlone && (!isAlone || this.#running === 0);
  }

  #enter(isAlone: boolean): void {
    this.#running++;
    this.#isAlone = isAlone;
  }

  #wait(isAlone: boolean, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        this.#waiting = this.#waiting.filter((other) => other !== waiter);
        reject(signal.reason instanceof Error ? signal.reason : new Error(String(signal.reason)));
      };
      const go = (): void => {
        signal.removeEventListener('abort', onAbort);
        resolve();
      };
      const waiter = { isAlone, go };
      this.#waiting.push(waiter);
      signal.addEventListener('abort', onAbort, { once: true });
    });
  }
}
