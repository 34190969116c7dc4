// Finds rows of fixed length by a hash of what they hold: chains of row numbers in two typed arrays, beside the heap. Knows no row.

/** For at most `room` rows, numbered from 0. */
export class RowChains {
  /** Row number plus 1, or 0. */
  readonly #first: Uint32Array;
  readonly #next: Uint32Array;

  constructor(room: number) {
    this.#next = new Uint32Array(room);
    this.#first = new Uint32Array(2 ** Math.ceil(Math.log2(Math.max(1, room))));
  }

  get memoryBytes(): number {
    return this.#first.byteLength + this.#next.byteLength;
  }

  /** Adds a row under that hash (32 bits). */
  add(hash: number, row: number): void {
    const slot = hash & (this.#first.length - 1);
    this.#next[row] = this.#first[slot] ?? 0;
    this.#first[slot] = row + 1;
  }

  /** Rows that may have that hash, the last added first. */
  *rows(hash: number): Generator<number> {
    for (let row = this.#first[hash & (this.#first.length - 1)] ?? 0; row > 0; row = this.#next[row - 1] ?? 0)
      yield row - 1;
  }
}
