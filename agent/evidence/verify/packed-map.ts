// Many objects of one shape by name, in a few dozen bytes each: digests and times lie as bytes in blocks beside the heap, words that come often
// are held once. Pure.
//
// Invariants:
// 1. What is given back is a view: it shows what was set last, and reads a field when it is asked for. A spread of it is empty.
// 2. Each value comes back as it was set, however odd it is; its kind says only in which form it is small.
const BLOCK_ROWS = 256;
const DIGEST_BYTES = 32;
const HEX_DIGEST = /^[0-9a-f]{64}$/;

/**
 * How a field is held. "digest": 64 hex digits; "time": RFC 3339 in UTC with milliseconds; "word": any text, number, boolean or nothing that
 * many share; "number": never anything else; "digests", "words": lists of these, mostly of one at most; "kept": as it is; "name": that under which
 * the object is found; "where": a path, mostly one that ends in that name.
 */
type Kind = 'digest' | 'time' | 'word' | 'number' | 'digests' | 'words' | 'kept' | 'name' | 'where';

/** The kind of each field, or the shape of an object in it. */
export type Shape<T> = {
  readonly [Key in keyof T]-?: NonNullable<T[Key]> extends
    string | number | boolean | readonly unknown[] | ReadonlyMap<unknown, unknown>
    ? Kind
    : Kind | Shape<NonNullable<T[Key]>>;
};

type Held = string | number | boolean | null | undefined;

/** Reads and writes one field at its place in a row. */
interface Codec {
  readonly bytes: number;
  read(rows: Rows, row: number, at: number): unknown;
  write(rows: Rows, row: number, at: number, value: unknown): void;
}

/** The bytes of all rows, and what is held beside them. */
class Rows {
  readonly #blocks: Buffer[] = [];
  readonly #rowBytes: number;
  readonly #numbers = new Map<Held, number>();
  readonly #words: Held[] = [];
  /** By row. */
  readonly names: string[] = [];
  /** What has no bytes: by its place in the row, and by row. */
  readonly kept = new Map<number, unknown[]>();
  readonly lists = new Map<number, Map<number, readonly string[]>>();

  constructor(rowBytes: number) {
    this.#rowBytes = rowBytes;
  }

  add(name: string): number {
    const row = this.names.push(name) - 1;
    if (row % BLOCK_ROWS === 0) this.#blocks.push(Buffer.alloc(BLOCK_ROWS * this.#rowBytes));
    return row;
  }

  block(row: number): Buffer {
    return this.#blocks[Math.floor(row / BLOCK_ROWS)] as Buffer;
  }

  offset(row: number, at: number): number {
    return (row % BLOCK_ROWS) * this.#rowBytes + at;
  }

  /** The number of a word. */
  number(word: Held): number {
    const known = this.#numbers.get(word);
    if (known !== undefined) return known;
    const number = this.#words.push(word) - 1;
    this.#numbers.set(word, number);
    return number;
  }

  word(number: number): Held {
    return this.#words[number];
  }
}

const WORD: Codec = {
  bytes: 4,
  read: (rows, row, at) => rows.word(rows.block(row).readUInt32LE(rows.offset(row, at))),
  write: (rows, row, at, value) =>
    void rows.block(row).writeUInt32LE(rows.number(value as Held), rows.offset(row, at)),
};

const NUMBER: Codec = {
  bytes: 8,
  read: (rows, row, at) => rows.block(row).readDoubleLE(rows.offset(row, at)),
  write: (rows, row, at, value) => void rows.block(row).writeDoubleLE(value as number, rows.offset(row, at)),
};

/** Ms since 1970; what is no such time has the number of a word, below zero. */
const TIME: Codec = {
  bytes: NUMBER.bytes,
  read: (rows, row, at) => {
    const ms = rows.block(row).readDoubleLE(rows.offset(row, at));
    return ms < 0 ? rows.word(-1 - ms) : new Date(ms).toISOString();
  },
  write: (rows, row, at, value) => {
    const ms = typeof value === 'string' ? Date.parse(value) : -1;
    const isTime = ms >= 0 && new Date(ms).toISOString() === value;
    NUMBER.write(rows, row, at, isTime ? ms : -1 - rows.number(value as Held));
  },
};

/** One byte says whether a digest follows, or the number of a word. */
const DIGEST: Codec = {
  bytes: 1 + DIGEST_BYTES,
  read: (rows, row, at) => {
    const [block, from] = [rows.block(row), rows.offset(row, at)];
    if (block[from] === 0) return WORD.read(rows, row, at + 1);
    return block.toString('hex', from + 1, from + 1 + DIGEST_BYTES);
  },
  write: (rows, row, at, value) => {
    const [block, from] = [rows.block(row), rows.offset(row, at)];
    const isDigest = typeof value === 'string' && HEX_DIGEST.test(value);
    block[from] = isDigest ? 1 : 0;
    if (isDigest) block.write(value, from + 1, DIGEST_BYTES, 'hex');
    else WORD.write(rows, row, at + 1, value);
  },
};

/** A column of values; empty lists are one. */
const KEPT: Codec = {
  bytes: 1,
  read: (rows, row, at) => rows.kept.get(at)?.[row],
  write: (rows, row, at, value) => {
    const column = rows.kept.get(at) ?? [];
    rows.kept.set(at, column);
    column[row] = Array.isArray(value) && value.length === 0 ? NONE : value;
  },
};

const NONE: readonly never[] = [];

const NAME: Codec = {
  bytes: 0,
  read: (rows, row) => rows.names[row],
  write: () => undefined,
};

