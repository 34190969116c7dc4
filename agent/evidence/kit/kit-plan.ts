// Finds everything that a kit holds: the recordings that were asked for, and in their vault what belongs to them.
import { type BareKind, readDocument } from '../verify/signed-document.ts';
import {
  DELETION_KIND,
  DOCKING_KIND,
  MANIFEST_KIND,
  ORDER_KIND,
  RECEIPT_KIND,
} from '../verify/document-kinds.ts';
import { join } from 'node:path';
import { type CustodyEntry, parseCustodyHead } from '../../../protocol/custody/custody-entry.ts';
import { segmentEntries } from '../../../protocol/custody/segment-file.ts';
import type { DeletionRecord } from '../../../protocol/documents/deletion-record.ts';
import type { DockingRecord } from '../../../protocol/documents/docking-record.ts';
import type { Manifest } from '../../../protocol/documents/manifest.ts';
import { type Order, ROLES, roleSignature } from '../../../protocol/documents/order.ts';
import type { Receipt } from '../../../protocol/documents/receipt.ts';
import { encodeUtf8, sha256Hex } from '../../../protocol/format/bytes.ts';
import { DockError } from '../../../protocol/format/errors.ts';
import {
  CUSTODY,
  DOCKING,
  KEYS,
  ORDERS,
  POLICIES,
  POLICY,
  SEGMENT_SUFFIX,
  SIGNATURE_SUFFIX,
} from '../../../protocol/format/file-names.ts';
import { isReceiverId, isRecordingId, isSegmentId, isStationId } from '../../../protocol/format/ids.ts';
import { diskError, listSorted, type ReadFiles } from '../verify/read-files.ts';

const POLICY_NAMES: ReadonlySet<string> = new Set([
  POLICY,
  ...ROLES.map((role) => roleSignature(POLICY, role)),
]);

/** What a kit is asked for. */
export interface KitQuestion {
  readonly files: ReadFiles;
  /** Absolute. */
  readonly vault: string;
  /** Ids of recordings and docking records, each once. */
  readonly recordings: readonly string[];
  /** Where they lie; undefined: wherever they are found. */
  readonly station: string | undefined;
  readonly signal: AbortSignal;
}

/** Errors: "export.no-recording", "export.several-stations"; the signal's reason; those of the machine. */
export async function planKit(question: KitQuestion): Promise<KitParts> {
  const names = (await listSorted(question.files, question.vault)) ?? [];
  const stations = question.station === undefined ? names.filter(isStationId) : [question.station];
  const asked: KitRecording[] = [];
  const askedDockings: AskedDocking[] = [];
  for (const id of question.recordings) {
    const found = await find(question, stations, id);
    if ('docking' in found) askedDockings.push(found);
    else asked.push(found);
  }
  const { sidecars, dockings } = await joinAll(question, asked, askedDockings);
  const recordings = [...asked, ...sidecars];
  const ids = new Set<string>([
    ...recordings.flatMap(({ recording, manifest }) => [recording, ...(manifest ? [manifest.docking] : [])]),
    ...dockings.flatMap(({ record, document }) => [record, document.docking]),
    ...namedSidecars(asked, dockings).map(({ recording }) => recording),
  ]);
  const keepers = [
    ...new Set([...asked, ...askedDockings].map(({ station }) => station)),
    ...names.filter(isReceiverId),
  ];
  const logs: FoundLogs[] = [];
  for (const keeper of keepers) {
    const found = await findInLogs({ ...question, keeper, ids });
    logs.push(found);
    // The store's logs come after: they tell of parts of the records that are not here any more.
    for (const { event, facts } of found.entries.map(({ entry }) => entry))
      if (event === 'docking-recorded') ids.add(String(facts['record']));
  }
  return {
    asked,
    askedDockings,
    sidecars,
    dockings,
    segments: logs.flatMap(({ segments }) => segments),
    entries: logs.flatMap(({ entries }) => entries),
    orders: await findOrders(question, recordings),
    keyDocuments: await findKeyDocuments(question, keepers),
    policies: await findPolicies(question),
  };
}

