// Makes any value fit for a log line: bounded, free of cycles, without secrets. Pure; knows nothing of the logging library.
import { DockError, systemCode } from '../../protocol/format/errors.ts';

/** A field's text, a list and the nesting of objects are cut here: a log line is for reading, not for data. */
const TEXT_CHARACTERS_MAX = 2048;
const LIST_ENTRIES_MAX = 32;
const OBJECT_FIELDS_MAX = 64;
const DEPTH_MAX = 5;
const CAUSES_MAX = 8;

const HIDDEN = '[hidden]';
/** Names whose value never reaches a log, wherever they stand. "public_key" and "key_id" are no secrets. */
const SECRET_NAME =
  /pass(?:word|phrase|wd)|secret|token|credential|authorization|cookie|private|^(?:signing_?|file_?|tls_?|seed_?)?key$|^seed$|^pin$|^identity$|^identities$/i;
/** Secrets by their own look, for texts that somebody put together. */
const SECRET_TEXTS: readonly RegExp[] = [
  /AGE-SECRET-KEY-1[0-9A-Z]+/gi,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g,
  /(?<=:\/\/)[^/\s@]+(?=@)/g,
];

type Plain = string | number | boolean | null | Plain[] | { [name: string]: Plain };

/** What the cut took the end of: name and password of a URL are known by the "@" behind them. */
const CUT_SECRET = /(?<=:\/\/)[^/\s@]*$/;

function plainText(text: string): string {
  const cut =
    text.length > TEXT_CHARACTERS_MAX
      ? `${text.slice(0, TEXT_CHARACTERS_MAX).replace(CUT_SECRET, '')}...`
      : text;
  return SECRET_TEXTS.reduce((at, pattern) => at.replace(pattern, HIDDEN), cut);
}

function plainList(list: readonly unknown[], depth: number): Plain {
  const kept = list.slice(0, LIST_ENTRIES_MAX).map((value) => plainValue(value, depth + 1));
  return list.length > LIST_ENTRIES_MAX ? [...kept, `... ${list.length} in all`] : kept;
}

function plainObject(value: object, depth: number): { [name: string]: Plain } {
  const plain: { [name: string]: Plain } = {};
  for (const [name, field] of Object.entries(value).slice(0, OBJECT_FIELDS_MAX)) {
    if (field === undefined) continue;
    plain[name] = SECRET_NAME.test(name) ? HIDDEN : plainValue(field, depth + 1);
  }
  return plain;
}

function plainValue(value: unknown, depth: number): Plain {
  if (value === null || typeof value === 'boolean') return value;
  if (typeof value === 'string') return plainText(value);
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (value instanceof Error) return depth > DEPTH_MAX ? plainText(value.message) : plainError(value);
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'object') return `[${typeof value}]`;
  if (depth > DEPTH_MAX) return '[deeper]';
  return Array.isArray(value) ? plainList(value, depth) : plainObject(value, depth);
}

/** The stack only where the error is nobody's expected outcome: then it is our bug, and the place matters. */
function describeOne(error: Error): { [name: string]: Plain } {
  const message = plainText(error.message);
  if (error instanceof DockError) {
    return { code: error.code, message, retry: error.retry, facts: plainObject(error.facts, 1) };
  }
  const code = systemCode(error);
  if (code !== undefined) return { code: plainText(code), message };
  return { code: error.name, message, stack: plainText(error.stack ?? '') };
}

/**
 * An error as fields.
 * Shape: `{code, message, retry?, facts?, stack?, causes?}`; `causes` lists what `cause` leads to, nearest first, at most 8.
 * Errors: none; what is not an error becomes `{code: "thrown", message}`.
 */
export function plainError(error: unknown): { [name: string]: Plain } {
  if (!(error instanceof Error)) return { code: 'thrown', message: plainValue(error, 1) };
  const causes: Plain[] = [];
  for (let at: unknown = error.cause; at !== undefined && causes.length < CAUSES_MAX;) {
    causes.push(at instanceof Error ? describeOne(at) : plainValue(at, 1));
    at = at instanceof Error ? at.cause : undefined;
  }
  return causes.length === 0 ? describeOne(error) : { ...describeOne(error), causes };
}

/**
 * Log fields as plain JSON values: byte arrays become their length, bigints texts, errors as in plainError, and values of
 * secret names or of a secret's look are hidden. `reserved` names get an underscore behind them, so no field replaces the line's own.
 * Errors: none; a field that cannot be read says so.
 */
export function plainFields(
  fields: Readonly<Record<string, unknown>>,
  reserved: ReadonlySet<string>,
): { [name: string]: Plain } {
  const plain: { [name: string]: Plain } = {};
  for (const [name, value] of Object.entries(fields).slice(0, OBJECT_FIELDS_MAX)) {
    if (value === undefined) continue;
    const key = reserved.has(name) ? `${name}_` : name;
    plain[key] = name === 'error' ? plainError(value) : SECRET_NAME.test(name) ? HIDDEN : safely(value);
  }
  return plain;
}

/** A getter or a toString of a foreign object may throw; a log call must not. */
function safely(value: unknown): Plain {
  try {
    return plainValue(value, 1);
  } catch {
    return '[unreadable]';
  }
}
