// Tells what changes in a folder while it is watched. Nobody may rely on it: mounts tell nothing, and whoever watches looks by himself from time
// to time.

export interface FolderWatching {
  /** Levels of folders below the folder that are watched too; 0 for its own entries alone. */
  readonly levelsBelow: number;
  /** Each file is watched by itself, which tells what changes behind a link, too, and costs memory for each. Else its folder tells of it. */
  readonly watchesFiles: boolean;
  /** Links to folders are followed. */
  readonly followsLinks: boolean;
  /** Something came, changed or went; what is there when the watch begins is not told. */
  readonly onChange: (change: { readonly path: string; readonly isGone: boolean }) => void;
  /** Something is not told of from now on; the rest is. */
  readonly onError: (error: unknown) => void;
}

/** Watches a folder, also one that is not there yet, until the returned function is called. */
export type WatchFolder = (path: string, watching: FolderWatching) => () => Promise<void>;
