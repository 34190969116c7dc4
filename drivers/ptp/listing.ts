// Walks the storages of a PTP camera and makes the inventory, with the handle of each entry. Handles, parents and names are the camera's word:
// one handle counts once, circles end, and everything has a bound.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { DockError } from '../../protocol/format/errors.ts';
import {
  CAMERA_PATH_BYTES_MAX,
  INVENTORY_DEPTH_MAX,
  INVENTORY_ENTRIES_MAX,
} from '../../protocol/format/limits.ts';
import { forEachSlowly } from '../../protocol/format/slowly.ts';
import { CompactEntry, sortYielding } from '../large-listing.ts';
import type { Inventory, InventoryEntry, InventoryProblem } from '../driver.ts';
import { FORMAT_ASSOCIATION, SIZE_UNKNOWN } from './codes.ts';
import type { PtpCommands } from './commands.ts';
import { handlesLost, responseOf } from './conversation.ts';
import { isDatasetError, type ObjectInfo } from './datasets.ts';
import { parsePtpTime } from './device-clock.ts';
import {
  endsInName,
  type FoundObject,
  givePaths,
  joinPath,
  nameBytes,
  type NamedObject,
  pathKey,
} from './given-paths.ts';

const PROBLEMS_MAX = 64;
/** PTP writes whole seconds; FAT below it keeps every second one. */
const MODIFIED_STEP_MS = 2000;

/** An inventory and where each entry is found. */
export interface PtpListing {
  readonly inventory: Inventory;
  /** By `pathKey` of the entry's path; true for one generation of the session. */
  readonly found: ReadonlyMap<string, FoundObject>;
  readonly generation: number;
}

/** What is known of the same camera before it is listed. */
export interface KnownBefore {
  /** The last one: objects keep the paths that it gave them. */
  readonly before: PtpListing | undefined;
  readonly stores: PtpStores;
  /** Those that the camera shows now. */
  readonly storages: readonly number[];
}

/**
 * Errors: those of the commands; "ptp.handles-lost" where the session was opened again on the way. A folder or an object that the camera does
 * not tell of is a problem, not an error.
 */
export async function listObjects(
  commands: PtpCommands,
  { before, stores, storages }: KnownBefore,
  signal: AbortSignal,
): Promise<PtpListing> {
  const walk = new Walk(commands);
  const { generation } = commands;
  const isNamed = stores.listed(storages);
  for (const storage of storages) await walk.storage(storage, isNamed(storage), signal);
  walk.checkParents();
  // Handles of two sessions in one listing: the same one may stand for two objects, and one of them would be left out.
  if (commands.generation !== generation) throw handlesLost(undefined);
  if (storages.length === 0) walk.problem('no-medium', null);
  else
    for (const storage of stores.missing)
      walk.problem('no-medium', isNamed(storage) ? rootOf(storage) : null);
  const areHandlesKept = before?.generation === generation;
  const paths = await givePaths(walk.objects, before && { found: before.found, areHandlesKept }, nextTurn);
  const found = new Map<string, FoundObject>();
  const placed: { readonly path: Uint8Array; readonly entry: WalkedObject['entry'] }[] = [];
  for (const [at, { handle, storage, stamp, plain, entry }] of walk.objects.entries()) {
    const path = paths[at] ?? plain;
    found.set(pathKey(path), { handle, storage, stamp, plain: pathKey(plain) });
    placed.push({ path, entry });
  }
  const sorted = await sortYielding(placed, (a, b) => Buffer.compare(a.path, b.path), nextTurn);
  const entries: InventoryEntry[] = [];
  await forEachSlowly(sorted, nextTurn, ({ path, entry }) => {
    entries.push(new CompactEntry({ ...entry, path }));
  });
  return { inventory: { entries, problems: walk.problems }, found, generation };
}

/**
 * One object as the camera describes it now, or undefined where there is none.
 * Errors: those of the commands.
 */
