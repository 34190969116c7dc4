// Finds the segments of custody logs that hold entries about recordings, and the signed head that vouches for them. Reads each segment
// once, line by line.
import { join } from 'node:path';
import { parseCustodyHead, type CustodyEntry } from '../../../protocol/custody/custody-entry.ts';
import { encodeUtf8 } from '../../../protocol/format/bytes.ts';
import { DockError } from '../../../protocol/format/errors.ts';
import { isSegmentId } from '../../../protocol/format/ids.ts';
import { segmentEntries } from '../../../protocol/custody/segment-file.ts';
import { CUSTODY, SEGMENT_SUFFIX, SIGNATURE_SUFFIX } from '../../../protocol/format/file-names.ts';
import { diskError, listSorted, type ReadFiles } from '../verify/read-files.ts';
import type { KitEntry, KitHead, KitSegment } from './kit-parts.ts';

/** Entries that are told one by one; a docking of many thousand files has more. */
export const ENTRIES_MAX = 2000;

/** Whose log, and which of its entries count. */
export interface LogQuestion {
  readonly files: ReadFiles;
  readonly vault: string;
  /** Station, or receiver for the store's own log. */
  readonly keeper: string;
  /** Ids of recordings, docking records and dockings. */
  readonly ids: ReadonlySet<string>;
  readonly signal: AbortSignal;
}

/** Segments in the order of their openings, and the entries that count, at most ENTRIES_MAX. */
export interface FoundLogs {
  readonly segments: readonly KitSegment[];
  readonly entries: readonly KitEntry[];
}

/** Errors: the signal's reason; those of the machine. */
export async function findInLogs(question: LogQuestion): Promise<FoundLogs> {
  const { files, vault, keeper } = question;
  const folder = join(vault, keeper, CUSTODY);
  const names = (await listSorted(files, folder)) ?? [];
  const ids = names
    .filter((name) => name.endsWith(SEGMENT_SUFFIX))
    .map((name) => name.slice(0, -SEGMENT_SUFFIX.length))
    .filter(isSegmentId);
  const walks: SegmentRead[] = [];
  for (const segment of ids) {
    const walk = await readSegment(question, join(folder, segment + SEGMENT_SUFFIX), segment);
    if (walk.found.length > 0) walks.push(walk);
  }
  walks.sort((a, b) => (a.openedAt < b.openedAt ? -1 : 1));
  const there = new Set(names);
  const segments = walks.map(({ segment, count, head }): KitSegment => {
    const path = join(folder, segment + SEGMENT_SUFFIX);
    const signed = there.has(segment + SEGMENT_SUFFIX + SIGNATURE_SUFFIX);
    return { keeper, segment, path, signed, entries: count, head };
  });
  const entries = walks.flatMap(({ segment, found }) => found.map((entry) => ({ keeper, segment, entry })));
  return { segments, entries: entries.slice(0, ENTRIES_MAX) };
}

async function readSegment(question: LogQuestion, path: string, segment: string): Promise<SegmentRead> {
  const read = new SegmentRead(segment, question.ids);
  try {
    for await (const entry of segmentEntries(question, path)) read.take(entry);
  } catch (error) {
    if (question.signal.aborted) throw error;
    diskError(error); // what of it could be read counts; that it cannot be read is verify's to say
  }
  return read;
}

/** What is kept of one segment. */
class SegmentRead {
  readonly segment: string;
  readonly #found: CustodyEntry[] = [];
  readonly #ids: ReadonlySet<string>;
  count = 0;
  openedAt = '';
  head: KitHead | undefined;

  constructor(segment: string, ids: ReadonlySet<string>) {
    this.segment = segment;
    this.#ids = ids;
  }

  take(entry: CustodyEntry): void {
    this.count++;
    if (this.count === 1) this.openedAt = entry.at;
    if (entry.event === 'checkpoint') this.head = headOf(entry) ?? this.head;
    else if (this.#found.length < ENTRIES_MAX && this.#concerns(entry)) this.#found.push(entry);
  }

  /** Those that the head vouches for: what stands behind it may be anybody's. All of them where no head can be read, which is a finding. */
  get found(): readonly CustodyEntry[] {
    const last = this.head?.sequence ?? Infinity;
    return this.#found.filter(({ sequence }) => sequence <= last);
  }

  #concerns({ facts }: CustodyEntry): boolean {
    return [facts['recording'], facts['docking'], facts['record']].some(
      (id) => typeof id === 'string' && this.#ids.has(id),
    );
  }
}

function headOf({ facts: { head, signature } }: CustodyEntry): KitHead | undefined {
  if (typeof head !== 'string' || typeof signature !== 'string') return undefined;
  try {
    return { sequence: parseCustodyHead(encodeUtf8(head)).sequence, document: head, signature };
  } catch (error) {
    if (error instanceof DockError) return undefined;
    throw error;
  }
}
