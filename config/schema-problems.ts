// Turns what zod found into problems that name the place in the file, the value, what is allowed and what to do.
import * as z from 'zod';
import { problem, showFound, showPath, type Problem } from './problems.ts';
import { suggest } from './suggest.ts';
import { valueAt, type Path, type YamlTree } from './yaml-tree.ts';

/** Every problem that the schema has with a parsed file; none means that it can be mapped. */
export function schemaProblems(schema: z.ZodType, tree: YamlTree, file: string): Problem[] {
  const issues = schema.safeParse(tree.value).error?.issues ?? [];
  return dropFollowUps(issues).flatMap((issue) => explain(issue, schema, tree, file));
}

/** What is good of a value: a faulty leaf is absent, and a faulty entry of a list is a hole, so that the others keep their numbers. */
export type Good<T> = T extends readonly (infer Item)[]
  ? readonly (Good<Item> | undefined)[]
  : T extends object
    ? { readonly [Key in keyof T]?: Good<T[Key]> | undefined }
    : T;

/** Everything of a file that passes the schema, with its defaults: one mistake leaves out no more than itself. */
export function goodParts<Schema extends z.ZodObject>(
  schema: Schema,
  tree: YamlTree,
): Good<z.output<Schema>> {
  return (goodPart(schema, tree.value) ?? {}) as Good<z.output<Schema>>;
}

function goodPart(schema: z.core.$ZodType, value: unknown): unknown {
  const whole = z.safeParse(schema, value);
  if (whole.success) return whole.data;
  const plain = unwrap(schema);
  if (plain instanceof z.ZodArray)
    return Array.isArray(value) ? value.map((item) => goodPart(plain.element, item)) : undefined;
  if (!(plain instanceof z.ZodObject) || !isGroup(value)) return undefined;
  const parts = Object.entries<z.core.$ZodType>(plain.shape);
  return Object.fromEntries(parts.map(([key, part]) => [key, goodPart(part, value[key])]));
}

function isGroup(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The groups of a file that pass the schema on their own, with their defaults; the others are absent. */
export function goodGroups<Schema extends z.ZodObject>(
  schema: Schema,
  tree: YamlTree,
): Partial<z.output<Schema>> {
  const groups: Record<string, unknown> = {};
  for (const [key, part] of Object.entries<z.core.$ZodType>(schema.shape)) {
    const result = z.safeParse(part, valueAt(tree.value, [key]));
    if (result.success) groups[key] = result.data;
  }
  return groups as Partial<z.output<Schema>>;
}

/** One line per place: a text that is too short and of the wrong form is one mistake. */
function dropFollowUps(issues: readonly z.core.$ZodIssue[]): z.core.$ZodIssue[] {
  const seen = new Set<string>();
  return issues.filter((issue) => {
    const key = `${issue.code === 'unrecognized_keys' ? 'keys' : 'value'} ${JSON.stringify(issue.path)}`;
    return !seen.has(key) && seen.add(key);
  });
}

function explain(issue: z.core.$ZodIssue, schema: z.ZodType, tree: YamlTree, file: string): Problem[] {
  const path = issue.path.map((part) => (typeof part === 'number' ? part : String(part)));
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => unknownKey([...path, key], schema, tree, file));
  const found = valueAt(tree.value, path);
  const allowed = allowedAt(schema, path);
  const shown = { file, path: showPath(path), allowed };
  if (found === undefined && path.length > 0) {
    const place = tree.placeOfValue(path.slice(0, -1));
    const message = `"${String(path.at(-1))}" is missing`;
    return [problem({ code: 'config.missing', ...shown, ...place, message, remedy: 'add it' })];
  }
  if (isUnfilled(found)) {
    const message = 'is still to be filled in';
    const remedy = remedyForUnfilled(path);
    return [
      problem({
        code: 'config.unfilled',
        ...shown,
        ...tree.placeOfValue(path),
        message,
        found: showFound(found),
        remedy,
      }),
    ];
  }
  const empty = found === null || found === undefined;
  const message = empty ? 'has no value' : 'is not allowed';
  const remedy = empty ? 'write a value, or take the key out' : remedyFor(issue, found, path);
  return [
    problem({
      code: 'config.value',
      ...shown,
      ...tree.placeOfValue(path),
      message,
      found: empty || isSerial(path) ? null : showFound(found),
      remedy,
    }),
  ];
}

/** The example files write REPLACE where only the reader knows the value. */
function isUnfilled(found: unknown): boolean {
  return typeof found === 'string' && /^REPLACE\b/.test(found);
}

