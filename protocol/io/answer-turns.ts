// What threads answered is given out a little at a time. A port hands over up to a thousand messages in one turn of the event loop, those that come
// meanwhile included (Node's MessagePort::OnMessage); where each answer leads to the next call, nothing else of this thread comes to its turn for
// as long as the other one keeps up.

/** Given out in one turn of the loop. Each may be followed by the sending of a unit, which takes a millisecond or two. */
const IN_ONE_TURN = 4;

/** A queue in front of one thread's callers, first come, first served; a thread needs one. */
export class AnswerTurns {
  #waiting: (() => void)[] = [];
  #left = IN_ONE_TURN;
  #armed = false;

  /** Runs `give` now, or in a later turn of the loop where this one has given enough. */
  give(give: () => void): void {
    this.#arm();
    if (this.#left === 0) {
      this.#waiting.push(give);
      return;
    }
    this.#left--;
    give();
  }

  /** Gives all that waits, now. */
  flush(): void {
    for (const give of this.#waiting.splice(0)) give();
  }

  #arm(): void {
    if (this.#armed) return;
    this.#armed = true;
    setImmediate(() => {
      this.#armed = false;
      const due = this.#waiting.splice(0, IN_ONE_TURN);
      this.#left = IN_ONE_TURN - due.length;
      if (this.#waiting.length > 0) this.#arm();
      for (const give of due) give();
    });
  }
}
