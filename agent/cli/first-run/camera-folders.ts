// Where the user's cameras lie and where the first run is to write, before anything is made: keys and vault on a camera would be taken for
// recordings, and a folder given twice for two cameras. Compares where the names lead, not how they are written.
import { realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { holds } from '../../../config/station-rules.ts';
import { DockError } from '../../../protocol/format/errors.ts';
import { VacantFolders } from '../../platform/folder-identity.ts';

/**
 * Looks only. `out` is the name that was given with --out, if any; `base` is where the command was typed.
 * Errors: "first-run.camera" where a folder is none, is given twice, lies in another one or is a mount point without its card; "first-run.out" where `out` and a camera share files.
 */
export async function checkCameraFolders(
  cameras: readonly string[],
  out: string | undefined,
  base: string,
): Promise<void> {
  const seen: (readonly [name: string, place: string])[] = [];
  for (const camera of cameras) {
    const name = resolve(base, camera);
    await requireFolder(name);
    const place = await realpath(name);
    for (const [other, otherPlace] of seen) checkPair([name, place], [other, otherPlace]);
    seen.push([name, place]);
  }
  const folder = out === undefined ? join(base, 'out') : resolve(base, out);
  const target = await placeOf(folder);
  for (const [name, place] of seen) {
    if (holds(place, target))
      throw refuse(
        'first-run.out',
        `${folder} lies on the camera ${name}, and vault, keys and logs would be written there: name a folder on another disk with --out`,
      );
    // Without --out a new folder is made, in which nothing lies yet.
    if (out !== undefined && holds(target, place))
      throw refuse(
        'first-run.out',
        `the camera ${name} lies in ${folder}, where vault, keys and logs go: name another folder with --out`,
      );
    if ((await new VacantFolders().vacancy(name)) !== 'none')
      throw refuse(
        'first-run.camera',
        `${name} is a mount point, and nothing is mounted there: mount the card, or name another folder with --camera`,
      );
  }
}

function checkPair(
  [name, place]: readonly [string, string],
  [other, otherPlace]: readonly [string, string],
): void {
  if (place === otherPlace)
    throw refuse(
      'first-run.camera',
      `${name === other ? `${name} is given twice` : `${name} and ${other} are one folder`}: name each camera once with --camera`,
    );
  if (holds(place, otherPlace) || holds(otherPlace, place))
    throw refuse(
      'first-run.camera',
      `${name} and ${other} share files, one lies in the other: name the folder of each camera with --camera`,
    );
}

async function requireFolder(folder: string): Promise<void> {
  const found = await stat(folder).catch(() => undefined);
  if (found?.isDirectory() !== true)
    throw refuse(
      'first-run.camera',
      `${folder} is not a folder: name the folder of a camera or a mounted card with --camera`,
    );
}

/** Where a path leads, as far as it is there. */
async function placeOf(path: string): Promise<string> {
  const place = await realpath(path).catch(() => undefined);
  if (place !== undefined || dirname(path) === path) return place ?? path;
  return join(await placeOf(dirname(path)), basename(path));
}

function refuse(code: string, message: string): DockError {
  return new DockError(code, message, { retry: 'person' });
}
