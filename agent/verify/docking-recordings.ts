// Compares the entries of docking records with the recordings that they name, in both directions (SPEC 4.6). No I/O of its own.
import type { DockingEntry } from '../../protocol/docking-record.ts';
import { isCrowded } from './docking-entries.ts';
import type { ProvenDocking } from './docking-facts.ts';
import type { DockingGroup, ProvenPart } from './docking-groups.ts';
import type { PlaceFacts } from './place-facts.ts';
import type { ProvenManifest, RecordingFacts } from './recording-facts.ts';
import { finding, note, type Remark, type RemarkCode } from './remark.ts';
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

/** A recording that an entry names and that is not here, with how that is told. */
export interface AbsentRecording {
  readonly recording: string;
  readonly part: ProvenPart;
  readonly code: RemarkCode;
}

type Field = readonly [string, string | number | null, string | number | null];

/** Recordings that are named in one remark. */
const NAMED_MAX = 3;

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
    const held = this.#context.facts.recordings.get(entry.recording);
    if (held === undefined) this.#absent(entry.recording, part);
    else this.#compare(entry, part, held);
  }

  /** Everything but `missing`, asked once behind the last entry. */
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
      log === undefined || log.dockings.of(proven.docking)?.records.get(proven.part) === undefined;
    return behind ? 'docking.recording-waiting' : 'docking.recording-missing';
  }

  #compare(entry: DockingEntry, { where, proven }: ProvenPart, held: RecordingFacts): void {
    const { proven: manifest } = held;
    if (manifest === undefined) return; // what is wrong with it is told at its own folder
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

function explainedRemark(absent: readonly AbsentRecording[]): Remark {
  const { code, part } = absent[0] ?? { code: 'docking.recording-elsewhere', part: { where: '.' } };
  const names = absent.map(({ recording }) => recording);
  const message = `docking record: names ${names.length} recordings that are not here: ${some(names)}`;
  return note(code, part.where, message, { recordings: names.length });
}

function some(names: readonly string[]): string {
  return names.slice(0, NAMED_MAX).join(', ') + (names.length > NAMED_MAX ? ', ...' : '');
}
