// Tells what changes in a folder while it is watched. Nobody may rely on it: mounts tell nothing, and anybody who watches looks by himself from time
// to time.

/** Something came, changed or went; what is there when the watch begins is not told. */
export interface FolderChange {
  readonly path: string;
  readonly isGone: boolean;
}

interface Watching {
  readonly onChange: (change: FolderChange) => void;
  /** Something is not told of from now on; the rest is. */
  readonly onError: (error: unknown) => void;
}

/** How one folder is watched: itself and its own entries. */
export interface FolderWatching extends Watching {
  /** Each of its files is watched by itself, which tells what changes behind a link, too, and costs memory for each. Otherwise only folders are told of. */
  readonly watchesFiles: boolean;
  /** Links to folders are followed. */
  readonly followsLinks: boolean;
}

/** Watches a folder, also one that is not there yet, until the returned function is called. */
export type WatchFolder = (path: string, watching: FolderWatching) => () => Promise<void>;

/** How a folder is watched that may hold any number of files. */
export interface TreeWatching extends Watching {
  /** Levels of folders below the folder that are watched too; 0 for its own entries alone. */
  readonly levelsBelow: number;
}

/** Watches a folder that is there and those below it, until the returned function is called. Follows no links. */
export type WatchTree = (path: string, watching: TreeWatching) => () => Promise<void>;
