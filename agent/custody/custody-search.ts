// Searches the custody log for the entries of some recordings, the newest segments first: what a cut kept out of the log is made up for.
import { bufferOf } from '../../protocol/format/bytes.ts';
import {
  parseCustodyEntry,
  type CustodyEntry,
  type CustodyEventName,
} from '../../protocol/custody/custody-entry.ts';
import { linesIn } from '../../protocol/custody/custody-scan.ts';
import { isMachineShort, systemCode } from '../../protocol/format/errors.ts';
import type { RecordingId, SegmentId } from '../../protocol/format/ids.ts';
import { lookPatiently } from '../platform/look-patiently.ts';
import type { ReadableSegment } from './custody-segments.ts';
import { newPiece, type CustodyLines, type SegmentReader } from './segment-reader.ts';

/** Gives lines of a segment from an entry on, good until the next ones; undefined where there is nothing. For one search. Errors: the system's. */
export type ReadLines = (known: ReadableSegment, from: number) => Promise<CustodyLines | undefined>;

/** Reads what is there, or fails: for entries whose second one would say something else than the first, by its place in the log. */
export function allShown(reader: SegmentReader): ReadLines {
  const piece = newPiece();
  return (known, from) => reader.readInto(piece, known, from);
}

/**
 * Reads over a segment that the disk does not show at three looks, as if it ended there: it may never be shown again, and whoever waited for
 * it would keep cameras from being cleared. For entries that may stand there twice. Errors: the system's where the machine is short of something.
 */
export function shownAlone(
  reader: SegmentReader,
  onNotShown: (segment: SegmentId, error: unknown) => void,
): ReadLines {
  const piece = newPiece();
  return async (known, from) => {
    try {
      return await lookPatiently(() => reader.readInto(piece, known, from));
    } catch (error) {
      if (systemCode(error) === undefined || isMachineShort(error)) throw error;
      onNotShown(known.segment, error);
      return undefined;
    }
  };
}

/** What is searched for. */
export interface SearchedEntries {
  readonly event: CustodyEventName;
  /** Behind one of these an earlier entry about the same counts for nothing. */
  readonly undoneBy?: CustodyEventName;
  /** What an entry is about. */
  readonly about: (facts: CustodyEntry['facts']) => unknown;
}

/** Entries about a recording or a docking record. */
export function aboutRecording(facts: CustodyEntry['facts']): unknown {
  return facts['recording'] ?? facts['record'];
}

/** An entry about a receipt of a recording, as the name that `aboutReceipt` gives it. */
export function receiptName(recording: RecordingId, receiptSha256: string): string {
  return `${recording} ${receiptSha256}`;
}

/** Entries about one receipt each: a recording may have had several. */
export function aboutReceipt(facts: CustodyEntry['facts']): unknown {
  return receiptName(facts['recording'] as RecordingId, String(facts['receipt_sha256']));
}

/** Of these names, those about which there is no such entry that counts. Stops when none is left. Errors: those of `read`. */
export async function missingEntries<Name extends string>(
  segments: readonly ReadableSegment[],
  read: ReadLines,
  searched: SearchedEntries,
  names: Iterable<Name>,
): Promise<Name[]> {
  const missing = new Set<string>(names);
  const undone: string[] = [];
  for (const known of segments.toReversed()) {
    /** Whether the last entry in this segment undoes those before. */
    const last = new Map<string, boolean>();
    for (let from = 1; missing.size > 0;) {
      const batch = await read(known, from);
      if (batch === undefined) break;
      for (const { name, undoes } of entriesIn(batch.lines, searched)) {
        if (searched.undoneBy === undefined) missing.delete(name);
        else if (missing.has(name)) last.set(name, undoes);
      }
      from = batch.to + 1;
    }
    for (const [name, undoes] of last) {
      missing.delete(name);
      if (undoes) undone.push(name);
    }
  }
  return [...missing, ...undone] as Name[];
}

/** The text is searched before anything is parsed: most lines are of other events. A damaged line names nothing. */
function* entriesIn(
  lines: Uint8Array,
  { event, undoneBy, about }: SearchedEntries,
): Generator<{ readonly name: string; readonly undoes: boolean }> {
  for (const { line } of linesIn(lines)) {
    const text = bufferOf(line);
    const undoes = undoneBy !== undefined && text.includes(`"event":"${undoneBy}"`);
    if (!undoes && !text.includes(`"event":"${event}"`)) continue;
    const name = nameIn(line, about);
    if (name !== undefined) yield { name, undoes };
  }
}

function nameIn(line: Uint8Array, about: SearchedEntries['about']): string | undefined {
  try {
    const name = about(parseCustodyEntry(line).facts);
    return typeof name === 'string' ? name : undefined;
  } catch {
    return undefined;
  }
}
