// chokidar behind the port: the only file that knows it.
import { watch } from 'chokidar';
import type { WatchFolder } from './folder-changes.ts';

export const watchFolder: WatchFolder = (path, { levelsBelow, followsLinks, onChange, onError }) => {
  const watcher = watch(path, {
    depth: levelsBelow,
    ignoreInitial: true,
    followSymlinks: followsLinks,
    ignorePermissionErrors: true,
  });
  watcher.on('all', (event, changed) => onChange({ path: changed, isGone: event.startsWith('unlink') }));
  watcher.on('error', onError);
  return () => watcher.close();
};
