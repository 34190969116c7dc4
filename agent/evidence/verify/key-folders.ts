// Where documents about keys lie (SPEC 4.4, 4.13): in the folders of stations and receivers of a vault, and in the folder of keys of a kit.
import { basename, dirname, join } from 'node:path';
import { isReceiverId, isStationId } from '../../../protocol/format/ids.ts';
import { KEYS, VAULT_ID } from '../../../protocol/format/file-names.ts';
import { type Place } from './place.ts';
import { listSorted, type ReadFiles } from './read-files.ts';
import { below } from './remark.ts';

/** Name of the folder in that of its holder. */

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
  if (kind === 'collection') return holdersOfKit(files, path, KEYS);
  if (kind === 'spool') return []; // a station keeps none: the far end decides which keys count
  if (kind === 'vault') return holdersBelow(files, path, () => true);
  const station = kind === 'station' ? path : dirname(path);
  const name = basename(station);
  const ofKit = kind === 'recording' ? await holdersOfKit(files, station, below('..', KEYS)) : [];
  const helping = ofKit.map((found) => ({ ...found, inPlace: false }));
  if (!isStationId(name)) return helping;
  const own = { holder: name, folder: join(station, KEYS), inPlace: kind === 'station' };
  const around = (await isVault(files, dirname(station)))
    ? await holdersBelow(files, dirname(station), isReceiverId)
    : [];
  return [{ ...own, where: KEYS }, ...around.map((found) => ({ ...found, inPlace: false })), ...helping];
}

/** A kit has one folder of keys: public keys, and a folder for the documents of each holder. */
async function holdersOfKit(files: ReadFiles, kit: string, where: string): Promise<KeyFolder[]> {
  const root = join(kit, KEYS);
  const names = (await listSorted(files, root).catch(() => undefined)) ?? [];
  const found: KeyFolder[] = [];
  for (const holder of names.filter((name) => isStationId(name) || isReceiverId(name))) {
    const folder = join(root, holder);
    if ((await files.stat(folder))?.kind === 'folder')
      found.push({ holder, folder, where: below(where, holder), inPlace: true });
  }
  return found;
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
