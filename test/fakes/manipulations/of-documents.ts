// Manipulations of a document's bytes. The thief has the station's key, so that its signature always holds, unless it is said otherwise.
import { readFile } from 'node:fs/promises';
import { encodeCanonical } from '../../../protocol/format/canonical.ts';
import {
  change,
  changeText,
  type Loose,
  type ManipulatedVault,
  type Manipulation,
} from './manipulated-vault.ts';

/** Signs the text of a manifest as the edit leaves it. */
async function signed(vault: ManipulatedVault, edit: (text: string) => string): Promise<void> {
  const of = vault.evidence.freshNext;
  const path = vault.at(of, 'manifest.json');
  await vault.sign(path, edit(await readFile(path, 'utf8')), vault.keyOf(of));
}

function altered(vault: ManipulatedVault, edit: (value: Loose) => Loose): Promise<void> {
  return signed(vault, (text) =>
    Buffer.from(encodeCanonical(edit(JSON.parse(text) as Loose))).toString('utf8'),
  );
}

const withOriginal = (value: Loose, more: Loose): Loose => ({
  ...value,
  original: { ...(value['original'] as Loose), ...more },
});

function without(value: Loose, field: string): Loose {
  return Object.fromEntries(Object.entries(value).filter(([name]) => name !== field));
}

const bytes: Manipulation[] = [
  ['with spaces between its fields', (text: string) => JSON.stringify(JSON.parse(text), null, 1)],
  ['with a line end behind it', (text: string) => `${text}\n`],
  ['with bytes behind it', (text: string) => `${text}{}`],
  ['with a byte order mark', (text: string) => `\ufeff${text}`],
  ['with a field twice', (text: string) => text.replace('{"bay":', '{"bay":"bay-9","bay":')],
  [
    'with its fields in another order',
    (text: string) => text.replace(/^\{("bay":"[^"]*"),(.*)\}$/, '{$2,$1}'),
  ],
  ['with NaN for a number', (text: string) => text.replace(/"size_bytes":\d+/, '"size_bytes":NaN')],
  ['with a fraction', (text: string) => text.replace(/"size_bytes":(\d+)/, '"size_bytes":$1.5')],
  [
    'with a number that has a fraction of nothing',
    (text: string) => text.replace(/"size_bytes":(\d+)/, '"size_bytes":$1.0'),
  ],
  ['with an exponent', (text: string) => text.replace('"unit_bytes":524288', '"unit_bytes":524288e0')],
  ['with a negative zero', (text: string) => text.replace('"version":1', '"version":-0')],
  [
    'with an integer beyond 2^53',
    (text: string) => text.replace(/"size_bytes":\d+/, '"size_bytes":9007199254740993'),
  ],
  ['with an escape that was not needed', (text: string) => text.replace('"bay-1"', '"bay\\u002d1"')],
  ['with half of a surrogate pair', (text: string) => text.replace('"BC-2"', '"\\ud83d"')],
  ['that is cut', (text: string) => text.slice(0, -1)],
  ['that is empty', () => ''],
].map(([name, edit]) => ({
  name: `a manifest ${String(name)}`,
  act: (vault) => signed(vault, edit as (text: string) => string),
  reason: 'manifest.not-canonical',
}));

const shapes: Manipulation[] = (
  [
    ['with a field that nobody knows', (value) => ({ ...value, note: 'x' }), 'shape'],
    ['without a field', (value) => without(value, 'locked'), 'shape'],
    ['of version 4', (value) => ({ ...value, version: 4 }), 'other-version'],
    ['of another type', (value) => ({ ...value, type: 'receipt' }), 'other-type'],
    ['with a size as a text', (value) => withOriginal(value, { size_bytes: '2000' }), 'shape'],
    ['with a negative size', (value) => withOriginal(value, { size_bytes: -1 }), 'shape'],
    ['with a digest in capitals', (value) => withOriginal(value, { sha256: 'AB'.repeat(32) }), 'shape'],
    ['with a date of no calendar', (value) => ({ ...value, sealed_at: '2026-02-30T08:00:00.000Z' }), 'shape'],
    [
      'with a date in another zone',
      (value) => ({ ...value, sealed_at: '2026-10-26T09:00:00.000+01:00' }),
      'shape',
    ],
    [
      'with units of another length',
      (value) => ({ ...value, sealed: { ...(value['sealed'] as Loose), unit_bytes: 65_536 } }),
      'shape',
    ],
    [
      'with sidecars that are not ascending',
      (value) => ({ ...value, sidecars: ['b', 'a'].map((letter) => letter.repeat(64)) }),
      'shape',
    ],
    [
      'with an id that ends in bits of nothing',
      (value) => ({ ...value, docking: `${'a'.repeat(25)}b` }),
      'shape',
    ],
  ] as [string, (value: Loose) => Loose, string][]
).map(([name, edit, reason]) => ({
  name: `a manifest ${name}`,
  act: (vault) => altered(vault, edit),
  reason: `manifest.${reason}`,
}));

const unsigned: Manipulation[] = (
  [
    ['camera', '"cam-1"', '"cam-2"'],
    ['time of sealing', '"sealed_at":"2026', '"sealed_at":"2025'],
    ['size of the original', '"size_bytes":2000', '"size_bytes":2001'],
    ['word on whether its clock was synchronised', '"clock_synchronised":true', '"clock_synchronised":null'],
  ] as const
).map(([what, from, to]) => ({
  name: `another ${what} in a manifest, without a signature`,
  act: (vault) =>
    changeText(vault.at(vault.evidence.freshNext, 'manifest.json'), (text) => text.replace(from, to)),
  reason: 'manifest.signature-wrong',
}));

export const OF_DOCUMENTS: readonly Manipulation[] = [
  ...bytes,
  ...shapes,
  ...unsigned,
  {
    name: 'a manifest of five megabytes',
    act: (vault) =>
      change(vault.at(vault.evidence.freshNext, 'manifest.json'), () => Buffer.alloc(5_000_000, 0x20)),
    reason: 'manifest.oversize',
  },
];
