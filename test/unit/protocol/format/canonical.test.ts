// The canonical form, whichever way its text is made: by our own writer, or by JSON.stringify where that gives the same.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodeCanonical, parseCanonical } from '../../../../protocol/format/canonical.ts';
import { JSON_DEPTH_MAX } from '../../../../protocol/format/limits.ts';

const text = (value: unknown): string => Buffer.from(encodeCanonical(value)).toString();

/** RFC 8785 once more, in as few words as possible. */
function written(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(written).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const fields = Object.entries(value).filter(([, item]) => item !== undefined);
  const names = fields.map(([name]) => name).sort();
  const inner = names.map(
    (name) => `${JSON.stringify(name)}:${written(Object.getOwnPropertyDescriptor(value, name)?.value)}`,
  );
  return `{${inner.join(',')}}`;
}

const leaf = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.maxSafeInteger(),
  fc.boolean(),
  fc.constantFrom(null, '', '__proto__', '\u2028', '"\\\u0007'),
);
const name = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('1', '10', '9', 'a', 'B', '__proto__', 'é', '\ud83d\ude00', '\uffee'),
);
const { json } = fc.letrec((tie) => ({
  json: fc.oneof(
    { depthSize: 'small' },
    leaf,
    fc.array(tie('json')),
    fc.dictionary(name, fc.oneof(tie('json'), fc.constant(undefined))),
  ),
}));

test('any value has the form of the RFC, whatever the order of its fields', () => {
  fc.assert(
    fc.property(json, (value) => {
      expect(text(value)).toBe(written(value));
      const bytes = encodeCanonical(value);
      expect(text(parseCanonical(bytes, bytes.length))).toBe(text(value));
    }),
    { numRuns: 300 },
  );
});

test.each([
  ['a fraction', [0.5]],
  ['minus nought', { a: -0 }],
  ['a number beyond 2^53', { a: 2 ** 53 }],
  ['a lone surrogate', ['\ud800']],
  ['a lone surrogate in a name', { '\udc00': 1 }],
  ['nothing in an array', [undefined]],
  ['a function', { a: () => 1 }],
])('%s has none', (_, value) => {
  expect(() => encodeCanonical(value)).toThrow('canonical JSON');
});

test('a value may be as deep as the limit and no deeper, in order or not', () => {
  const deep = (levels: number, end: unknown): unknown => (levels === 0 ? end : { b: deep(levels - 1, end) });
  for (const beside of [{}, { a: 1 }]) {
    const of = (levels: number): unknown => ({ ...(deep(levels, 'end') as object), ...beside });
    expect(text(of(JSON_DEPTH_MAX))).toContain('end');
    expect(() => encodeCanonical(of(JSON_DEPTH_MAX + 1))).toThrow('deeper');
  }
});

test('an object or array is a level of its own, also where nothing is in it', () => {
  for (const empty of [{}, []]) {
    const deep = (levels: number): unknown => (levels === 1 ? empty : [deep(levels - 1)]);
    expect(text(deep(JSON_DEPTH_MAX))).toHaveLength(2 * JSON_DEPTH_MAX);
    expect(() => encodeCanonical(deep(JSON_DEPTH_MAX + 1))).toThrow('deeper');
  }
});

test('text that JSON.stringify would give, and that is not canonical, is refused', () => {
  for (const odd of ['{"b":1,"a":2}', '{"a":1,"a":2}', '{"a": 1}', '[1.0]', '[-0]', '{"9":1,"10":2}'])
    expect(() => parseCanonical(Buffer.from(odd), 100), odd).toThrow('canonical');
});
