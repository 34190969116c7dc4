// Collects problems that no schema can see, because they lie between two values or inside one. Used by the rules of both files.
import { keyIdHex, parsePublicKey, type PublicKey } from '../protocol/documents/minisign.ts';
import { problem, showFound, showPath, type Problem } from './problems.ts';
import { valueAt, type Path, type YamlTree } from './yaml-tree.ts';

/** What a rule says of one value. */
export interface RuleFind {
  readonly code: string;
  readonly message: string;
  readonly found?: unknown;
  readonly allowed?: string;
  readonly remedy: string;
}

/** A value with its place in the file. */
export interface PlacedText {
  readonly path: Path;
  readonly value: string;
}

/** The good texts of a list with their places; `key` where each is in a group of its own. */
export function placed(
  values: readonly (string | undefined)[] | undefined,
  path: Path,
  ...key: readonly string[]
): PlacedText[] {
  return (values ?? []).flatMap((value, at) =>
    value === undefined ? [] : [{ path: [...path, at, ...key], value }],
  );
}

/** Those that are public keys. */
export function goodKeys(lines: readonly (string | undefined)[] | undefined): PublicKey[] {
  return placed(lines, []).flatMap(({ value }) => {
    try {
      return [parsePublicKey(value)];
    } catch {
      return []; // is told by its rule
    }
  });
}

/** Problems of one file, each at the place of the value that it is about. */
export class RuleReport {
  readonly problems: Problem[] = [];
  readonly file: string;
  private readonly tree: YamlTree;

  constructor(file: string, tree: YamlTree) {
    this.file = file;
    this.tree = tree;
  }

  add(path: Path, find: RuleFind): void {
    const { code, message, remedy, allowed = null } = find;
    const found = find.found === undefined ? null : showFound(find.found);
    const place = this.tree.placeOfValue(path);
    const shown = { file: this.file, ...place, path: showPath(path), found, allowed };
    this.problems.push(problem({ code, message, remedy, ...shown }));
  }

  /** True where the file says something at that place, good or not. */
  isWritten(path: Path): boolean {
    return (valueAt(this.tree.value, path) ?? undefined) !== undefined;
  }

  /** Says which values repeat an earlier one; `sameBy` gives what two of them are compared by. */
  unique(
    values: readonly PlacedText[],
    what: string,
    sameBy: (value: string) => string = (value) => value,
  ): void {
    const first = new Map<string, Path>();
    for (const { path, value } of values) {
      const same = sameBy(value);
      const earlier = first.get(same);
      if (earlier === undefined) {
        first.set(same, path);
        continue;
      }
      const message = `the same ${what} stands at ${showPath(earlier)}`;
      this.add(path, { code: 'config.duplicate', message, found: value, remedy: 'keep one of the two' });
    }
  }

  /** Says which lines are no public keys, and which have the id of an earlier one: a signature names its key by id. */
  publicKeys(lines: readonly (string | undefined)[] | undefined, path: Path): void {
    const ids: PlacedText[] = [];
    for (const { path: at, value: line } of placed(lines, path)) {
      try {
        ids.push({ path: at, value: keyIdHex(parsePublicKey(line).keyId) });
      } catch {
        const remedy = 'copy the second line of the .pub file';
        const message = 'is no minisign public key';
        this.add(at, { code: 'config.key', message, found: line, remedy });
      }
    }
    this.unique(ids, 'key id');
  }
}
