// Whether a new custody segment continues the log that the vault knows, or shows a station that was put back to an earlier state.
import { join } from 'node:path';
import { parseCustodyEntry, type CustodyEntry } from '../custody-entry.ts';
import { DockError, systemCode } from '../errors.ts';
import { isSegmentId, type SegmentId } from '../ids.ts';
import { CUSTODY_ENTRY_BYTES_MAX } from '../limits.ts';
import type { Files } from '../ports.ts';
import { listIfThere, type FolderSyncs } from './durable.ts';
import { CustodyFile } from './custody-file.ts';
import { CUSTODY_SEGMENTS_MAX } from './limits.ts';

const LF = 0x0a;
const SUFFIX = '.jsonl';

/** A fork in words, with the other segment that it concerns. */
export interface CustodyFork {
  readonly other: string;
  readonly detail: string;
}

/**
 * Compares entry 1 of a segment with the other segments of the station in the folder.
 * Shape: undefined where it continues what is known, or names a segment that the vault does not hold (yet).
 * Errors: the system's.
 */
export async function findFork(
  place: { files: Files; syncs: FolderSyncs; folder: string },
  segment: SegmentId,
  opened: CustodyEntry,
): Promise<CustodyFork | undefined> {
  const { files, folder } = place;
  const names = (await listIfThere(files, folder)).filter((name) => name.endsWith(SUFFIX));
  const others = names.map((name) => name.slice(0, -SUFFIX.length)).filter((name) => name !== segment);
  const last = opened.facts['last_segment'];
  if (last === null || last === undefined) {
    const other = others[0];
    return other === undefined ? undefined : { other, detail: 'the station began a log anew' };
  }
  for (const other of others.slice(0, CUSTODY_SEGMENTS_MAX)) {
    const entry = await firstEntry(files, join(folder, other + SUFFIX));
    if (entry !== undefined && sameBeginning(entry, opened))
      return { other, detail: 'two segments follow the same entry' };
  }
  return typeof last === 'string' && isSegmentId(last) && others.includes(last)
    ? compareEnd(place, last, opened)
    : undefined;
}

function sameBeginning(a: CustodyEntry, b: CustodyEntry): boolean {
  return (['last_segment', 'last_sequence', 'last_sha256'] as const).every(
    (name) => a.facts[name] === b.facts[name],
  );
}

/** The vault may hold less of the segment before, never more and never another entry. */
async function compareEnd(
  { files, syncs, folder }: { files: Files; syncs: FolderSyncs; folder: string },
  last: SegmentId,
  opened: CustodyEntry,
): Promise<CustodyFork | undefined> {
  const { head } = await CustodyFile.open(files, syncs, folder, last).catch((error: unknown) => {
    if (error instanceof DockError) return { head: { sequence: 0, sha256: '' } };
    throw error;
  });
  const sequence = Number(opened.facts['last_sequence']);
  if (head.sequence > sequence)
    return { other: last, detail: `the vault holds ${head.sequence} entries, the station knew ${sequence}` };
  return head.sequence === sequence && head.sha256 !== opened.facts['last_sha256']
    ? { other: last, detail: `entry ${sequence} is another one in the vault` }
    : undefined;
}

/** Undefined where the file does not begin with an entry. */
async function firstEntry(files: Files, path: string): Promise<CustodyEntry | undefined> {
  try {
    const file = await files.open(path, 'read');
    try {
      const bytes = new Uint8Array(CUSTODY_ENTRY_BYTES_MAX + 1);
      const read = bytes.subarray(0, await file.read(bytes, 0));
      return parseCustodyEntry(read.subarray(0, Math.max(0, read.indexOf(LF))));
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof DockError || systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}
