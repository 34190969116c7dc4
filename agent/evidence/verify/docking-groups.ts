// Puts the parts of each docking record together, and says what does not fit between them (SPEC 4.6). Pure; entries are looked at in
// docking-entries.ts.
import { createHash } from 'node:crypto';
import {
  type DockingEntry,
  type DockingRecord,
  inventoryLine,
} from '../../../protocol/documents/docking-record.ts';
import { sha256Hex } from '../../../protocol/format/bytes.ts';
import { INVENTORY_ENTRIES_MAX } from '../../../protocol/format/limits.ts';
import { type DockingFacts, isRecorded, type ProvenDocking, type StationLog } from './docking-log.ts';
import type { ProvenManifest, RecordingFacts } from './order-check.ts';
import type { PlaceFacts } from './place-facts.ts';
import { finding, note, type Remark, type RemarkCode } from './remark.ts';

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

// Reads the entries of a docking record a second time, once all recordings are known: do they give the inventory's digest, and is each
// recording what its entry says? Memory: one part at a time.

/** What looking at entries needs. */
interface EntriesContext {
  /** A part's document again; undefined where it is gone, or is not the one that was verified. */
  readonly read: (part: ProvenPart) => Promise<DockingRecord | undefined>;
  /** Called for each entry, in order, with the part that lists it. */
  readonly visit: (entry: DockingEntry, part: ProvenPart) => void;
}

/** What all parts together list. */
class Listed {
  readonly #hash = createHash('sha256');
  entries = 0;
  later = 0;
  bytes = 0;

  take(entry: DockingEntry): void {
    if (entry.later) {
      this.later++;
      return;
    }
    this.entries++;
    this.bytes += entry.size_bytes;
    this.#hash.update(inventoryLine(entry.path_sha256, entry.size_bytes, entry.modified_at));
  }

  digest(): string {
    return this.#hash.digest('hex');
  }
}

/** Visits all entries of the parts that are here; where the record is whole, compares them with its inventory. */
export async function checkEntries(group: DockingGroup, { read, visit }: EntriesContext): Promise<Remark[]> {
  const listed = new Listed();
  let whole = group.whole;
  for (const part of group.parts) {
    const record = await read(part);
    whole &&= record !== undefined;
    for (const entry of record?.entries ?? []) {
      listed.take(entry);
      visit(entry, part);
    }
  }
  return whole ? compareInventory(group, listed) : [];
}

/** The digest of bytes that were verified before. */
export function isSame(bytes: Uint8Array, { sha256 }: ProvenPart): boolean {
  return sha256Hex(bytes) === sha256;
}

/** True where the record had no place for all later entries, so that it does not list what was sealed from them. */
function isCrowded({ first }: DockingGroup): boolean {
  return first.proven.later > INVENTORY_ENTRIES_MAX;
}

function compareInventory(group: DockingGroup, listed: Listed): Remark[] {
  const { first, docking } = group;
  const { inventory } = first.proven;
  const later = isCrowded(group) ? listed.later : first.proven.later;
  const expected: Readonly<Record<string, string | number>> = {
    ...(inventory && { entries: inventory.entries, bytes: inventory.bytes, sha256: inventory.sha256 }),
    later,
  };
  const found: Readonly<Record<string, string | number>> = {
    entries: listed.entries,
    bytes: listed.bytes,
    sha256: listed.digest(),
    later: listed.later,
  };
  const wrong = Object.keys(expected).filter((field) => expected[field] !== found[field]);
  if (wrong.length === 0) return [];
  const words = wrong.map(
    (field) => `${field}: expected ${expected[field]}, the entries give ${found[field]}`,
  );
  const message = `docking record: inventory of docking ${docking}: ${words.join('; ')}`;
  return [finding('docking.inventory-differs', first.where, message, { docking })];
}

// Whether docking records follow each other in time as they do in their chain. Pure.

/**
 * A remark for each docking that began before the one that it follows; a clock that was not synchronised may have been set back, and the record
 * of one that a cut ended is made by the first start that can read the log. Two cameras of one id in two bays have one chain, in the order of their ends.
 */
export function dockingOrderRemarks(all: Iterable<DockingFacts>): Remark[] {
  const byDigest = new Map<string, DockingFacts>();
  const parts = [...all];
  for (const part of parts) if (part.sha256 !== undefined) byDigest.set(part.sha256, part);
  return parts.flatMap(({ proven, where }) => {
    const before = byDigest.get(proven?.previous ?? '')?.proven;
    if (proven === undefined || before === undefined || proven.dockedAt >= before.dockedAt) return [];
    if (proven.docking === before.docking || proven.chain !== before.chain) return [];
    const message = `docking record: docking ${proven.docking} began at ${proven.dockedAt}, docking ${before.docking} that it follows at ${before.dockedAt}`;
    const sure = proven.clockSynchronised && before.clockSynchronised && proven.ended !== 'cut-off';
    const facts = { docking: proven.docking, previous: before.docking };
    const isTwice = proven.bay !== before.bay && (proven.endedAt ?? '') >= before.dockedAt;
    if (isTwice) return [note('docking-chain.order-twice', where, message, facts)];
    return [
      sure
        ? finding('docking-chain.order', where, message, facts)
        : note('docking-chain.order-unsure', where, message, facts),
    ];
  });
}

