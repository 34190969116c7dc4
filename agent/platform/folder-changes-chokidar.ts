// chokidar behind the port: the only file that knows it. It reads a folder again whenever something changes in it, with a look at each entry, so it is
// for folders that hold few: that of the configuration, and the one in which a bay's folder appears. For cameras there is folder-tree.ts.
import { watch } from 'chokidar';
import type { WatchFolder } from './folder-changes.ts';

export const watchFolder: WatchFolder = (path, { followsLinks, watchesFiles, onChange, onError }) => {
  const watcher = watch(path, {
    depth: 0,
    ignoreInitial: true,
    followSymlinks: followsLinks,
    ignorePermissionErrors: true,
    ...(watchesFiles ? {} : { ignored: (_, stats) => stats?.isDirectory() === false }),
  });
  watcher.on('all', (event, changed) => onChange({ path: changed, isGone: event.startsWith('unlink') }));
  watcher.on('error', onError);
  return () => watcher.close();
};
