// What threads answered is given out a little at a time. A port hands over up to a thousand messages in one turn of the event loop, those that come
// meanwhile included (Node's MessagePort::OnMessage); where each answer leads to the next call, nothing else of this thread comes to its turn for
// as long as the other one keeps up.

/** Given out in one turn of the loop. Each may be followed by the sending of a unit, which takes a millisecond or two. */
const IN_ONE_TURN = 4;

/** A queue in front of one thread's callers, first come, first served; a thread needs one. */
export class AnswerTurns {
  readonly #waiting: (() => void)[] = [];
  #left = IN_ONE_TURN;
  #armed = false;

  /** Runs `give` now, or in a later turn of the loop where this one has given enough. */
  give(give: () => void): void {
    this.#arm();
    this.#waiting.push(give);
    if (this.#waiting.length === 1) this.#giveSome();
  }

  /** Gives all that waits, now. */
  flush(): void {
    for (let give = this.#waiting.shift(); give !== undefined; give = this.#waiting.shift()) give();
  }

  #arm(): void {
    if (this.#armed) return;
    this.#armed = true;
    setImmediate(() => {
      this.#armed = false;
      this.#left = IN_ONE_TURN;
      if (this.#waiting.length > 0) this.#arm();
      this.#giveSome();
    });
  }

  /** What one of them gives in its turn comes behind all others; one that throws keeps none of the others back. */
  #giveSome(): void {
    while (this.#left > 0) {
      const give = this.#waiting.shift();
      if (give === undefined) return;
      this.#left--;
      give();
    }
  }
}
