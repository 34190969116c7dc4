// Reads one file of a card in pieces, one piece ahead of the receiver, and looks at it again before it says that this was all.
import assert from 'node:assert/strict';
import { DockError, systemCode } from '../../protocol/format/errors.ts';
import { PULL_PIECE_BYTES } from '../../protocol/format/limits.ts';
import type { InventoryEntry, Piece } from '../driver.ts';
import { type EntryStat, isAsListed, type OpenedFile } from './folder-files.ts';
import { changed, type Medium, type Reached } from './medium.ts';

/**
 * One piece, where the one before was whole: the system reads ahead by itself, and each bay has half as much on its way as with the longest pieces.
 * Where something could not be read, it takes long to be sure of that, once for each piece, so that there they are the longest.
 */
const READ_BYTES = PULL_PIECE_BYTES / 2;

/** Shape and errors: as CameraSession.read. */
export async function* readFile(
  medium: Medium,
  entry: InventoryEntry,
  offset: number,
  signal: AbortSignal,
): AsyncGenerator<Piece, void, undefined> {
  assert.ok(
    offset >= 0 && offset <= entry.sizeBytes,
    `offset ${offset} in a file of ${entry.sizeBytes} bytes`,
  );
  try {
    yield* readReached(medium, entry, offset, signal);
  } catch (error) {
    await medium.fail(error, signal);
  }
}

async function* readReached(
  medium: Medium,
  entry: InventoryEntry,
  offset: number,
  signal: AbortSignal,
): AsyncGenerator<Piece, void, undefined> {
  const reached = await medium.reach(entry.path, signal);
  let file: OpenedFile | undefined;
  try {
    file = await openListed(medium, reached, entry, signal);
    yield* readAhead(new RangeReader(medium, file, signal), offset, entry.sizeBytes);
    await lookAgain(medium, reached, file, entry, signal);
  } finally {
    if (file !== undefined) await medium.calls.release(file.close());
    await reached.close();
  }
}

/** Opens the file if it is the listed one. A device node or a FIFO is not even opened, which could already do something. */
async function openListed(
  medium: Medium,
  { folder, name }: Reached,
  entry: InventoryEntry,
  signal: AbortSignal,
): Promise<OpenedFile> {
  assertListed(medium, entry, await medium.calls.run('looking', signal, () => folder.lstat(name)));
  const open = (): Promise<OpenedFile> => folder.openFile(name);
  const file = await medium.calls.run('opening', signal, open, (late) => medium.calls.release(late.close()));
  try {
    assertListed(medium, entry, await medium.calls.run('looking', signal, () => file.stat()));
    if (!(await medium.calls.run('looking', signal, () => medium.holds(file))))
      throw changed('something else is mounted in its place');
    return file;
  } catch (error) {
    await medium.calls.release(file.close());
    throw error;
  }
}

/** The open file and its name in the folder both still show what was listed: it was neither written nor replaced. */
async function lookAgain(
  medium: Medium,
  { folder, name }: Reached,
  file: OpenedFile,
  entry: InventoryEntry,
  signal: AbortSignal,
): Promise<void> {
  assertListed(medium, entry, await medium.calls.run('looking', signal, () => folder.lstat(name)));
  assertListed(medium, entry, await medium.calls.run('looking', signal, () => file.stat()));
  await medium.assertPresent(signal);
}

function assertListed(medium: Medium, entry: InventoryEntry, stat: EntryStat): void {
  if (stat.kind !== 'file') throw changed('it is no regular file');
  if (!isAsListed(stat, entry, medium.keepsNumbers)) throw changed('its size or time differs');
}

async function* readAhead(
  reader: RangeReader,
  offset: number,
  sizeBytes: number,
): AsyncGenerator<Piece, void, undefined> {
  const start = (from: number, to: number): Promise<Piece[]> | undefined => {
    if (from >= sizeBytes) return undefined;
    const reading = reader.read(from, to);
    reading.catch(() => undefined); // may fail while the receiver is busy with the piece before; awaited below
    return reading;
  };
  let to = Math.min(sizeBytes, offset + READ_BYTES);
  for (let reading = start(offset, to); reading !== undefined;) {
    const pieces = await reading;
    const isWhole = pieces.every(({ kind }) => kind === 'bytes');
    const from = to;
    to = Math.min(sizeBytes, from + (isWhole ? READ_BYTES : PULL_PIECE_BYTES));
    reading = start(from, to);
    yield* pieces;
  }
}

// Reads one piece of a file from a medium that may give short counts and read errors. Bytes that stay unreadable are named, not guessed.
//
// A failed range is halved until single sectors are left: what can be read of it is kept. Before a sector counts as unreadable it was
// tried again, and the medium was seen to be still there after the time that a pulled plug takes to be noticed.

/** What a page cache reads at once, and a multiple of every medium's sector. */
const SECTOR_BYTES = 4096;
/** Reads of one sector before it counts as unreadable. */
const SECTOR_TRIES = 3;

interface Range {
  readonly from: number;
  readonly to: number;
}

/** Reads pieces of one open file. Keeps when the last byte could be read, to give up a file of which nothing comes any more. */
class RangeReader {
  readonly #medium: Medium;
  readonly #file: OpenedFile;
  readonly #signal: AbortSignal;
  #lastGoodMs: number;