const ENROLMENT = 'or wait for the enrolment (`bodydock keys enrol`), which brings it';
/** How to get what an example file leaves to its reader, by the key of the value. */
const UNFILLED: Readonly<Record<string, string>> = {
  recipients:
    'copy the line of the .recipient file that `bodydock keys make identity` wrote; `bodydock keys show FILE` prints it',
  'store.public_keys': `copy the second line of store.pub, which \`bodydock keys make store\` wrote at the store, ${ENROLMENT}`,
  'stations.public_keys': `copy the second line of station.pub, which \`bodydock keys make station\` wrote on the station, ${ENROLMENT}`,
  'roles.officers':
    'copy the second line of the .pub file that the officer made with `minisign -G`, or take the list out for now',
  'roles.supervisors':
    'copy the second line of the .pub file that the superior made with `minisign -G`, or take the list out for now',
  'roles.evaluators':
    'copy the second line of the .pub file that the evaluator made with `minisign -G`, or take the list out for now',
};

function remedyForUnfilled(path: Path): string {
  const key = path.filter((part) => typeof part === 'string').join('.');
  return UNFILLED[key] ?? 'write the value that the line asks for';
}

/** The serial number of a camera is in no message and no log, and a running station logs what it refuses. */
function isSerial(path: Path): boolean {
  return path[0] === 'cameras' && path.at(-1) === 'serial';
}

/** Of a store: 0.1.0 took fewer than it starts with now. */
const FEW_DAYS: ReadonlySet<string> = new Set(['retention.days', 'retention.documents_days']);
const FEW_DAYS_REMEDY =
  'take it out, or write the fewest days that are allowed; fewer need a policy of both roles: `bodydock-receiver policy make`';

function remedyFor(issue: z.core.$ZodIssue, found: unknown, path: Path): string | null {
  if (path.join() === 'version' && typeof found === 'number')
    return 'this program reads version 1 only: use a program of that version';
  if (issue.code === 'invalid_type') {
    const wantsNumber = issue.expected === 'number' || issue.expected === 'int';
    if (wantsNumber && typeof found === 'string' && /^\d+$/.test(found))
      return 'take the quotation marks away';
    if (issue.expected === 'string' && typeof found === 'number') return 'put it in quotation marks';
    if (issue.expected === 'array') return 'write a list: a line with "- " for each item';
  }
  if (issue.code === 'too_small' && issue.minimum > 1 && FEW_DAYS.has(path.join('.'))) return FEW_DAYS_REMEDY;
  if (issue.code === 'invalid_value' && typeof found === 'string') {
    const near = suggest(found, issue.values.map(String));
    return near === undefined ? null : `did you mean ${near}?`;
  }
  return null;
}

function unknownKey(path: Path, schema: z.ZodType, tree: YamlTree, file: string): Problem {
  const key = String(path.at(-1));
  const known = keysAt(schema, path.slice(0, -1));
  const shown = { file, ...tree.placeOfKey(path), path: showPath(path) };
  const near = suggest(key, known);
  const remedy = near === undefined ? 'take it out' : `did you mean ${near}?`;
  return problem({
    code: 'config.unknown-key',
    ...shown,
    message: 'this key is not known',
    allowed: known.join(', '),
    remedy,
  });
}

function unwrap(schema: z.core.$ZodType): z.core.$ZodType {
  const wrapped =
    schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault || schema instanceof z.ZodOptional;
  return wrapped ? unwrap(schema.unwrap()) : schema;
}

function schemaAt(schema: z.core.$ZodType, path: Path): z.core.$ZodType | undefined {
  let at: z.core.$ZodType | undefined = schema;
  for (const part of path) {
    const plain = unwrap(at);
    if (plain instanceof z.ZodObject) at = (plain.shape as Record<string, z.core.$ZodType>)[String(part)];
    else at = plain instanceof z.ZodArray ? plain.element : undefined;
    if (at === undefined) return undefined;
  }
  return at;
}

function keysAt(schema: z.ZodType, path: Path): string[] {
  const at = schemaAt(schema, path);
  const plain = at === undefined ? undefined : unwrap(at);
  return plain instanceof z.ZodObject ? Object.keys(plain.shape) : [];
}

function allowedAt(schema: z.ZodType, path: Path): string | null {
  let at = schemaAt(schema, path);
  while (at !== undefined) {
    const allowed = z.globalRegistry.get(at)?.['allowed'];
    if (typeof allowed === 'string') return allowed;
    const inner: z.core.$ZodType = unwrap(at);
    at = inner === at ? undefined : inner;
  }
  return null;
}
