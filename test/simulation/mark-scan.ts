// Looks for a handful of marks in all that passes a broker, megabytes of it a day, in one pass: only every so manieth pair of bytes is looked
// at, since any mark is long enough to cover one of them.

interface Place {
  readonly mark: Buffer;
  /** Where in the mark the pair stands. */
  readonly offset: number;
}

export class MarkScan {
  readonly #marks: readonly Buffer[];
  readonly #step: number;
  /** By pair: whether it stands in a mark, and where. */
  readonly #isKnown = new Uint8Array(65_536);
  readonly #places = new Map<number, Place[]>();

  /** Marks of at least two bytes; the shortest says how fast this is. */
  constructor(marks: readonly Buffer[]) {
    this.#marks = marks;
    this.#step = Math.min(...marks.map(({ length }) => length)) - 1;
    if (!(this.#step >= 1)) throw new RangeError('a mark is at least two bytes');
    // The first pair that is looked at inside a mark begins less than a step behind its beginning.
    for (const mark of marks)
      for (let offset = 0; offset < this.#step; offset++) {
        const pair = mark.readUInt16LE(offset);
        this.#isKnown[pair] = 1;
        this.#places.set(pair, [...(this.#places.get(pair) ?? []), { mark, offset }]);
      }
  }

  /** Those marks that are in these bytes, each once, in their own order. */
  in(bytes: Uint8Array): readonly Buffer[] {
    let found: Set<Buffer> | undefined;
    for (let at = 0; at + 1 < bytes.length; at += this.#step) {
      const pair = (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8);
      if (this.#isKnown[pair] === 0) continue;
      for (const { mark, offset } of this.#places.get(pair) ?? [])
        if (mark.equals(bytes.subarray(Math.max(at - offset, 0), at - offset + mark.length)))
          (found ??= new Set()).add(mark);
    }
    return found === undefined ? NONE : this.#marks.filter((mark) => found.has(mark));
  }
}

const NONE: readonly Buffer[] = [];
