// Reads the file of one custody segment (SPEC 4.3), for stations, receivers and evidence tools alike: line by line, once, in bounded memory.
// Whether chain and signatures hold is not said here: custody-scan.ts follows the chain.
import { createHash } from 'node:crypto';
import { bufferOf } from '../format/bytes.ts';
import { parseCustodyEntry, type CustodyEntry, type CustodyEventName } from './custody-entry.ts';
import { DockError, systemCode } from '../format/errors.ts';
import { CUSTODY_ENTRY_BYTES_MAX } from '../format/limits.ts';
import type { Files, OpenFile } from '../format/ports.ts';

const PIECE_BYTES = 64 * 1024;
const LF = 10;

/** One line without its LF, good until the next one is asked for. */
export interface SegmentLine {
  /** At most CUSTODY_ENTRY_BYTES_MAX: of a longer line that many, with `oversize`. */
  readonly bytes: Uint8Array;
  /** Where it begins in the file. */
  readonly offset: number;
  /** False for the rest after the last LF. */
  readonly ended: boolean;
  readonly oversize: boolean;
}

/** What reading segments asks of a file system. */
export interface SegmentReading {
  readonly files: Pick<Files, 'open'>;
  readonly signal: AbortSignal;
}

/** One pass over an open segment. */
export class SegmentLines {
  readonly #file: Pick<OpenFile, 'read'>;
  readonly #signal: AbortSignal;
  readonly #whole = createHash('blake2b512');

  constructor(file: Pick<OpenFile, 'read'>, signal: AbortSignal) {
    this.#file = file;
    this.#signal = signal;
  }

  /** BLAKE2b-512 of all that was read, as the signature over a whole segment takes it. Asked once, after the last line. */
  digest(): Uint8Array {
    return this.#whole.digest();
  }

  /** The lines in order. Errors: the system's; the signal's reason. */
  async *read(): AsyncGenerator<SegmentLine, void, undefined> {
    const line = new LineBuffer();
    const piece = Buffer.alloc(PIECE_BYTES);
    for (let position = 0; ;) {
      this.#signal.throwIfAborted();
      const read = await this.#file.read(piece, position);
      const bytes = piece.subarray(0, read);
      this.#whole.update(bytes);
      yield* line.split(bytes, position);
      position += read;
      if (read < piece.length) break;
    }
    const rest = line.rest();
    if (rest !== undefined) yield rest;
  }
}

/** Every line of the segment at `path`. Errors: the system's; the signal's reason. */
export async function* segmentLines(
  { files, signal }: SegmentReading,
  path: string,
): AsyncGenerator<SegmentLine, void, undefined> {
  const file = await files.open(path, 'read');
  try {
    yield* new SegmentLines(file, signal).read();
  } finally {
    await file.close();
  }
}

/** Calls with every line of the segment at `path`; gives the digest of the whole (SegmentLines.digest). Errors: as segmentLines. */
export async function readSegment(
  { files, signal }: SegmentReading,
  path: string,
  take: (line: SegmentLine) => void,
): Promise<Uint8Array> {
  const file = await files.open(path, 'read');
  try {
    const lines = new SegmentLines(file, signal);
    for await (const line of lines.read()) take(line);
    return lines.digest();
  } finally {
    await file.close();
  }
}

/** A text that a line is searched for, in the bytes that it has there. */
export type Needle = Buffer;

/** The text as a needle. */
export function needle(text: string): Needle {
  return Buffer.from(text);
}

/** What every line of an entry of that event holds. */
export function eventNeedle(event: CustodyEventName): Needle {
  return needle(`"event":"${event}"`);
}

/** The entry that a line is, where it holds one of the needles: any other line is not parsed, so that millions are searched in seconds. */
export function entryHolding(line: Uint8Array, needles: readonly Needle[]): CustodyEntry | undefined {
  const text = bufferOf(line);
  return needles.some((each) => text.includes(each)) ? entryIn(line) : undefined;
}

/**
 * Every entry of the segment at `path` that can be read; with `needles` only those whose line holds one. Errors: the system's; the
 * signal's reason.
 */
export async function* segmentEntries(
  reading: SegmentReading,
  path: string,
  needles?: readonly Needle[],
): AsyncGenerator<CustodyEntry, void, undefined> {
  for await (const { bytes, ended, oversize } of segmentLines(reading, path)) {
    if (!ended || oversize) continue;
    const entry = needles === undefined ? entryIn(bytes) : entryHolding(bytes, needles);
    if (entry !== undefined) yield entry;
  }
}

/** The first entry of a segment; undefined where it begins with none, or is gone. Errors: the system's. */
export async function firstEntry(
  files: Pick<Files, 'open'>,
  path: string,
): Promise<CustodyEntry | undefined> {
  let file: OpenFile;
  try {
    file = await files.open(path, 'read');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const room = new Uint8Array(CUSTODY_ENTRY_BYTES_MAX + 1);
    const head = room.subarray(0, await file.read(room, 0));
    const end = head.indexOf(LF);
    return end < 0 ? undefined : entryIn(head.subarray(0, end));
  } finally {
    await file.close();
  }
}

/** The entry that a line without its LF is; undefined where it is none. */
export function entryIn(line: Uint8Array): CustodyEntry | undefined {
  try {
    return parseCustodyEntry(line);
  } catch (error) {
    if (error instanceof DockError) return undefined;
    throw error;
  }
}

/** Holds the line that is not ended yet: at most one entry. */
class LineBuffer {
  readonly #held = new Uint8Array(CUSTODY_ENTRY_BYTES_MAX);
  #heldBytes = 0;
  #offset = 0;
  #oversize = false;

  *split(piece: Buffer, position: number): Generator<SegmentLine, void, undefined> {
    let from = 0;
    for (let at = piece.indexOf(LF); at >= 0; at = piece.indexOf(LF, from)) {
      this.#hold(piece.subarray(from, at));
      yield this.#take(true);
      from = at + 1;
      this.#offset = position + from;
    }
    this.#hold(piece.subarray(from));
  }

  rest(): SegmentLine | undefined {
    return this.#heldBytes > 0 ? this.#take(false) : undefined;
  }

  #hold(bytes: Uint8Array): void {
    const taken = bytes.subarray(0, this.#held.length - this.#heldBytes);
    this.#held.set(taken, this.#heldBytes);
    this.#heldBytes += taken.length;
    this.#oversize ||= taken.length < bytes.length;
  }

  #take(ended: boolean): SegmentLine {
    const bytes = this.#held.subarray(0, this.#heldBytes);
    const line = { bytes, offset: this.#offset, ended, oversize: this.#oversize };
    this.#heldBytes = 0;
    this.#oversize = false;
    return line;
  }
}
