// Pins of a store in a station.yaml that a technician wrote: which lines an enrolment wants there, and the text with them in it.
//
// Invariants:
// 1. Only lines of the values that an enrolment names change: every other line stays as it is, to the byte.
// 2. What was changed is parsed again and says what was wanted, and of everything else what it said before; else nothing is given.
// 3. A pin that is in the file stays in it. Only placeholders of the example file go, and at the first enrolment receivers beside it.
import { isDeepStrictEqual } from 'node:util';
import { parsePublicKey } from '../../protocol/documents/minisign.ts';
import { parseYaml, valueAt, type Path, type YamlTree } from '../yaml-tree.ts';

/** What the store says of itself, in the words of the file. */
export interface StorePins {
  readonly publicKeys: readonly string[];
  readonly receivers: readonly string[];
  readonly url: string;
  readonly base: string;
  /** Keys of both roles; none where the store names none. */
  readonly roles: { readonly officers: readonly string[]; readonly supervisors: readonly string[] };
}

const KEYS: Path = ['store', 'public_keys'];
const RECEIVERS: Path = ['store', 'receivers'];
const ROLES = ['officers', 'supervisors'] as const;
const URL: Path = ['broker', 'url'];
const BASE: Path = ['broker', 'base'];
const BASE_DEFAULT = 'bodydock';
const PLACEHOLDER = /^REPLACE\b/;

/** Keys of a store that the file pins already, placeholders and mistyped lines left out. */
export function pinnedKeys(tree: YamlTree): string[] {
  return textsAt(tree, KEYS).filter((line) => {
    try {
      parsePublicKey(line);
      return true;
    } catch {
      return false;
    }
  });
}

/** The lines as they would stand in a new file. */
export function pinLines({ publicKeys, receivers, url, base, roles }: StorePins): string {
  const store = `store:\n  public_keys:\n${itemLines(publicKeys)}  receivers:\n${itemLines(receivers)}`;
  return `${store}broker:\n  url: ${url}\n  base: ${base}\n${roleLines(roles)}`;
}

function itemLines(items: readonly string[]): string {
  return items.map((item) => `    - ${item}\n`).join('');
}

function roleLines(roles: StorePins['roles']): string {
  const lists = ROLES.filter((role) => roles[role].length > 0);
  return lists.length === 0
    ? ''
    : `roles:\n${lists.map((role) => `  ${role}:\n${itemLines(roles[role])}`).join('')}`;
}

/** A file that was changed. */
export interface PinnedText {
  readonly text: string;
  /** Lines that went and that came, as they are in the file. */
  readonly removed: readonly string[];
  readonly added: readonly string[];
}

/**
 * The text with the pins in it; the same text where all of them are there. Undefined where its lists are not written as one line for each
 * item, or its groups are not there: then a person must put the lines in.
 */
export function withPins(text: string, tree: YamlTree, pins: StorePins): PinnedText | undefined {
  const isFirst = pinnedKeys(tree).length === 0;
  const keys = wantedItems(textsAt(tree, KEYS), pins.publicKeys, () => true);
  const receivers = wantedItems(textsAt(tree, RECEIVERS), pins.receivers, () => !isFirst);
  const [officers = [], supervisors = []] = ROLES.map((role) =>
    wantedItems(textsAt(tree, ['roles', role]), pins.roles[role], () => true),
  );
  const roles = { officers, supervisors };
  const edits = [
    ...roleEdits(text, tree, roles), // before others at the last line: what is put in first comes after them
    listEdits(text, tree, KEYS, keys),
    listEdits(text, tree, RECEIVERS, receivers),
    valueEdits(text, tree, URL, pins.url),
    valueEdits(text, tree, BASE, pins.base),
  ];
  if (edits.some((edit) => edit === undefined)) return undefined;
  const changed = apply(
    text,
    edits.flatMap((edit) => edit ?? []),
  );
  return saysSo(changed.text, tree, { keys, receivers, url: pins.url, base: pins.base, roles })
    ? changed
    : undefined;
}

/** Lines from `line` on (the first is 1), `count` of them, give way to others. */
interface Edit {
  readonly line: number;
  readonly count: number;
  readonly lines: readonly string[];
}

function apply(text: string, edits: readonly Edit[]): PinnedText {
  const lines = text.split('\n');
  const removed: string[] = [];
  const added: string[] = [];
  for (const { line, count, lines: fresh } of edits.toSorted((a, b) => a.line - b.line)) {
    removed.push(...lines.slice(line - 1, line - 1 + count));
    added.push(...fresh);
  }
  for (const { line, count, lines: fresh } of edits.toSorted((a, b) => b.line - a.line))
    lines.splice(line - 1, count, ...fresh);
  return { text: lines.join('\n'), removed, added };
}

