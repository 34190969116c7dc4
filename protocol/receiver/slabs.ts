// Buffers of one unit each in memory that the main thread and the worker share: a message is copied once, to its place in the unit.
import { SLAB_BYTES } from './limits.ts';

/** Fixed number of buffers. Memory that was never used costs nothing, so the last one given back is the first one taken. */
export class Slabs {
  /** All buffers, one behind the other: what a worker is given at its start. */
  readonly memory: SharedArrayBuffer;
  readonly #views: readonly Uint8Array[];
  readonly #free: number[];

  constructor(count: number) {
    this.memory = new SharedArrayBuffer(count * SLAB_BYTES);
    this.#views = Array.from({ length: count }, (_, at) => slabView(this.memory, at));
    this.#free = Array.from({ length: count }, (_, at) => count - 1 - at);
  }

  get freeCount(): number {
    return this.#free.length;
  }

  /** A free buffer's number, or undefined. */
  acquire(): number | undefined {
    return this.#free.pop();
  }

  release(slab: number): void {
    this.#free.push(slab);
  }

  view(slab: number): Uint8Array {
    const view = this.#views[slab];
    if (view === undefined) throw new RangeError(`no slab ${slab}`);
    return view;
  }
}

/** The bytes of one buffer. */
export function slabView(memory: SharedArrayBuffer, slab: number): Uint8Array {
  return new Uint8Array(memory, slab * SLAB_BYTES, SLAB_BYTES);
}