async function find(
  { files, vault }: KitQuestion,
  stations: readonly string[],
  recording: string,
): Promise<KitRecording | AskedDocking> {
  const found: string[] = [];
  for (const station of stations)
    if ((await files.stat(join(vault, station, recording)))?.kind === 'folder') found.push(station);
  const [station] = found;
  if (station === undefined) throw notFound(vault, recording, stations);
  if (found.length > 1) throw several(recording, found);
  const read = await readRecording(files, join(vault, station), station, recording);
  if (!read.names.includes(DOCKING)) return read;
  const record = await claimed(files, read.folder, DOCKING_KIND);
  if (record === undefined) throw unreadable(recording);
  return { station, docking: record.docking };
}

async function joinAll(
  question: KitQuestion,
  asked: readonly KitRecording[],
  askedDockings: readonly AskedDocking[],
): Promise<Joined> {
  const sidecars: KitRecording[] = [];
  const dockings: KitDocking[] = [];
  for (const station of new Set([...asked, ...askedDockings].map((each) => each.station))) {
    const own = asked.filter((recording) => recording.station === station);
    const ids = askedDockings.filter((each) => each.station === station).map(({ docking }) => docking);
    const folder = join(question.vault, station);
    const joined = await findJoined({ ...question, folder, station, asked: own, dockings: ids });
    sidecars.push(...joined.sidecars);
    dockings.push(...joined.dockings);
  }
  return { sidecars, dockings };
}

async function findOrders(
  { files, vault }: KitQuestion,
  recordings: readonly KitRecording[],
): Promise<KitOrder[]> {
  const ids = new Set(recordings.map(({ recording }) => recording));
  // One about a recording deletes its sidecars, too.
  const named = new Set(recordings.map(({ deletion }) => deletion?.order_sha256));
  const found: KitOrder[] = [];
  for (const station of new Set(recordings.map((recording) => recording.station)))
    for (const name of (await listSorted(files, join(vault, station, ORDERS))) ?? []) {
      const folder = join(vault, station, ORDERS, name);
      const { value: order, bytes } = await readDocument(files, folder, '.', ORDER_KIND);
      if (order === undefined || bytes === undefined) continue;
      if (!ids.has(order.recording) && !named.has(sha256Hex(bytes))) continue;
      found.push({ order, folder, names: (await listSorted(files, folder)) ?? [] });
    }
  return found.sort((a, b) => (a.order.ordered_at < b.order.ordered_at ? -1 : 1));
}

/** Key changes and revocations: all of the keepers concerned, since which key signed what is the expert's to follow. */
async function findKeyDocuments(
  { files, vault }: KitQuestion,
  keepers: readonly string[],
): Promise<KitFile[]> {
  const found: KitFile[] = [];
  for (const keeper of keepers)
    for (const name of (await listSorted(files, join(vault, keeper, KEYS))) ?? [])
      if (/^[0-9a-f]{16}\.(?:change|revocation)\.json(?:\.new)?(?:\.minisig)?$/.test(name))
        found.push({ from: join(vault, keeper, KEYS, name), to: `keys/${keeper}/${name}` });
  return found;
}

/** All of the vault: each rests on the one before it. */
async function findPolicies({ files, vault }: KitQuestion): Promise<KitFile[]> {
  const found: KitFile[] = [];
  for (const number of (await listSorted(files, join(vault, POLICIES))) ?? [])
    for (const name of (await listSorted(files, join(vault, POLICIES, number))) ?? [])
      if (/^[1-9][0-9]{0,5}$/.test(number) && POLICY_NAMES.has(name))
        found.push({ from: join(vault, POLICIES, number, name), to: `${POLICIES}/${number}/${name}` });
  return found;
}

function notFound(vault: string, recording: string, stations: readonly string[]): DockError {
  const where =
    stations.length === 1 ? `below station ${stations[0]}` : `below any of ${stations.length} stations`;
  const message = `${vault} holds neither a recording nor a docking record ${recording} ${where}: look at its id, and at --vault`;
  return new DockError('export.no-recording', message, { retry: 'person' });
}

function several(recording: string, stations: readonly string[]): DockError {
  const message = `recording ${recording} lies below the stations ${stations.join(', ')}: say which with --station`;
  return new DockError('export.several-stations', message, { retry: 'person' });
}

function unreadable(record: string): DockError {
  const message = `docking record ${record} cannot be read: "bodydock verify" says what is wrong with it`;
  return new DockError('export.no-recording', message, { retry: 'person' });
}

// Finds what belongs to recordings in their station's folder: sidecars, and the records of the dockings that brought them. Reads every
// document there once and keeps what fits.

