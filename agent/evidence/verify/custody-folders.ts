// Where the custody logs of a vault lie: one folder for each keeper, a station or a receiver.
import { join } from 'node:path';
import { isStationId } from '../../../protocol/format/ids.ts';
import { CUSTODY } from '../../../protocol/format/file-names.ts';
import { listSorted, type ReadFiles } from './read-files.ts';
import { below } from './remark.ts';

/** The folder of a log. `where`: its path below the vault. */
export interface CustodyFolder {
  readonly folder: string;
  readonly where: string;
}

/** Where the log of a station or receiver lies, or would. */
export function custodyFolder(vault: string, keeper: string): CustodyFolder {
  return { folder: join(vault, keeper, CUSTODY), where: below(keeper, CUSTODY) };
}

/** Those of all stations of a vault, by name. Errors: the machine's. */
export async function stationCustodies(
  files: ReadFiles,
  vault: string,
): Promise<(CustodyFolder & { readonly station: string })[]> {
  const names = (await listSorted(files, vault)) ?? [];
  return names.filter(isStationId).map((station) => ({ station, ...custodyFolder(vault, station) }));
}
