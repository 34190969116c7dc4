// Where documents and logs lie: in a store's vault, by station, or in the spool of one station.
import { join } from 'node:path';
import { isReceiverId, isRecordingId, isStationId } from '../../../protocol/format/ids.ts';
import { CUSTODY } from '../../../protocol/format/file-names.ts';
import { type Place } from '../verify/place.ts';
import { listSorted, type ReadFiles } from '../verify/read-files.ts';
import { below } from '../verify/remark.ts';

/** A folder of recordings and docking records. */
export interface DocumentsFolder {
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
