// Watches the folders of a camera. Each has one watch of the system, and each change costs one look at what the system names, so it makes no
// difference how many files lie there. (chokidar looks at all entries of a folder behind each change in it: of the time that erasing 12,000 files
// took the main thread, that was two thirds, and it grew with the square of their number.)
import { watch, type FSWatcher, type Stats } from 'node:fs';
import { lstat, opendir } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { systemCode } from '../../protocol/errors.ts';
import type { TreeWatching, WatchTree } from './folder-changes.ts';

/** Folders that are watched at most: a user has 8,192 watches on a small system (inotify(7)). */
const FOLDERS_MAX = 4096;
/** Names that are looked at at one time: of what comes on top, its folder is told in their place. */
const LOOKS_MAX = 256;
/** Entries that are read in one go. */
const ENTRIES_AT_ONCE = 256;

export const watchTree: WatchTree = (path, watching) => {
  const tree = new FolderTree(watching);
  tree.begin(path);
  return async () => tree.stop();
};

class FolderTree {
  readonly #watching: TreeWatching;
  readonly #folders = new Map<string, FSWatcher>();
  /** What is being looked at, with whether it was told again meanwhile. */
  readonly #looks = new Map<string, boolean>();
  #isFull = false;
  #isOver = false;

  constructor(watching: TreeWatching) {
    this.#watching = watching;
  }

  begin(path: string): void {
    this.#run(this.#watch(path, this.#watching.levelsBelow));
  }

  stop(): void {
    this.#isOver = true;
    for (const watcher of this.#folders.values()) watcher.close();
    this.#folders.clear();
  }

  /** The folder, and those that lie in it so many levels below. */
  async #watch(folder: string, levelsBelow: number): Promise<void> {
    if (this.#isOver || !this.#hear(folder, levelsBelow) || levelsBelow === 0) return;
    for await (const below of foldersIn(folder)) {
      if (this.#isOver) return;
      await this.#watch(below, levelsBelow - 1).catch((error: unknown) => this.#failed(error));
    }
  }

  /** False where it is watched already, as what came with its folder and was told as well, or where there is no room for it. */
  #hear(folder: string, levelsBelow: number): boolean {
    if (this.#folders.has(folder)) return false;
    if (this.#folders.size >= FOLDERS_MAX) {
      if (!this.#isFull) this.#watching.onError(new Error(`more than ${FOLDERS_MAX} folders to watch`));
      this.#isFull = true;
      return false;
    }
    const watcher = watch(folder);
    watcher.on('change', (_, name) => {
      if (typeof name === 'string') this.#told(folder, name, levelsBelow);
    });
    watcher.on('error', (error) => {
      this.#forget(folder);
      this.#failed(error);
    });
    this.#folders.set(folder, watcher);
    return true;
  }

  #told(folder: string, name: string, levelsBelow: number): void {
    const path = join(folder, name);
    if (this.#looks.has(path)) return void this.#looks.set(path, true);
    if (this.#looks.size >= LOOKS_MAX) this.#watching.onChange({ path: folder, isGone: false });
    else this.#run(this.#look(path, levelsBelow));
  }

  async #look(path: string, levelsBelow: number): Promise<void> {
    try {
      do {
        this.#looks.set(path, false);
        const found = await lstat(path).catch(ifGone);
        if (this.#isOver) return;
        await this.#seen(path, found, levelsBelow);
      } while (this.#looks.get(path) === true && !this.#isOver);
    } finally {
      this.#looks.delete(path);
    }
  }

  /** A folder under a known name may be another one: it is watched anew, and what came into it before that is told by it. */
  async #seen(path: string, found: Stats | undefined, levelsBelow: number): Promise<void> {
    this.#forget(path);
    this.#watching.onChange({ path, isGone: found === undefined });
    if (found?.isDirectory() !== true || levelsBelow === 0) return;
    await this.#watch(path, levelsBelow - 1);
    if (!this.#isOver) this.#watching.onChange({ path, isGone: false });
  }

  /** A folder, and those below it, are not watched any more. */
  #forget(folder: string): void {
    if (!this.#folders.has(folder)) return;
    for (const [path, watcher] of this.#folders) {
      if (path !== folder && !path.startsWith(folder + sep)) continue;
      watcher.close();
      this.#folders.delete(path);
    }
  }

  #run(work: Promise<void>): void {
    work.catch((error: unknown) => this.#failed(error));
  }

  /** What goes while it is looked at is told by its folder. */
  #failed(error: unknown): void {
    if (!this.#isOver && !isGone(error)) this.#watching.onError(error);
  }
}

async function* foldersIn(folder: string): AsyncGenerator<string> {
  for await (const entry of await opendir(folder, { bufferSize: ENTRIES_AT_ONCE }))
    if (entry.isDirectory()) yield join(folder, entry.name);
}

/** Errors: any other. */
function ifGone(error: unknown): undefined {
  if (!isGone(error)) throw error;
}

function isGone(error: unknown): boolean {
  return ['ENOENT', 'ENOTDIR'].includes(systemCode(error) ?? '');
}
