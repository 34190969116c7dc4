// Many objects of one shape by name, in a few dozen bytes each: names, digests and times lie as bytes in blocks beside the heap, words that come
// often are held once. Pure, but for the seed of an index.
//
// Invariants:
// 1. What is given back is a view: it shows what was set last, and reads a field when it is asked for. To copy it (a spread, a rest) throws.
// 2. Each value comes back as it was set, however odd it is; its kind says only in which form it is small.
import { randomInt } from 'node:crypto';

/** Blocks of so many rows come from the system by themselves, and what is not used of them takes no memory. */
const BLOCK_ROWS = 1024;
const DIGEST_BYTES = 32;
const HEX_DIGEST = /^[0-9a-f]{64}$/;

/**
 * How a field is held. "digest": 64 hex digits; "time": RFC 3339 in UTC with milliseconds; "word": any text, number, boolean or nothing that
 * many share; "number": never anything else; "digests", "words": lists of these, mostly of one at most; "kept": as it is; "name": that under which
 * the object is found; "where": a path, mostly one that ends in that name; "id": a text, mostly one that ends in an id.
 */
type Kind = 'id' | 'digest' | 'time' | 'word' | 'number' | 'digests' | 'words' | 'kept' | 'name' | 'where';

/** The kind of each field, or the shape of an object in it. */
export type Shape<T> = {
  readonly [Key in keyof T]-?: NonNullable<T[Key]> extends
    string | number | boolean | readonly unknown[] | ReadonlyMap<unknown, unknown>
    ? Kind
    : Kind | Shape<NonNullable<T[Key]>>;
};

type Held = string | number | boolean | null | undefined;

/** Reads and writes one field of a row. */
interface Field {
  readonly bytes: number;
  read(rows: Rows, row: number): unknown;
  write(rows: Rows, row: number, value: unknown): void;
}

/** Rows of bytes, in blocks that never move. */
class Blocks {
  readonly #blocks: Buffer[] = [];
  readonly #rowBytes: number;

  constructor(rowBytes: number) {
    this.#rowBytes = rowBytes;
  }

  /** Makes room for a row, of which there are so many. */
  grow(rows: number): void {
    if (rows % BLOCK_ROWS === 0) this.#blocks.push(Buffer.alloc(BLOCK_ROWS * this.#rowBytes));
  }

  block(row: number): Buffer {
    return this.#blocks[Math.floor(row / BLOCK_ROWS)] as Buffer;
  }

  offset(row: number, at: number): number {
    return (row % BLOCK_ROWS) * this.#rowBytes + at;
  }
}

/** Words by number. */
class Words {
  readonly #numbers = new Map<Held, number>();
  readonly #words: Held[] = [];

  /** The number of a word that may be a new one. */
  number(word: Held): number {
    const known = this.#numbers.get(word);
    if (known !== undefined) return known;
    const number = this.#words.push(word) - 1;
    this.#numbers.set(word, number);
    return number;
  }

  known(word: Held): number | undefined {
    return this.#numbers.get(word);
  }

  word(number: number): Held {
    return this.#words[number];
  }
}

/** How a name ends: as no id does, as an id, as a digest. */
const PLAIN = 0;
const ID = 1;
const DIGEST = 2;
const ID_CHARS = 26;
const ENDING_ID = /[a-z2-7]{26}$/;
/** One byte for the kind, four for the word in front of the ending, the ending. */
const NAME_BYTES = 5 + DIGEST_BYTES;
/** Places of the index at first. */
const PLACES = 1024;

/** Writes a name, or another text that mostly ends in an id; false where its first part has no number. */
function writeText(
  target: Buffer,
  at: number,
  text: string,
  numberOf: (word: string) => number | undefined,
): boolean {
  const kind = HEX_DIGEST.test(text) ? DIGEST : ENDING_ID.test(text) ? ID : PLAIN;
  const chars = kind === DIGEST ? text.length : kind === ID ? ID_CHARS : 0;
  const number = numberOf(text.slice(0, text.length - chars));
  if (number === undefined) return false;
  target.fill(0, at, at + NAME_BYTES);
  target[at] = kind;
  target.writeUInt32LE(number, at + 1);
  target.write(text.slice(text.length - chars), at + 5, kind === DIGEST ? 'hex' : 'latin1');
  return true;
}

