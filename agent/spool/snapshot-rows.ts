// Rows of recordings in the snapshot (custody/ledger-file.ts), so that a start need not parse ten thousand manifests. Facts never change: a recording
// that it does not name is read from its folder, and one that is no longer there is forgotten.
//
// Shape of lines: of what is here, texts in the order of their numbers, `["text",text]`, then `["rows",base64]` of whole rows (recording-rows.ts); of what was
// released, cameras in their order, `["camera",id,listing,listed_at]`, then `["released",base64]` of whole rows (released-rows.ts).
import { isCameraId, type RecordingId } from '../../protocol/format/ids.ts';
import { LedgerPart, type Snapshot, type SnapshotPart } from '../custody/ledger-file.ts';
import { RECORDING_ROW_BYTES, RecordingRows } from './recording-rows.ts';
import { ReleasedRows, ROW_BYTES } from './released-rows.ts';

/** Rows of one line: with them it is 15 KB long, and 11 KB. */
const LINE_ROWS = 48;
const RELEASED_LINE_ROWS = 128;

/** Recordings whose payload is here. */
class RecordingsPart implements SnapshotPart {
  readonly rows = new RecordingRows();
  readonly #copies = this.rows.copies();
  readonly #piece = Buffer.alloc(LINE_ROWS * RECORDING_ROW_BYTES);

  get size(): number {
    return this.rows.size;
  }

  take([kind, text]: readonly unknown[]): true | undefined {
    if (typeof text !== 'string') return undefined;
    if (kind === 'text') this.#copies.learn(text);
    else if (kind === 'rows') this.#copies.put(this.#piece.subarray(0, this.#piece.write(text, 'base64')));
    else return undefined;
    return true;
  }

  /** Rows as they are when the writing comes to them: what was said of a recording was durable before. */
  *lines(): Generator<readonly unknown[]> {
    for (const text of this.rows.texts) yield ['text', text];
    const piece = Buffer.alloc(LINE_ROWS * RECORDING_ROW_BYTES);
    let filled = 0;
    for (const row of this.rows.downwards()) {
      filled += this.rows.bytesAt(row).copy(piece, filled);
      if (filled < piece.length) continue;
      yield ['rows', piece.toString('base64')];
      filled = 0;
    }
    if (filled > 0) yield ['rows', piece.toString('base64', 0, filled)];
  }
}

/** Released recordings, and the listings of their cameras. */
class ReleasedPart implements SnapshotPart {
  readonly rows = new ReleasedRows();
  /** Those in whose folder something may be left: not written, so that the next start looks at them. */
  readonly unfinished = new Set<RecordingId>();

  get size(): number {
    return this.rows.size;
  }

  take([kind, text, listing, listedAt]: readonly unknown[]): true | undefined {
    if (typeof text !== 'string') return undefined;
    if (kind === 'camera' && isCameraId(text))
      this.rows.learn({ camera: text, listing: Number(listing), listedAt: Number(listedAt) });
    else if (kind === 'released') {
      const bytes = Buffer.from(text, 'base64');
      if (bytes.length % ROW_BYTES !== 0) return undefined;
      this.rows.addRows(bytes);
    } else return undefined;
    return true;
  }

  /** Cameras and rows of one moment. */
  lines(): Iterable<readonly unknown[]> {
    const cameras = this.rows.cameras.map((each) => ['camera', each.camera, each.listing, each.listedAt]);
    return releasedLines(cameras, this.rows.snapshot(this.unfinished));
  }
}

function* releasedLines(cameras: readonly unknown[][], rows: Buffer): Generator<readonly unknown[]> {
  yield* cameras;
  const lineBytes = RELEASED_LINE_ROWS * ROW_BYTES;
  for (let at = 0; at < rows.length; at += lineBytes)
    yield ['released', rows.toString('base64', at, Math.min(at + lineBytes, rows.length))];
}

/** All that the snapshot of a spool holds. */
export interface SpoolSnapshotParts {
  readonly recordings: RecordingsPart;
  readonly released: ReleasedPart;
  readonly ledger: LedgerPart;
  readonly [name: string]: SnapshotPart;
}
export type SpoolSnapshot = Snapshot<SpoolSnapshotParts>;

export function emptySnapshot(): SpoolSnapshotParts {
  return { recordings: new RecordingsPart(), released: new ReleasedPart(), ledger: new LedgerPart() };
}
