// Folds lines of the custody log into a ledger. Of what an earlier run left, a line counts where the line after it names its digest, or where it
// is the last one that is known: an altered line says nothing. What nobody names any more tells of one thing only: that a docking is recorded. A
// second record would contradict the first.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { bufferOf, sha256Hex } from '../../protocol/format/bytes.ts';
import { parseCustodyEntry, type CustodyEntry } from '../../protocol/custody/custody-entry.ts';
import { linesIn } from '../../protocol/custody/custody-scan.ts';
import { isDockingId, type DockingId, type SegmentId } from '../../protocol/format/ids.ts';
import { lookPatiently } from '../platform/look-patiently.ts';
import type { ReadableSegment } from './custody-segments.ts';
import { logOriginOf, type Ledger } from './ledger.ts';
import { newPiece, type SegmentReader } from './segment-reader.ts';

const EVENT_KEY = '"event":"';
/** No id is longer. */
const ID_CHARACTERS_MAX = 64;
/** Some 5 ms of work. */
const ENTRIES_AT_ONCE = 500;

/** Folds lines that this run has just made durable. Shape: the entries of them that changed something. */
export function foldDurable(ledger: Ledger, segment: SegmentId, lines: Uint8Array): CustodyEntry[] {
  const folded: CustodyEntry[] = [];
  for (const { line } of linesIn(lines)) {
    const entry = isWanted(ledger, line) ? entryIn(line) : undefined;
    if (entry === undefined) continue;
    ledger.take({ ...entry, segment });
    folded.push(entry);
  }
  return folded;
}

/**
 * Folds a segment of an earlier run from an entry on. Shape: `known` up to its last entry that holds; `isBroken` where its chain breaks behind that
 * one: what follows tells what happened, too. No entry is folded twice. Errors: the system's; what was read until then is folded.
 */
export async function foldSegment(
  ledger: Ledger,
  reader: SegmentReader,
  known: ReadableSegment & { readonly isBroken: boolean },
  fromSequence: number,
): Promise<void> {
  const { segment, lastSha256, isBroken } = known;
  const all = isBroken ? { segment, lastSequence: Number.POSITIVE_INFINITY, lastSha256: '' } : known;
  const piece = newPiece();
  /** The line before, where it says something and nobody has named it yet. */
  let held: Uint8Array | undefined;
  const named = (by: (digest: string) => boolean): void => {
    if (held === undefined) return;
    if (by(sha256Hex(held))) fold(ledger, segment, held);
    else foldRecorded(ledger, held);
    held = undefined;
  };
  for (let from = fromSequence; ;) {
    const batch = await lookPatiently(() => reader.readInto(piece, all, from));
    if (batch === undefined) break;
    for (const { line } of linesIn(batch.lines)) {
      const before = held;
      if (before !== undefined)
        named((digest) => digest === lastSha256 || bufferOf(line).includes(`"previous":"${digest}"`));
      held = isWanted(ledger, line) ? line.slice() : undefined;
    }
    from = batch.to + 1;
    await betweenBatches(from - fromSequence);
  }
  named((digest) => digest === lastSha256);
}

/** Folds what a segment says of which nobody knows the place in the log. Errors: the system's. */
export async function foldApart(ledger: Ledger, reader: SegmentReader, segment: SegmentId): Promise<void> {
  const all = { segment, lastSequence: Number.POSITIVE_INFINITY, lastSha256: '' };
  const piece = newPiece();
  for (let from = 1; ;) {
    const batch = await lookPatiently(() => reader.readInto(piece, all, from));
    if (batch === undefined) return;
    for (const { line } of linesIn(batch.lines)) foldRecorded(ledger, line);
    from = batch.to + 1;
    await betweenBatches(from);
  }
}

/** Ids, and origins of logs, in entries of a segment that changed the ledger. Errors: the system's. */
export async function namesIn(
  ledger: Ledger,
  reader: SegmentReader,
  known: ReadableSegment,
): Promise<Set<string>> {
  const names = new Set<string>();
  const piece = newPiece();
  for (let from = 1; ;) {
    const batch = await lookPatiently(() => reader.readInto(piece, known, from));
    if (batch === undefined) return names;
    for (const { line } of linesIn(batch.lines)) {
      const entry = isWanted(ledger, line) ? entryIn(line) : undefined;
      for (const fact of Object.values(entry?.facts ?? {}))
        if (typeof fact === 'string' && fact.length <= ID_CHARACTERS_MAX) names.add(fact);
      const origin = entry && logOriginOf(entry.facts);
      if (origin !== undefined) names.add(origin);
    }
    from = batch.to + 1;
    await betweenBatches(from);
  }
}

/** Lets others run once so much was folded that they may wait for it. */
async function betweenBatches(entries: number): Promise<void> {
  if (entries >= ENTRIES_AT_ONCE) await nextTurn();
}

/** The entry of a line; undefined where it does not parse. */
export function entryIn(line: Uint8Array): CustodyEntry | undefined {
  try {
    return parseCustodyEntry(line);
  } catch {
    return undefined;
  }
}

/** The docking of which a line says that it is recorded, however damaged the line is. */
export function recordedIn(line: Uint8Array): DockingId | undefined {
  const text = bufferOf(line);
  if (!text.includes('"event":"docking-recorded"')) return undefined;
  const [, docking] = /"docking":"([a-z2-7]{26})"/.exec(text.toString('latin1')) ?? [];
  return docking !== undefined && isDockingId(docking) ? docking : undefined;
}

function fold(ledger: Ledger, segment: SegmentId, line: Uint8Array): void {
  const entry = entryIn(line);
  if (entry !== undefined) ledger.take({ ...entry, segment });
}

function foldRecorded(ledger: Ledger, line: Uint8Array): void {
  const docking = recordedIn(line);
  if (docking !== undefined) ledger.noteRecorded(docking);
}

/** The name of the event is read from the text: most lines are of others. Keys are sorted, and no text before it can hold its quotes. */
function isWanted(ledger: Ledger, line: Uint8Array): boolean {
  const text = bufferOf(line);
  const from = text.indexOf(EVENT_KEY) + EVENT_KEY.length;
  const end = text.indexOf('"', from);
  return from >= EVENT_KEY.length && end >= 0 && ledger.wants(text.toString('latin1', from, end));
}
