// A cache in one file: facts that could be read elsewhere, so that a start need not. Whatever is odd about it, it is ignored as a whole.
//
// Shape: the header line, one line per entry, last line `{"entries":n,"sha256":...}` over all bytes before it. Each line ends with LF;
// an entry's line never begins with "{".
import { createHash, type Hash } from 'node:crypto';
import { dropFile, UNFINISHED_SUFFIX, unlinkIfThere } from '../../protocol/format/durable.ts';
import type { Files, OpenFile } from '../../protocol/format/ports.ts';

/** Read in pieces of this size, into the same memory. */
const PIECE_BYTES = 256 * 1024;
/** Written in smaller ones, while the station works: making a MiB of lines takes 10 ms here. */
const WRITTEN_BYTES = 128 * 1024;
const LINE_BYTES_MAX = 16 * 1024;

/** What one cache is called and how it begins: a file with another header is another cache, or another version of it. */
export interface CacheFile {
  readonly path: string;
  readonly header: string;
  /** Entries that are read; a file with more is ignored. */
  readonly entriesMax: number;
}

/** Lines of a file, without LF and good until the next one; ends without a word where a line is longer than any of ours. */
async function* linesOf(file: OpenFile): AsyncGenerator<Buffer> {
  const bytes = Buffer.alloc(LINE_BYTES_MAX + PIECE_BYTES);
  /** Of a line whose end was not read yet. */
  let restBytes = 0;
  for (let position = 0; restBytes <= LINE_BYTES_MAX;) {
    const count = await file.read(bytes.subarray(restBytes, restBytes + PIECE_BYTES), position);
    if (count === 0) return;
    position += count;
    const read = bytes.subarray(0, restBytes + count);
    let from = 0;
    for (let end = read.indexOf(10); end >= 0; end = read.indexOf(10, from)) {
      yield read.subarray(from, end);
      from = end + 1;
    }
    restBytes = read.copy(bytes, 0, from);
  }
}

class Reader<Entry> {
  readonly entries: Entry[] = [];
  readonly #cache: CacheFile;
  readonly #parse: (line: string) => Entry | undefined;
  readonly #hash: Hash = createHash('sha256');
  #lines = 0;
  whole = false;

  constructor(cache: CacheFile, parse: (line: string) => Entry | undefined) {
    this.#cache = cache;
    this.#parse = parse;
  }

  /** Takes one line; false where the file is not what it should be. */
  take(line: Buffer): boolean {
    const text = line.toString('latin1');
    if (this.#lines++ === 0) return this.#covered(line) && text === this.#cache.header;
    if (this.whole || this.entries.length > this.#cache.entriesMax) return false;
    if (text.startsWith('{'))
      return (this.whole = text === trailerOf(this.entries.length, this.#hash.digest('hex')));
    const entry = this.#parse(text);
    if (entry === undefined) return false;
    this.entries.push(entry);
    return this.#covered(line);
  }

  #covered(line: Buffer): boolean {
    this.#hash.update(line).update('\n');
    return true;
  }
}

function trailerOf(entries: number, sha256: string): string {
  return `{"entries":${entries},"sha256":"${sha256}"}`;
}

/**
 * The entries of a cache in the order of the file; undefined where there is none that is whole and has this header. `parse` gives
 * undefined, or throws, for a line that is none of ours. Never rejects.
 */
export async function readCache<Entry>(
  files: Pick<Files, 'open'>,
  cache: CacheFile,
  parse: (line: string) => Entry | undefined,
): Promise<readonly Entry[] | undefined> {
  try {
    return await readDigested(files, cache, parse);
  } catch {
    return undefined;
  }
}

/** The same for what is no cache: a file that cannot be read is told from one that is odd. Errors: the system's, those of `parse`. */
export async function readDigested<Entry>(
  files: Pick<Files, 'open'>,
  cache: CacheFile,
  parse: (line: string) => Entry | undefined,
): Promise<readonly Entry[] | undefined> {
  const file = await files.open(cache.path, 'read');
  try {
    const reader = new Reader(cache, parse);
    for await (const line of linesOf(file)) if (!reader.take(line)) return undefined;
    return reader.whole ? reader.entries : undefined;
  } finally {
    await file.close().catch(() => undefined);
  }
}

class Writer {
  readonly #file: OpenFile;
  readonly #hash = createHash('sha256');
  #text = '';
  #position = 0;

  constructor(file: OpenFile) {
    this.#file = file;
  }

  /** True where there is enough to be written. */
  line(text: string): boolean {
    this.#text += `${text}\n`;
    return this.#text.length >= WRITTEN_BYTES;
  }

  async write(): Promise<void> {
    const bytes = Buffer.from(this.#text, 'latin1');
    this.#text = '';
    this.#hash.update(bytes);
    await this.#put(bytes);
  }

  async end(entries: number): Promise<void> {
    await this.write();
    await this.#put(Buffer.from(`${trailerOf(entries, this.#hash.digest('hex'))}\n`, 'latin1'));
  }

  async #put(bytes: Uint8Array): Promise<void> {
    await this.#file.write(bytes, this.#position);
    this.#position += bytes.length;
  }
}

/**
 * Writes a cache again beside the old one and puts it in its place. Shape: lines are ASCII, and taken as the writing goes on,
 * with other work of the process in between. Errors: the system's; the old one stays then.
 */
export async function writeCache(
  files: Files,
  { path, header }: Pick<CacheFile, 'path' | 'header'>,
  lines: Iterable<string>,
): Promise<void> {
  const unfinished = path + UNFINISHED_SUFFIX;
  await unlinkIfThere(files, unfinished);
  const file = await files.create(unfinished);
  try {
    const writer = new Writer(file);
    writer.line(header);
    let entries = 0;
    for (const line of lines) {
      if (writer.line(line)) await writer.write();
      entries++;
    }
    await writer.end(entries);
    await file.sync();
    await file.close();
    await files.rename(unfinished, path);
  } catch (error) {
    await dropFile(files, unfinished, file);
    throw error;
  }
}