/** What the list says afterwards: what stays of it, and behind it what is missing. */
function wantedItems(
  found: readonly string[],
  wanted: readonly string[],
  mayStay: (item: string) => boolean,
): string[] {
  const stays = found.filter((item) => wanted.includes(item) || (!PLACEHOLDER.test(item) && mayStay(item)));
  return [...stays, ...wanted.filter((item) => !stays.includes(item))];
}

/** Undefined where the list is not one line for each item. */
function listEdits(text: string, tree: YamlTree, path: Path, items: readonly string[]): Edit[] | undefined {
  const found = textsAt(tree, path);
  if (isDeepStrictEqual(valueAt(tree.value, path), items)) return [];
  const lines = text.split('\n');
  const places = found.map((_, at) => tree.placeOfValue([...path, at]).line);
  const dashes = places.map((line) => /^\s*- +(?=\S)/.exec(lines[line - 1] ?? '')?.[0]);
  const [dash] = dashes;
  const last = places.at(-1);
  if (dash === undefined || last === undefined || dashes.some((each) => each !== dash)) return undefined;
  if (new Set(places).size !== places.length) return undefined;
  const edits: Edit[] = found.flatMap((item, at) =>
    items.includes(item) ? [] : [{ line: places[at] ?? 0, count: 1, lines: [] }],
  );
  const fresh = items.filter((item) => !found.includes(item)).map((item) => `${dash}${item}`);
  return [...edits, { line: last + 1, count: 0, lines: fresh }];
}

/** A file without the group gets it at its end. */
function roleEdits(text: string, tree: YamlTree, roles: StorePins['roles']): (Edit[] | undefined)[] {
  if (valueAt(tree.value, ['roles']) !== undefined)
    return ROLES.map((role) =>
      roles[role].length > 0 ? listEdits(text, tree, ['roles', role], roles[role]) : [],
    );
  const lines = roleLines(roles).split('\n').slice(0, -1);
  return [lines.length === 0 ? [] : [{ line: text.split('\n').length, count: 0, lines: ['', ...lines] }]];
}

/** Undefined where the value does not stand in one line behind its key. */
function valueEdits(text: string, tree: YamlTree, path: Path, wanted: string): Edit[] | undefined {
  const found = valueAt(tree.value, path);
  if (found === wanted || (path === BASE && found === undefined && wanted === BASE_DEFAULT)) return [];
  const lines = text.split('\n');
  const key = String(path.at(-1));
  if (found === undefined && path === BASE) {
    // Behind the address, which every file has.
    const line = tree.placeOfValue(URL).line;
    const indent = /^(\s*)url:/.exec(lines[line - 1] ?? '')?.[1];
    return indent === undefined
      ? undefined
      : [{ line: line + 1, count: 0, lines: [`${indent}${key}: ${wanted}`] }];
  }
  const { line } = tree.placeOfValue(path);
  const parts = /^(\s*\w+:\s+)(?:"[^"]*"|'[^']*'|[^\s#]+)(\s*(?:#.*)?)$/.exec(lines[line - 1] ?? '');
  if (parts === null || !parts[1]?.trimStart().startsWith(`${key}:`)) return undefined;
  return [{ line, count: 1, lines: [`${parts[1]}${wanted}${parts[2] ?? ''}`] }];
}

function saysSo(
  text: string,
  before: YamlTree,
  wanted: { keys: readonly string[]; receivers: readonly string[] } & Pick<
    StorePins,
    'url' | 'base' | 'roles'
  >,
): boolean {
  const parsed = parseYaml(text, '');
  if (parsed.kind === 'refused') return false;
  const { tree } = parsed;
  const values = [
    textsAt(tree, KEYS),
    textsAt(tree, RECEIVERS),
    valueAt(tree.value, URL),
    valueAt(tree.value, BASE) ?? BASE_DEFAULT,
    ...ROLES.map((role) => textsAt(tree, ['roles', role])),
  ];
  return (
    isDeepStrictEqual(values, [
      wanted.keys,
      wanted.receivers,
      wanted.url,
      wanted.base,
      ...ROLES.map((role) => wanted.roles[role]),
    ]) && isDeepStrictEqual(rest(tree.value), rest(before.value))
  );
}

/** Everything but these values. */
function rest(value: unknown): unknown {
  const copy = JSON.parse(JSON.stringify(value)) as Record<string, Record<string, unknown> | undefined>;
  for (const [group = '', key = ''] of [KEYS, RECEIVERS, URL, BASE].map((path) => path.map(String)))
    delete copy[group]?.[key];
  delete copy['roles'];
  return copy;
}

function textsAt(tree: YamlTree, path: Path): string[] {
  const value = valueAt(tree.value, path);
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];
}