export async function describeObject(
  commands: PtpCommands,
  handle: number,
  signal: AbortSignal,
): Promise<{ readonly info: ObjectInfo; readonly sizeBytes: number | null } | undefined> {
  let info: ObjectInfo;
  try {
    info = await commands.objectInfo(handle, signal);
  } catch (error) {
    // A response says that it is not there; so does an empty dataset.
    if (responseOf(error) === undefined && !isDatasetError(error)) throw error;
    return undefined;
  }
  if (info.format === FORMAT_ASSOCIATION) return { info, sizeBytes: 0 };
  const size = await commands.objectSize(handle, signal).catch((error: unknown) => {
    if (responseOf(error) === undefined) throw error;
    return undefined;
  });
  const small = info.sizeBytes32 === SIZE_UNKNOWN ? null : info.sizeBytes32;
  return { info, sizeBytes: size === undefined ? small : size };
}

/**
 * Whether an object as it is described now is the one that was listed under `plain` (a `pathKey`) with that stamp. The name counts too: a camera
 * that counts its objects again when one goes leads to another one by the same handle, which may be as long and tell no time.
 */
export function isStill(
  { info, sizeBytes }: { readonly info: ObjectInfo; readonly sizeBytes: number | null },
  plain: string,
  stamp: string,
): boolean {
  return sizeBytes !== null && stampOf(info, sizeBytes) === stamp && endsInName(plain, info.name);
}

/** What of an object tells one state of it from another. */
function stampOf(info: ObjectInfo, sizeBytes: number): string {
  return `${sizeBytes}.${info.modifiedAt}.${info.capturedAt}.${info.format.toString(16)}`;
}

interface Folder {
  readonly storage: number;
  readonly handle: number | undefined;
  readonly path: Uint8Array;
  readonly depth: number;
}

interface WalkedObject extends NamedObject {
  readonly storage: number;
  readonly entry: Omit<InventoryEntry, 'path'>;
}

class Walk {
  readonly #commands: PtpCommands;
  readonly #seen = new Set<number>();
  /** Of each folder the one that it says to lie in. */
  readonly #parents = new Map<number, number>();
  readonly objects: WalkedObject[] = [];
  readonly problems: InventoryProblem[] = [];

  constructor(commands: PtpCommands) {
    this.#commands = commands;
  }

  /** Where it is named, the storage's id is the first part of its paths. */
  async storage(storage: number, isNamed: boolean, signal: AbortSignal): Promise<void> {
    const root = isNamed ? rootOf(storage) : new Uint8Array(0);
    const folders: Folder[] = [{ storage, handle: undefined, path: root, depth: 0 }];
    for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
      if (folder.depth > INVENTORY_DEPTH_MAX) {
        this.problem('too-deep', folder.path);
        continue;
      }
      for (const handle of await this.#children(folder, signal)) {
        if (this.#seen.has(handle)) continue;
        this.#seen.add(handle);
        const below = await this.#object(handle, folder, signal);
        if (below !== undefined) folders.push(below);
      }
    }
  }

  async #children(folder: Folder, signal: AbortSignal): Promise<readonly number[]> {
    const places = INVENTORY_ENTRIES_MAX - this.#seen.size;
    try {
      const list = await this.#commands.children(folder.storage, folder.handle, places, signal);
      if (list === undefined) this.problem('unreadable-folder', folder.path);
      if (list?.isCut === true) this.problem('too-many-entries', folder.path);
      return list?.ids ?? [];
    } catch (error) {
      if (responseOf(error) === undefined) throw error;
      this.problem('unreadable-folder', folder.path);
      return [];
    }
  }

  async #object(handle: number, folder: Folder, signal: AbortSignal): Promise<Folder | undefined> {
    const found = await describeObject(this.#commands, handle, signal);
    if (found === undefined || found.sizeBytes === null) {
      this.problem('unreadable-entry', folder.path);
      return undefined;
    }
    const { info, sizeBytes } = found;
    const path = joinPath(folder.path, info.name);
    if (path.length > CAMERA_PATH_BYTES_MAX) this.problem('path-too-long', folder.path);
    else if (info.format === FORMAT_ASSOCIATION) {
      this.#parents.set(handle, info.parent);
      return { ...folder, handle, path, depth: folder.depth + 1 };
    } else this.#add({ handle, storage: folder.storage, plain: path }, info, sizeBytes);
    return undefined;
  }

  #add(where: Pick<WalkedObject, 'handle' | 'storage' | 'plain'>, info: ObjectInfo, sizeBytes: number): void {
    const stamp = stampOf(info, sizeBytes);
    const entry = {
      kind: 'file',
      sizeBytes,
      modifiedAt: timeText(info.modifiedAt) ?? timeText(info.capturedAt),
      modifiedStepMs: MODIFIED_STEP_MS,
      stamp,
      locked: info.isProtected,
      vendor: vendorFields(info),
    } as const;
    this.objects.push({ ...where, stamp, entry });
  }

  /** Folders that lie in each other lead nowhere: what else lies there may not be shown. */
  checkParents(): void {
    const checked = new Set<number>();
    for (const folder of this.#parents.keys()) {
      const way = new Set<number>();
      for (
        let at: number | undefined = folder;
        at !== undefined && !checked.has(at);
        at = this.#parents.get(at)
      ) {
        if (way.has(at)) return this.problem('folders-in-circle', null);
        way.add(at);
      }
      for (const each of way) checked.add(each);
    }
  }

  problem(reason: string, path: Uint8Array | null): void {
    if (this.problems.length < PROBLEMS_MAX) this.problems.push({ reason, path });
    else if (this.problems.length === PROBLEMS_MAX)
      this.problems.push({ reason: 'too-many-problems', path: null });
  }
}

