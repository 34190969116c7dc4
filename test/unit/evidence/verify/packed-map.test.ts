import { expect, test } from 'vitest';
import { PackedMap } from '../../../../agent/evidence/verify/packed-map.ts';

interface Thing {
  readonly name: string;
  readonly where: string;
  readonly sha256: string | null | undefined;
  readonly at: string | undefined;
  readonly size: number;
  readonly word: string | boolean | null;
  readonly digests: readonly string[];
  readonly words: readonly string[];
  readonly kept: readonly string[];
  readonly inner: { readonly sha256: string; readonly at: string | null } | null | undefined;
}

const things = (): PackedMap<Thing> =>
  new PackedMap<Thing>({
    name: 'name',
    where: 'where',
    sha256: 'digest',
    at: 'time',
    size: 'number',
    word: 'word',
    digests: 'digests',
    words: 'words',
    kept: 'kept',
    inner: { sha256: 'digest', at: 'time' },
  });

/** As it is read, field by field. */
const read = (thing: Thing | undefined): unknown =>
  thing && { ...fieldsOf(thing, USUAL), inner: thing.inner && fieldsOf(thing.inner, { sha256: '', at: '' }) };
const fieldsOf = (view: object, like: object): object =>
  Object.fromEntries(Object.keys(like).map((name) => [name, Reflect.get(view, name)]));

const digest = (digit: string): string => digit.repeat(64);
const USUAL: Thing = {
  name: 'one',
  where: 'station/one',
  sha256: digest('a'),
  at: '2026-12-02T02:00:00.123Z',
  size: 2 ** 40 + 1,
  word: 'bay-1',
  digests: [digest('0')],
  words: ['d-1'],
  kept: [],
  inner: { sha256: digest('f'), at: null },
};
const UNUSUAL: readonly Partial<Thing>[] = [
  {},
  { sha256: digest('A'), at: '2026-12-02T02:00:00Z', where: 'elsewhere' },
  { sha256: null, at: undefined, word: null, inner: null },
  { sha256: undefined, at: '1969-01-01T00:00:00.000Z', word: false, inner: undefined },
  { sha256: 'short', at: 'never', digests: [], words: [], kept: ['x', 'y'] },
  { digests: [digest('1'), 'unusual', digest('2')], words: ['d-1', 'd-2'], size: 0 },
];

test('whatever is set comes back as it was, over many blocks', () => {
  const map = things();
  const all = Array.from({ length: 1500 }, (_, at) => {
    const name = `n-${at}`;
    return { ...USUAL, name, where: `s/${name}`, ...UNUSUAL[at % UNUSUAL.length] };
  });
  for (const thing of all) map.set(thing.name, thing);
  expect([...map.values()].map(read)).toEqual(all);
  expect([...map.keys()]).toEqual(all.map(({ name }) => name));
  expect(map.get('n-1500')).toBeUndefined();
});

test.each(UNUSUAL)('an object is set again and changed: %j', (unusual) => {
  const map = things();
  for (const before of UNUSUAL) {
    map.set('one', { ...USUAL, ...before });
    map.set('one', { ...USUAL, ...unusual });
    expect(read(map.get('one'))).toEqual({ ...USUAL, ...unusual });
    map.set('one', { ...USUAL, ...before });
    map.change('one', unusual);
    expect(read(map.get('one'))).toEqual({ ...USUAL, ...before, ...unusual });
  }
});

test('a copy of what is given back would lack its fields, and throws', () => {
  const map = things();
  map.set('one', USUAL);
  const thing = map.get('one') as Thing;
  expect(() => ({ ...thing })).toThrow(TypeError);
  expect(() => ({ ...thing.inner })).toThrow(TypeError);
  expect(() => {
    const { name: _, ...rest } = thing;
    return rest;
  }).toThrow(TypeError);
});
