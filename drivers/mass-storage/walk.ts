// Lists everything below the root of a card: bounded, in byte order of the paths, without following a link or entering another mount.
//
// 1. What is seen but not listed is a problem in the result; nothing is left out silently.
// 2. Folders are entered from their open parent, so at most INVENTORY_DEPTH_MAX + 1 of them are open at a time.
// 3. The caller looks whether the medium is still there when the walk has ended; before that the result means nothing.
import { bufferOf } from '../../protocol/format/bytes.ts';
import { isDockError, isMachineShort, systemCode } from '../../protocol/format/errors.ts';
import {
  CAMERA_PATH_BYTES_MAX,
  INVENTORY_DEPTH_MAX,
  INVENTORY_ENTRIES_MAX,
} from '../../protocol/format/limits.ts';
import type { Inventory, InventoryEntry, InventoryProblem } from '../driver.ts';
import { sortYielding } from '../large-listing.ts';
import { entryOf, type EntryStat, type NameReader, type OpenedFolder } from './folder-files.ts';
import { isName, joinPath, type Medium, sortKey, unreadable } from './medium.ts';

/** A camera has some dozen folders. More than this is a card that was made to keep us busy. */
const FOLDERS_MAX = 10_000;
/** Names of one walk, doubled ones included: a damaged directory can run in a circle. */
const NAMES_MAX = 2 * (INVENTORY_ENTRIES_MAX + FOLDERS_MAX);
/** Problems that are told one by one. */
const PROBLEMS_MAX = 1000;

/** What lies in a folder, and the text that it is sorted by. A file's own name is not kept: its entry has it. */
type Item = { readonly key: string } & (
  { readonly entry: InventoryEntry } | { readonly entry: undefined; readonly name: Uint8Array }
);

interface Level {
  readonly folder: OpenedFolder;
  readonly path: Uint8Array;
  items: readonly Item[];
  at: number;
}

/** Errors: "driver.timeout", "driver.unreadable" where the station itself is short of something, the signal's reason. */
export async function walk(medium: Medium, signal: AbortSignal): Promise<Inventory> {
  const walking = new Walk(medium, signal);
  try {
    return await walking.run();
  } finally {
    await walking.close();
  }
}

class Walk {
  readonly #medium: Medium;
  readonly #signal: AbortSignal;
  readonly #entries: InventoryEntry[] = [];
  readonly #problems: InventoryProblem[] = [];
  readonly #levels: Level[] = [];
  #seen = 0;
  #folders = 0;
  #names = 0;
  #told = 0;
  #full = false;

  constructor(medium: Medium, signal: AbortSignal) {
    this.#medium = medium;
    this.#signal = signal;
  }

