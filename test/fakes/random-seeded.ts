// Randomness that repeats: the same seed gives the same bytes. For tests only; a failing test prints its seed.
import type { Random } from '../../protocol/format/ports.ts';

/** Seeded Random with helpers for tests that draw actions. */
export class SeededRandom implements Random {
  #state: number;

  constructor(seed: number) {
    this.#state = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) | 1;
  }

  /** Unsigned 32 bits (xorshift32 with a multiplicative finish). */
  uint32(): number {
    let x = this.#state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#state = x;
    return Math.imul(x, 0x9e3779b1) >>> 0;
  }

  /** Integer of 0 .. count-1. */
  below(count: number): number {
    return this.uint32() % count;
  }

  bytes(count: number): Uint8Array {
    const bytes = new Uint8Array(count);
    for (let at = 0; at < count; at++) bytes[at] = this.uint32() >>> 24;
    return bytes;
  }

  /** One of the given values. */
  pick<T>(values: readonly [T, ...T[]] | readonly T[]): T {
    const value = values[this.below(values.length)];
    if (value === undefined) throw new Error('pick from nothing');
    return value;
  }
}

/** A seeded source for anybody who needs only the port. */
export function seededRandom(seed = 1): SeededRandom {
  return new SeededRandom(seed);
}