/** One byte says whether the name follows what is held of it. */
const WHERE: Codec = {
  bytes: 1 + WORD.bytes,
  read: (rows, row, at) => {
    const above = String(WORD.read(rows, row, at + 1));
    return rows.block(row)[rows.offset(row, at)] === 1 ? `${above}${rows.names[row]}` : above;
  },
  write: (rows, row, at, value) => {
    const [where, name] = [String(value), rows.names[row] ?? ''];
    const isNamed = where.endsWith(name);
    rows.block(row)[rows.offset(row, at)] = isNamed ? 1 : 0;
    WORD.write(rows, row, at + 1, isNamed ? where.slice(0, where.length - name.length) : where);
  },
};

/** How many there are, up to one; a longer list lies beside. */
function listOf(one: Codec): Codec {
  return {
    bytes: 1 + one.bytes,
    read: (rows, row, at) => {
      const count = rows.block(row)[rows.offset(row, at)];
      if (count === 0) return NONE;
      return count === 1 ? [one.read(rows, row, at + 1)] : rows.lists.get(at)?.get(row);
    },
    write: (rows, row, at, value) => {
      const list = value as readonly string[];
      rows.block(row)[rows.offset(row, at)] = Math.min(list.length, 2);
      const longer = rows.lists.get(at) ?? new Map<number, readonly string[]>();
      rows.lists.set(at, longer);
      longer.delete(row);
      if (list.length === 1) one.write(rows, row, at + 1, list[0]);
      else if (list.length > 1) longer.set(row, list);
    },
  };
}

const CODECS: Readonly<Record<Kind, Codec>> = {
  digest: DIGEST,
  time: TIME,
  word: WORD,
  number: NUMBER,
  digests: listOf(DIGEST),
  words: listOf(WORD),
  kept: KEPT,
  name: NAME,
  where: WHERE,
};

type AnyShape = Readonly<Record<string, Kind | object>>;

/** One row as an object, or what lies in it from a place on; its fields are on its prototype. */
class View {
  readonly rows: Rows;
  readonly row: number;

  constructor(rows: Rows, row: number) {
    this.rows = rows;
    this.row = row;
  }
}

type Writer = (rows: Rows, row: number, value: unknown) => void;

/** The views of one shape from a place on, and how their fields are written. */
interface Layout {
  readonly bytes: number;
  readonly view: new (rows: Rows, row: number) => View;
  readonly writers: ReadonlyMap<string, Writer>;
}

function layoutOf(shape: AnyShape, from: number): Layout {
  const view = class extends View {};
  const writers = new Map<string, Writer>();
  let end = from;
  for (const [field, kind] of Object.entries(shape)) {
    const at = end;
    const part = typeof kind === 'string' ? fieldOf(CODECS[kind], at) : objectOf(kind as AnyShape, at);
    end = at + part.bytes;
    writers.set(field, part.write);
    const get = function (this: View): unknown {
      return part.read(this.rows, this.row);
    };
    const set = function (this: View, value: unknown): void {
      part.write(this.rows, this.row, value);
    };
    Object.defineProperty(view.prototype, field, { get, set });
  }
  return { bytes: end - from, view, writers };
}

interface Part {
  readonly bytes: number;
  readonly read: (rows: Rows, row: number) => unknown;
  readonly write: Writer;
}

function fieldOf(codec: Codec, at: number): Part {
  return {
    bytes: codec.bytes,
    read: (rows, row) => codec.read(rows, row, at),
    write: (rows, row, value) => codec.write(rows, row, at, value),
  };
}

/** An object in a field: a word says whether it is there, or which nothing is in its place. */
function objectOf(shape: AnyShape, at: number): Part {
  const { bytes, view: Inner, writers } = layoutOf(shape, at + WORD.bytes);
  return {
    bytes: WORD.bytes + bytes,
    read: (rows, row) => {
      const there = WORD.read(rows, row, at);
      return there === true ? new Inner(rows, row) : there;
    },
    write: (rows, row, value) => {
      const isThere = value !== undefined && value !== null;
      WORD.write(rows, row, at, isThere || value);
      if (isThere)
        for (const [field, write] of writers)
          write(rows, row, (value as Readonly<Record<string, unknown>>)[field]);
    },
  };
}

/** Objects by name, in the order in which they came. */
export class PackedMap<T extends object> {
  readonly #layout: Layout;
  readonly #rows: Rows;
  readonly #byName = new Map<string, number>();

  constructor(shape: Shape<T>) {
    this.#layout = layoutOf(shape, 0);
    this.#rows = new Rows(this.#layout.bytes);
  }

  get size(): number {
    return this.#byName.size;
  }

  has(name: string): boolean {
    return this.#byName.has(name);
  }

  get(name: string): T | undefined {
    const row = this.#byName.get(name);
    return row === undefined ? undefined : this.#view(row);
  }

  /** Sets every field. */
  set(name: string, value: T): void {
    let row = this.#byName.get(name);
    if (row === undefined) {
      row = this.#rows.add(name);
      this.#byName.set(name, row);
    }
    const values = value as Readonly<Record<string, unknown>>;
    for (const [field, write] of this.#layout.writers) write(this.#rows, row, values[field]);
  }

  /** Sets some fields of an object that is there. */
  change(name: string, values: Partial<T>): void {
    const row = this.#byName.get(name);
    if (row === undefined) return;
    for (const [field, value] of Object.entries(values))
      this.#layout.writers.get(field)?.(this.#rows, row, value);
  }

  keys(): Iterable<string> {
    return this.#byName.keys();
  }

  *values(): Generator<T> {
    for (const row of this.#byName.values()) yield this.#view(row);
  }

  *[Symbol.iterator](): Generator<readonly [string, T]> {
    for (const [name, row] of this.#byName) yield [name, this.#view(row)];
  }

  #view(row: number): T {
    return new this.#layout.view(this.#rows, row) as unknown as T;
  }
}
