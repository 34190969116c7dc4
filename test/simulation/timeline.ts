// Virtual time: everything that waits in a simulation waits here, and nothing happens but what is due. Two events of one instant come in an
// order that the seed decides, so that no test holds only because of the order of arming.
import type { SeededRandom } from '../fakes/random-seeded.ts';

interface Due {
  readonly atMs: number;
  /** Drawn at random: decides between events of one instant. */
  readonly tie: number;
  /** undefined once it was cancelled. */
  call: (() => void) | undefined;
}

const STEPS_A_TURN = 32;

/** Before time makes a leap of more than this, so many turns of the loop pass: programs may be at work that does not wait for the clock. */
const FAR_MS = 1000;
const IDLE_TURNS = 100;

/** Time in ms since the simulation began. */
export class Timeline {
  readonly #random: SeededRandom;
  /** A heap: the first one is due first. */
  readonly #due: Due[] = [];
  #nowMs = 0;
  #events = 0;

  constructor(random: SeededRandom) {
    this.#random = random;
  }

  get nowMs(): number {
    return this.#nowMs;
  }

  /** Events so far. */
  get events(): number {
    return this.#events;
  }

  /** Calls once when so much time has passed; what is returned cancels and may be called any number of times. */
  after(ms: number, call: () => void): () => void {
    const due: Due = { atMs: this.#nowMs + Math.max(ms, 0), tie: this.#random.uint32(), call };
    this.#push(due);
    return () => {
      due.call = undefined;
    };
  }

  /** Resolves when so much time has passed. */
  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => void this.after(ms, resolve));
  }

  /** Lets events happen, one by one, each with all that follows from it at once, until `isOver` or the time is reached. */
  async run(isOver: () => boolean, untilMs: number): Promise<void> {
    let idle = 0;
    await oneByOne(() => {
      if (isOver()) return false;
      if (this.#isFar() && ++idle <= IDLE_TURNS) return true;
      idle = 0;
      return this.#happens(untilMs);
    });
    if (!isOver()) this.#nowMs = Math.max(this.#nowMs, untilMs);
  }

  /** Nothing is planned for the next moment. */
  #isFar(): boolean {
    const next = this.#due[0];
    return next === undefined || next.atMs - this.#nowMs > FAR_MS;
  }

  /** The next event, and false where there is none until then. */
  #happens(untilMs: number): boolean {
    for (let next = this.#due[0]; next !== undefined && next.atMs <= untilMs; next = this.#due[0]) {
      this.#pop();
      const { call } = next;
      if (call === undefined) continue;
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      this.#events++;
      next.call = undefined;
      call();
      return true;
    }
    return false;
  }

  #push(due: Due): void {
    const heap = this.#due;
    let at = heap.push(due) - 1;
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = heap[above] as Due;
      if (!isBefore(due, parent)) break;
      heap[at] = parent;
      at = above;
    }
    heap[at] = due;
  }

  #pop(): void {
    const heap = this.#due;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      const left = heap[below];
      const right = heap[below + 1];
      if (left === undefined) break;
      const first = right !== undefined && isBefore(right, left) ? right : left;
      if (first === right) below++;
      if (!isBefore(first, last)) break;
      heap[at] = first;
      at = below;
    }
    heap[at] = last;
  }
}

/**
 * Calls `step` until it says false, each time when nothing follows from the call before any more. Node lets all that was promised follow behind
 * each immediate; several of them in one turn of its loop cost less than a turn each.
 */
function oneByOne(step: () => boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    let isOver = false;
    const once = (): void => {
      if (isOver) return;
      try {
        isOver = !step();
        if (isOver) resolve();
      } catch (error) {
        isOver = true;
        reject(error);
      }
    };
    const several = (): void => {
      for (let count = 1; count < STEPS_A_TURN; count++) setImmediate(once);
      setImmediate(() => {
        once();
        if (!isOver) several();
      });
    };
    several();
  });
}

function isBefore(a: Due, b: Due): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.tie < b.tie);
}
