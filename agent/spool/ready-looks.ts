// One look at each folder of `ready/`, many in one go: a start compares them with what the snapshot knows, and has only what is not so looked at by itself.
import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { isRecordingId, type RecordingId } from '../../protocol/format/ids.ts';
import type { Files } from '../../protocol/format/ports.ts';
import { inParallel } from '../platform/in-parallel.ts';
import { PAYLOAD_NAME, SEALED_NAMES, sortNames } from './layout.ts';
import type { RecordingRows } from './recording-rows.ts';

/** Folders that are looked into in one go: few enough for a disk that takes 20 ms for each. */
const LOOKED_INTO = 128;
/** As many of those are under way. */
const LOOKS_AT_ONCE = 4;

const FAILURES_MAX = 8;

type IndexRows = Pick<RecordingRows, 'find' | 'stateAt' | 'sealedSizeAt'>;

/** Some folders, and what was seen of them. */
interface LookedPart {
  readonly names: readonly RecordingId[];
  /** Undefined where one of them could not be looked into. */
  readonly looks: FolderLooks | undefined;
}

/** What lies in `ready/`. */
export class ReadyLooks {
  /** All names there, in no order. */
  readonly names: readonly string[];
  /** Why parts could not be looked into, the first of them. */
  readonly failures: readonly unknown[];
  readonly #parts: readonly LookedPart[];

  private constructor(names: readonly string[], parts: readonly LookedPart[], failures: readonly unknown[]) {
    this.names = names;
    this.#parts = parts;
    this.failures = failures;
  }

  /** Errors: the system's where the folder itself cannot be listed. */
  static async take(files: Files, bulk: LooksIntoFolders, ready: string): Promise<ReadyLooks> {
    const names = await files.list(ready);
    const recordings = names.filter(isRecordingId);
    const starts = Array.from(
      { length: Math.ceil(recordings.length / LOOKED_INTO) },
      (_, part) => part * LOOKED_INTO,
    );
    const parts: LookedPart[] = [];
    const failures: unknown[] = [];
    await inParallel(starts, LOOKS_AT_ONCE, async (start) => {
      const part = recordings.slice(start, start + LOOKED_INTO);
      const looks = await bulk
        .lookInto({ parent: ready, names: part, file: PAYLOAD_NAME })
        .catch((error: unknown) => {
          if (failures.length < FAILURES_MAX) failures.push(error); // whoever looks at one of them by itself is told
          return undefined;
        });
      parts.push({ names: part, looks });
    });
    return new ReadyLooks(names, parts, failures);
  }

  /**
   * Recordings that the snapshot knows and that are whole, with nothing to be done about them, part by part. Says nothing of any other: that is judged
   * by judgeReady.
   */
  *knownWhole(index: IndexRows): Generator<readonly RecordingId[]> {
    for (const part of this.#parts) yield [...wholeOf(part, index)];
  }
}

function* wholeOf({ names, looks }: LookedPart, index: IndexRows): Generator<RecordingId> {
  if (looks === undefined) return;
  const kinds = looks.kinds.map((kind) => sortNames(kind, SEALED_NAMES));
  for (const [at, name] of names.entries()) {
    const row = index.find(name);
    const kind = kinds[looks.kindOf[at] ?? -1];
    if (row === undefined || kind === undefined) continue;
    const isClean = kind.missing.length === 0 && kind.leftovers.length === 0 && kind.unknown.length === 0;
    const isAsKnown =
      kind.receipted === (index.stateAt(row) === 'receipted') &&
      looks.sizesBytes[at] === index.sealedSizeAt(row);
    if (isClean && isAsKnown) yield name;
  }
}

// Looks into many folders in one go: a start that asks for each of ten thousand recordings waits for the way into another thread and back, and not
// for the disk.

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
