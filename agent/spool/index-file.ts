// The index: facts of every recording whose payload is here in one file, so that a start need not parse ten thousand manifests.
// A cache and nothing more: facts never change, a recording that it does not name is read from its folder, one that is no longer
// there is forgotten, and an index that does not match its own digest is ignored and made again.
//
// Shape: that of agent/platform/cache-file.ts; the header is `{"type":"spool-index","version":4,"spool":<id>}`. Lines are JSON lists: texts in the order of
// their numbers, `["text",text]`, then `["rows",base64]` of whole rows (recording-rows.ts).
import type { Files } from '../../protocol/format/ports.ts';
import { readCache, writeCache, type CacheFile } from '../platform/cache-file.ts';
import type { SpoolLayout } from './layout.ts';
import { RECORDING_ROW_BYTES, RecordingRows } from './recording-rows.ts';

/** Lines that are read: rows of some million recordings. What an index does not name is read from its folder. */
const LINES_MAX = 100_000;
/** Rows of one line: with them it is 15 KB long. */
const LINE_ROWS = 48;

function cacheOf(layout: SpoolLayout, spool: string): CacheFile {
  const header = `{"type":"spool-index","version":4,"spool":"${spool}"}`;
  return { path: layout.index, header, entriesMax: LINES_MAX };
}

/** What the index knows, or undefined where there is none that is whole and of this spool. Never rejects. */
export async function readIndex(
  files: Pick<Files, 'open'>,
  layout: SpoolLayout,
  spool: string,
): Promise<RecordingRows | undefined> {
  const rows = new RecordingRows();
  const copies = rows.copies();
  const piece = Buffer.alloc(LINE_ROWS * RECORDING_ROW_BYTES);
  const lines = await readCache(files, cacheOf(layout, spool), (line) => {
    const [kind, text] = JSON.parse(line) as unknown[];
    if (typeof text !== 'string') return undefined;
    if (kind === 'text') copies.learn(text);
    else if (kind === 'rows') copies.put(piece.subarray(0, piece.write(text, 'base64')));
    else return undefined;
    return true;
  });
  return lines && rows;
}

/** Rows that are written, as they are when the writing comes to them. */
export type WrittenRows = Pick<RecordingRows, 'texts' | 'downwards' | 'bytesAt'>;

/**
 * Writes the index anew beside the old one and puts it in its place, with other work of the process in between: what rows say may be of different
 * moments. Errors: the system's; the old index stays then.
 */
export function writeIndex(
  files: Files,
  layout: SpoolLayout,
  spool: string,
  rows: WrittenRows,
): Promise<void> {
  return writeCache(files, cacheOf(layout, spool), linesOf(rows));
}

function* linesOf(rows: WrittenRows): Generator<string> {
  for (const text of rows.texts) yield JSON.stringify(['text', text]);
  const piece = Buffer.alloc(LINE_ROWS * RECORDING_ROW_BYTES);
  let filled = 0;
  for (const row of rows.downwards()) {
    filled += rows.bytesAt(row).copy(piece, filled);
    if (filled < piece.length) continue;
    yield lineOf(piece);
    filled = 0;
  }
  if (filled > 0) yield lineOf(piece.subarray(0, filled));
}

function lineOf(rows: Buffer): string {
  return JSON.stringify(['rows', rows.toString('base64')]);
}
