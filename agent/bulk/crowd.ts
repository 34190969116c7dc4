// Whether the threads that seal and digest are as many as the machine has cores. Only then do they give way to those that talk to cameras and
// broker (give-way.ts): while a core is left, giving way would hold back the one thread that a camera's bytes go through, for the sake of several
// others that are done sooner and then have nothing to do. One camera with its receiver and broker on two cores: 246 MB/s and 10 % of the cores
// idle in place of 237 and 15 (means and medians of six lives with three dockings each). Only then, too, do few pieces wait for them (pieces-in-flight.ts).
//
// Invariant: one thread writes, all read; what a reader sees may be a moment old.

/** One number, shared by all threads of one process: 1 where no core is left. */
export type CrowdMemory = SharedArrayBuffer;

/** Memory of a crowd of none. */
export function newCrowdMemory(): CrowdMemory {
  return new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
}

/** One thread's hand on the memory. */
export class Crowd {
  readonly #full: Int32Array;

  constructor(memory: CrowdMemory) {
    this.#full = new Int32Array(memory);
  }

  /** No core is left. */
  get isFull(): boolean {
    return Atomics.load(this.#full, 0) === 1;
  }

  /** So many threads are at work from now on, on so many cores. */
  tell(atWork: number, cores: number): void {
    Atomics.store(this.#full, 0, atWork >= cores ? 1 : 0);
  }
}
