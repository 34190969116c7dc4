// The buffers of one recording's units that are not whole yet.
import type { Slabs } from './slabs.ts';

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