function readText(block: Buffer, at: number, words: Words): string {
  const word = words.word(block.readUInt32LE(at + 1)) as string;
  if (block[at] === PLAIN) return word;
  const [encoding, bytes] =
    block[at] === ID ? (['latin1', ID_CHARS] as const) : (['hex', DIGEST_BYTES] as const);
  const ending = block.toString(encoding, at + 5, at + 5 + bytes);
  return word === '' ? ending : `${word}${ending}`;
}

/** Names of rows, each once, in the order in which they came, and the row of each. */
class Names {
  readonly #blocks = new Blocks(NAME_BYTES);
  readonly #words: Words;
  /** The name that is asked for, as it would be held. */
  readonly #asked = Buffer.alloc(NAME_BYTES);
  /** Rows, each plus one, at the first free place from the hash of its name on; a power of two of them, half of them free. */
  #places = new Uint32Array(PLACES);
  /** Nobody can choose names that are all at one place. */
  readonly #seed = randomInt(2 ** 32);
  count = 0;

  constructor(words: Words) {
    this.#words = words;
  }

  /** The row of a name that has none yet. */
  add(name: string): number {
    const row = this.count++;
    this.#blocks.grow(row);
    writeText(this.#blocks.block(row), this.#blocks.offset(row, 0), name, (word) => this.#words.number(word));
    if (2 * this.count > this.#places.length) this.#spread();
    else this.#index(row);
    return row;
  }

  /** The row of a name, where it has one. */
  row(name: string): number | undefined {
    if (!writeText(this.#asked, 0, name, (word) => this.#words.known(word))) return undefined;
    const found = this.#places[this.#place(this.#asked, 0)] as number;
    return found === 0 ? undefined : found - 1;
  }

  name(row: number): string {
    return readText(this.#blocks.block(row), this.#blocks.offset(row, 0), this.#words);
  }

  #index(row: number): void {
    this.#places[this.#place(this.#blocks.block(row), this.#blocks.offset(row, 0))] = row + 1;
  }

  /** Where the row of a name is in the index, or would be. */
  #place(block: Buffer, offset: number): number {
    const last = this.#places.length - 1;
    let at = hashOf(block, offset, this.#seed) & last;
    for (let row = this.#places[at] as number; row !== 0; row = this.#places[at] as number) {
      const [other, from] = [this.#blocks.block(row - 1), this.#blocks.offset(row - 1, 0)];
      if (other.compare(block, offset, offset + NAME_BYTES, from, from + NAME_BYTES) === 0) break;
      at = (at + 1) & last;
    }
    return at;
  }

  /** Twice as many places. */
  #spread(): void {
    this.#places = new Uint32Array(2 * this.#places.length);
    for (let row = 0; row < this.count; row++) this.#index(row);
  }
}

/** FNV-1a over the bytes of a name. */
function hashOf(block: Buffer, offset: number, seed: number): number {
  let hash = seed;
  for (let at = 0; at < NAME_BYTES; at++) hash = Math.imul(hash ^ (block[offset + at] as number), 0x01000193);
  return (hash ^ (hash >>> 15)) >>> 0;
}

/** The bytes of all rows, and what is held beside them. */
class Rows {
  readonly #blocks: Blocks;
  readonly words = new Words();
  readonly names = new Names(this.words);
  /** What has no bytes: by its place in the row, and by row. */
  readonly kept = new Map<number, Map<number, unknown>>();
  readonly lists = new Map<number, Map<number, readonly string[]>>();

  constructor(rowBytes: number) {
    this.#blocks = new Blocks(rowBytes);
  }

  add(name: string): number {
    const row = this.names.add(name);
    this.#blocks.grow(row);
    return row;
  }

  block(row: number): Buffer {
    return this.#blocks.block(row);
  }

  offset(row: number, at: number): number {
    return this.#blocks.offset(row, at);
  }
}

// Fields by their place in a row, in bytes.

function word(at: number): Field {
  return {
    bytes: 4,
    read: (rows, row) => rows.words.word(rows.block(row).readUInt32LE(rows.offset(row, at))),
    write: (rows, row, value) =>
      void rows.block(row).writeUInt32LE(rows.words.number(value as Held), rows.offset(row, at)),
  };
}

function number(at: number): Field {
  return {
    bytes: 8,
    read: (rows, row) => rows.block(row).readDoubleLE(rows.offset(row, at)),
    write: (rows, row, value) => void rows.block(row).writeDoubleLE(value as number, rows.offset(row, at)),
  };
}

/** Ms since 1970; what is no such time has the number of a word, below zero. */
function time(at: number): Field {
  const held = number(at);
  return {
    bytes: held.bytes,
    read: (rows, row) => {
      const ms = held.read(rows, row) as number;
      return ms < 0 ? rows.words.word(-1 - ms) : new Date(ms).toISOString();
    },
    write: (rows, row, value) => {
      const ms = typeof value === 'string' ? Date.parse(value) : -1;
      const isTime = ms >= 0 && new Date(ms).toISOString() === value;
      held.write(rows, row, isTime ? ms : -1 - rows.words.number(value as Held));
    },
  };
}

/** One byte says whether a digest follows, or the number of a word. */
function digest(at: number): Field {
  const other = word(at + 1);
  return {
    bytes: 1 + DIGEST_BYTES,
    read: (rows, row) => {
      const [block, from] = [rows.block(row), rows.offset(row, at)];
      return block[from] === 0
        ? other.read(rows, row)
        : block.toString('hex', from + 1, from + 1 + DIGEST_BYTES);
    },
    write: (rows, row, value) => {
      const [block, from] = [rows.block(row), rows.offset(row, at)];
      const isDigest = typeof value === 'string' && HEX_DIGEST.test(value);
      block[from] = isDigest ? 1 : 0;
      if (isDigest) block.write(value, from + 1, DIGEST_BYTES, 'hex');
      else other.write(rows, row, value);
    },
  };
}

function id(at: number): Field {
  return {
    bytes: NAME_BYTES,
    read: (rows, row) => readText(rows.block(row), rows.offset(row, at), rows.words),
    write: (rows, row, value) =>
      void writeText(rows.block(row), rows.offset(row, at), String(value), (word) => rows.words.number(word)),
  };
}

const NONE: readonly never[] = [];

/** A byte says whether there is nothing, an empty list, or what lies beside by row. */
function kept(at: number): Field {
  return {
    bytes: 1,
    read: (rows, row) => {
      const is = rows.block(row)[rows.offset(row, at)];
      return is === 0 ? undefined : is === 1 ? NONE : rows.kept.get(at)?.get(row);
    },
    write: (rows, row, value) => {
      const is = value === undefined ? 0 : Array.isArray(value) && value.length === 0 ? 1 : 2;
      rows.block(row)[rows.offset(row, at)] = is;
      const beside = rows.kept.get(at) ?? new Map<number, unknown>();
      rows.kept.set(at, beside);
      if (is === 2) beside.set(row, value);
      else beside.delete(row);
    },
  };
}

/** One byte says whether the name follows what is held of it. */
function where(at: number): Field {
  const held = word(at + 1);
  return {
    bytes: 1 + held.bytes,
    read: (rows, row) => {
      const above = String(held.read(rows, row));
      return rows.block(row)[rows.offset(row, at)] === 1 ? `${above}${rows.names.name(row)}` : above;
    },
    write: (rows, row, value) => {
      const [text, name] = [String(value), rows.names.name(row)];
      const isNamed = text.endsWith(name);
      rows.block(row)[rows.offset(row, at)] = isNamed ? 1 : 0;
      held.write(rows, row, isNamed ? text.slice(0, text.length - name.length) : text);
    },
  };
}

/** How many there are, up to one; a longer list lies beside. */
function list(at: number, fieldAt: (at: number) => Field): Field {
  const one = fieldAt(at + 1);
  return {
    bytes: 1 + one.bytes,
    read: (rows, row) => {
      const count = rows.block(row)[rows.offset(row, at)];
      if (count === 0) return NONE;
      return count === 1 ? [one.read(rows, row)] : rows.lists.get(at)?.get(row);
    },
    write: (rows, row, value) => {
      const values = value as readonly string[];
      rows.block(row)[rows.offset(row, at)] = Math.min(values.length, 2);
      const longer = rows.lists.get(at) ?? new Map<number, readonly string[]>();
      rows.lists.set(at, longer);
      longer.delete(row);
      if (values.length === 1) one.write(rows, row, values[0]);
      else if (values.length > 1) longer.set(row, values);
    },
  };
}

const FIELDS: Readonly<Record<Kind, (at: number) => Field>> = {
  id,
  digest,
  time,
  word,
  number,
  digests: (at) => list(at, digest),
  words: (at) => list(at, word),
  kept,
  name: () => ({ bytes: 0, read: (rows, row) => rows.names.name(row), write: () => undefined }),
  where,
};

type AnyShape = Readonly<Record<string, Kind | object>>;

/** A copy of a view has none of its fields. */
const UNCOPIED: PropertyDescriptor = {
  enumerable: true,
  get: () => {
    throw new TypeError('a view of a row is not to be copied: name the fields that are needed');
  },
};

/** One row as an object, or what lies in it from a place on; its fields are on its prototype. */
class View {
  readonly rows: Rows;
  readonly row: number;

  constructor(rows: Rows, row: number) {
    this.rows = rows;
    this.row = row;
    Object.defineProperty(this, 'uncopied', UNCOPIED);
  }
}

/** The views of one shape from a place on, and its fields by name. */
interface Layout {
  readonly bytes: number;
  readonly view: new (rows: Rows, row: number) => View;
  readonly fields: ReadonlyMap<string, Field>;
}

function layoutOf(shape: AnyShape, from: number): Layout {
  const view = class extends View {};
  const fields = new Map<string, Field>();
  let end = from;
  for (const [name, kind] of Object.entries(shape)) {
    const field = typeof kind === 'string' ? FIELDS[kind](end) : objectField(kind as AnyShape, end);
    end += field.bytes;
    fields.set(name, field);
    const get = function (this: View): unknown {
      return field.read(this.rows, this.row);
    };
    const set = function (this: View, value: unknown): void {
      field.write(this.rows, this.row, value);
    };
    Object.defineProperty(view.prototype, name, { get, set });
  }
  return { bytes: end - from, view, fields };
}

/** An object in a field: a word says whether it is there, or which nothing is in its place. */
function objectField(shape: AnyShape, at: number): Field {
  const there = word(at);
  const { bytes, view: Inner, fields } = layoutOf(shape, at + there.bytes);
  return {
    bytes: there.bytes + bytes,
    read: (rows, row) => {
      const isThere = there.read(rows, row);
      return isThere === true ? new Inner(rows, row) : isThere;
    },
    write: (rows, row, value) => {
      const isThere = value !== undefined && value !== null;
      there.write(rows, row, isThere || value);
      if (isThere)
        for (const [name, field] of fields)
          field.write(rows, row, (value as Readonly<Record<string, unknown>>)[name]);
    },
  };
}

/** Objects by name, in the order in which they came. */
export class PackedMap<T extends object> {
  readonly #layout: Layout;
  readonly #rows: Rows;

  constructor(shape: Shape<T>) {
    this.#layout = layoutOf(shape, 0);
    this.#rows = new Rows(this.#layout.bytes);
  }

  /** The number of an object; those are numbered in the order in which they came. */
  row(name: string): number | undefined {
    return this.#rows.names.row(name);
  }

  rows(): Iterable<number> {
    return Array(this.size).keys();
  }

  /** By its number, which must be one. */
  at(row: number): T {
    return this.#view(row);
  }

  has(name: string): boolean {
    return this.#rows.names.row(name) !== undefined;
  }

  get(name: string): T | undefined {
    const row = this.#rows.names.row(name);
    return row === undefined ? undefined : this.#view(row);
  }

  /** Sets every field. */
  set(name: string, value: T): void {
    const row = this.#rows.names.row(name) ?? this.#rows.add(name);
    const values = value as Readonly<Record<string, unknown>>;
    for (const [each, field] of this.#layout.fields) field.write(this.#rows, row, values[each]);
  }

  /** Sets some fields of an object that is there. */
  change(name: string, values: Partial<T>): void {
    const row = this.#rows.names.row(name);
    if (row === undefined) return;
    for (const [field, value] of Object.entries(values))
      this.#layout.fields.get(field)?.write(this.#rows, row, value);
  }

  get size(): number {
    return this.#rows.names.count;
  }

  *keys(): Generator<string> {
    for (let row = 0; row < this.size; row++) yield this.#rows.names.name(row);
  }

  *values(): Generator<T> {
    for (let row = 0; row < this.size; row++) yield this.#view(row);
  }

  *[Symbol.iterator](): Generator<readonly [string, T]> {
    for (let row = 0; row < this.size; row++) yield [this.#rows.names.name(row), this.#view(row)];
  }

  #view(row: number): T {
    return new this.#layout.view(this.#rows, row) as unknown as T;
  }
}

/** Digests in the order in which they came. */
export class Hashes {
  readonly #blocks = new Blocks(DIGEST_BYTES);
  count = 0;

  push(hash: Uint8Array): void {
    this.#blocks.grow(this.count);
    this.#blocks.block(this.count).set(hash, this.#blocks.offset(this.count, 0));
    this.count++;
  }

  /** Good as long as these are. */
  at(index: number): Uint8Array {
    const from = this.#blocks.offset(index, 0);
    return this.#blocks.block(index).subarray(from, from + DIGEST_BYTES);
  }
}
