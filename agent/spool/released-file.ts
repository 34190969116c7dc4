// The rows of released recordings on the disk, so that a start need not read their manifests. A cache and nothing more: what it does not
// name is read from its folder, and what is no longer there is forgotten.
//
// Shape: that of agent/platform/cache-file.ts; the header is `{"type":"released-rows","version":1,"spool":<id>}`. Lines are JSON lists: cameras in
// their order, `["camera",id,listing,listed_at]`, then `["rows",base64]` of whole rows.
import { isCameraId } from '../../protocol/format/ids.ts';
import type { Files } from '../../protocol/format/ports.ts';
import { readCache, writeCache, type CacheFile } from '../platform/cache-file.ts';
import type { SpoolLayout } from './layout.ts';
import { ReleasedRows, ROW_BYTES, type ListedCamera } from './released-rows.ts';

/** Lines that are read: rows of a million recordings, and as many cameras as that may be of. */
const LINES_MAX = 100_000;
/** Rows of one line: with them it is 11 KB long. */
const LINE_ROWS = 128;

/** Takes a line; undefined where it is none of ours. */
function take(rows: ReleasedRows, line: string): true | undefined {
  const [kind, text, listing, listedAt] = JSON.parse(line) as unknown[];
  if (typeof text !== 'string') return undefined;
  if (kind === 'camera' && isCameraId(text))
    rows.learn({ camera: text, listing: Number(listing), listedAt: Number(listedAt) });
  else if (kind === 'rows') {
    const bytes = Buffer.from(text, 'base64');
    if (bytes.length % ROW_BYTES !== 0) return undefined;
    rows.addRows(bytes);
  } else return undefined;
  return true;
}

function cacheOf(layout: SpoolLayout, spool: string): CacheFile {
  const header = `{"type":"released-rows","version":1,"spool":"${spool}"}`;
  return { path: layout.releasedRows, header, entriesMax: LINES_MAX };
}

/** The rows of the last run; none where there is no file that is whole and of this spool. Never rejects. */
export async function readReleasedRows(
  files: Pick<Files, 'open'>,
  layout: SpoolLayout,
  spool: string,
): Promise<ReleasedRows> {
  const rows = new ReleasedRows();
  const lines = await readCache(files, cacheOf(layout, spool), (line) => take(rows, line));
  return lines === undefined ? new ReleasedRows() : rows;
}

/** Writes the file anew and puts it in its place. `snapshot` and `cameras` are of the same moment. Errors: the system's; the old file stays then. */
export function writeReleasedRows(
  files: Files,
  layout: SpoolLayout,
  spool: string,
  cameras: readonly Readonly<ListedCamera>[],
  snapshot: Buffer,
): Promise<void> {
  return writeCache(files, cacheOf(layout, spool), linesOf(cameras, snapshot));
}

function* linesOf(cameras: readonly Readonly<ListedCamera>[], snapshot: Buffer): Generator<string> {
  for (const { camera, listing, listedAt } of cameras)
    yield JSON.stringify(['camera', camera, listing, listedAt]);
  for (let at = 0; at < snapshot.length; at += LINE_ROWS * ROW_BYTES)
    yield JSON.stringify(['rows', snapshot.subarray(at, at + LINE_ROWS * ROW_BYTES).toString('base64')]);
}
