// Compares what stations' logs and docking records in the vault tell with what lies there: what is missing and where it may still be, what
// is not whole or has no receipt, and which station is ahead. Reads only; a receiver may run beside it.
import { join } from 'node:path';
import { listIfThere } from '../../../protocol/format/durable.ts';
import {
  isReceiverId,
  type ReceiverId,
  type RecordingId,
  type StationId,
} from '../../../protocol/format/ids.ts';
import type { CustodyHead } from '../../../protocol/documents/receipt.ts';
import type { RetentionDeps } from '../retention/deps.ts';
import { storeKeys } from '../retention/store-keys.ts';
import { keysFor, stationsIn } from '../retention/survey.ts';
import { CUSTODY } from '../vault/vault-layout.ts';
import { LogFates, whereabouts, type LoggedFate, type Whereabouts } from './log-fates.ts';
import { isStillOdd, readStationFolders, type OddFolder, type StationFolders } from './station-folders.ts';
import { readStationLog } from './station-log.ts';

const DAY_MS = 86_400_000;

/** A recording or docking record that is known and not in the vault. */
export interface MissingRecording {
  readonly recording: RecordingId;
  readonly kind: LoggedFate['kind'];
  readonly camera: string | null;
  /** Where it may still come from, by the station's log. */
  readonly where: Whereabouts;
  /** By whom, when and with which receipt it was receipted; null where only a docking record knows it. */
  readonly receipt: { readonly receiver: string; readonly at: string; readonly sha256: string } | null;
}

/** The log of a station has entries that the vault does not hold. */
export interface AheadHead {
  readonly head: CustodyHead;
  /** Newest entry of that segment in the vault; 0 where there is none of it. */
  readonly held: number;
}

/** What was found of one station. */
export interface ReconciledStation {
  readonly station: StationId;
  /** Recordings and docking records in place with a receipt. */
  readonly receipted: number;
  /** Spooled by the log, and not receipted yet: the station's to deliver. */
  readonly waiting: number;
  readonly missing: readonly MissingRecording[];
  readonly incomplete: readonly OddFolder[];
  readonly unreceipted: readonly OddFolder[];
  readonly ahead: readonly AheadHead[];
}

/** Looks at all stations of the vault and of the file, or at one. Errors: the system's; the signal's reason. */
export async function reconcileVault(deps: RetentionDeps, only?: StationId): Promise<ReconciledStation[]> {
  const stations = new Set([...(await stationsIn(deps)), ...deps.stations.keys()]);
  const store = await storeKeys(deps);
  const receivers = new Set<string>([deps.receiver]);
  for (const name of await deps.files.list(deps.layout.root)) if (isReceiverId(name)) receivers.add(name);
  const dropped = await droppedDocuments(deps, receivers);
  const found: ReconciledStation[] = [];
  for (const station of [...stations].toSorted())
    if (only === undefined || station === only)
      found.push(await reconcileStation(deps, station, { store, receivers, dropped }));
  return found;
}

interface Context {
  readonly store: Awaited<ReturnType<typeof storeKeys>>;
  /** Whose receipts are this vault's. */
  readonly receivers: ReadonlySet<string>;
  /** `station/recording` of what the store's own log says it let go. */
  readonly dropped: ReadonlySet<string>;
}

async function droppedDocuments(
  { files, layout, signal }: RetentionDeps,
  receivers: ReadonlySet<string>,
): Promise<Set<string>> {
  const dropped = new Set<string>();
  for (const receiver of receivers)
    await readStationLog(
      { files, signal, events: ['documents-dropped'] },
      join(layout.keeper(receiver as ReceiverId), CUSTODY),
      ({ facts }) => dropped.add(`${String(facts['station'])}/${String(facts['recording'])}`),
    );
  return dropped;
}

