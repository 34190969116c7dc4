// Finds everything that a kit holds: the recordings that were asked for, and in their vault what belongs to them.
import { join } from 'node:path';
import { DockError } from '../../../protocol/format/errors.ts';
import { isReceiverId, isStationId } from '../../../protocol/format/ids.ts';
import { ORDER_BYTES_MAX, parseOrder } from '../../../protocol/documents/order.ts';
import { dayOf, parseWitness, WITNESS_BYTES_MAX } from '../../../protocol/custody/witness.ts';
import { DOCKING, KEYS, ORDER, ORDERS, WITNESS } from '../../../protocol/format/file-names.ts';
import { listSorted, type ReadFiles } from '../verify/read-files.ts';
import { claimed, claimedDocking } from './kit-documents.ts';
import { findJoined, namedSidecars, readRecording, type Joined } from './kit-joined.ts';
import { findInLogs, type FoundLogs } from './kit-logs.ts';
import type {
  AskedDocking,
  KitDocking,
  KitFile,
  KitOrder,
  KitParts,
  KitRecording,
  KitWitness,
} from './kit-parts.ts';

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
    // The store's logs come behind: they tell of parts of the records that are not here any more.
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
    witnesses: await findWitnesses(question, names.filter(isReceiverId), [...recordings, ...dockings]),
    keyDocuments: await findKeyDocuments(question, keepers),
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
  const record = await claimedDocking(files, read.folder);
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
  const found: KitOrder[] = [];
  for (const station of new Set(recordings.map((recording) => recording.station)))
    for (const name of (await listSorted(files, join(vault, station, ORDERS))) ?? []) {
      const folder = join(vault, station, ORDERS, name);
      const order = await claimed(files, join(folder, ORDER), ORDER_BYTES_MAX, parseOrder);
      if (order === undefined || !ids.has(order.recording)) continue;
      found.push({ order, folder, names: (await listSorted(files, folder)) ?? [] });
    }
  return found.sort((a, b) => (a.order.ordered_at < b.order.ordered_at ? -1 : 1));
}

/** The witness of each day on which one of them was receipted; none where that day has none yet. */
async function findWitnesses(
  { files, vault }: KitQuestion,
  receivers: readonly string[],
  receipted: readonly Pick<KitRecording, 'receipt'>[],
): Promise<KitWitness[]> {
  const days = new Set(receipted.flatMap(({ receipt }) => (receipt ? [dayOf(receipt.received_at)] : [])));
  const found: KitWitness[] = [];
  for (const receiver of receivers)
    for (const day of [...days].sort()) {
      const path = join(vault, receiver, WITNESS, `${day}.json`);
      const witness = await claimed(files, path, WITNESS_BYTES_MAX, parseWitness);
      if (witness !== undefined) found.push({ path, witness });
    }
  return found;
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
