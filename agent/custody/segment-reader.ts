// Reads whole lines out of the segments of a custody log, from any entry on, without reading what lies far before it.
import { bufferOf, sha256Hex } from '../../protocol/bytes.ts';
import { linesIn } from '../../protocol/custody-scan.ts';
import type { SegmentId } from '../../protocol/ids.ts';
import { CUSTODY_ENTRY_BYTES_MAX } from '../../protocol/limits.ts';
import type { Files, OpenFile } from '../../protocol/ports.ts';
import { segmentPath, type ReadableSegment } from './custody-segments.ts';

const PIECE_BYTES = 256 * 1024;
const LF = 10;
/** Entries between two remembered places of a segment. */
const MARK_ENTRIES = 64;
/** Segments whose places are remembered: what is pushed is read in order, so few are enough. */
const MARKED_SEGMENTS_MAX = 4;

/** Whole lines with LF, of entries `from` to `to`. */
export interface CustodyLines {
  readonly lines: Uint8Array;
  readonly from: number;
  readonly to: number;
}

/** Byte offset at which the entry `sequence` begins. */
interface Mark {
  readonly sequence: number;
  readonly offset: number;
}

/** Memory for reading lines into. */
export function newPiece(): Uint8Array {
  return new Uint8Array(PIECE_BYTES);
}

interface LineSource {
  readonly file: OpenFile;
  /** What is read into, again and again. */
  readonly piece: Uint8Array;
}

/** Reads the segments of one folder. */
export class SegmentReader {
  readonly #files: Files;
  readonly #folder: string;
  readonly #marks = new Map<SegmentId, Mark[]>();
  /** Of the last read: each group is read once it is written, a few hundred bytes of it. */
  #spare: Uint8Array | undefined;

  constructor(files: Files, folder: string) {
    this.#files = files;
    this.#folder = folder;
  }

  /**
   * Whole lines from entry `fromSequence` on, at most `bytesMax` bytes but at least one line; undefined where there is nothing.
   * A file that is shorter than it should be ends the answer early. Errors: the system's.
   */
  async read(
    known: ReadableSegment,
    fromSequence: number,
    bytesMax: number,
  ): Promise<CustodyLines | undefined> {
    if (fromSequence < 1 || fromSequence > known.lastSequence) return undefined;
    const file = await this.#files.open(segmentPath(this.#folder, known.segment), 'read');
    const piece = this.#spare ?? newPiece();
    this.#spare = undefined;
    try {
      return await this.#gather({ file, piece }, known, fromSequence, bytesMax);
    } finally {
      this.#spare = piece;
      await file.close().catch(() => undefined);
    }
  }

  /**
   * The same of what `piece` can hold, without a copy of it: the lines are good until that memory is used again. Shape: `piece` of `newPiece`.
   */
  async readInto(
    piece: Uint8Array,
    known: ReadableSegment,
    fromSequence: number,
  ): Promise<CustodyLines | undefined> {
    if (fromSequence < 1 || fromSequence > known.lastSequence) return undefined;
    const file = await this.#files.open(segmentPath(this.#folder, known.segment), 'read');
    try {
      return await this.#look({ file, piece }, known, fromSequence);
    } finally {
      await file.close().catch(() => undefined);
    }
  }

  /** Digest of one entry's line, without LF; undefined where there is none. Errors: the system's. */
  async entrySha256(known: ReadableSegment, sequence: number): Promise<string | undefined> {
    if (known.lastSequence === sequence) return known.lastSha256;
    const found = await this.read(known, sequence, CUSTODY_ENTRY_BYTES_MAX);
    return found && sha256Hex(found.lines.subarray(0, bufferOf(found.lines).indexOf(LF)));
  }

  async #gather(
    source: LineSource,
    { segment, lastSequence }: ReadableSegment,
    from: number,
    bytesMax: number,
  ): Promise<CustodyLines | undefined> {
    const lines: Uint8Array[] = [];
    let bytes = 0;
    const nearest = this.#nearest(segment, from);
    let { sequence } = nearest;
    for await (const { line, offset } of linesFrom(source, nearest.offset)) {
      if (sequence > lastSequence) break;
      if (sequence % MARK_ENTRIES === 0) this.#mark(segment, { sequence, offset });
      if (sequence >= from) {
        if (bytes > 0 && bytes + line.length > bytesMax) break;
        lines.push(line.slice());
        bytes += line.length;
      }
      sequence++;
    }
    return bytes === 0 ? undefined : { lines: Buffer.concat(lines), from, to: sequence - 1 };
  }

  /** What of them the first piece holds that has any. */
  async #look(
    source: LineSource,
    { segment, lastSequence }: ReadableSegment,
    from: number,
  ): Promise<CustodyLines | undefined> {
    const nearest = this.#nearest(segment, from);
    let { sequence } = nearest;
    for await (const { bytes, offset } of piecesFrom(source, nearest.offset)) {
      let [begin, behind] = [0, 0];
      for (const { end } of linesIn(bytes)) {
        if (sequence > lastSequence) break;
        if (sequence % MARK_ENTRIES === 0) this.#mark(segment, { sequence, offset: offset + behind });
        if (sequence < from) begin = end;
        behind = end;
        sequence++;
      }
      if (behind > begin) return { lines: bytes.subarray(begin, behind), from, to: sequence - 1 };
      if (sequence > lastSequence) return undefined;
    }
    return undefined;
  }

  #nearest(segment: SegmentId, sequence: number): Mark {
    const marks = this.#marks.get(segment) ?? [];
    return marks.findLast((mark) => mark.sequence <= sequence) ?? { sequence: 1, offset: 0 };
  }

  #mark(segment: SegmentId, mark: Mark): void {
    let marks = this.#marks.get(segment);
    if (marks === undefined) {
      if (this.#marks.size >= MARKED_SEGMENTS_MAX)
        this.#marks.delete([...this.#marks.keys()][0] as SegmentId);
      this.#marks.set(segment, (marks = []));
    }
    if (mark.sequence > (marks.at(-1)?.sequence ?? 0)) marks.push(mark);
  }
}

/** Lines with their LF, and where they begin; each is good until the next one is asked for. */
async function* linesFrom(
  source: LineSource,
  start: number,
): AsyncGenerator<{ line: Uint8Array; offset: number }> {
  for await (const { bytes, offset } of piecesFrom(source, start)) {
    let from = 0;
    for (const { end } of linesIn(bytes)) {
      yield { line: bytes.subarray(from, end), offset: offset + from };
      from = end;
    }
  }
}

/** Whole lines, as many as the memory holds, and where they begin; good until the next ones are asked for. */
async function* piecesFrom(
  { file, piece }: LineSource,
  start: number,
): AsyncGenerator<{ bytes: Uint8Array; offset: number }> {
  for (let offset = start; ;) {
    const count = await file.read(piece, offset);
    const bytes = piece.subarray(0, piece.subarray(0, count).lastIndexOf(LF) + 1);
    if (bytes.length === 0) return; // the end, or a line longer than any entry
    yield { bytes, offset };
    offset += bytes.length;
  }
}
