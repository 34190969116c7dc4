// Finds out what somebody means who has only a word at hand: an id or its beginning, a digest, a restored file, or a path as it was on the
// camera. Several answers are possible, and none is guessed.
import { join } from 'node:path';
import type { CustodyEntry } from '../../../protocol/custody/custody-entry.ts';
import { needle, segmentEntries } from '../../../protocol/custody/segment-file.ts';
import { parseDockingRecord } from '../../../protocol/documents/docking-record.ts';
import type { Manifest } from '../../../protocol/documents/manifest.ts';
import { encodeUtf8, sha256Hex } from '../../../protocol/format/bytes.ts';
import { DockError } from '../../../protocol/format/errors.ts';
import { CUSTODY, DOCKING, SEGMENT_SUFFIX } from '../../../protocol/format/file-names.ts';
import { isReceiverId, isRecordingId, isStationId } from '../../../protocol/format/ids.ts';
import { MANIFEST_BYTES_MAX } from '../../../protocol/format/limits.ts';
import type { Place } from '../verify/place.ts';
import { diskError, listSorted, type ReadFiles, readSmall } from '../verify/read-files.ts';
import { below } from '../verify/remark.ts';
import type { Companion, Subject } from './history.ts';

/** Fewer characters of an id say nothing. */
export const PREFIX_CHARACTERS_MIN = 4;
/** Answers that are gathered; more help nobody. */
const SUBJECTS_MAX = 100;
const PREFIX = /^[a-z2-7]{4,26}$/;
const DIGEST = /^[0-9a-f]{64}$/;
/** Facts whose value stands for one recording's content, place or documents. */
const DIGEST_FACTS = ['sha256', 'manifest_sha256', 'receipt_sha256', 'chunks_sha256', 'path_sha256'] as const;

/** Reads the SHA-256 of a file at hand; undefined where the word names none. */
export type FileDigest = (word: string) => Promise<string | undefined>;

/** One text for an id and its station. */
function nameOf(id: string, station: string | undefined): string {
  return `${station ?? ''} ${id}`;
}

/** Everything that the word can mean, sorted. Errors: the signal's reason; the system's. */
export async function findSubjects(
  deps: ScanDeps,
  place: HistoryPlace,
  word: string,
  fileDigest: FileDigest,
): Promise<Subject[]> {
  if (PREFIX.test(word)) {
    const found = await byId(deps, place, word);
    if (found.length > 0) return found;
  }
  if (DIGEST.test(word)) return byDigest(deps, place, word);
  const file = await fileDigest(word);
  const found = file === undefined ? [] : await byDigest(deps, place, file);
  return found.length > 0 ? found : byDigest(deps, place, sha256Hex(encodeUtf8(word)));
}

/** Subjects without doubles; record ids stand for their docking, each in its own station: another one may have written any id. */
class Subjects {
  readonly #found = new Map<string, Subject>();
  readonly #records = new Set<string>();

