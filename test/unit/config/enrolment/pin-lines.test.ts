import { readFile } from 'node:fs/promises';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  pinLines,
  pinnedKeys,
  withPins,
  type PinnedText,
  type StorePins,
} from '../../../../config/enrolment/pin-lines.ts';
import { parseYaml, type YamlTree } from '../../../../config/yaml-tree.ts';
import { exchange, publicLine } from '../files.ts';

const LINES = Array.from({ length: 7 }, (_, seed) => publicLine(seed + 1));
const PINS: StorePins = {
  publicKeys: [publicLine(1), publicLine(2)],
  receivers: ['r-vault-1', 'r-vault-2'],
  url: 'mqtts://mqtt.city.example:8883',
  base: 'city/cameras',
  roles: { officers: [], supervisors: [] },
};
const ROLES = { officers: [publicLine(8)], supervisors: [publicLine(9), publicLine(10)] };
const ROLE_LINES = `roles:\n  officers:\n    - ${publicLine(8)}\n  supervisors:\n    - ${publicLine(9)}\n    - ${publicLine(10)}\n`;

function tree(text: string): YamlTree {
  const parsed = parseYaml(text, 'station.yaml');
  if (parsed.kind === 'refused') throw new Error('no YAML');
  return parsed.tree;
}
const change = (text: string, pins = PINS): PinnedText | undefined => withPins(text, tree(text), pins);

/** The lines of one text that are not in the other, in order. */
function other(text: string, than: string): string[] {
  const lines = new Set(than.split('\n'));
  return text.split('\n').filter((line) => !lines.has(line));
}

describe.each(['station.example.yaml', 'station.example.de.yaml'])('%s', (name) => {
  const read = (): Promise<string> =>
    readFile(new URL(`../../../../config/${name}`, import.meta.url), 'utf8');

  test('gets the pins in place of its placeholders, and every other line stays', async () => {
    const text = await read();
    const { text: after = '', removed, added } = change(text) ?? {};
    expect(other(after, text)).toEqual([
      ...PINS.publicKeys.map((key) => `    - ${key}`),
      ...PINS.receivers.map((id) => `    - ${id}`),
      `  url: ${PINS.url}`,
      `  base: ${PINS.base}`,
    ]);
    expect(other(text, after)).toEqual([
      expect.stringContaining('- REPLACE'),
      '    - r-archive',
      '  url: mqtts://broker.example.org:8883',
      '  base: bodydock',
    ]);
    expect([removed, added]).toEqual([other(text, after), other(after, text)]);
    expect(pinnedKeys(tree(after))).toEqual(PINS.publicKeys);
  });

  test('that has the pins stays as it is', async () => {
    const after = change(await read())?.text ?? '';
    expect(change(after)).toEqual({ text: after, removed: [], added: [] });
  });

  test('keeps the pins that it has when others come, with the comments beside them', async () => {
    const first = change(await read())?.text ?? '';
    const marked = exchange(first, publicLine(2), `${publicLine(2)} # in the safe`);
    const later = { ...PINS, publicKeys: [publicLine(2), publicLine(3)], receivers: ['r-vault-3'] };
    const after = change(marked, later);
    expect(after?.removed).toEqual([]);
    expect(after?.added).toEqual([`    - ${publicLine(3)}`, '    - r-vault-3']);
    expect(pinnedKeys(tree(after?.text ?? ''))).toEqual([1, 2, 3].map(publicLine));
    expect(after?.text).toContain(`${publicLine(2)} # in the safe\n    - ${publicLine(3)}\n`);
  });
});

const SMALL = `version: 1\nstore:\n  public_keys:\n    - ${publicLine(1)}\n  receivers:\n    - r-vault-1\nbroker:\n  url: mqtts://a:1\n`;

test('keys of the roles are put at the end, and beside those that are there', () => {
  const after = change(SMALL, { ...PINS, roles: ROLES })?.text ?? '';
  expect(after.endsWith(`\n\n${ROLE_LINES}`)).toBe(true);
  const roles = { ...ROLES, officers: [publicLine(11)] };
  const more = change(after, { ...PINS, roles });
  expect([more?.removed, more?.added]).toEqual([[], [`    - ${publicLine(11)}`]]);
  expect(change(exchange(after, `\n    - ${publicLine(8)}`, ' []'), { ...PINS, roles })).toBeUndefined();
});

test('an address in quotation marks and with a comment is exchanged alone, and a base is put behind it', () => {
  const text = exchange(SMALL, 'mqtts://a:1', '"mqtts://a:1"  # old');
  const after = change(text)?.text ?? '';
  expect(after).toContain(`\n  url: ${PINS.url}  # old\n  base: city/cameras\n`);
});

test.each([
  ['a list in one line', exchange(SMALL, `\n    - ${publicLine(1)}`, ` [${publicLine(1)}]`)],
  ['a list that is not there', exchange(SMALL, `  receivers:\n    - r-vault-1\n`, '')],
  ['a group that is not there', SMALL.slice(0, SMALL.indexOf('broker:'))],
  [
    'a placeholder of two lines',
    exchange(SMALL, `- ${publicLine(1)}`, '- REPLACE with the second\n      line of it'),
  ],
  ['an item that is no text', exchange(SMALL, '- r-vault-1', '- 12')],
  ['an address in a line of its own', exchange(SMALL, 'url: mqtts', 'url:\n    mqtts')],
  ['a group in one line', exchange(SMALL, 'broker:\n  url: mqtts://a:1', 'broker: { url: "mqtts://a:1" }')],
])('%s is left to a person', (_what, text) => {
  expect(change(text)).toBeUndefined();
});

test('whatever pins come, the file says them and all else as before', () => {
  const seeds = fc.uniqueArray(fc.integer({ min: 0, max: 6 }), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(seeds, seeds, fc.boolean(), (keys, receivers, isNew) => {
      const text = isNew ? exchange(SMALL, LINES[0] ?? '', 'REPLACE this') : SMALL;
      const pins = {
        ...PINS,
        publicKeys: keys.map((at) => LINES[at] ?? ''),
        receivers: receivers.map((id) => `r-${id + 1}`),
      };
      const after = tree(change(text, pins)?.text ?? '').value as Record<string, Record<string, unknown>>;
      expect(after['store']?.['public_keys']).toEqual([
        ...new Set([...(isNew ? [] : [LINES[0] ?? '']), ...pins.publicKeys]),
      ]);
      expect(after['store']?.['receivers']).toEqual([
        ...new Set([...(isNew ? [] : ['r-vault-1']), ...pins.receivers]),
      ]);
      expect(after['version']).toBe(1);
    }),
    { numRuns: 100 },
  );
});

test('the lines to put in are YAML that says the pins', () => {
  expect(tree(pinLines({ ...PINS, roles: ROLES })).value).toEqual({
    roles: ROLES,
    store: { public_keys: PINS.publicKeys, receivers: PINS.receivers },
    broker: { url: PINS.url, base: PINS.base },
  });
});
