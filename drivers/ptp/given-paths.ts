// Gives each object of a listing the path by which the station knows it. Names and folders alone do not tell objects apart: one folder
// may hold a name twice. An object keeps its path from listing to listing, also when the other one of its name goes: else the station would
// take it for another file, and the path that it had for erased.
import { bufferOf, concatBytes, encodeUtf8 } from '../../protocol/format/bytes.ts';
import { isDockError } from '../../protocol/format/errors.ts';
import { forEachSlowly } from '../../protocol/format/slowly.ts';

/** An object as the camera told of it. */
export interface NamedObject {
  readonly handle: number;
  readonly stamp: string;
  /** Folder and name. */
  readonly plain: Uint8Array;
}

/** An entry's handle, and its stamp when it was listed. */
export interface FoundObject {
  readonly handle: number;
  readonly storage: number;
  readonly stamp: string;
  /** `pathKey` of folder and name, which another object may have too. */
  readonly plain: string;
}

/** The listing before, by path; without `areHandlesKept` its handles may belong to other objects now. */
export interface ListedBefore {
  readonly found: ReadonlyMap<string, FoundObject>;
  readonly areHandlesKept: boolean;
}

/**
 * Paths of the objects in their order, no two alike. One that was listed before keeps its path: the same handle and name, or where handles
 * may have changed the only one of that name and stamp. The others get folder and name, and their handle behind it where that is given,
 * or where nobody can tell any more to which of several objects it was.
 */
export async function givePaths(
  objects: readonly NamedObject[],
  before: ListedBefore | undefined,
  pause: () => Promise<void>,
): Promise<Uint8Array[]> {
  const known = await KnownPaths.of(before, pause);
  const taken = new Set<string>();
  const kept: (string | undefined)[] = [];
  await forEachSlowly(objects, pause, (object) => {
    const path = known.pathOf(object);
    kept.push(path === undefined || taken.has(path) ? undefined : path);
    if (path !== undefined) taken.add(path);
  });
  const paths: Uint8Array[] = [];
  await forEachSlowly(objects, pause, (object, at) => {
    const path = kept[at];
    if (path !== undefined) paths.push(Buffer.from(path, 'latin1'));
    else paths.push(freshPath(object, taken, known));
  });
  return paths;
}

function freshPath({ plain, handle }: NamedObject, taken: Set<string>, known: KnownPaths): Uint8Array {
  let path = plain;
  while (taken.has(pathKey(path)) || known.isDoubtful(pathKey(path))) path = withHandle(path, handle);
  taken.add(pathKey(path));
  return path;
}

class KnownPaths {
  readonly #areHandlesKept: boolean;
  /** By handle and name, or by name and stamp. */
  readonly #paths = new Map<string, string>();
  /** Paths of objects that are alike. */
  readonly #doubtful = new Set<string>();

  private constructor(areHandlesKept: boolean) {
    this.#areHandlesKept = areHandlesKept;
  }

  static async of(before: ListedBefore | undefined, pause: () => Promise<void>): Promise<KnownPaths> {
    const known = new KnownPaths(before?.areHandlesKept === true);
    await forEachSlowly(before?.found ?? [], pause, ([path, found]) =>
      known.#add(path, known.#keyOf(found.plain, found)),
    );
    return known;
  }

  pathOf(object: NamedObject): string | undefined {
    const path = this.#paths.get(this.#keyOf(pathKey(object.plain), object));
    return path === undefined || this.#doubtful.has(path) ? undefined : path;
  }

  isDoubtful(path: string): boolean {
    return this.#doubtful.has(path);
  }

  #add(path: string, key: string): void {
    const other = this.#paths.get(key);
    if (other === undefined) this.#paths.set(key, path);
    else this.#doubtful.add(other).add(path);
  }

  #keyOf(name: string, { handle, stamp }: Pick<NamedObject, 'handle' | 'stamp'>): string {
    return `${this.#areHandlesKept ? handle : stamp} ${name}`;
  }
}

// For work by handles that begins with finding them: where the session had to be opened again on the way, it begins again.

/** `work` must not have changed anything before it rejects with "ptp.handles-lost". The recoveries of a session are bounded, so is this. */
export async function withNewHandles<T>(work: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!isDockError(error, 'ptp.handles-lost')) throw error;
    }
  }
}

// Paths of objects that only have names and parents: path bytes that no other object of the camera has. Pure.

const SLASH = encodeUtf8('/');

/** Path bytes of a name in a folder ("" for the root). */
export function joinPath(folder: Uint8Array, name: string): Uint8Array {
  const bytes = nameBytes(name);
  return folder.length === 0 ? bytes : concatBytes([folder, SLASH, bytes]);
}

/** What is put behind a path that another object has already: the handle, so that both are told apart in one docking. */
export function withHandle(path: Uint8Array, handle: number): Uint8Array {
  return concatBytes([path, encodeUtf8(`;${handle.toString(16).padStart(8, '0')}`)]);
}

/**
 * UTF-8 of the name's UTF-16 units, a lone surrogate in the three bytes that UTF-8 would give it: no two names have the same bytes.
 */
export function nameBytes(name: string): Uint8Array {
  if (name.isWellFormed()) return encodeUtf8(name);
  const parts: Uint8Array[] = [];
  for (const character of name) {
    const code = character.charCodeAt(0);
    const isLone = character.length === 1 && code >= 0xd800 && code <= 0xdfff;
    parts.push(
      isLone
        ? Uint8Array.of(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 0x3f), 0x80 | (code & 0x3f))
        : encodeUtf8(character),
    );
  }
  return concatBytes(parts);
}

/** A path as a key of a map. */
export function pathKey(path: Uint8Array): string {
  return bufferOf(path).toString('latin1');
}

/** True where the path with that key ends in the name: what a handle leads to now is still what was listed under it. */
export function endsInName(key: string, name: string): boolean {
  const own = pathKey(nameBytes(name));
  return key === own || key.endsWith(`/${own}`);
}
