// Reads the newest part of the store's own log, for whoever must know what was said before. Follows the chain inside each segment and stops
// in it where that does not hold; signatures are `verify`'s business.
import {
  CHAIN_START,
  type CustodyEntry,
  type CustodyEvent,
  followChain,
  parseCustodyEntry,
} from '../../../protocol/custody/custody-entry.ts';
import { linesIn } from '../../../protocol/custody/custody-scan.ts';
import { bufferOf } from '../../../protocol/format/bytes.ts';
import { listIfThere, readIfThere } from '../../../protocol/format/durable.ts';
import { DockError } from '../../../protocol/format/errors.ts';
import type { SegmentId, StationId } from '../../../protocol/format/ids.ts';
import type { Files } from '../../../protocol/format/ports.ts';
import { LoopTurns } from '../../platform/loop-turns.ts';
import { segmentPath } from './custody-file.ts';
import { orderedSegments, SEGMENT_READ_BYTES_MAX, type StoreSegment } from './log-end.ts';

/** Segments that are read at most: some 5,000 entries each. */
const SEGMENTS_MAX = 16;
/** Read whatever their times say: a clock that is wrong now must not hide what was. */
const SEGMENTS_MIN = 2;
/** A segment has at most 2 MiB and one append. */
const SEGMENT_BYTES_MAX = 16 * 1024 * 1024;
/** Some 5 ms of work on a slow machine. */
const LINES_PER_TURN = 64;

/**
 * Calls with each entry, the oldest first, from the segment on in which `fromMs` (ms since 1970, by the entries' own times) lies; and with its
 * time in ms since 1970 (SPEC 10.3.20), for which each segment before counts by its first entry.
 * Shape: nothing is called where there is no log.
 * Errors: "store-log.oversize"; the system's; the signal's reason.
 */
export async function readStoreLog(
  deps: { readonly files: Files; readonly signal: AbortSignal },
  folder: string,
  fromMs: number,
  visit: (entry: CustodyEntry, timeMs: number) => void,
): Promise<void> {
  if ((await listIfThere(deps.files, folder)).length === 0) return;
  const all = await orderedSegments(deps.files, folder);
  const segments = newestOf(all, fromMs);
  const before = all.slice(0, -segments.length || undefined);
  let timeMs = Math.max(...before.map(({ first }) => Date.parse(first?.at ?? '') || 0));
  const turns = new LoopTurns();
  for (const { segment } of segments) {
    const bytes = await readSegment(deps.files, folder, segment);
    let state = CHAIN_START;
    let lines = 0;
    for (const { line } of linesIn(bytes)) {
      const step = followed(state, line);
      if (step === undefined) break;
      state = step.state;
      timeMs = Math.max(timeMs, Date.parse(step.entry.at));
      visit(step.entry, timeMs);
      if (++lines % LINES_PER_TURN === 0) await turns.next();
    }
    deps.signal.throwIfAborted();
  }
}

function newestOf(ordered: readonly StoreSegment[], fromMs: number): readonly StoreSegment[] {
  const at = ordered.findLastIndex(({ first }) => first !== undefined && Date.parse(first.at) <= fromMs);
  const from = Math.min(at, ordered.length - SEGMENTS_MIN);
  return ordered.slice(Math.max(from, ordered.length - SEGMENTS_MAX, 0));
}

/** One that another process dropped meanwhile is empty. */
async function readSegment(files: Files, folder: string, segment: SegmentId): Promise<Uint8Array> {
  return bufferOf(
    (await readIfThere(files, segmentPath(folder, segment), SEGMENT_BYTES_MAX)) ?? new Uint8Array(0),
  );
}

function followed(state: typeof CHAIN_START, line: Uint8Array): ReturnType<typeof followChain> | undefined {
  try {
    return followChain(state, line);
  } catch (error) {
    if (error instanceof DockError) return undefined;
    throw error;
  }
}

// Whether an event stands in the store's log. Looks from the newest segment backwards and reads one at a time.

const LF = 0x0a;

/**
 * Shape: `folder` is that of the store's log; `needle` is the text of one of the facts, found in few other entries. An entry with more
 * facts than those given counts. Errors: "store-log.oversize"; the system's.
 */
export async function isEntered(
  files: Files,
  folder: string,
  event: CustodyEvent,
  needle: string,
): Promise<boolean> {
  if ((await files.stat(folder))?.kind !== 'folder') return false;
  for (const { segment } of (await orderedSegments(files, folder)).toReversed()) {
    const bytes = await files.readAll(segmentPath(folder, segment), SEGMENT_READ_BYTES_MAX);
    if (holds(bufferOf(bytes), event, needle)) return true;
  }
  return false;
}

function holds(segment: Buffer, event: CustodyEvent, needle: string): boolean {
  for (const line of linesWith(segment, needle)) if (isEntry(line, event)) return true;
  return false;
}

/** Looks for the needle first: to parse all entries of a segment would hold the thread. */
function* linesWith(segment: Buffer, needle: string): Generator<Buffer> {
  for (let at = segment.indexOf(needle); at >= 0; at = segment.indexOf(needle, at + 1)) {
    const end = segment.indexOf(LF, at);
    yield segment.subarray(segment.lastIndexOf(LF, at) + 1, end < 0 ? segment.length : end);
  }
}

