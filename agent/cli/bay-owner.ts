// Whether the service may read and erase in the folders of bays. Root may do so everywhere: who types `check` as root sees no refusal of the
// kernel, so owner and mode are compared with the user whose spool it is. Changes nothing.
import type { Stats } from 'node:fs';
import { lstat, readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Warning } from '../../config/file-finds.ts';
import type { StationPlaces } from '../../config/station-config.ts';
import { VacantFolders } from '../platform/folder-identity.ts';

/** Folders in a bay's folder that are looked at as well, such as DCIM. */
const FOLDERS_MAX = 64;

/** Remarks on folders of bays in which the service cannot do its work. A mount point whose card is away says nothing of the card. */
export async function bayOwnerWarnings({ bays, spool }: StationPlaces): Promise<Warning[]> {
  const user = spool && (await serviceUser(spool.path));
  if (user === undefined) return [];
  const vacant = new VacantFolders();
  const warnings: Warning[] = [];
  for (const { folder } of bays) {
    if (folder === null || (await vacant.vacancy(folder)) !== 'none') continue;
    const denied = await deniedAt(folder, user);
    if (denied === undefined) continue;
    const card = `a card with FAT or exFAT keeps no owner, so mount it with uid=${user.uid},gid=${user.gid}`;
    const message = `belongs to user ${denied.uid}, and the service (user ${user.uid}) cannot erase in it: \`chown -R ${user.uid}:${user.gid} ${folder}\`; ${card}`;
    warnings.push({ code: 'bay.owner', file: denied.path, message });
  }
  return warnings;
}

/** Whose the spool is, or the folder in which it is yet to be made; undefined where that is root or not known. */
async function serviceUser(spool: string): Promise<Stats | undefined> {
  const owner = await lstat(spool)
    .catch(() => lstat(dirname(spool)))
    .catch(() => undefined);
  return owner === undefined || owner.uid === 0 ? undefined : owner;
}

/** The first folder in which that user cannot erase; undefined where there is none. Groups are not known here, so a group's right is enough. */
async function deniedAt(
  folder: string,
  { uid }: Stats,
): Promise<{ readonly path: string; readonly uid: number } | undefined> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const folders = entries.filter((entry) => entry.isDirectory()).slice(0, FOLDERS_MAX);
  for (const path of [folder, ...folders.map(({ name }) => join(folder, name))]) {
    const found = await stat(path).catch(() => undefined);
    if (found?.isDirectory() !== true) continue;
    const may =
      (found.uid === uid && (found.mode & 0o300) === 0o300) ||
      (found.mode & 0o030) === 0o030 ||
      (found.mode & 0o003) === 0o003;
    if (!may) return { path, uid: found.uid };
  }
  return undefined;
}
