// A YAML text as plain values, with the place of each key and value. Takes one document of groups, lists and scalars; says all that
// is wrong with its form, and nothing about what it means.
import { isMap, isScalar, isSeq, parseDocument, type Pair, type YAMLError } from 'yaml';
import { problem, showPath, type Problem } from './problems.ts';
import { placesOf, scanYaml, type Place } from './yaml-scan.ts';

export type Path = readonly (string | number)[];

/** A parsed file: what it says, and where. Groups have no prototype, so a key is only ever a key. */
export interface YamlTree {
  readonly value: unknown;
  /** Place of the value, or of the nearest group around it that is in the file. */
  readonly placeOfValue: (path: Path) => Place;
  /** Place of the key itself (a list item has none and answers with its value). */
  readonly placeOfKey: (path: Path) => Place;
}

/** Problems of a parsed text are keys that cannot be kept; the rest of the tree is whole. */
export type YamlParsed =
  | { readonly kind: 'parsed'; readonly tree: YamlTree; readonly problems: readonly Problem[] }
  | { readonly kind: 'refused'; readonly problems: readonly Problem[] };

/** What a parsed value has at that place; undefined where there is nothing. */
export function valueAt(value: unknown, path: Path): unknown {
  let at = value;
  for (const part of path) {
    if (typeof at !== 'object' || at === null) return undefined;
    at = (at as Record<string | number, unknown>)[part];
  }
  return at;
}

/** Parses YAML 1.2 (core schema). Never throws. */
export function parseYaml(text: string, file: string): YamlParsed {
  const unfit = scanYaml(text, file);
  if (unfit.length > 0) return { kind: 'refused', problems: unfit };
  const placeOf = placesOf(text);
  // Duplicate keys are found in the walk below: the library compares each key with all before it.
  const document = parseDocument(text, { prettyErrors: false, uniqueKeys: false, version: '1.2' });
  const walker = new TreeWalker(file, placeOf);
  if (document.errors.length > 0)
    return { kind: 'refused', problems: document.errors.map((error) => syntaxProblem(error, file, placeOf)) };
  const value = walker.walk(document.contents, []);
  return { kind: 'parsed', tree: walker.tree(value), problems: walker.problems };
}

/** The library's errors that a technician meets, in words of our own; they never quote the text. */
const SYNTAX: Readonly<Record<string, readonly [string, string]>> = {
  TAB_AS_INDENT: ['a tab stands where the line is indented', 'indent with spaces'],
  MULTIPLE_DOCS: ['a second document starts here', 'keep one document, without a "---" in between'],
  BAD_INDENT: ['the indentation does not fit the lines around it', 'indent as the lines beside it'],
  MISSING_CHAR: ['a closing mark, a colon or a comma is missing', 'compare with the example file'],
  BLOCK_AS_IMPLICIT_KEY: ['two keys stand in one line', 'start a line for each key, or quote the value'],
  BAD_DQ_ESCAPE: ['an unknown "\\" sequence stands in a quoted text', 'use \'...\' instead of "..."'],
};

function syntaxProblem(error: YAMLError, file: string, placeOf: (offset: number) => Place): Problem {
  const [message, remedy] = SYNTAX[error.code] ?? ['this is not YAML', 'compare with the example file'];
  return problem({ code: 'config.yaml', file, ...placeOf(error.pos[0]), message, remedy });
}

class TreeWalker {
  readonly problems: Problem[] = [];
  private readonly values = new Map<string, Place>();
  private readonly keys = new Map<string, Place>();
  private readonly file: string;
  private readonly placeOf: (offset: number) => Place;

  constructor(file: string, placeOf: (offset: number) => Place) {
    this.file = file;
    this.placeOf = placeOf;
  }

  /** The plain value of a node; depth is bounded by scanYaml. */
  walk(node: unknown, path: Path): unknown {
    if (isScalar(node) || isMap(node) || isSeq(node))
      this.values.set(JSON.stringify(path), this.placeOf(node.range?.[0] ?? 0));
    if (isScalar(node)) return node.value;
    if (isSeq(node)) return node.items.map((item, at) => this.walk(item, [...path, at]));
    if (!isMap(node)) return null;
    const group = Object.create(null) as Record<string, unknown>;
    for (const pair of node.items) this.walkPair(pair, path, group);
    return group;
  }

  private walkPair(pair: Pair, path: Path, group: Record<string, unknown>): void {
    const place = this.placeOf(isScalar(pair.key) ? (pair.key.range?.[0] ?? 0) : 0);
    const key = isScalar(pair.key) ? String(pair.key.value) : undefined;
    if (key === undefined) return this.refuse('config.yaml', path, place, 'a group or list stands as a key');
    const at = [...path, key];
    if (key === '__proto__') return this.refuse('config.unknown-key', at, place, 'this key is not known');
    if (key in group) return this.refuse('config.duplicate-key', at, place, 'this key stands twice');
    this.keys.set(JSON.stringify(at), place);
    group[key] = this.walk(pair.value, at);
  }

  private refuse(code: string, path: Path, place: Place, message: string): void {
    const remedy = code === 'config.duplicate-key' ? 'keep one of the two' : 'take it out';
    this.problems.push(problem({ code, file: this.file, ...place, path: showPath(path), message, remedy }));
  }

  tree(value: unknown): YamlTree {
    const nearest = (path: Path): Place => {
      for (let length = path.length; length >= 0; length--) {
        const key = JSON.stringify(path.slice(0, length));
        // A value that stands on the lines below its key is looked for at the key.
        const place =
          length === path.length ? this.values.get(key) : (this.keys.get(key) ?? this.values.get(key));
        if (place !== undefined) return place;
      }
      return { line: 1, column: 1 };
    };
    return {
      value,
      placeOfValue: nearest,
      placeOfKey: (path) => this.keys.get(JSON.stringify(path)) ?? nearest(path),
    };
  }
}
