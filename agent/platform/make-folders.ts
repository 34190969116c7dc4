// Folders that a person names for what a command writes. Node's own `recursive` climbs for ever where a file system answers "no such file" for
// a name in a folder that is there, as /proc does (seen with Node 20: `mkdir('/proc/x', { recursive: true })` never ends).
import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { DockError, systemCode } from '../../protocol/format/errors.ts';

/**
 * Makes the folder and those above it that are missing; one that is there stays as it is.
 * Errors: "folder.unwritable" with the system's error as cause, "EEXIST" where something else has the name.
 */
export async function makeFolders(path: string, mode = 0o777): Promise<void> {
  try {
    await climb(path, mode);
  } catch (error) {
    const why = systemCode(error) ?? 'unknown error';
    const message = `the folder ${path} could not be made (${why}): name one on a disk that this user may write to`;
    throw new DockError('folder.unwritable', message, { retry: 'person', cause: error });
  }
}

async function climb(path: string, mode: number): Promise<void> {
  try {
    await makeOne(path, mode);
  } catch (error) {
    const above = dirname(path);
    if (systemCode(error) !== 'ENOENT' || above === path) throw error;
    await climb(above, mode);
    await makeOne(path, mode); // a second refusal is the answer
  }
}

async function makeOne(path: string, mode: number): Promise<void> {
  try {
    await mkdir(path, { mode });
  } catch (error) {
    if (systemCode(error) !== 'EEXIST' || !(await stat(path)).isDirectory()) throw error;
  }
}