/** First part of the paths of a store that is named in them. */
function rootOf(storage: number): Uint8Array {
  return nameBytes(storage.toString(16).padStart(8, '0'));
}

function timeText(text: string): string | null {
  const time = parsePtpTime(text);
  return time === undefined ? null : new Date(time.claimedMs).toISOString();
}

function vendorFields({ format, modifiedAt, capturedAt }: ObjectInfo): Record<string, string> {
  return {
    format: format.toString(16).padStart(4, '0'),
    ...(modifiedAt !== '' && { modified: modifiedAt }),
    ...(capturedAt !== '' && { captured: capturedAt }),
  };
}

// The stores of a camera over one session: which of them have their id in the paths of their files, and which the camera said are gone.

/** A camera that wrongly said so often that a store is gone is asked about it no more. */
const WRONG_MAX = 3;

export class PtpStores {
  /** The one whose files have plain paths; null where all have their id in front; undefined before the first listing that shows any. */
  #plain: number | null | undefined;
  #known: readonly number[] = [];
  /** All that any listing of the session showed. */
  readonly #shown = new Set<number>();
  #doubted = new Set<number>();
  #wrong = 0;

  /**
   * Takes the stores of a listing. True for those that stand in the paths of their files: all where the first listing showed several, else all
   * but the one it showed. A store that comes or goes later changes no path of the others' files.
   */
  listed(storages: readonly number[]): (storage: number) => boolean {
    // A doubt that proved right stays for one more listing: a reading that fails behind it is told what it failed of.
    const missing = this.#known.filter((known) => this.#doubted.has(known) && !storages.includes(known));
    this.#doubted = new Set(missing);
    this.#known = storages;
    for (const storage of storages) this.#shown.add(storage);
    const [first] = storages;
    if (this.#plain === undefined && first !== undefined) this.#plain = storages.length === 1 ? first : null;
    return (storage) => storage !== this.#plain;
  }

  /** Those that an earlier listing showed and the last one did not: what lay on them is neither here nor gone. */
  get missing(): number[] {
    return [...this.#shown].filter((storage) => !this.#known.includes(storage));
  }

  /** The camera said that this one is gone, or one that it does not name. */
  doubt(storage: number | undefined): void {
    if (this.#wrong >= WRONG_MAX) return;
    for (const known of this.#known) if (storage === undefined || known === storage) this.#doubted.add(known);
  }

  isDoubted(storage: number): boolean {
    return this.#doubted.has(storage);
  }

  /** Which stores there are now, asked because of a doubt about this one. Errors: "driver.store-gone" where it is none of them. */
  assertThere(storage: number, storages: readonly number[], cause?: unknown): void {
    if (!storages.includes(storage)) {
      const words = `the camera's store 0x${storage.toString(16).padStart(8, '0')} was taken out while a file of it was read; put it back, or look whether its file system is damaged`;
      throw new DockError('driver.store-gone', words, { retry: 'later', cause, facts: { storage } });
    }
    this.#doubted.delete(storage);
    this.#wrong++;
  }
}