/** What is looked for. */
interface JoinQuestion {
  readonly files: ReadFiles;
  /** Absolute; the station's folder in the vault. */
  readonly folder: string;
  readonly station: string;
  readonly asked: readonly KitRecording[];
  /** Ids of dockings that are wanted whatever recordings they have. */
  readonly dockings: readonly string[];
  readonly signal: AbortSignal;
}

/** What belongs to recordings and dockings. */
interface Joined {
  readonly sidecars: readonly KitRecording[];
  readonly dockings: readonly KitDocking[];
}

/** Errors: the signal's reason; those of the machine. */
async function findJoined(question: JoinQuestion): Promise<Joined> {
  const { files, folder, station, signal } = question;
  const wanted = new Wanted(question);
  const sidecars: KitRecording[] = [];
  const dockings: KitDocking[] = [];
  /** What was sealed again in place of each recording, in whichever docking. */
  const replacing = new Map<string, string>();
  for (const name of ((await listSorted(files, folder)) ?? []).filter(isRecordingId)) {
    signal.throwIfAborted();
    const place = join(folder, name);
    const document = await claimed(files, place, DOCKING_KIND);
    if (document !== undefined) {
      if (!wanted.dockings.has(document.docking)) continue;
      const names = (await listSorted(files, place)) ?? [];
      const receipt = await claimed(files, place, RECEIPT_KIND);
      dockings.push({ record: name, folder: place, names, document, receipt });
      continue;
    }
    const manifest = await claimed(files, place, MANIFEST_KIND);
    for (const replaced of manifest?.supersedes ?? []) replacing.set(replaced, name);
    if (wanted.isSidecar(name, manifest)) sidecars.push(await readRecording(files, folder, station, name));
  }
  dockings.sort((a, b) => compare(orderOf(a), orderOf(b)));
  for (const named of namedSidecars(question.asked, dockings)) {
    if (isHere(named, [...question.asked, ...sidecars])) continue;
    const isKept = (await files.stat(join(folder, named.recording)))?.kind === 'folder';
    const found = isKept ? named.recording : replacing.get(named.recording);
    if (found !== undefined) sidecars.push(await readRecording(files, folder, station, found));
  }
  return { sidecars, dockings };
}

/** A sidecar as the record of a docking names it. */
interface NamedSidecar {
  readonly recording: string;
  readonly docking: string;
  readonly pathSha256: string;
  /** The part that names it, and whose sidecar it is. */
  readonly record: string;
  readonly of: string;
}

/** The sidecars that manifests list, by the entries of their dockings: one may have come in an earlier docking. Pure. */
export function namedSidecars(
  asked: readonly KitRecording[],
  dockings: readonly KitDocking[],
): NamedSidecar[] {
  return asked.flatMap(({ recording: of, manifest }) =>
    dockings
      .filter(({ document }) => document.docking === manifest?.docking)
      .flatMap(({ record, document: { docking, entries } }) =>
        entries.flatMap(({ recording, path_sha256: pathSha256 }) =>
          recording !== null && manifest?.sidecars.includes(pathSha256) === true
            ? [{ recording, docking, pathSha256, record, of }]
            : [],
        ),
      ),
  );
}

/** Whether it is among these, or one that was sealed again in its place. */
export function isHere(
  { recording, docking, pathSha256 }: NamedSidecar,
  recordings: readonly KitRecording[],
): boolean {
  return recordings.some(
    ({ recording: id, manifest }) =>
      id === recording ||
      manifest?.supersedes.some((replaced) => replaced === recording) === true ||
      (manifest?.docking === docking && manifest.source.path_sha256 === pathSha256),
  );
}

