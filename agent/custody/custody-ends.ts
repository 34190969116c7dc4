// First and last entry of a custody segment of an earlier run: all that its place in the log needs.
import { CHAIN_START, type CustodyEntry, parseCustodyEntry } from '../../protocol/custody/custody-entry.ts';
import type { FoundSegment } from '../../protocol/custody/custody-order.ts';
import { bufferOf, sha256Hex } from '../../protocol/format/bytes.ts';
import { DockError } from '../../protocol/format/errors.ts';
import type { SegmentId } from '../../protocol/format/ids.ts';
import { CUSTODY_ENTRY_BYTES_MAX } from '../../protocol/format/limits.ts';
import type { Files, OpenFile } from '../../protocol/format/ports.ts';
import type { DurableBytes } from './custody-groups.ts';
import { segmentPath } from './custody-segments.ts';
import type { IndexedSegment } from './ledger-file.ts';

/** An entry with its LF. */
const ENTRY_ROOM = CUSTODY_ENTRY_BYTES_MAX + 1;

/** A segment of an earlier run with what the store holds of it. */
export interface RecoveredSegment extends FoundSegment {
  /** Wall time of its last entry; "" where it cannot be read. */
  readonly lastAt: string;
  readonly held: boolean;
  /** Where it holds and the disk refused to let it be ended: the bytes that do, and their digest. */
  readonly unended?: DurableBytes | undefined;
}

/** What the order of segments asks of the first entry, as the snapshot keeps it. */
export function fromIndex({ segment, openedAt, follows, ...known }: IndexedSegment): RecoveredSegment {
  const { lastSequence: sequence, lastSha256: sha256, lastAt, held } = known;
  const facts = {
    segment,
    last_segment: follows?.segment ?? null,
    last_sequence: follows?.sequence ?? null,
    last_sha256: follows?.sha256 ?? null,
  };
  const event = 'segment-opened';
  const rest = { previous: CHAIN_START.sha256, boot: null, monotonic_ms: 0 };
  const first = { sequence: 1, at: openedAt, event, facts, ...rest } as const;
  return { segment, first, last: { sequence, sha256 }, lastAt, signed: true, held };
}

/** Of a segment that cannot be read, or of which nothing holds. */
export function unreadable(segment: SegmentId, signed: boolean): RecoveredSegment {
  const last = { sequence: 0, sha256: '' };
  return { segment, first: undefined, last, lastAt: '', signed, held: false };
}

/**
 * First and last entry of an ended segment; nothing between them is read.
 * Errors: those of parseCustodyEntry; "custody.chain-broken" where something lies behind the last entry; the system's.
 */
export async function readEnds(files: Files, folder: string, id: SegmentId): Promise<RecoveredSegment> {
  return reading(files, segmentPath(folder, id), async (file) => {
    const first = await firstOf(file);
    const size = await file.sizeBytes();
    const tail = new Uint8Array(Math.min(size, 2 * ENTRY_ROOM));
    await file.read(tail, size - tail.length);
    return endsOf(id, first, tail);
  });
}

/** The first entry alone. Errors: those of parseCustodyEntry; the system's. */
export async function readOpening(files: Files, folder: string, id: SegmentId): Promise<CustodyEntry> {
  return reading(files, segmentPath(folder, id), firstOf);
}

async function reading<T>(files: Files, path: string, read: (file: OpenFile) => Promise<T>): Promise<T> {
  const file = await files.open(path, 'read');
  try {
    return await read(file);
  } finally {
    await file.close().catch(() => undefined);
  }
}

async function firstOf(file: OpenFile): Promise<CustodyEntry> {
  const room = new Uint8Array(ENTRY_ROOM);
  const head = room.subarray(0, await file.read(room, 0));
  return parseCustodyEntry(head.subarray(0, Math.max(bufferOf(head).indexOf(10), 0)));
}

function endsOf(segment: SegmentId, first: CustodyEntry, tail: Uint8Array): RecoveredSegment {
  const end = bufferOf(tail).lastIndexOf(10);
  const lastLine = tail.subarray(bufferOf(tail).lastIndexOf(10, end - 1) + 1, end);
  const last = parseCustodyEntry(lastLine);
  if (end !== tail.length - 1)
    throw new DockError('custody.chain-broken', 'something lies behind the last entry of an ended segment', {
      retry: 'never',
    });
  const state = { sequence: last.sequence, sha256: sha256Hex(lastLine) };
  return { segment, first, last: state, lastAt: last.at, signed: true, held: false };
}

/** Wall time of the last of whole entries that hold; "" where there is none. */
export function lastAtOf(entries: Uint8Array): string {
  if (entries.length === 0) return '';
  const buffer = bufferOf(entries);
  return parseCustodyEntry(entries.subarray(buffer.lastIndexOf(10, -2) + 1, entries.length - 1)).at;
}
