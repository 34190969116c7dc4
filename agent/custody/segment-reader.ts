// Reads whole lines out of the segments of a custody log, from any entry on, without reading what lies far before it.
import { bufferOf, sha256Hex } from '../../protocol/format/bytes.ts';
import { linesIn } from '../../protocol/custody/custody-scan.ts';
import type { SegmentId } from '../../protocol/format/ids.ts';
import { CUSTODY_ENTRY_BYTES_MAX } from '../../protocol/format/limits.ts';
import type { Files, OpenFile } from '../../protocol/format/ports.ts';
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
    const piece = this.#spare ?? newPiece();
    this.#spare = undefined;
    try {
      return await this.#reading(known, fromSequence, piece, (source) =>
        this.#gather(source, known, fromSequence, bytesMax),
      );
    } finally {
      this.#spare = piece;
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
    return this.#reading(known, fromSequence, piece, (source) =>
      this.#look(source, known, fromSequence, Number.POSITIVE_INFINITY),
    );
  }

  /** Digest of one entry's line, without LF; undefined where there is none. Errors: the system's. */
  async entrySha256(known: ReadableSegment, sequence: number): Promise<string | undefined> {
    if (known.lastSequence === sequence) return known.lastSha256;
    const found = await this.read(known, sequence, CUSTODY_ENTRY_BYTES_MAX);
    return found && sha256Hex(found.lines.subarray(0, bufferOf(found.lines).indexOf(LF)));
  }

  async #reading(
    { segment, lastSequence }: ReadableSegment,
    from: number,
    piece: Uint8Array,
    read: (source: LineSource) => Promise<CustodyLines | undefined>,
  ): Promise<CustodyLines | undefined> {
    if (from < 1 || from > lastSequence) return undefined;
    const file = await this.#files.open(segmentPath(this.#folder, segment), 'read');
    try {
      return await read({ file, piece });
    } finally {
      await file.close().catch(() => undefined);
    }
  }

  /** Copies of lines, out of as many pieces as they take. */
  async #gather(
    source: LineSource,
    known: ReadableSegment,
    from: number,
    bytesMax: number,
  ): Promise<CustodyLines | undefined> {
    const parts: Uint8Array[] = [];
    let bytes = 0;
    let to = from - 1;
    for (let isFull = false; !isFull && to < known.lastSequence;) {
      const found = await this.#look(source, known, to + 1, bytesMax - bytes);
      if (found === undefined || (bytes > 0 && bytes + found.lines.length > bytesMax)) break;
      parts.push(new Uint8Array(found.lines));
      bytes += found.lines.length;
      ({ to, isFull } = found);
    }
    return bytes === 0 ? undefined : { lines: Buffer.concat(parts), from, to };
  }

  /** What of the lines the first piece holds that has any: at most so many bytes, but at least one line; `isFull` where a further one is too much. */
  async #look(
    source: LineSource,
    { segment, lastSequence }: ReadableSegment,
    from: number,
    bytesMax: number,
  ): Promise<(CustodyLines & { readonly isFull: boolean }) | undefined> {
    const nearest = this.#nearest(segment, from);
    let { sequence } = nearest;
    for await (const { bytes, offset } of piecesFrom(source, nearest.offset)) {
      let [begin, behind, isFull] = [0, 0, false];
      for (const { end } of linesIn(bytes)) {
        isFull = behind > begin && end - begin > bytesMax;
        if (isFull || sequence > lastSequence) break;
        if (sequence % MARK_ENTRIES === 0) this.#mark(segment, { sequence, offset: offset + behind });
        if (sequence < from) begin = end;
        behind = end;
        sequence++;
      }
      if (behind > begin) return { lines: bytes.subarray(begin, behind), from, to: sequence - 1, isFull };
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