// Compares the entries of docking records with the recordings that they name (SPEC 4.6). The other direction is docking-unlisted.ts. No I/O of its own.

/** A recording that an entry names and that is not here, with how that is told. */
interface AbsentRecording {
  readonly recording: string;
  readonly part: ProvenPart;
  readonly code: RemarkCode;
}

type Field = readonly [string, string | number | null, string | number | null];

/** Follows the entries of all docking records of a place. */
export class DockingRecordings {
  readonly #context: RecordingsContext;
  readonly #differing: Remark[] = [];
  /** Not here and not explained: the caller looks again before it says so. */
  readonly missing: AbsentRecording[] = [];
  readonly #explained = new Map<string, AbsentRecording[]>();

  constructor(context: RecordingsContext) {
    this.#context = context;
  }

  /** Takes the next entry of a part. */
  take(entry: DockingEntry, part: ProvenPart): void {
    if (entry.recording === null) return;
    const held = this.#context.facts.recordings.get(entry.recording, part.station);
    if (held === undefined) this.#absent(entry.recording, part);
    else this.#compare(entry, part, held);
  }

  /** Everything but `missing`, asked once after the last entry. */
  remarks(): Remark[] {
    return [...this.#differing, ...[...this.#explained.values()].map(explainedRemark)];
  }

  /** The finding for a recording that is surely not here. */
  missingRemark({ recording, part }: AbsentRecording): Remark {
    const message = `docking record: names recording ${recording}, which is not here`;
    return finding('docking.recording-missing', part.where, message, { recording });
  }

  #absent(recording: string, part: ProvenPart): void {
    const code = this.#reason(recording, part);
    const absent = { recording, part, code };
    if (code === 'docking.recording-missing') {
      this.missing.push(absent);
      return;
    }
    const key = `${code} ${part.name}`;
    const known = this.#explained.get(key);
    if (known === undefined) this.#explained.set(key, [absent]);
    else known.push(absent);
  }

  #reason(recording: string, { proven }: ProvenPart): RemarkCode {
    const { facts, complete, kind, logs, dropped } = this.#context;
    if (facts.superseded.has(recording)) return 'docking.recording-replaced';
    if (dropped.has(recording)) return 'docking.recording-dropped';
    if (!complete) return 'docking.recording-elsewhere';
    const log = logs.find(({ station }) => station === undefined || station === proven.station);
    const logged = log?.documents.of(recording);
    if (logged?.quarantined === true) return 'docking.recording-set-aside';
    if (kind === 'spool') return 'docking.recording-missing';
    if (logged?.sha256 !== undefined)
      return logged.receipts.length === 0 ? 'docking.recording-waiting' : 'docking.recording-missing';
    // The log may be behind: then nothing in it can say yet that the recording was spooled. Once it names the docking record, it would.
    const behind =
      log === undefined ||
      // That it was compared with the camera's file tells nothing of the store: the entry that spooled it is in the part that is refused.
      (log.hasRefusedEnd && (logged?.receipts.length ?? 0) === 0) ||
      log.dockings.of(proven.docking)?.records.get(proven.part) === undefined;
    return behind ? 'docking.recording-waiting' : 'docking.recording-missing';
  }

  #otherErasure(
    entry: DockingEntry,
    { where, proven }: Pick<ProvenPart, 'where' | 'proven'>,
    recording: string,
  ): Remark[] {
    const { docking, station, version } = proven;
    const log = logOfWhole(this.#context.logs, station, docking);
    // Version 1 has no word for what nobody could see.
    if (log === undefined || (version === 1 && !entry.erased)) return [];
    const logged = log.documents.of(recording);
    const isErased = logged?.erasedIn.includes(docking) === true;
    const isOpen = logged?.unconfirmedIn.includes(docking) === true;
    // A file that was put back after its erasure, and known again, is another state of it.
    const wasPutBack = entry.later && entry.fate === 'matched';
    const isNot = !isOpen && (!isErased || wasPutBack);
    if (entry.erased === null ? isOpen : entry.erased ? isErased : isNot) return [];
    const said = entry.erased === null ? 'may have been' : entry.erased ? 'was' : 'was not';
    const message = `docking record: recording ${recording} ${said} erased from the camera; the custody log of docking ${docking} says otherwise`;
    return [finding('docking.erased-not-logged', where, message, { recording, docking })];
  }

  /** SPEC 18.4. */
  #uncompared({ where, proven }: Pick<ProvenPart, 'where' | 'proven'>, recording: string): Remark[] {
    const { docking, station } = proven;
    const logged = logOfWhole(this.#context.logs, station, docking)?.documents.of(recording);
    if (logged?.uncomparedIn.includes(docking) !== true) return [];
    const message = `docking record: recording ${recording} was read in several dockings; the custody log says that its file was to be erased, and not before that that it was compared ('matched')`;
    return [finding('docking.erased-uncompared', where, message, { recording, docking })];
  }

  #compare(entry: DockingEntry, { where, proven }: ProvenPart, held: RecordingFacts): void {
    const { proven: manifest } = held;
    if (manifest === undefined) return; // what is wrong with it is told at its own folder
    this.#differing.push(...this.#otherErasure(entry, { where, proven }, held.name));
    if (manifest.isJoined && entry.fate === 'stored')
      this.#differing.push(...this.#uncompared({ where, proven }, held.name));
    const same =
      entry.fate === 'matched'
        ? matchedFields(entry, proven, manifest)
        : storedFields(entry, proven, manifest, held.listed);
    held.listed ||= entry.fate === 'stored';
    const wrong = same.filter(([, expected, found]) => expected !== found);
    if (wrong.length === 0) return;
    const words = wrong.map(([field, said, found]) => `${field}: ${said} here, ${found} in the manifest`);
    const message = `docking record: recording ${held.name}: ${words.join('; ')}`;
    this.#differing.push(finding('docking.recording-differs', where, message, { recording: held.name }));
  }
}

