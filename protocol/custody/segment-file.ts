// Reads the file of one custody segment (SPEC 4.3), for stations, receivers and evidence tools alike: line by line, once, in bounded memory.
// Whether chain and signatures hold is not said here: custody-scan.ts follows the chain.
import { createHash } from 'node:crypto';
import { bufferOf } from '../format/bytes.ts';
import { parseCustodyEntry, type CustodyEntry, type CustodyEventName } from './custody-entry.ts';
import { DockError } from '../format/errors.ts';
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

/**
 * Every entry of the segment at `path` that can be read. `needles`: only those whose line has one of these texts; a line without is not
 * parsed, so that millions are read in seconds. Errors: the system's; the signal's reason.
 */
export async function* segmentEntries(
  reading: SegmentReading,
  path: string,
  needles?: readonly string[],
): AsyncGenerator<CustodyEntry, void, undefined> {
  for await (const { bytes, ended, oversize } of segmentLines(reading, path)) {
    if (!ended || oversize) continue;
    const entry = needles === undefined || holdsOne(bytes, needles) ? entryIn(bytes) : undefined;
    if (entry !== undefined) yield entry;
  }
}

/** A text that every line of such an entry has, as a needle. */
export function eventNeedle(event: CustodyEventName): string {
  return `"event":"${event}"`;
}

function holdsOne(line: Uint8Array, needles: readonly string[]): boolean {
  const text = bufferOf(line);
  return needles.some((needle) => text.includes(needle));
}

/** The first entry of a segment; undefined where it begins with none. Errors: the system's. */
export async function firstEntry(
  files: Pick<Files, 'open'>,
  path: string,
): Promise<CustodyEntry | undefined> {
  const file = await files.open(path, 'read');
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
