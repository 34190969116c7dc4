// Watches the folders of a camera. Each has one watch of the system, and each change of a file costs one look at what the system names, so it makes
// no difference how many files lie there. (chokidar looks at all entries of a folder after each change in it: of the time that erasing 12,000
// files took the main thread, that was two thirds, and it grew with the square of their number.)
//
// Nobody relies on it, see folder-changes.ts. What happens to a folder itself libuv tells as something of its name in it; that is not there, and
// told as gone. Of the topmost one nobody else tells: one that was taken away and is there again is read and watched again.
import { watch, type FSWatcher } from 'node:fs';
import { lstat, opendir } from 'node:fs/promises';
import { basename, join, sep } from 'node:path';
import { isAbsent, systemCode } from '../../protocol/format/errors.ts';
import type { TreeWatching, WatchTree } from './folder-changes.ts';

/** Folders of one camera that are watched: a card has 900 below DCIM at most (DCF), and a user 8,192 watches on a small system (inotify(7)). */
const FOLDERS_MAX = 1000;
/** Names that are looked at at one time: for what comes on top the folder is told instead, and read once there is room. */
const LOOKS_MAX = 256;
/** Stands in a name that is not UTF-8, and by which nothing can be looked up. */
const NO_TEXT = '\uFFFD';
/** Entries that are read in one go. */
const ENTRIES_AT_ONCE = 256;

export const watchTree: WatchTree = (path, watching) => {
  const tree = new FolderTree(path, watching);
  tree.begin();
  return async () => tree.stop();
};

class FolderTree {
  readonly #root: string;
  readonly #watching: TreeWatching;
  readonly #folders = new Map<string, FSWatcher>();
  /** What is being looked at, with whether it was told again meanwhile. */
  readonly #looks = new Map<string, boolean>();
  /** Folders in which something changed that nobody looked at, with the levels below them. */
  readonly #unread = new Map<string, number>();
  #isFull = false;
  #isOver = false;

  constructor(root: string, watching: TreeWatching) {
    this.#root = root;
    this.#watching = watching;
  }

  begin(): void {
    this.#run(this.#watch(this.#root, this.#watching.levelsBelow));
  }

  stop(): void {
    this.#isOver = true;
    for (const watcher of this.#folders.values()) watcher.close();
    this.#folders.clear();
  }

  /** The folder, and those that lie in it so many levels below. Errors: the system's. */
  async #watch(folder: string, levelsBelow: number): Promise<void> {
    if (!this.#isOver && this.#hear(folder, levelsBelow)) await this.#read(folder, levelsBelow);
  }

  /** What lies in a folder that is watched. Errors: the system's. */
  async #read(folder: string, levelsBelow: number): Promise<void> {
    if (levelsBelow === 0) return;
    for await (const below of foldersIn(folder)) {
      if (this.#isOver) return;
      await this.#watch(below, levelsBelow - 1).catch((error: unknown) => this.#failed(error));
    }
  }

  /** False where it is watched already, as what came with its folder and was told as well, or where there is no room for it. */
  #hear(folder: string, levelsBelow: number): boolean {
    if (this.#isFull || this.#folders.has(folder)) return false;
    const watcher = this.#watcherOf(folder);
    if (watcher === undefined) return false;
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

  /** Undefined where it is one too many, which is reported once until there is room again. Errors: any other of the system's. */
  #watcherOf(folder: string): FSWatcher | undefined {
    try {
      if (this.#folders.size < FOLDERS_MAX) return watch(folder);
      this.#watching.onError(new Error(`more than ${FOLDERS_MAX} folders to watch`));
    } catch (error) {
      if (systemCode(error) !== 'ENOSPC') throw error; // the user's watches are used up
      this.#watching.onError(error);
    }
    this.#isFull = true;
    return undefined;
  }

  #told(folder: string, name: string, levelsBelow: number): void {
    const path = join(folder, name);
    if (this.#looks.has(path)) return void this.#looks.set(path, true);
    const hasRoom = this.#looks.size < LOOKS_MAX;
    if (hasRoom && !name.includes(NO_TEXT)) return this.#run(this.#look(path, levelsBelow));
    if (!hasRoom) this.#unread.set(folder, levelsBelow);
    this.#watching.onChange({ path: folder, isGone: false });
  }

  async #look(path: string, levelsBelow: number): Promise<void> {
    do {
      this.#looks.set(path, false);
      await this.#lookOnce(path, levelsBelow).catch((error: unknown) => this.#failed(error));
    } while (this.#looks.get(path) === true && !this.#isOver);
    this.#looks.delete(path);
    if (this.#looks.size === 0) this.#readUnread();
  }

  /** A folder under a known name may be another one: it is watched again, and what came into it before that is told by it. */
  async #lookOnce(path: string, levelsBelow: number): Promise<void> {
    const found = await lstat(path).catch(ifAbsent);
    if (this.#isOver) return;
    const isFolder = found?.isDirectory() === true;
    if (isFolder || this.#folders.has(path)) this.#forget(path);
    this.#watching.onChange({ path, isGone: found === undefined });
    if (found === undefined && path === join(this.#root, basename(this.#root))) await this.#lookAtRoot();
    if (!isFolder || levelsBelow === 0) return;
    await this.#watch(path, levelsBelow - 1);
    if (!this.#isOver) this.#watching.onChange({ path, isGone: false });
  }

  /** What came into it while it was elsewhere was told by its old name, under which nothing was found. */
  async #lookAtRoot(): Promise<void> {
    const found = await lstat(this.#root).catch(ifAbsent);
    if (!this.#isOver && found?.isDirectory() === true)
      await this.#watchAnew(this.#root, this.#watching.levelsBelow);
  }

  #readUnread(): void {
    const unread = [...this.#unread];
    this.#unread.clear();
    for (const [folder, levelsBelow] of unread)
      if (this.#folders.has(folder)) this.#run(this.#watchAnew(folder, levelsBelow));
  }

  /** Something in it changed that nobody looked at: a folder below it may have gone, or be another one. */
  async #watchAnew(folder: string, levelsBelow: number): Promise<void> {
    const below = [...this.#folders.keys()].filter((path) => path.startsWith(folder + sep));
    this.#forget(folder);
    const isThere = await this.#watch(folder, levelsBelow).then(() => true, ifAbsent);
    if (this.#isOver) return;
    for (const path of below)
      if (!this.#isFull && !this.#folders.has(path)) this.#watching.onChange({ path, isGone: true });
    // Where the folder above is watched again as well, it does not find this one among its own any more.
    this.#watching.onChange({ path: folder, isGone: isThere !== true });
  }

  /** A folder, and those below it, are not watched any more. */
  #forget(folder: string): void {
    for (const [path, watcher] of this.#folders) {
      if (path !== folder && !path.startsWith(folder + sep)) continue;
      watcher.close();
      this.#folders.delete(path);
      this.#isFull = false;
    }
  }

  #run(work: Promise<void>): void {
    work.catch((error: unknown) => this.#failed(error));
  }

  /** What goes while it is looked at is told by its folder. */
  #failed(error: unknown): void {
    if (!this.#isOver && !isAbsent(error)) this.#watching.onError(error);
  }
}

async function* foldersIn(folder: string): AsyncGenerator<string> {
  for await (const entry of await opendir(folder, { bufferSize: ENTRIES_AT_ONCE }))
    if (entry.isDirectory()) yield join(folder, entry.name);
}

/** Errors: any other. */
function ifAbsent(error: unknown): undefined {
  if (!isAbsent(error)) throw error;
}