  constructor(medium: Medium, file: OpenedFile, signal: AbortSignal) {
    this.#medium = medium;
    this.#file = file;
    this.#signal = signal;
    this.#lastGoodMs = medium.clock.monotonicMs();
  }

  /**
   * The bytes from..to of the file, in order: one piece where all of it can be read, else readable and unreadable ranges.
   * Errors: "driver.changed" where the file ends before `to`; "driver.detached", "driver.timeout"; "driver.unreadable" where nothing
   * could be read for `damageMs`; system errors other than EIO as they are.
   */
  async read(from: number, to: number): Promise<Piece[]> {
    const buffer = Buffer.allocUnsafeSlow(to - from);
    const good = await this.#fill(buffer, from);
    if (good === buffer.length) return [{ kind: 'bytes', bytes: buffer }];
    await this.#medium.assertStayed(this.#signal);
    const unreadable = await this.#readAround(buffer, from, good);
    if (unreadable.length > 0) await this.#medium.assertStayed(this.#signal);
    return piecesOf(buffer, unreadable);
  }

  /** Fills the target, to its end or to the first byte that gives a read error; returns the count. */
  async #fill(target: Uint8Array, position: number): Promise<number> {
    let filled = 0;
    while (filled < target.length) {
      const count = await this.#readOnce(target.subarray(filled), position + filled);
      if (count === undefined) break;
      if (count === 0) throw await this.#short(position + filled);
      filled += count;
      this.#lastGoodMs = this.#medium.clock.monotonicMs();
    }
    return filled;
  }

  /** The count, or undefined for a read error of the medium. */
  async #readOnce(target: Uint8Array, position: number): Promise<number | undefined> {
    try {
      return await this.#medium.calls.run('reading', this.#signal, () => this.#file.read(target, position));
    } catch (error) {
      if (systemCode(error) === 'EIO') return undefined;
      throw error;
    }
  }

  async #short(endBytes: number): Promise<DockError> {
    await this.#medium.assertPresent(this.#signal);
    return changed('it ends before its listed size', undefined, { read_bytes: endBytes });
  }

  /** Fills what can be read after the first `good` bytes; returns the ranges of the buffer that cannot, in order. */
  async #readAround(buffer: Uint8Array, from: number, good: number): Promise<Range[]> {
    const unreadable: Range[] = [];
    const open: Range[] = [{ from: good, to: buffer.length }];
    for (let range = open.pop(); range !== undefined; range = open.pop()) {
      const middle = middleOf(range, from);
      const tries = middle === undefined ? SECTOR_TRIES : 1;
      const filled = await this.#tryRange(buffer, from, range, tries);
      const rest = { from: range.from + filled, to: range.to };
      if (rest.from === rest.to) continue;
      const cut = middleOf(rest, from);
      if (cut === undefined && middle === undefined) unreadable.push(rest);
      else if (cut === undefined) open.push(rest);
      else open.push({ from: cut, to: rest.to }, { from: rest.from, to: cut });
      this.#giveUpInTime();
    }
    return unreadable;
  }

  async #tryRange(buffer: Uint8Array, from: number, range: Range, tries: number): Promise<number> {
    let filled = 0;
    for (let count = 0; count < tries && range.from + filled < range.to; count++) {
      const target = buffer.subarray(range.from + filled, range.to);
      filled += await this.#fill(target, from + range.from + filled);
    }
    return filled;
  }

  #giveUpInTime(): void {
    const waitedMs = this.#medium.clock.monotonicMs() - this.#lastGoodMs;
    if (waitedMs < this.#medium.times.damageMs) return;
    const words = `nothing of the file could be read for ${Math.round(waitedMs)} ms; it stays on the camera: have the card read by a laboratory`;
    throw new DockError('driver.unreadable', words, {
      retry: 'person',
      facts: { waited_ms: Math.round(waitedMs) },
    });
  }
}

/** Where to halve a range of the buffer that starts at `base` in the file: between two sectors of the file; undefined within one. */
function middleOf(range: Range, base: number): number | undefined {
  const first = Math.floor((base + range.from) / SECTOR_BYTES);
  const last = Math.floor((base + range.to - 1) / SECTOR_BYTES);
  return first === last ? undefined : Math.ceil((first + last) / 2) * SECTOR_BYTES - base;
}

/** Each readable range in a buffer of its own, which the receiver may transfer. */
function piecesOf(buffer: Uint8Array, unreadable: readonly Range[]): Piece[] {
  const pieces: Piece[] = [];
  let at = 0;
  const addBytes = (to: number): void => {
    if (to > at) pieces.push({ kind: 'bytes', bytes: new Uint8Array(buffer.subarray(at, to)) });
  };
  for (const range of joined(unreadable)) {
    addBytes(range.from);
    pieces.push({ kind: 'unreadable', sizeBytes: range.to - range.from });
    at = range.to;
  }
  addBytes(buffer.length);
  return pieces;
}

function joined(ranges: readonly Range[]): Range[] {
  const result: Range[] = [];
  for (const range of ranges) {
    const last = result.at(-1);
    if (last?.to === range.from) result[result.length - 1] = { from: last.from, to: range.to };
    else result.push(range);
  }
  return result;
}
