// Canonical JSON (RFC 8785) for signed documents: a document is serialised once and those bytes are kept.
// We allow less than the RFC: integers within +-(2^53 - 1), no lone surrogates, so that no reader can disagree on a number or a text.
// parse accepts only bytes that encode would have produced, which also excludes duplicate keys, white space and a byte-order mark.
import { encodeUtf8, parseUtf8 } from './bytes.ts';
import { DockError } from './errors.ts';
import { JSON_DEPTH_MAX } from './limits.ts';

function fail(why: string): never {
  throw new DockError('canonical.refused', `canonical JSON: ${why}`, { retry: 'never' });
}

/** True where JSON.stringify gives the canonical text as it is; what is false may have one all the same. */
function isInOrder(value: unknown, depth: number): boolean {
  if (value === null || value === true || value === false) return true;
  if (typeof value === 'number') return Number.isSafeInteger(value) && !Object.is(value, -0);
  if (typeof value === 'string') return value.isWellFormed();
  if (typeof value !== 'object' || depth >= JSON_DEPTH_MAX || 'toJSON' in value) return false;
  if (Array.isArray(value)) {
    for (const item of value) if (!isInOrder(item, depth + 1)) return false; // a hole is undefined here
    return true;
  }
  let before: string | undefined;
  for (const key in value) {
    if (before !== undefined && !(before < key)) return false;
    if (!key.isWellFormed() || !isInOrder((value as Record<string, unknown>)[key], depth + 1)) return false;
    before = key;
  }
  return true;
}

function write(value: unknown, depth: number): string {
  if (value === null || value === true || value === false) return String(value);
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value) || Object.is(value, -0))
      fail(`number ${value} is not an integer within 2^53`);
    return String(value);
  }
  if (typeof value === 'string') {
    if (!value.isWellFormed()) fail('a text holds a lone surrogate');
    return JSON.stringify(value);
  }
  if (typeof value === 'object' && depth >= JSON_DEPTH_MAX) fail(`deeper than ${JSON_DEPTH_MAX} levels`);
  if (Array.isArray(value)) return `[${value.map((item) => write(item, depth + 1)).join(',')}]`;
  if (typeof value === 'object') {
    const fields = Object.entries(value).filter(([, item]) => item !== undefined);
    fields.sort(([a], [b]) => (a < b ? -1 : 1)); // UTF-16 code units, as the RFC asks
    return `{${fields.map(([key, item]) => `${write(key, depth + 1)}:${write(item, depth + 1)}`).join(',')}}`;
  }
  return fail(`a ${typeof value} has no JSON form`);
}

/**
 * The canonical UTF-8 bytes of a value. Fields that are undefined are left out.
 * Errors: "canonical.refused" for a number that is no safe integer, a lone surrogate, or nesting beyond JSON_DEPTH_MAX.
 * Source: RFC 8785, section 3.2.
 */
export function encodeCanonical(value: unknown): Uint8Array {
  return encodeUtf8(canonicalText(value));
}

function canonicalText(value: unknown): string {
  return isInOrder(value, 0) ? JSON.stringify(value) : write(value, 0);
}

/**
 * The value of canonical bytes.
 * Errors: "canonical.refused" where the bytes are longer than `bytesMax`, not UTF-8, not JSON, or not in canonical form.
 */
export function parseCanonical(bytes: Uint8Array, bytesMax: number): unknown {
  if (bytes.length > bytesMax) fail(`${bytes.length} bytes, at most ${bytesMax} are read`);
  const text = parseUtf8(bytes) ?? fail('not UTF-8');
  const value = parseJson(text);
  // Bytes that are UTF-8 and their text stand for each other, one to one.
  if (canonicalText(value) !== text) fail('not in canonical form (RFC 8785)');
  return value;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new DockError('canonical.refused', 'canonical JSON: not JSON', { cause: error, retry: 'never' });
  }
}
