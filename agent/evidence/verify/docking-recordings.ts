// Compares the entries of docking records with the recordings that they name (SPEC 4.6). The other direction is docking-unlisted.ts. No I/O of its own.
import type { DockingEntry } from '../../../protocol/documents/docking-record.ts';
import type { ProvenDocking } from './docking-facts.ts';
import type { ProvenPart } from './docking-groups.ts';
import { logOfWhole, some, type RecordingsContext } from './docking-unlisted.ts';
import type { ProvenManifest, RecordingFacts } from './recording-facts.ts';
import { finding, note, type Remark, type RemarkCode } from './remark.ts';

/** A recording that an entry names and that is not here, with how that is told. */
export interface AbsentRecording {
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