function matchedFields(entry: DockingEntry, proven: ProvenDocking, manifest: ProvenManifest): Field[] {
  return [
    ['path_sha256', entry.path_sha256, manifest.pathSha256],
    ['size_bytes', entry.size_bytes, manifest.sizeBytes],
    ['camera', proven.cameraId, manifest.cameraId],
  ];
}

function storedFields(
  entry: DockingEntry,
  proven: ProvenDocking,
  manifest: ProvenManifest,
  listed: boolean,
): Field[] {
  const fields: Field[] = [
    ['path_sha256', entry.path_sha256, manifest.pathSha256],
    ['docking', proven.docking, manifest.docking],
    ['bay', proven.bay, manifest.bay],
    ['reason', entry.reason, manifest.reason],
    ['listed', listed ? 'a second time' : 'once', 'once'],
  ];
  // After a cut the log tells less of an entry than the camera did, and perhaps nothing of the camera itself.
  if (proven.ended === 'cut-off') fields.push(['camera', proven.cameraId, manifest.cameraId]);
  else {
    fields.push(
      ['camera', proven.camera, manifest.camera],
      ['size_bytes', entry.size_bytes, manifest.sizeBytes],
    );
    fields.push(['modified_at', entry.modified_at, manifest.modifiedAt]);
  }
  return fields;
}

function explainedRemark(absent: readonly AbsentRecording[]): Remark {
  const { code, part } = absent[0] ?? { code: 'docking.recording-elsewhere', part: { where: '.' } };
  const names = absent.map(({ recording }) => recording);
  const message = `docking record: names ${names.length} recordings that are not here: ${some(names)}`;
  return note(code, part.where, message, { recordings: names.length });
}

// Recordings that the record or the log of their docking does not know (SPEC 4.6), with what may explain it. No I/O of its own.

/** What may explain a recording that is not here. */
interface RecordingsContext {
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
function logOfWhole(logs: readonly StationLog[], station: string, docking: string): StationLog | undefined {
  const log = logs.find((each) => each.station === undefined || each.station === station);
  const logged = log?.dockings.of(docking);
  return logged?.begun !== undefined && isRecorded(logged) ? log : undefined;
}

/** Recordings that a log does not name although it holds all of their docking. */
export function unnamedRecordings({ facts, logs }: RecordingsContext): Remark[] {
  const remarks: Remark[] = [];
  for (const { name, where, proven } of facts.recordings.values()) {
    const log = proven && logOfWhole(logs, proven.station, proven.docking);
    if (log === undefined || proven === undefined) continue;
    const logged = log.documents.of(name);
    if (logged?.sha256 !== undefined || logged?.quarantined === true) continue;
    const message = `manifest: the custody log holds docking ${proven.docking} with its record and names no spooled recording ${name}`;
    remarks.push(finding('custody.not-named', where, message, { recording: name, docking: proven.docking }));
  }
  return remarks;
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
