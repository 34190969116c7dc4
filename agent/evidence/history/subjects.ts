// Finds out what somebody means who has only a word at hand: an id or its beginning, a digest, a restored file, or a path as it was on the
// camera. Several answers are possible, and none is guessed.
import { join } from 'node:path';
import { sha256Hex, encodeUtf8 } from '../../../protocol/format/bytes.ts';
import type { CustodyEntry } from '../../../protocol/custody/custody-entry.ts';
import { parseDockingRecord } from '../../../protocol/documents/docking-record.ts';
import { DockError } from '../../../protocol/format/errors.ts';
import { MANIFEST_BYTES_MAX } from '../../../protocol/format/limits.ts';
import { CUSTODY, DOCKING } from '../../../protocol/format/file-names.ts';
import { readSmall } from '../verify/read-files.ts';
import type { Subject } from './history.ts';
import { entriesWith, type ScanDeps } from './log-scan.ts';
import { documentsBeginning, type HistoryPlace, type StationPlace } from './places.ts';

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