  async run(): Promise<Inventory> {
    await this.#descend(this.#medium.root, new Uint8Array());
    for (let level = this.#levels.at(-1); level !== undefined; level = this.#levels.at(-1)) {
      const item = level.items[level.at++];
      if (item === undefined) await this.#ascend();
      else if (item.entry === undefined) await this.#enter(level, item.name);
      else this.#entries.push(item.entry);
    }
    return { entries: this.#entries, problems: this.#problems };
  }

  /** Closes what an early end left open. */
  async close(): Promise<void> {
    while (this.#levels.length > 0) await this.#ascend();
  }

  async #ascend(): Promise<void> {
    const level = this.#levels.pop();
    if (level !== undefined) await this.#medium.leave(level.folder);
  }

  async #enter(level: Level, name: Uint8Array): Promise<void> {
    const path = joinPath(level.path, name);
    if (this.#full) return; // told once, by "too-many-entries"
    if (this.#levels.length > INVENTORY_DEPTH_MAX) return this.#problem('too-deep', path);
    const open = (): Promise<OpenedFolder> => level.folder.openFolder(name);
    const folder = await this.#try('unreadable-folder', path, open, (late) => this.#medium.leave(late));
    if (folder !== undefined) await this.#descend(folder, path);
  }

  async #descend(folder: OpenedFolder, path: Uint8Array): Promise<void> {
    const level: Level = { folder, path, items: [], at: 0 };
    this.#levels.push(level); // from here on `close` closes it, whatever happens
    const isOwn = await this.#try('unreadable-folder', path, () => this.#medium.holdsFolder(folder));
    if (isOwn === undefined) return;
    if (!isOwn) return this.#problem('other-device', path);
    const items = await this.#list(folder, path);
    const pause = (): Promise<void> => this.#medium.files.yieldTurn();
    level.items = await sortYielding(items, byKey, pause);
  }

  async #list(folder: OpenedFolder, path: Uint8Array): Promise<Item[]> {
    const open = (): Promise<NameReader> => folder.openNames();
    const reader = await this.#try('unreadable-folder', path, open, (late) =>
      this.#medium.calls.release(late.close()),
    );
    if (reader === undefined) return [];
    try {
      return await this.#readAll(folder, reader, path);
    } finally {
      await this.#medium.calls.release(reader.close());
    }
  }

  async #readAll(folder: OpenedFolder, reader: NameReader, path: Uint8Array): Promise<Item[]> {
    const items: Item[] = [];
    const known = new Set<string>();
    while (!this.#full) {
      const names = await this.#try('unreadable-folder', path, () => reader.next());
      if (names === undefined || names.length === 0) break;
      this.#names += names.length;
      if (this.#names > NAMES_MAX) this.#stop();
      const wanted = names.filter((name) => this.#isWanted(path, name, known));
      const found = await this.#lookAt(folder, path, wanted);
      for (const item of found) if (this.#hasRoom(item)) items.push(item);
    }
    return items;
  }

  /** A damaged directory can hold a name twice: only the first one can ever be opened. */
  #isWanted(folder: Uint8Array, name: Uint8Array, known: Set<string>): boolean {
    const path = joinPath(folder, name);
    const text = bufferOf(name).toString('latin1');
    if (!isName(name)) this.#problem('unreadable-entry', path);
    else if (path.length > CAMERA_PATH_BYTES_MAX) this.#problem('path-too-long', folder);
    else if (known.has(text)) this.#problem('duplicate-path', path);
    else {
      known.add(text);
      return true;
    }
    return false;
  }

  async #lookAt(folder: OpenedFolder, path: Uint8Array, names: readonly Uint8Array[]): Promise<Item[]> {
    const lookAtAll = (): Promise<PromiseSettledResult<EntryStat>[]> =>
      Promise.allSettled(names.map((name) => folder.lstat(name)));
    const found = await this.#medium.calls.run('listing', this.#signal, lookAtAll);
    return found.flatMap((stat, index) => {
      const name = names[index] ?? new Uint8Array();
      const place = joinPath(path, name);
      if (stat.status === 'fulfilled') return [this.#item(place, name, stat.value)];
      this.#refused('unreadable-entry', place, stat.reason);
      return [];
    });
  }

  #item(path: Uint8Array, name: Uint8Array, stat: EntryStat): Item {
    if (stat.kind === 'folder') return { key: sortKey(name, true), entry: undefined, name };
    return { key: sortKey(name, false), entry: entryOf(path, stat, this.#medium.keepsNumbers) };
  }

  #hasRoom(item: Item): boolean {
    if (this.#full) return false;
    if (item.entry === undefined) this.#folders++;
    else this.#seen++;
    if (this.#seen <= INVENTORY_ENTRIES_MAX && this.#folders <= FOLDERS_MAX) return true;
    this.#stop();
    return false;
  }

  #stop(): void {
    this.#full = true;
    this.#problems.push({ reason: 'too-many-entries', path: null });
  }

  /** The value, or undefined where the medium refused: then it is a problem of that place. Other failures end the walk. */
  async #try<T>(
    reason: string,
    path: Uint8Array,
    call: () => Promise<T>,
    discard?: (late: T) => unknown,
  ): Promise<T | undefined> {
    try {
      return await this.#medium.calls.run('listing', this.#signal, call, discard);
    } catch (error) {
      this.#refused(reason, path, error);
      return undefined;
    }
  }

  /** Errors: whatever is not the medium's refusal, as it is. */
  #refused(reason: string, path: Uint8Array, error: unknown): void {
    const code = systemCode(error);
    if (isDockError(error) || code === undefined || this.#signal.aborted) throw error;
    if (isMachineShort(error)) throw unreadable(code, error);
    this.#problem(reason, path);
  }

  #problem(reason: string, path: Uint8Array | null): void {
    this.#told++;
    if (this.#told <= PROBLEMS_MAX) this.#problems.push({ reason, path });
    else if (this.#told === PROBLEMS_MAX + 1)
      this.#problems.push({ reason: 'too-many-problems', path: null });
  }
}

/** Latin-1 texts compare as the bytes that they stand for. */
function byKey(a: Item, b: Item): number {
  if (a.key === b.key) return 0;
  return a.key < b.key ? -1 : 1;
}
