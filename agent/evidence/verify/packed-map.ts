// Many objects of one shape by name, in a few dozen bytes each: digests and times lie as bytes in blocks beside the heap, words that come often
// are held once. Pure.
//
// Invariants:
// 1. What is given back is a view: it shows what was set last, and reads a field when it is asked for. To copy it (a spread, a rest) throws.
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

/** Reads and writes one field of a row. */
interface Field {
  readonly bytes: number;
  read(rows: Rows, row: number): unknown;
  write(rows: Rows, row: number, value: unknown): void;
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

// Fields by their place in a row, in bytes.

function word(at: number): Field {
  return {
    bytes: 4,
    read: (rows, row) => rows.word(rows.block(row).readUInt32LE(rows.offset(row, at))),
    write: (rows, row, value) =>
      void rows.block(row).writeUInt32LE(rows.number(value as Held), rows.offset(row, at)),
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
      return ms < 0 ? rows.word(-1 - ms) : new Date(ms).toISOString();
    },
    write: (rows, row, value) => {
      const ms = typeof value === 'string' ? Date.parse(value) : -1;
      const isTime = ms >= 0 && new Date(ms).toISOString() === value;
      held.write(rows, row, isTime ? ms : -1 - rows.number(value as Held));
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

const NONE: readonly never[] = [];

/** A column of values; empty lists are one. */
function kept(at: number): Field {
  return {
    bytes: 1,
    read: (rows, row) => rows.kept.get(at)?.[row],
    write: (rows, row, value) => {
      const column = rows.kept.get(at) ?? [];
      rows.kept.set(at, column);
      column[row] = Array.isArray(value) && value.length === 0 ? NONE : value;
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
      return rows.block(row)[rows.offset(row, at)] === 1 ? `${above}${rows.names[row]}` : above;
    },
    write: (rows, row, value) => {
      const [text, name] = [String(value), rows.names[row] ?? ''];
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
  digest,
  time,
  word,
  number,
  digests: (at) => list(at, digest),
  words: (at) => list(at, word),
  kept,
  name: () => ({ bytes: 0, read: (rows, row) => rows.names[row], write: () => undefined }),
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
  readonly #byName = new Map<string, number>();

  constructor(shape: Shape<T>) {
    this.#layout = layoutOf(shape, 0);
    this.#rows = new Rows(this.#layout.bytes);
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
    for (const [each, field] of this.#layout.fields) field.write(this.#rows, row, values[each]);
  }

  /** Sets some fields of an object that is there. */
  change(name: string, values: Partial<T>): void {
    const row = this.#byName.get(name);
    if (row === undefined) return;
    for (const [field, value] of Object.entries(values))
      this.#layout.fields.get(field)?.write(this.#rows, row, value);
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
