// Rows of fixed length beside the heap, in blocks: a table grows and shrinks by blocks, and none of its rows is copied for that. Knows bytes and
// numbers, not what they mean. Pure: no disk.
//
// Invariants:
// 1. Rows are dense: the last one takes the place of one that is removed. Nobody keeps a row's number beyond a change.
// 2. Walked through from the last to the first, a row that is there all the while is seen at least once, whatever comes and goes between two steps.
import { randomInt } from 'node:crypto';

const BLOCK_ROWS = 512;

interface Block {
  readonly bytes: Buffer;
  /** The same bytes, for their numbers. */
  readonly view: DataView;
}

/** Rows of one length. Numbers in them are little-endian. */
export class RowTable {
  readonly #rowBytes: number;
  readonly #blocks: Block[] = [];
  readonly #chains: readonly RowChains[];
  #size = 0;

  /** `hashes`: what rows are found by, 32 bits of a row each. They must not change while it is in the table. */
  constructor(rowBytes: number, hashes: readonly ((row: number) => number)[]) {
    this.#rowBytes = rowBytes;
    this.#chains = hashes.map((hashOf) => new RowChains(hashOf));
  }

  get size(): number {
    return this.#size;
  }

  /** Bytes beside the heap. */
  get memoryBytes(): number {
    const chained = this.#chains.reduce((sum, chains) => sum + chains.memoryBytes, 0);
    return this.#blocks.length * BLOCK_ROWS * this.#rowBytes + chained;
  }

  /** Adds a row. Shape: the bytes of one. */
  add(bytes: Uint8Array): number {
    const row = this.#size;
    if (row === this.#blocks.length * BLOCK_ROWS) this.#blocks.push(this.#newBlock());
    this.#write(row, bytes);
    this.#size++;
    for (const chains of this.#chains) chains.append(row);
    return row;
  }

  /** Gives a row other bytes. */
  replace(row: number, bytes: Uint8Array): void {
    for (const chains of this.#chains) chains.takeOut(row);
    this.#write(row, bytes);
    for (const chains of this.#chains) chains.put(row);
  }

  /** Removes a row; the last one has its number from here on. */
  remove(row: number): void {
    const last = this.#size - 1;
    for (const chains of this.#chains) chains.takeOut(last);
    if (row !== last) this.replace(row, this.bytes(last, 0, this.#rowBytes));
    this.#size = last;
    // One block that is empty stays: a row that comes and goes does not make and drop it each time.
    if (this.#size <= (this.#blocks.length - 2) * BLOCK_ROWS) this.#blocks.pop();
  }

  /** Rows that may have that hash, in no order. Nothing is added or removed before the last one is taken. */
  found(by: number, hash: number): Iterable<number> {
    return this.#chains[by]?.rows(hash) ?? [];
  }

  /** The row with these bytes at that place, looked for by their hash. */
  find(by: number, hash: number, at: number, bytes: Uint8Array): number | undefined {
    for (const row of this.found(by, hash)) if (this.same(row, at, bytes)) return row;
    return undefined;
  }

  /** Rows from the last to the first; see invariant 2. */
  *downwards(): Generator<number> {
    for (let row = this.#size - 1; row >= 0; row = Math.min(row, this.#size) - 1) yield row;
  }

  bytes(row: number, at: number, length: number): Buffer {
    const from = this.#from(row) + at;
    return this.#block(row).bytes.subarray(from, from + length);
  }

  same(row: number, at: number, bytes: Uint8Array): boolean {
    const from = this.#from(row) + at;
    return this.#block(row).bytes.compare(bytes, 0, bytes.length, from, from + bytes.length) === 0;
  }

  uint32(row: number, at: number): number {
    return this.#block(row).view.getUint32(this.#from(row) + at, true);
  }

  setUint32(row: number, at: number, value: number): void {
    this.#block(row).view.setUint32(this.#from(row) + at, value, true);
  }

  float64(row: number, at: number): number {
    return this.#block(row).view.getFloat64(this.#from(row) + at, true);
  }

  /** A copy of all rows as they are now. */
  copy(): Buffer {
    const parts = this.#blocks.map(({ bytes }) => bytes);
    return Buffer.concat(parts, this.#size * this.#rowBytes);
  }

  #write(row: number, bytes: Uint8Array): void {
    this.#block(row).bytes.set(bytes, this.#from(row));
  }

  #from(row: number): number {
    return (row % BLOCK_ROWS) * this.#rowBytes;
  }

  #block(row: number): Block {
    const block = this.#blocks[Math.floor(row / BLOCK_ROWS)];
    if (block === undefined) throw new Error(`row ${row} of ${this.#size}`);
    return block;
  }

  #newBlock(): Block {
    const bytes = Buffer.alloc(BLOCK_ROWS * this.#rowBytes);
    return { bytes, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength) };
  }
}

// Finds rows of a table by a hash of what they hold: chains of row numbers in two typed arrays, beside the heap. Knows no row.

const ROOM_MIN = 256;

/** One way to find the rows of one table. */
class RowChains {
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
