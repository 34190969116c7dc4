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

/** The serial number of a camera is in no message and no log, and a running station logs what it refuses. */
function isSerial(path: Path): boolean {
  return path[0] === 'cameras' && path.at(-1) === 'serial';
}

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
