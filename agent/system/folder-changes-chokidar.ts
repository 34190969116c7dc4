// chokidar behind the port: the only file that knows it. By itself it watches each file, with a watch of the system and some 3 KB for each: a camera with
// 100,000 of them cost 300 MB, and the watches of all others. So files are not its matter where nobody needs that, and what their folders tell is passed on.
import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { watch } from 'chokidar';
import { systemCode } from '../../protocol/errors.ts';
import type { FolderWatching, WatchFolder } from './folder-changes.ts';

export const watchFolder: WatchFolder = (path, watching) => {
  const { levelsBelow, followsLinks, watchesFiles, onChange, onError } = watching;
  const watcher = watch(path, {
    depth: levelsBelow,
    ignoreInitial: true,
    followSymlinks: followsLinks,
    ignorePermissionErrors: true,
    ...(watchesFiles ? {} : { ignored: (_, stats) => stats?.isDirectory() === false }),
  });
  watcher.on('all', (event, changed) => onChange({ path: changed, isGone: event.startsWith('unlink') }));
  if (!watchesFiles)
    watcher.on(
      'raw',
      toldBy(watching, () => watcher.closed),
    );
  watcher.on('error', onError);
  return () => watcher.close();
};

/** Hears what the system tells of a folder: a name of what came, changed or went in it. However often, one look at each is under way. */
function toldBy({ onChange, onError }: FolderWatching, isOver: () => boolean) {
  /** With whether it was told again meanwhile. */
  const looks = new Map<string, boolean>();
  const look = async (path: string): Promise<void> => {
    if (looks.has(path)) return void looks.set(path, true);
    do {
      looks.set(path, false);
      const isGone = await lstat(path).then(() => false, isMissing);
      if (!isOver()) onChange({ path, isGone });
    } while (looks.get(path) === true && !isOver());
    looks.delete(path);
  };
  return (_event: string, name: unknown, details: unknown): void => {
    const { watchedPath: folder } = details as { readonly watchedPath?: unknown };
    if (typeof name !== 'string' || typeof folder !== 'string') return;
    const path = join(folder, name);
    look(path).catch((error: unknown) => {
      looks.delete(path);
      if (!isOver()) onError(error);
    });
  };
}

/** Errors: any other. */
function isMissing(error: unknown): true {
  if (systemCode(error) !== 'ENOENT') throw error;
  return true;
}
