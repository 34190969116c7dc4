// Puts the parts of each docking record together, and says what does not fit between them (SPEC 4.6). Pure; entries are looked at in
// docking-entries.ts.
import type { DockingFacts, ProvenDocking } from './docking-facts.ts';
import { finding, note, type Remark } from './remark.ts';
import type { StationLog } from './station-log.ts';

/** A part whose signature holds. */
export type ProvenPart = DockingFacts & { readonly proven: ProvenDocking; readonly sha256: string };

/** One docking with the parts of its record that are here, in order, each once. */
export interface DockingGroup {
  readonly docking: string;
  readonly parts: readonly ProvenPart[];
  readonly first: ProvenPart;
  /** Every part is here, and they are of one record. */
  readonly whole: boolean;
}

/** What may explain a missing part. */
export interface PartsContext {
  /** Whether all parts should be here; a few loose folders need not be. */
  readonly complete: boolean;
  readonly kind: 'vault' | 'spool';
  readonly logs: readonly StationLog[];
  /** Documents that the store let go. */
  readonly dropped: ReadonlySet<string>;
}

/** All dockings of a place, in the order of their first part's names. */
export function groupDockings(
  all: Iterable<DockingFacts>,
  context: PartsContext,
): { readonly groups: DockingGroup[]; readonly remarks: Remark[] } {
  const remarks: Remark[] = [];
  const byDocking = new Map<string, ProvenPart[]>();
  for (const part of all) {
    if (!isProven(part)) continue;
    const { docking } = part.proven;
    byDocking.set(docking, [...(byDocking.get(docking) ?? []), part]);
  }
  const groups = [...byDocking].flatMap(([docking, found]) => {
    const { parts, twice } = sortParts(found);
    const [first] = parts;
    if (first === undefined) return [];
    const differing = differingParts(parts, first);
    const missing = missingParts(docking, parts, first, context);
    remarks.push(...twice, ...differing, ...missing);
    return [{ docking, parts, first, whole: differing.length === 0 && missing.length === 0 }];
  });
  return { groups, remarks };
}

function isProven(part: DockingFacts): part is ProvenPart {
  return part.proven !== undefined && part.sha256 !== undefined;
}

function sortParts(found: readonly ProvenPart[]): { parts: ProvenPart[]; twice: Remark[] } {
  const byNumber = new Map<number, ProvenPart>();
  const twice: Remark[] = [];
  for (const part of found) {
    const other = byNumber.get(part.proven.part);
    if (other === undefined) byNumber.set(part.proven.part, part);
    else {
      const message = `docking record: ${other.name} is part ${part.proven.part} of docking ${part.proven.docking} too`;
      twice.push(finding('docking.twice', part.where, message, { docking: part.proven.docking }));
    }
  }
  return { parts: [...byNumber.values()].sort((a, b) => a.proven.part - b.proven.part), twice };
}

function differingParts(parts: readonly ProvenPart[], first: ProvenPart): Remark[] {
  return parts.slice(1).flatMap((part, at) => {
    const before = parts[at];
    const follows = before?.proven.part === part.proven.part - 1;
    const why =
      part.proven.header !== first.proven.header
        ? `says other things of the docking than part ${first.proven.part}`
        : follows && part.proven.previous !== before.sha256
          ? `does not follow part ${before.proven.part}`
          : undefined;
    if (why === undefined) return [];
    const message = `docking record: part ${part.proven.part} ${why} (${first.name})`;
    return [finding('docking.part-differs', part.where, message, { part: part.proven.part })];
  });
}

function missingParts(
  docking: string,
  parts: readonly ProvenPart[],
  { where, proven }: ProvenPart,
  context: PartsContext,
): Remark[] {
  const here = new Set(parts.map((part) => part.proven.part));
  const missing = Array.from({ length: proven.parts }, (_, at) => at + 1).filter((part) => !here.has(part));
  if (missing.length === 0) return [];
  const message = `docking record: ${parts.length} of ${proven.parts} parts of docking ${docking} are here`;
  const facts = { docking, parts: proven.parts, missing: missing.length };
  const waiting = missing.filter((part) => !isDropped(docking, part, context));
  if (waiting.length === 0) return [note('docking.part-dropped', where, message, facts)];
  const explained = !context.complete || waiting.every((part) => isElsewhere(docking, part, context));
  if (explained) return [note('docking.part-waiting', where, message, facts)];
  return [finding('docking.part-missing', where, message, facts)];
}

/** A part goes once no recording that it names is there, whatever others name. */
function isDropped(docking: string, part: number, { logs, dropped }: PartsContext): boolean {
  return logs.some(({ dockings }) => dropped.has(dockings.of(docking)?.records.get(part)?.record ?? ''));
}

/** True where the log does not say (yet) that the part was receipted; a station lets receipted ones go. */
function isElsewhere(docking: string, part: number, { kind, logs }: PartsContext): boolean {
  const log = logs.find(({ dockings }) => dockings.of(docking) !== undefined);
  const recorded = log?.dockings.of(docking)?.records.get(part);
  if (log === undefined || recorded === undefined) return kind === 'vault';
  const receipted = (log.documents.of(recorded.record)?.receipts.length ?? 0) > 0;
  return receipted === (kind === 'spool');
}
