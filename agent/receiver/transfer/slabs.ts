// Buffers of one unit each in memory that the main thread and the worker share: between them a number is passed, and no bytes.
import { SLAB_BYTES } from '../limits.ts';

/** Fixed number of buffers. Memory that was never used costs nothing, so the last one given back is the first one taken. */
export class Slabs {
  /** All buffers, one behind the other: what a worker is given at its start. */
  readonly memory: SharedArrayBuffer;
  readonly #views: readonly Buffer[];
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

  view(slab: number): Buffer {
    const view = this.#views[slab];
    if (view === undefined) throw new RangeError(`no slab ${slab}`);
    return view;
  }

  /**
   * Copies the bytes to a place in a slab. By `fill`, whose pattern fits once: V8's `set` copies into shared memory byte by byte where the
   * two sides are not aligned alike, as behind a topic of any length, and takes eight times as long (measured: 2.3 GB/s in place of 20).
   * Errors: a RangeError where they do not fit; nothing is written then.
   */
  put(slab: number, at: number, bytes: Uint8Array): void {
    if (bytes.length > 0) this.view(slab).fill(bytes, at, at + bytes.length);
  }
}

/** The bytes of one buffer. */
export function slabView(memory: SharedArrayBuffer, slab: number): Buffer {
  return Buffer.from(memory, slab * SLAB_BYTES, SLAB_BYTES);
}

// The buffers of one recording's units that are not whole yet.

/** Which unit is being put together in which slab. */
export class Reassembly {
  readonly #slabs: Slabs;
  readonly #slabOf = new Map<number, number>();

  constructor(slabs: Slabs) {
    this.#slabs = slabs;
  }

  /** Copies bytes to their place in the unit's buffer; returns its slab, or undefined where none is free for a new unit. */
  copy(unit: number, at: number, bytes: Uint8Array): number | undefined {
    const slab = this.#slabOf.get(unit) ?? this.#slabs.acquire();
    if (slab === undefined) return undefined;
    this.#slabOf.set(unit, slab);
    this.#slabs.put(slab, at, bytes);
    return slab;
  }

  /** The unit is whole: whoever calls has to give its slab back from now on. */
  handOver(unit: number): void {
    this.#slabOf.delete(unit);
  }

  /** Gives all buffers back but for so many that were taken first; returns the units whose bytes are lost. */
  drop(kept: number): number[] {
    const dropped = [...this.#slabOf].slice(kept);
    for (const [unit, slab] of dropped) {
      this.#slabs.release(slab);
      this.#slabOf.delete(unit);
    }
    return dropped.map(([unit]) => unit);
  }
}
