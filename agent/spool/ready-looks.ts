// One look at each folder of `ready/`, many in one go: a start compares them with what the snapshot knows, and has only what is not so looked at by itself.
import type { FolderLooks, LooksIntoFolders } from './folder-look.ts';
import { isRecordingId, type RecordingId } from '../../protocol/format/ids.ts';
import type { Files } from '../../protocol/format/ports.ts';
import { inParallel } from '../platform/in-parallel.ts';
import { sortNames } from './folder-names.ts';
import { PAYLOAD_NAME, SEALED_NAMES } from './layout.ts';
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
