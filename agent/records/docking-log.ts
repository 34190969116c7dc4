// Finds in the custody log what it says of one docking, and dockings of which it says no end.
import { bufferOf } from '../../protocol/format/bytes.ts';
import { isDockingId, type DockingId, type SegmentId } from '../../protocol/format/ids.ts';
import {
  entryIn,
  linesNaming,
  SILENT_MAX,
  type ToldEntry,
  type ToldSource,
} from '../custody/told-entries.ts';

/**
 * Newest segments in which a docking may have begun that has no record: 8 MiB of log. One that is cut off while no journal of it can be
 * written began a short time before.
 */
const UNRECORDED_SEGMENTS = 4;

/** What lies behind a break says whether there is a record already. */
export type DockingLogSource = ToldSource;

/**
 * Visits every entry that names the docking, in the order of the log, from its `docked` entry on as far as that is still there. Entries
 * that do not parse say nothing but that there is a record, and so do segments that stand apart, of which nobody knows how old they are.
 * Errors: the system's.
 */
export async function visitDocking(
  source: DockingLogSource,
  docking: DockingId,
  visit: (told: ToldEntry) => void,
): Promise<void> {
  for (const segment of await segmentsOf(source, docking))
    for await (const line of linesNaming(source, segment, docking)) visitLine(line, visit);
  for await (const line of recordedApart(source))
    if (bufferOf(line).includes(docking)) visitLine(line, visit);
}

/** A docking of which the log says that it began, and nowhere that it was recorded. */
export interface UnrecordedDocking {
  readonly docking: DockingId;
  readonly dockedAt: string;
}

/**
 * Those that began in the newest UNRECORDED_SEGMENTS segments, the oldest first; a segment that stands apart says of a docking only that it was
 * recorded. Errors: the system's.
 */
export async function unrecordedDockings(source: DockingLogSource): Promise<UnrecordedDocking[]> {
  const open = new Map<string, UnrecordedDocking>();
  for (const { segment } of source.segments().slice(-UNRECORDED_SEGMENTS))
    for await (const line of linesNaming(source, segment, '"event":"dock'))
      visitLine(line, ({ event, facts: { docking }, at }) => {
        if (typeof docking !== 'string' || !isDockingId(docking)) return;
        if (event === 'docked') open.set(docking, { docking, dockedAt: at });
        else if (event === 'docking-recorded') open.delete(docking);
      });
  if (open.size > 0)
    for await (const line of recordedApart(source))
      visitLine(line, ({ facts: { docking } }) => void open.delete(String(docking)));
  return [...open.values()];
}

/** Segments that may say something of it, the oldest first: searched from the newest back to its `docked` entry. */
async function segmentsOf(source: DockingLogSource, docking: DockingId): Promise<SegmentId[]> {
  const found: SegmentId[] = [];
  let silent = 0;
  for (const { segment } of source.segments().toReversed()) {
    let names = false;
    let begins = false;
    for await (const line of linesNaming(source, segment, docking)) {
      names = true;
      begins ||= bufferOf(line).includes('"event":"docked"');
    }
    if (names) found.push(segment);
    silent = names ? 0 : silent + 1;
    if (begins || silent >= SILENT_MAX) break;
  }
  return found.toReversed();
}

async function* recordedApart(source: DockingLogSource): AsyncGenerator<Uint8Array> {
  for (const segment of source.apart) yield* linesNaming(source, segment, '"event":"docking-recorded"');
}

function visitLine(line: Uint8Array, visit: (told: ToldEntry) => void): void {
  const told = entryIn(line) ?? recordedIn(line);
  if (told !== undefined) visit(told);
}

/** A damaged line that tells of a docking's record still tells that there is one: another one would contradict it. */
function recordedIn(line: Uint8Array): ToldEntry | undefined {
  const text = bufferOf(line).toString('latin1');
  const [, docking] = /"docking":"([a-z2-7]{26})"/.exec(text) ?? [];
  if (docking === undefined || !text.includes('"event":"docking-recorded"')) return undefined;
  return { event: 'docking-recorded', facts: { docking }, at: '' };
}
