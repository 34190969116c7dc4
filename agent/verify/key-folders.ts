// Where documents about keys lie (SPEC 4.4): in the folders of stations and receivers of a vault.
import { basename, dirname, join } from 'node:path';
import { isReceiverId, isStationId } from '../../protocol/ids.ts';
import { VAULT_ID, type Place } from './place.ts';
import { listSorted, type ReadFiles } from './read-files.ts';
import { below } from './remark.ts';

/** Name of the folder in that of its holder. */
export const KEYS = 'keys';

/** One folder of key documents. */
export interface KeyFolder {
  readonly holder: string;
  readonly folder: string;
  readonly where: string;
  /** False where it lies outside of what is verified, and only helps: nothing is told of it. */
  readonly inPlace: boolean;
}

/** All folders of key documents that concern a place. A vault around a station or a recording helps too. Errors: only those of the machine. */
export async function keyFolders(files: ReadFiles, place: Place): Promise<KeyFolder[]> {
  const { kind, path } = place;
  if (kind === 'collection') return [];
  if (kind === 'spool') return []; // a station keeps none: the far end decides which keys count
  if (kind === 'vault') return holdersBelow(files, path, () => true);
  const station = kind === 'station' ? path : dirname(path);
  const name = basename(station);
  if (!isStationId(name)) return [];
  const own = { holder: name, folder: join(station, KEYS), inPlace: kind === 'station' };
  const around = (await isVault(files, dirname(station)))
    ? await holdersBelow(files, dirname(station), isReceiverId)
    : [];
  return [{ ...own, where: KEYS }, ...around.map((found) => ({ ...found, inPlace: false }))];
}

async function holdersBelow(
  files: ReadFiles,
  root: string,
  wanted: (name: string) => boolean,
): Promise<KeyFolder[]> {
  const names = (await listSorted(files, root).catch(() => undefined)) ?? []; // told by whoever walks there
  return names
    .filter((name) => (isStationId(name) || isReceiverId(name)) && wanted(name))
    .map((name) => ({
      holder: name,
      folder: join(root, name, KEYS),
      where: below(name, KEYS),
      inPlace: true,
    }));
}

async function isVault(files: ReadFiles, path: string): Promise<boolean> {
  return (await files.stat(join(path, VAULT_ID)))?.kind === 'file';
}
