// Looks into many folders in one go: a start that asks for each of ten thousand recordings waits for the way into another thread and back, and not
// for the disk.
import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Files } from '../../protocol/format/ports.ts';

/** Which folders: `names` in `parent`; and a file whose length is wanted in each. */
export interface FoldersWanted {
  /** Absolute. */
  readonly parent: string;
  readonly names: readonly string[];
  readonly file: string;
}

/** What the folders hold, in their order, as little as can be told: most of them hold the same names. */
export interface FolderLooks {
  /** Names that a folder holds, sorted; folders with the same names share one of these. */
  readonly kinds: readonly (readonly string[])[];
  /** Of each folder the place in `kinds`. */
  readonly kindOf: Uint32Array<ArrayBuffer>;
  /** Of each folder the length of the wanted file; NaN where nothing has that name, or no regular file. */
  readonly sizesBytes: Float64Array<ArrayBuffer>;
}

/** Who looks; the agent has threads for it. */
export interface LooksIntoFolders {
  /** One look for each folder. Errors: the system's, of the first folder that cannot be looked into. */
  lookInto(wanted: FoldersWanted): Promise<FolderLooks>;
}

/** One look for each folder. Blocks. Errors: the system's, of the first folder that cannot be looked into. */
export function lookIntoAtOnce({ parent, names, file }: FoldersWanted): FolderLooks {
  const gathered = new Gathered(names.length);
  for (const name of names) {
    const folder = join(parent, name);
    const found = lstatSync(join(folder, file), { throwIfNoEntry: false });
    gathered.add(readdirSync(folder), found?.isFile() === true ? found.size : Number.NaN);
  }
  return gathered.looks();
}

/** The same through the Files port, one folder after the other. */
export async function lookInto(files: Files, { parent, names, file }: FoldersWanted): Promise<FolderLooks> {
  const gathered = new Gathered(names.length);
  for (const name of names) {
    const folder = join(parent, name);
    const found = await files.stat(join(folder, file));
    gathered.add(await files.list(folder), found?.kind === 'file' ? found.sizeBytes : Number.NaN);
  }
  return gathered.looks();
}

class Gathered {
  readonly #kinds = new Map<string, { readonly kind: number; readonly names: readonly string[] }>();
  readonly #kindOf: Uint32Array<ArrayBuffer>;
  readonly #sizesBytes: Float64Array<ArrayBuffer>;
  #count = 0;

  constructor(count: number) {
    this.#kindOf = new Uint32Array(count);
    this.#sizesBytes = new Float64Array(count);
  }

  add(names: readonly string[], sizeBytes: number): void {
    const sorted = names.toSorted();
    const key = sorted.join('/'); // which no name holds
    const known = this.#kinds.get(key) ?? { kind: this.#kinds.size, names: sorted };
    this.#kinds.set(key, known);
    this.#kindOf[this.#count] = known.kind;
    this.#sizesBytes[this.#count++] = sizeBytes;
  }

  looks(): FolderLooks {
    const kinds = [...this.#kinds.values()].map(({ names }) => names);
    return { kinds, kindOf: this.#kindOf, sizesBytes: this.#sizesBytes };
  }
}
