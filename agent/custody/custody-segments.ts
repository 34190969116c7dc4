// The segments of a custody log as the running agent knows them, in order, and reading lines out of them. Writes nothing.
import { join } from 'node:path';
import { bufferOf, sha256Hex } from '../../protocol/bytes.ts';
import { linesIn } from '../../protocol/custody-scan.ts';
import type { SegmentId } from '../../protocol/ids.ts';
import { CUSTODY_ENTRY_BYTES_MAX } from '../../protocol/limits.ts';
import type { Files, OpenFile } from '../../protocol/ports.ts';

const SEGMENT_SUFFIX = '.jsonl';
const SIGNATURE_SUFFIX = '.jsonl.minisig';
const PIECE_BYTES = 256 * 1024;
/** Entries between two remembered places of a segment. */
const MARK_ENTRIES = 64;
/** Segments whose places are remembered: what is pushed is read in order, so few are enough. */
const MARKED_SEGMENTS_MAX = 4;

/** Paths of a segment and of the signature over the whole of it. */
export function segmentPath(folder: string, segment: string): string {
  return join(folder, segment + SEGMENT_SUFFIX);
}
export function segmentSignaturePath(folder: string, segment: string): string {
  return join(folder, segment + SIGNATURE_SUFFIX);
}

/** The id in a file name of a segment, or undefined for any other name. */
export function segmentOf(name: string): string | undefined {
  return name.endsWith(SEGMENT_SUFFIX) ? name.slice(0, -SEGMENT_SUFFIX.length) : undefined;
}

/** A segment and its newest entry that is durable. */
export interface KnownSegment {
  readonly segment: SegmentId;
  lastSequence: number;
}

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

/** Segments of one log, the oldest first. */
export class CustodySegments {
  readonly #files: Files;
  readonly #folder: string;
  readonly #list: KnownSegment[];
  readonly #marks = new Map<SegmentId, Mark[]>();

  constructor(files: Files, folder: string, list: readonly KnownSegment[]) {
    this.#files = files;
    this.#folder = folder;
    this.#list = [...list];
  }

  list(): readonly Readonly<KnownSegment>[] {
    return this.#list;
  }

  /** An entry of the open segment became durable. */
  reached(segment: SegmentId, lastSequence: number): void {
    const newest = this.#list.at(-1);
    if (newest?.segment === segment) newest.lastSequence = lastSequence;
    else this.#list.push({ segment, lastSequence });
  }

  /**
   * Whole lines from entry `fromSequence` on, at most `bytesMax` bytes but at least one line; undefined where there is nothing.
   * A file that is shorter than it should be ends the answer early. Errors: the system's.
   */
  async read(segment: SegmentId, fromSequence: number, bytesMax: number): Promise<CustodyLines | undefined> {
    const known = this.#list.find((each) => each.segment === segment);
    if (known === undefined || fromSequence < 1 || fromSequence > known.lastSequence) return undefined;
    const file = await this.#files.open(segmentPath(this.#folder, segment), 'read');
    try {
      return await this.#gather(file, known, fromSequence, bytesMax);
    } finally {
      await file.close().catch(() => undefined);
    }
  }

  /** Digest of one entry's line, without LF; undefined where there is none. Errors: the system's. */
  async entrySha256(segment: SegmentId, sequence: number): Promise<string | undefined> {
    const found = await this.read(segment, sequence, CUSTODY_ENTRY_BYTES_MAX);
    if (found === undefined) return undefined;
    return sha256Hex(found.lines.subarray(0, bufferOf(found.lines).indexOf(10)));
  }

  async #gather(
    file: OpenFile,
    { segment, lastSequence }: KnownSegment,
    from: number,
    bytesMax: number,
  ): Promise<CustodyLines | undefined> {
    const lines: Uint8Array[] = [];
    let bytes = 0;
    let sequence = this.#nearest(segment, from).sequence;
    for await (const { line, offset } of this.#linesFrom(file, this.#nearest(segment, from).offset)) {
      if (sequence > lastSequence) break;
      if (sequence % MARK_ENTRIES === 0) this.#mark(segment, { sequence, offset });
      if (sequence >= from) {
        if (bytes > 0 && bytes + line.length > bytesMax) break;
        lines.push(line);
        bytes += line.length;
      }
      sequence++;
    }
    return bytes === 0 ? undefined : { lines: Buffer.concat(lines), from, to: sequence - 1 };
  }

  /** Lines with their LF, and where they begin. */
  async *#linesFrom(file: OpenFile, start: number): AsyncGenerator<{ line: Uint8Array; offset: number }> {
    let offset = start;
    for (;;) {
      const piece = new Uint8Array(PIECE_BYTES);
      const bytes = piece.subarray(0, await file.read(piece, offset));
      let from = 0;
      for (const { end } of linesIn(bytes)) {
        yield { line: bytes.subarray(from, end), offset: offset + from };
        from = end;
      }
      if (from === 0) return; // the end, or a line longer than any entry
      offset += from;
    }
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
