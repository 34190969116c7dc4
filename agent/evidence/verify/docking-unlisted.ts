// Recordings that the record or the log of their docking does not know (SPEC 4.6), with what may explain it. No I/O of its own.
import { isCrowded } from './docking-entries.ts';
import type { DockingGroup } from './docking-groups.ts';
import { isRecorded } from './docking-log.ts';
import type { PlaceFacts } from './place-facts.ts';
import type { RecordingFacts } from './recording-facts.ts';
import { finding, note, type Remark } from './remark.ts';
import type { StationLog } from './station-log.ts';

/** What may explain a recording that is not here. */
export interface RecordingsContext {
  readonly facts: PlaceFacts;
  readonly complete: boolean;
  readonly kind: 'vault' | 'spool';
  readonly logs: readonly StationLog[];
  /** Documents that the store's own log says it let go. */
  readonly dropped: ReadonlySet<string>;
}

/** Recordings that are named in one remark. */
const NAMED_MAX = 3;

/** The log of that station, where it holds a docking from its beginning to its record. */
export function logOfWhole(
  logs: readonly StationLog[],
  station: string,
  docking: string,
): StationLog | undefined {
  const log = logs.find((each) => each.station === undefined || each.station === station);
  const logged = log?.dockings.of(docking);
  return logged?.begun !== undefined && isRecorded(logged) ? log : undefined;
}

/** Recordings that a log does not name although it holds all of their docking. */
export function unnamedRecordings({ facts, logs }: RecordingsContext): Remark[] {
  return [...facts.recordings.values()].flatMap(({ name, where, proven }) => {
    const log = proven && logOfWhole(logs, proven.station, proven.docking);
    if (log === undefined || proven === undefined) return [];
    const logged = log.documents.of(name);
    if (logged?.sha256 !== undefined || logged?.quarantined === true) return [];
    const message = `manifest: the custody log holds docking ${proven.docking} with its record and names no spooled recording ${name}`;
    return [finding('custody.not-named', where, message, { recording: name, docking: proven.docking })];
  });
}

/** Recordings that the whole record of their docking does not know, and those whose docking has no record here. */
export function unlistedRecordings(
  groups: readonly DockingGroup[],
  { facts, complete, logs }: RecordingsContext,
): Remark[] {
  const byDocking = new Map(groups.map((group) => [group.docking, group]));
  const remarks: Remark[] = [];
  const without: RecordingFacts[] = [];
  for (const held of facts.recordings.values()) {
    if (held.proven === undefined || held.listed || facts.superseded.has(held.name)) continue;
    const { docking } = held.proven;
    const group = byDocking.get(docking);
    if (group?.whole === true) remarks.push(...notListed(held, group, logs));
    // Where the log knows the docking, what became of its record is told there.
    else if (
      group === undefined &&
      (!complete || logs.every((log) => log.dockings.of(docking) === undefined))
    )
      without.push(held);
  }
  return [...remarks, ...recordElsewhere(without)];
}

/** A station that set a recording aside, or ran out of places for entries, says so; after a cut a record lists what can be proven. */
function notListed(
  { where, name }: RecordingFacts,
  group: DockingGroup,
  logs: readonly StationLog[],
): Remark[] {
  const { docking, first } = group;
  if (isCrowded(group) || logs.some((log) => log.documents.of(name)?.quarantined === true)) return [];
  const message = `manifest: names docking ${docking}, whose record (${first.name}) does not list recording ${name}`;
  const told = first.proven.ended === 'cut-off' ? note : finding;
  return [told('docking.recording-not-listed', where, message, { recording: name, docking })];
}

function recordElsewhere(held: readonly RecordingFacts[]): Remark[] {
  const [first] = held;
  if (first === undefined) return [];
  const names = held.map(({ name }) => name).sort();
  const message = `${held.length} recordings whose docking record is not here: ${some(names)}`;
  return [note('docking.record-elsewhere', first.where, message, { recordings: held.length })];
}

/** The first of some names, for a message. */
export function some(names: readonly string[]): string {
  return names.slice(0, NAMED_MAX).join(', ') + (names.length > NAMED_MAX ? ', ...' : '');
}