  add(kind: Subject['kind'], id: string, station: string | undefined): void {
    if (this.#found.size < SUBJECTS_MAX)
      this.#found.set(`${station ?? ''} ${kind} ${id}`, { kind, id, station });
  }

  /** A part of a docking record goes by an id that looks like a recording's. */
  record(record: string, docking: string, station: string | undefined): void {
    this.#records.add(nameOf(record, station));
    this.add('docking', docking, station);
  }

  sorted(): Subject[] {
    const all = [...this.#found.values()];
    const other = new Set(this.#records);
    for (const { kind, id, station } of all) if (kind === 'docking') other.add(nameOf(id, station));
    return all
      .filter(({ kind, id, station }) => kind === 'docking' || !other.has(nameOf(id, station)))
      .sort((a, b) => (a.id < b.id ? -1 : 1));
  }
}

async function byId(deps: ScanDeps, place: HistoryPlace, prefix: string): Promise<Subject[]> {
  const subjects = new Subjects();
  const begins = (value: unknown): value is string => typeof value === 'string' && value.startsWith(prefix);
  for (const station of place.stations) {
    for (const { folder, name } of await documentsBeginning(deps.files, station, prefix)) {
      const docking = await dockingIn(deps, folder);
      if (docking === undefined) subjects.add('recording', name, station.station);
      else subjects.record(name, docking, station.station);
    }
    for await (const { event, facts } of entriesWith(deps, station.custody.folder, [`"${prefix}`])) {
      const { recording, docking, record } = facts;
      if (event === 'docking-recorded' && begins(record) && typeof docking === 'string')
        subjects.record(record, docking, station.station);
      else if (begins(docking)) subjects.add('docking', docking, station.station);
      if (begins(recording)) subjects.add('recording', recording, station.station);
    }
  }
  for await (const { station, recording } of inStoreLogs(deps, place, `"${prefix}`))
    if (begins(recording)) subjects.add('recording', recording, station);
  return subjects.sorted();
}

async function byDigest(deps: ScanDeps, place: HistoryPlace, digest: string): Promise<Subject[]> {
  const subjects = new Subjects();
  for (const station of place.stations)
    for await (const entry of entriesWith(deps, station.custody.folder, [`"${digest}"`]))
      addByDigest(subjects, entry, digest, station);
  return subjects.sorted();
}

function addByDigest(
  subjects: Subjects,
  { event, facts }: CustodyEntry,
  digest: string,
  { station }: StationPlace,
): void {
  if (!DIGEST_FACTS.some((name) => facts[name] === digest)) return;
  const { recording, docking } = facts;
  if (event === 'docking-recorded' && typeof docking === 'string') subjects.add('docking', docking, station);
  else if (typeof recording === 'string') subjects.add('recording', recording, station);
}

/** What the store's own logs say is of one of these stations. */
async function* inStoreLogs(
  deps: ScanDeps,
  place: HistoryPlace,
  needle: string,
): AsyncGenerator<{ readonly station: string; readonly recording: unknown }> {
  const stations = new Set(place.stations.map(({ station }) => station));
  for (const receiver of place.receivers)
    for await (const { facts } of entriesWith(deps, join(place.path, receiver, CUSTODY), [needle])) {
      const { station, recording } = facts;
      if (typeof station === 'string' && stations.has(station)) yield { station, recording };
    }
}

/** The docking that a folder holds the record of, as it claims. */
async function dockingIn({ files }: ScanDeps, folder: string): Promise<string | undefined> {
  const read = await readSmall(files, join(folder, DOCKING), MANIFEST_BYTES_MAX);
  if (read.kind !== 'bytes') return undefined;
  try {
    return parseDockingRecord(read.bytes).docking;
  } catch (error) {
    if (error instanceof DockError) return undefined;
    throw error;
  }
}

// Where documents and logs lie: in a store's vault, by station, or in the spool of one station.

/** A folder of recordings and docking records. */
interface DocumentsFolder {
  readonly folder: string;
  readonly where: string;
  readonly state: 'sealed' | 'released';
}

/** What one station left. */
export interface StationPlace {
  /** Undefined in a spool: its log says whose it is. */
  readonly station: string | undefined;
  readonly custody: { readonly folder: string; readonly where: string };
  readonly documents: readonly DocumentsFolder[];
}

/** A vault or a spool. */
export interface HistoryPlace {
  readonly kind: 'vault' | 'spool';
  /** Absolute. */
  readonly path: string;
  readonly stations: readonly StationPlace[];
  /** Ids of the receivers with a folder in the vault. */
  readonly receivers: readonly string[];
}

/** Looks into a vault or a spool; `station` narrows a vault. Errors: the system's. */
export async function historyPlace(
  files: ReadFiles,
  { kind, path }: Place & { readonly kind: 'vault' | 'spool' },
  station: string | undefined,
): Promise<HistoryPlace> {
  if (kind === 'spool') return { kind, path, stations: [spoolPlace(path)], receivers: [] };
  const names = (await listSorted(files, path)) ?? [];
  const stations = names.filter((name) => isStationId(name) && (station === undefined || station === name));
  return {
    kind,
    path,
    stations: stations.map((name) => stationPlace(path, name)),
    receivers: names.filter(isReceiverId),
  };
}

function spoolPlace(path: string): StationPlace {
  const documents = (['ready', 'released', 'dockings'] as const).map((name) => ({
    folder: join(path, name),
    where: name,
    state: name === 'released' ? ('released' as const) : ('sealed' as const),
  }));
  return { station: undefined, custody: { folder: join(path, CUSTODY), where: CUSTODY }, documents };
}

function stationPlace(vault: string, station: string): StationPlace {
  const folder = join(vault, station);
  return {
    station,
    custody: { folder: join(folder, CUSTODY), where: below(station, CUSTODY) },
    documents: [{ folder, where: station, state: 'sealed' }],
  };
}

/** Folders of documents whose id begins so. Errors: the system's. */
export async function documentsBeginning(
  files: ReadFiles,
  { documents }: StationPlace,
  prefix: string,
): Promise<(DocumentsFolder & { readonly name: string })[]> {
  const found: (DocumentsFolder & { readonly name: string })[] = [];
  for (const each of documents)
    for (const name of (await listSorted(files, each.folder)) ?? [])
      if (name.startsWith(prefix) && isRecordingId(name))
        found.push({ ...each, folder: join(each.folder, name), where: below(each.where, name), name });
  return found;
}

// Finds out which ids and places belong to a subject, before its life is read: dockings, docking records, files that accompany it, and
// whose receipts may confirm its log. What it finds is a question, not an answer: proofs come later.

/** Dockings that one recording was met in: a camera that is never cleared shows it again each day. */
const DOCKINGS_MAX = 1000;
/** Recordings of one docking that are listed. */
const COMPANIONS_MAX = 1000;
/** The newest receipts of the station are asked what they confirm: each stands for all of the log before it. */
const NEWEST_MAX = 16;

/** What belongs to a subject. */
export interface Related {
  readonly subject: Subject;
  /** Paths of the file on its camera, by docking; a docking alone has none. */
  readonly dockings: ReadonlyMap<string, ReadonlySet<string>>;
  /** Ids of the parts of the docking records. */
  readonly records: ReadonlySet<string>;
  readonly companions: readonly Companion[];
  readonly moreCompanions: number;
  /** Documents that were receipted last. */
  readonly newest: readonly string[];
}

/** Reads the station's log twice. `manifest` is what lies here of the recording, where anything does. Errors: the signal's reason; the machine's. */
export async function relate(
  deps: ScanDeps,
  place: StationPlace,
  subject: Subject,
  manifest: Manifest | undefined,
): Promise<Related> {
  const dockings = new Map<string, Set<string>>();
  const add = (docking: unknown, path?: unknown): void => {
    if (typeof docking !== 'string' || (!dockings.has(docking) && dockings.size >= DOCKINGS_MAX)) return;
    const paths = dockings.get(docking) ?? new Set<string>();
    dockings.set(docking, paths);
    if (typeof path === 'string') paths.add(path);
  };
  if (subject.kind === 'docking') add(subject.id);
  else {
    if (manifest !== undefined) add(manifest.docking, manifest.source.path_sha256);
    for await (const { facts } of entriesWith(deps, place.custody.folder, [`"${subject.id}"`]))
      if (facts['recording'] === subject.id) add(facts['docking'], facts['path_sha256']);
  }
  const around = new Around(subject, dockings, manifest);
  const needles = [...dockings.keys()].map((docking) => `"${docking}"`);
  for await (const entry of entriesWith(deps, place.custody.folder, [...needles, '"event":"receipted"']))
    around.take(entry);
  return { subject, dockings, ...around.result() };
}

/** Gathers what stands around the subject. */
class Around {
  readonly #subject: Subject;
  readonly #dockings: ReadonlyMap<string, ReadonlySet<string>>;
  readonly #manifest: Manifest | undefined;
  readonly #records = new Set<string>();
  readonly #companions: Companion[] = [];
  #moreCompanions = 0;
  #newest: { readonly at: string; readonly id: string }[] = [];

  constructor(
    subject: Subject,
    dockings: ReadonlyMap<string, ReadonlySet<string>>,
    manifest: Manifest | undefined,
  ) {
    this.#subject = subject;
    this.#dockings = dockings;
    this.#manifest = manifest;
  }

  take({ event, facts, at }: CustodyEntry): void {
    const { docking, record, recording } = facts;
    if (event === 'receipted' && typeof recording === 'string') this.#receipted(at, recording);
    if (typeof docking !== 'string' || !this.#dockings.has(docking)) return;
    if (event === 'docking-recorded' && typeof record === 'string') this.#records.add(record);
    if (event === 'pulled' || event === 'matched') this.#met(event, facts);
  }

  result(): Omit<Related, 'subject' | 'dockings'> {
    return {
      records: this.#records,
      companions: this.#companions,
      moreCompanions: this.#moreCompanions,
      newest: this.#newest.map(({ id }) => id),
    };
  }

  #receipted(at: string, id: string): void {
    this.#newest.push({ at, id });
    if (this.#newest.length <= 2 * NEWEST_MAX) return;
    this.#newest = this.#newest.sort((a, b) => (a.at < b.at ? 1 : -1)).slice(0, NEWEST_MAX);
  }

  #met(event: Companion['event'], facts: CustodyEntry['facts']): void {
    const { recording, path_sha256: path, size_bytes: size, sha256 } = facts;
    if (typeof recording !== 'string' || typeof path !== 'string' || recording === this.#subject.id) return;
    const relation = this.#relation(path);
    if (relation === undefined) return;
    if (this.#companions.some((known) => known.recording === recording && known.event === event)) return;
    if (this.#companions.length >= COMPANIONS_MAX) {
      this.#moreCompanions++;
      return;
    }
    this.#companions.push({
      recording,
      path_sha256: path,
      relation,
      event,
      size_bytes: typeof size === 'number' ? size : null,
      sha256: typeof sha256 === 'string' ? sha256 : null,
    });
  }

  /** Of a docking all that was met counts; of a recording what accompanies it, or what it accompanies. */
  #relation(path: string): Companion['relation'] | undefined {
    if (this.#subject.kind === 'docking') return 'of-docking';
    if (this.#manifest?.sidecars.includes(path) === true) return 'sidecar';
    return this.#manifest?.sidecar_of === path ? 'media' : undefined;
  }
}

// Finds the entries of custody logs that hold one of some texts. Says nothing of whether they are genuine: it is for finding out what to ask for.

/** What reading needs. */
interface ScanDeps {
  readonly files: ReadFiles;
  readonly signal: AbortSignal;
}

/** Entries of a folder of segments whose line holds one of the needles, in no order over segments. Errors: the signal's reason; the machine's. */
async function* entriesWith(
  deps: ScanDeps,
  folder: string,
  needles: readonly string[],
): AsyncGenerator<CustodyEntry, void, undefined> {
  const names = (await listSorted(deps.files, folder).catch(() => undefined)) ?? [];
  for (const name of names.filter((each) => each.endsWith(SEGMENT_SUFFIX)))
    try {
      yield* segmentEntries(deps, join(folder, name), needles.map(needle));
    } catch (error) {
      deps.signal.throwIfAborted();
      diskError(error); // that it cannot be read is told by the check of the whole log
    }
}
