// Reads one piece of a file from a medium that may give short counts and read errors. Bytes that stay unreadable are named, not guessed.
//
// A failed range is halved until single sectors are left: what can be read of it is kept. Before a sector counts as unreadable it was
// tried again, and the medium was seen to be still there after the time that a pulled plug takes to be noticed.
import { DockError, systemCode } from '../../protocol/format/errors.ts';
import type { Piece } from '../driver.ts';
import type { OpenedFile } from './folder-files.ts';
import { changed, type Medium } from './medium.ts';

/** What a page cache reads at once, and a multiple of every medium's sector. */
const SECTOR_BYTES = 4096;
/** Reads of one sector before it counts as unreadable. */
const SECTOR_TRIES = 3;

interface Range {
  readonly from: number;
  readonly to: number;
}

/** Reads pieces of one open file. Keeps when the last byte could be read, to give up a file of which nothing comes any more. */
export class RangeReader {
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

  /** Fills what can be read behind the first `good` bytes; returns the ranges of the buffer that cannot, in order. */
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
