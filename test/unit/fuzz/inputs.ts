// Hostile inputs out of good ones: bytes changed, cut and spliced, odd words put in, parts of a JSON tree exchanged. The good ones lie in
// `seeds/<target>/`, with inputs that failed once; fast-check draws and shrinks what is made of them.
import { readdirSync, readFileSync } from 'node:fs';
import * as fc from 'fast-check';

const FOLDER = new URL('./seeds/', import.meta.url);
/** As it lies in the project where this runs compiled. */
const FOLDER_OF_BUILD = new URL('../../../../test/unit/fuzz/seeds/', import.meta.url);

/** Inputs of a target that are kept. Errors: where there are none. */
export function keptInputs(target: string): readonly Uint8Array[] {
  const folder = new URL(`${target}/`, import.meta.url.endsWith('.ts') ? FOLDER : FOLDER_OF_BUILD);
  return readdirSync(folder)
    .toSorted()
    .map((name) => Uint8Array.from(readFileSync(new URL(name, folder))));
}

const WORDS: readonly string[] = [
  '',
  '{',
  '}',
  '[',
  ']',
  '"',
  ':',
  ',',
  '\\',
  '\0',
  '\n',
  '\r\n',
  '\ufeff',
  '\u2028',
  '"\\ud800"',
  '{"__proto__":{"polluted":1}}',
  '"__proto__"',
  '"constructor"',
  'null',
  'true',
  '-0',
  '1e999',
  '-1',
  '0.1',
  '9007199254740993',
  '2026-02-30T25:61:61.000Z',
  '&a [*a]',
  '!!js/function "x"',
  '<<: *a',
  '- '.repeat(200),
  '['.repeat(3000),
  '{"a":'.repeat(3000),
  'x'.repeat(70_000),
  '\u00e9'.repeat(300),
];

const VALUES: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  1,
  2 ** 53,
  1e308,
  0.5,
  '',
  'x'.repeat(5000),
  '\ud800',
  '__proto__',
  '0'.repeat(64),
  [],
  {},
  [[]],
  Array.from({ length: 300 }, () => 0),
];

/** What is made of the kept inputs. */
export function hostileInputs(kept: readonly Uint8Array[]): fc.Arbitrary<Uint8Array> {
  const good = fc.constantFrom(...kept);
  const changed = fc
    .tuple(good, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 }))
    .map(([bytes, changes]) => {
      const made = Uint8Array.from(bytes);
      for (const [at, byte] of changes) if (made.length > 0) made[at % made.length] = byte;
      return made;
    });
  const spliced = fc.tuple(good, good, fc.nat(), fc.nat(), fc.nat(64)).map(([one, other, at, from, cut]) => {
    const start = at % (one.length + 1);
    const piece = other.subarray(from % (other.length + 1)).subarray(0, cut * 4);
    return Buffer.concat([one.subarray(0, start), piece, one.subarray(start + cut)]);
  });
  const worded = fc
    .tuple(good, fc.constantFrom(...WORDS), fc.nat(), fc.nat(20))
    .map(([bytes, word, at, cut]) => {
      const start = at % (bytes.length + 1);
      return Buffer.concat([bytes.subarray(0, start), Buffer.from(word), bytes.subarray(start + cut)]);
    });
  const cut = fc.tuple(good, fc.nat()).map(([bytes, at]) => bytes.subarray(0, at % (bytes.length + 1)));
  const exchanged = fc
    .tuple(good, fc.nat(), fc.oneof(fc.constantFrom(...VALUES), fc.jsonValue()), fc.boolean())
    .map(([bytes, at, value, gone]) => exchange(bytes, at, value, gone));
  return fc.oneof(fc.uint8Array({ maxLength: 400 }), changed, spliced, worded, cut, exchanged);
}

/** One node of a JSON tree is another value, or its key is gone; lines are taken one by one. Anything else stays as it is. */
function exchange(bytes: Uint8Array, at: number, value: unknown, gone: boolean): Uint8Array {
  const lines = Buffer.from(bytes).toString('utf8').split('\n');
  const line = at % lines.length;
  let tree: unknown;
  try {
    tree = JSON.parse(lines[line] ?? '');
  } catch {
    return bytes;
  }
  const places: { readonly parent: Record<string, unknown>; readonly key: string }[] = [];
  const walk = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return;
    for (const [key, child] of Object.entries(node)) {
      places.push({ parent: node as Record<string, unknown>, key });
      walk(child);
    }
  };
  walk(tree);
  const place = places[at % Math.max(1, places.length)];
  if (place === undefined) tree = value;
  else if (gone) Reflect.deleteProperty(place.parent, place.key);
  else place.parent[place.key] = value;
  return Buffer.from(lines.with(line, JSON.stringify(tree)).join('\n'));
}