/** Whether there is an entry of that event; finds one of which there are many in the newest segment. Errors: as isEntered. */
export async function hasEntry(files: Files, folder: string, event: CustodyEvent['event']): Promise<boolean> {
  return isEntered(files, folder, { event, facts: {} }, `"event":"${event}"`);
}

/**
 * All entries of one event, the oldest first, for an event of which there are few.
 * Errors: "store-log.oversize"; the system's; the signal's reason.
 */
export async function entriesOf(
  { files, signal }: { readonly files: Files; readonly signal: AbortSignal },
  folder: string,
  event: CustodyEvent['event'],
): Promise<CustodyEntry[]> {
  if ((await files.stat(folder))?.kind !== 'folder') return [];
  const found: CustodyEntry[] = [];
  for (const { segment } of await orderedSegments(files, folder)) {
    signal.throwIfAborted();
    const bytes = bufferOf(await files.readAll(segmentPath(folder, segment), SEGMENT_READ_BYTES_MAX));
    for (const line of linesWith(bytes, `"event":"${event}"`)) {
      const entry = parsed(line);
      if (entry?.event === event) found.push(entry);
    }
  }
  return found;
}

/**
 * The last `head` entry of a station (SPEC 4.15.14) that the log has up to that time, in ms since 1970 by the times of the log (SPEC 10.3.20).
 * Errors: "store-log.oversize"; the system's; the signal's reason.
 */
export async function lastHead(
  { files, signal }: { readonly files: Files; readonly signal: AbortSignal },
  folder: string,
  station: StationId,
  untilMs: number,
): Promise<CustodyEntry | undefined> {
  if ((await files.stat(folder))?.kind !== 'folder') return undefined;
  const segments = await orderedSegments(files, folder);
  const later = segments.findIndex(({ first }) => first !== undefined && Date.parse(first.at) > untilMs);
  for (const { segment } of segments.slice(0, later < 0 ? segments.length : later).toReversed()) {
    signal.throwIfAborted();
    const bytes = bufferOf(await files.readAll(segmentPath(folder, segment), SEGMENT_READ_BYTES_MAX));
    let last: CustodyEntry | undefined;
    for (const line of linesWith(bytes, '"event":"head"')) {
      if (!line.includes(`"station":"${station}"`)) continue;
      const entry = parsed(line);
      if (entry?.event === 'head' && entry.facts['station'] === station && Date.parse(entry.at) <= untilMs)
        last = entry;
    }
    if (last !== undefined) return last;
  }
  return undefined;
}

/**
 * When one of these events that names a text was entered first, by text, in ms since 1970 by the times of the log (SPEC 10.3.20).
 * Shape: looks from the segment on in which `fromMs` lies, by the same times; a text without such an entry is left out.
 * Errors: "store-log.oversize"; the system's; the signal's reason.
 */
export async function firstEntered(
  { files, signal }: { readonly files: Files; readonly signal: AbortSignal },
  folder: string,
  events: ReadonlySet<CustodyEvent['event']>,
  texts: readonly string[],
  fromMs: number,
): Promise<ReadonlyMap<string, number>> {
  const found = new Map<string, number>();
  if (texts.length === 0 || (await files.stat(folder))?.kind !== 'folder') return found;
  const segments = await orderedSegments(files, folder);
  const later = segments.findIndex(({ first }) => first !== undefined && Date.parse(first.at) > fromMs);
  const from = Math.max((later < 0 ? segments.length : later) - 1, 0);
  let timeMs = Number.NEGATIVE_INFINITY;
  for (const [at, { segment, first }] of segments.entries()) {
    if (first !== undefined) timeMs = Math.max(timeMs, Date.parse(first.at));
    if (at < from) continue;
    signal.throwIfAborted();
    const bytes = bufferOf(await files.readAll(segmentPath(folder, segment), SEGMENT_READ_BYTES_MAX));
    for (const text of texts) {
      const entry = found.has(text) ? undefined : firstOf(bytes, events, text);
      if (entry !== undefined) found.set(text, Math.max(timeMs, Date.parse(entry.at)));
    }
    if (found.size === texts.length) break;
  }
  return found;
}

function firstOf(
  segment: Buffer,
  events: ReadonlySet<CustodyEvent['event']>,
  text: string,
): CustodyEntry | undefined {
  for (const line of linesWith(segment, text)) {
    const entry = parsed(line);
    if (entry !== undefined && events.has(entry.event)) return entry;
  }
  return undefined;
}

function isEntry(line: Uint8Array, wanted: CustodyEvent): boolean {
  const entry = parsed(line);
  if (entry?.event !== wanted.event) return false;
  return Object.entries(wanted.facts).every(([name, value]) => entry.facts[name] === value);
}

/** Undefined for a line that is none. */
function parsed(line: Uint8Array): CustodyEntry | undefined {
  try {
    return parseCustodyEntry(line);
  } catch (error) {
    if (error instanceof DockError) return undefined;
    throw error;
  }
}
