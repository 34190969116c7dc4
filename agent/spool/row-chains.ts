// Finds rows of a table by a hash of what they hold: chains of row numbers in two typed arrays, beside the heap. Knows no row.
import { randomInt } from 'node:crypto';

const ROOM_MIN = 256;

/** One way to find the rows of one table. */
export class RowChains {
  readonly #hashOf: (row: number) => number;
  /** Files on a camera have names that somebody chose: nobody can choose many that share a chain. */
  readonly #factor = randomInt(2 ** 32 - 1) | 1;
  /** Row number plus 1, or 0; as many as a power of two. */
  #first = new Uint32Array(ROOM_MIN);
  #next = new Uint32Array(ROOM_MIN);

  /** `hashOf`: 32 bits that do not change while a row is in its chain. */
  constructor(hashOf: (row: number) => number) {
    this.#hashOf = hashOf;
  }

  get memoryBytes(): number {
    return this.#first.byteLength + this.#next.byteLength;
  }

  /** Adds a row. Shape: all rows before it are in their chains, and none behind it. */
  append(row: number): void {
    this.#makeRoom(row);
    this.put(row);
  }

  /** Adds a row again that was taken out, or whose bytes are others now. */
  put(row: number): void {
    const slot = this.#slot(this.#hashOf(row));
    this.#next[row] = this.#first[slot] ?? 0;
    this.#first[slot] = row + 1;
  }

  /** Takes a row out, as long as its bytes are those by which it was added. */
  takeOut(row: number): void {
    const slot = this.#slot(this.#hashOf(row));
    const behind = this.#next[row] ?? 0;
    if (this.#first[slot] === row + 1) {
      this.#first[slot] = behind;
      return;
    }
    for (let at = this.#first[slot] ?? 0; at > 0; at = this.#next[at - 1] ?? 0)
      if (this.#next[at - 1] === row + 1) {
        this.#next[at - 1] = behind;
        return;
      }
  }

  /** Rows that may have that hash, in no order. */
  *rows(hash: number): Generator<number> {
    for (let at = this.#first[this.#slot(hash)] ?? 0; at > 0; at = this.#next[at - 1] ?? 0) yield at - 1;
  }

  #slot(hash: number): number {
    return Math.imul(hash, this.#factor) >>> (Math.clz32(this.#first.length) + 1);
  }

  #makeRoom(row: number): void {
    if (row >= this.#next.length) {
      const next = new Uint32Array(this.#next.length + (this.#next.length >> 1));
      next.set(this.#next);
      this.#next = next;
    }
    if (row < this.#first.length) return;
    this.#first = new Uint32Array(2 * this.#first.length);
    for (let each = 0; each < row; each++) this.put(each);
  }
}
