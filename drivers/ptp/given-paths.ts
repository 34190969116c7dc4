// Gives each object of a listing the path by which the station knows it. Names and folders alone do not tell objects apart: one folder
// may hold a name twice. An object keeps its path from listing to listing, also when the other one of its name goes: else the station would
// take it for another file, and the path that it had for erased.
import { forEachSlowly } from '../../protocol/format/slowly.ts';
import { pathKey, withHandle } from './object-path.ts';

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