async function reconcileStation(
  deps: RetentionDeps,
  station: StationId,
  context: Context,
): Promise<ReconciledStation> {
  const keys = keysFor(deps, context.store, station);
  const fates = new LogFates(() => true);
  const held = new Map<string, number>();
  // The log first: what is receipted while the folders are looked at is in them and not yet in what was read of the log.
  await readStationLog(
    deps,
    deps.layout.custody(station),
    (entry) => fates.take(entry),
    (segment, entries) => held.set(segment, entries),
  );
  const folders = await readStationFolders(deps, station, keys);
  const stillOdd = async (odd: readonly OddFolder[]): Promise<OddFolder[]> => {
    const left: OddFolder[] = [];
    for (const each of odd) if (await isStillOdd(deps, each, keys)) left.push(each);
    return left;
  };
  const { missing, waiting } = compare({ deps, station, context, fates, folders });
  return {
    station,
    receipted: folders.receipted.size,
    waiting,
    missing,
    incomplete: await stillOdd(folders.incomplete),
    unreceipted: await stillOdd(folders.unreceipted),
    ahead: aheadOf(folders, held, deps),
  };
}

interface Comparison {
  readonly deps: RetentionDeps;
  readonly station: StationId;
  readonly context: Context;
  readonly fates: LogFates;
  readonly folders: StationFolders;
}

function compare({ deps, station, context, fates, folders }: Comparison): {
  missing: MissingRecording[];
  waiting: number;
} {
  const missing: MissingRecording[] = [];
  let waiting = 0;
  const odd = new Set([...folders.incomplete, ...folders.unreceipted].map(({ recording }) => recording));
  const isHere = (recording: RecordingId): boolean =>
    folders.receipted.has(recording) || odd.has(recording) || folders.superseded.has(recording);
  const isLetGo = (recording: RecordingId): boolean => context.dropped.has(`${station}/${recording}`);
  for (const [recording, fate] of fates.all()) {
    if (isHere(recording) || isLetGo(recording)) continue;
    const { receipt, kind } = fate;
    if (receipt === undefined) {
      if (!fate.left) waiting++;
      continue;
    }
    if (!context.receivers.has(receipt.receiver) || isOld(receipt.at, deps)) continue;
    const camera = fates.cameraOf(recording) ?? folders.recorded.get(recording)?.camera ?? null;
    missing.push({ recording, kind, camera, where: whereabouts(fate), receipt });
  }
  for (const [recording, { camera }] of folders.recorded) {
    if (isHere(recording) || isLetGo(recording) || fates.of(recording) !== undefined) continue;
    const known = { recording, kind: 'recording', camera, where: 'spool' } as const;
    missing.push({ ...known, receipt: null });
  }
  return { missing: missing.toSorted((a, b) => (a.recording < b.recording ? -1 : 1)), waiting };
}

/** Heads that receipts name and that are not held. Segments of a log go with the documents of their time. */
function aheadOf(
  { heads }: StationFolders,
  held: ReadonlyMap<string, number>,
  deps: RetentionDeps,
): AheadHead[] {
  return [...heads.values()]
    .map(({ head, receivedAt }) => ({ head, held: held.get(head.segment) ?? 0, receivedAt }))
    .filter(({ head, held: entries, receivedAt }) => entries < head.sequence && !isOld(receivedAt, deps))
    .map(({ head, held: entries }) => ({ head, held: entries }));
}

/** Documents of that time may have been let go. */
function isOld(at: string, { clock, retention }: Pick<RetentionDeps, 'clock' | 'retention'>): boolean {
  return clock.wallMs() - Date.parse(at) > retention.documentsDays * DAY_MS;
}

/** True where nobody needs to look: everything known is here, whole and receipted. */
export function isGood({ missing, incomplete, unreceipted, ahead }: ReconciledStation): boolean {
  return missing.length + incomplete.length + unreceipted.length + ahead.length === 0;
}

/** Folders of unfinished work of a station; transfers that are under way are among them. Errors: the system's. */
export async function unfinishedOf({ files, layout }: RetentionDeps, station: StationId): Promise<number> {
  const names = await listIfThere(files, layout.incomingStation(station));
  return names.filter((name) => name !== CUSTODY).length;
}
