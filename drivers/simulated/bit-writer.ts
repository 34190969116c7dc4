// Bits and Exp-Golomb numbers, most significant bit first, as H.264 headers are written (ITU-T H.264, 7.2 and 9.1).

/** Collects bits; for a few dozen bytes at a time. */
export class BitWriter {
  readonly #bytes: number[] = [];
  #free = 0;

  /** The lowest `count` bits of the value; at most 32. */
  bits(count: number, value: number): this {
    for (let bit = count - 1; bit >= 0; bit--) {
      if (this.#free === 0) {
        this.#bytes.push(0);
        this.#free = 8;
      }
      this.#free--;
      const last = this.#bytes.length - 1;
      this.#bytes[last] = (this.#bytes[last] ?? 0) | (((value >>> bit) & 1) << this.#free);
    }
    return this;
  }

  /** ue(v). */
  unsigned(value: number): this {
    const width = 32 - Math.clz32(value + 1);
    return this.bits(width - 1, 0).bits(width, value + 1);
  }

  /** se(v). */
  signed(value: number): this {
    return this.unsigned(value > 0 ? 2 * value - 1 : -2 * value);
  }

  /** Zero bits up to the next byte. */
  align(): this {
    return this.bits(this.#free, 0);
  }

  /** rbsp_trailing_bits: a one, then zeros up to the next byte. */
  trailing(): this {
    return this.bits(1, 1).align();
  }

  bytes(): Uint8Array {
    return Uint8Array.from(this.#bytes);
  }
}