function orderOf({ document: { docked_at: at, docking, part } }: KitDocking): string {
  return `${at} ${docking} ${String(part).padStart(8, '0')}`;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** What makes a document belong to the recordings that were asked for. */
class Wanted {
  readonly dockings: ReadonlySet<string>;
  readonly #names: ReadonlySet<string>;
  /** Camera, docking and path of each media file: a path means something only within one docking of one camera. */
  readonly #media: ReadonlySet<string>;

  constructor({ asked, dockings }: Pick<JoinQuestion, 'asked' | 'dockings'>) {
    const manifests = asked.flatMap(({ manifest }) => manifest ?? []);
    this.#names = new Set(asked.map(({ recording }) => recording));
    this.dockings = new Set([...dockings, ...manifests.map(({ docking }) => docking)]);
    this.#media = new Set(manifests.map((manifest) => placeOf(manifest, manifest.source.path_sha256)));
  }

  isSidecar(name: string, manifest: Manifest | undefined): boolean {
    if (manifest === undefined || manifest.sidecar_of === null || this.#names.has(name)) return false;
    return this.#media.has(placeOf(manifest, manifest.sidecar_of));
  }
}

function placeOf({ camera, docking }: Manifest, pathSha256: string): string {
  return `${camera.id} ${docking} ${pathSha256}`;
}

/** A recording's folder with what its documents claim. Errors: those of the machine. */
async function readRecording(
  files: ReadFiles,
  stationFolder: string,
  station: string,
  recording: string,
): Promise<KitRecording> {
  const folder = join(stationFolder, recording);
  return {
    station,
    recording,
    folder,
    names: (await listSorted(files, folder)) ?? [],
    manifest: await claimed(files, folder, MANIFEST_KIND),
    receipt: await claimed(files, folder, RECEIPT_KIND),
    deletion: await claimed(files, folder, DELETION_KIND),
  };
}

/** A document of a vault as a claim: undefined where it is missing, too long or does not parse. Errors: only those of the machine. */
export async function claimed<T>(
  files: ReadFiles,
  folder: string,
  kind: BareKind<T>,
): Promise<T | undefined> {
  return (await readDocument(files, folder, '.', kind)).value;
}

// Finds the segments of custody logs that hold entries about recordings, and the signed head that vouches for them. Reads each segment
// once, line by line.

/** Entries that are told one by one; a docking of many thousand files has more. */
const ENTRIES_MAX = 2000;

/** Whose log, and which of its entries count. */
interface LogQuestion {
  readonly files: ReadFiles;
  readonly vault: string;
  /** Station, or receiver for the store's own log. */
  readonly keeper: string;
  /** Ids of recordings, docking records and dockings. */
  readonly ids: ReadonlySet<string>;
  readonly signal: AbortSignal;
}

/** Segments in the order of their openings, and the entries that count, at most ENTRIES_MAX. */
interface FoundLogs {
  readonly segments: readonly KitSegment[];
  readonly entries: readonly KitEntry[];
}

/** Errors: the signal's reason; those of the machine. */
async function findInLogs(question: LogQuestion): Promise<FoundLogs> {
  const { files, vault, keeper } = question;
  const folder = join(vault, keeper, CUSTODY);
  const names = (await listSorted(files, folder)) ?? [];
  const ids = names
    .filter((name) => name.endsWith(SEGMENT_SUFFIX))
    .map((name) => name.slice(0, -SEGMENT_SUFFIX.length))
    .filter(isSegmentId);
  const walks: SegmentRead[] = [];
  for (const segment of ids) {
    const walk = await readSegment(question, join(folder, segment + SEGMENT_SUFFIX), segment);
    if (walk.found.length > 0 || (walk.hasPolicy && isReceiverId(keeper))) walks.push(walk);
  }
  walks.sort((a, b) => (a.openedAt < b.openedAt ? -1 : 1));
  const there = new Set(names);
  const segments = walks.map(({ segment, count, head }): KitSegment => {
    const path = join(folder, segment + SEGMENT_SUFFIX);
    const signed = there.has(segment + SEGMENT_SUFFIX + SIGNATURE_SUFFIX);
    return { keeper, segment, path, signed, entries: count, head };
  });
  const entries = walks.flatMap(({ segment, found }) => found.map((entry) => ({ keeper, segment, entry })));
  return { segments, entries: entries.slice(0, ENTRIES_MAX) };
}

async function readSegment(question: LogQuestion, path: string, segment: string): Promise<SegmentRead> {
  const read = new SegmentRead(segment, question.ids);
  try {
    for await (const entry of segmentEntries(question, path)) read.take(entry);
  } catch (error) {
    if (question.signal.aborted) throw error;
    diskError(error); // what of it could be read counts; that it cannot be read is verify's to say
  }
  return read;
}

/** What is kept of one segment. */
class SegmentRead {
  readonly segment: string;
  readonly #found: CustodyEntry[] = [];
  readonly #ids: ReadonlySet<string>;
  count = 0;
  openedAt = '';
  head: KitHead | undefined;
  /** What counted when is judged by it (SPEC 4.13.5.13). */
  hasPolicy = false;

  constructor(segment: string, ids: ReadonlySet<string>) {
    this.segment = segment;
    this.#ids = ids;
  }

  take(entry: CustodyEntry): void {
    this.count++;
    if (this.count === 1) this.openedAt = entry.at;
    this.hasPolicy ||= entry.event === 'policy';
    if (entry.event === 'checkpoint') this.head = headOf(entry) ?? this.head;
    else if (this.#found.length < ENTRIES_MAX && this.#concerns(entry)) this.#found.push(entry);
  }

  /** Those that the head vouches for: what follows may be anybody's. All of them where no head can be read, which is a finding. */
  get found(): readonly CustodyEntry[] {
    const last = this.head?.sequence ?? Infinity;
    return this.#found.filter(({ sequence }) => sequence <= last);
  }

  #concerns({ facts }: CustodyEntry): boolean {
    return [facts['recording'], facts['docking'], facts['record']].some(
      (id) => typeof id === 'string' && this.#ids.has(id),
    );
  }
}

function headOf({ facts: { head, signature } }: CustodyEntry): KitHead | undefined {
  if (typeof head !== 'string' || typeof signature !== 'string') return undefined;
  try {
    return { sequence: parseCustodyHead(encodeUtf8(head)).sequence, document: head, signature };
  } catch (error) {
    if (error instanceof DockError) return undefined;
    throw error;
  }
}

// What a kit is put together from: places in a vault, with what their documents claim. Whether the claims hold is `verify`'s to say.

/** One file that goes into the kit. Paths below the kit have `/` between their parts. */
export interface KitFile {
  readonly from: string;
  readonly to: string;
}

/** A recording, asked for or a sidecar of one. Documents are undefined where they cannot be read. */
export interface KitRecording {
  readonly station: string;
  readonly recording: string;
  /** Absolute; in the vault. */
  readonly folder: string;
  /** Names in the folder. */
  readonly names: readonly string[];
  readonly manifest: Manifest | undefined;
  readonly receipt: Receipt | undefined;
  readonly deletion: DeletionRecord | undefined;
}

/** One part of a docking record. */
export interface KitDocking {
  readonly record: string;
  readonly folder: string;
  readonly names: readonly string[];
  readonly document: DockingRecord;
  readonly receipt: Receipt | undefined;
}

/** A docking that was asked for. */
interface AskedDocking {
  readonly station: string;
  readonly docking: string;
}

/** An entry of a log that concerns the recordings, with where it stands. */
export interface KitEntry {
  readonly keeper: string;
  readonly segment: string;
  readonly entry: CustodyEntry;
}

/** A signed head, as the two texts that minisign checks. */
interface KitHead {
  readonly sequence: number;
  readonly document: string;
  readonly signature: string;
}

/** A segment of a custody log that holds entries of the recordings. */
export interface KitSegment {
  /** Station, or receiver for the store's own log. */
  readonly keeper: string;
  readonly segment: string;
  /** Absolute; in the vault. */
  readonly path: string;
  /** Whether a signature over the whole segment lies beside it. */
  readonly signed: boolean;
  readonly entries: number;
  /** The last one in the segment; undefined where none can be read. */
  readonly head: KitHead | undefined;
}

/** An order about one of the recordings, with the roles whose signatures lie beside it. */
interface KitOrder {
  readonly order: Order;
  readonly folder: string;
  readonly names: readonly string[];
}

/** All of a kit but its own texts. */
export interface KitParts {
  /** Recordings that were asked for, in that order. */
  readonly asked: readonly KitRecording[];
  /** Dockings that were asked for themselves, by one of their records. */
  readonly askedDockings: readonly AskedDocking[];
  readonly sidecars: readonly KitRecording[];
  readonly dockings: readonly KitDocking[];
  readonly segments: readonly KitSegment[];
  /** Entries about the recordings, by their keepers and in the order of their logs; a bounded number. */
  readonly entries: readonly KitEntry[];
  readonly orders: readonly KitOrder[];
  /** Key changes and revocations of stations and receivers, with their signatures. */
  readonly keyDocuments: readonly KitFile[];
  /** Policies of the vault, with their signatures. */
  readonly policies: readonly KitFile[];
}
