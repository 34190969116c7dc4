// The option reference and the example files, in both languages: complete, of one mind, and the newest.
import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import type * as z from 'zod';
import { allowedText, optionReferences, schemaOptions } from '../../../config/option-reference.ts';
import { receiverFileSchema } from '../../../config/receiver-schema.ts';
import { stationFileSchema } from '../../../config/station-schema.ts';
import { RECEIVER_OPTIONS_DE, STATION_OPTIONS_DE } from '../../../config/texts/de/options.ts';

const folder = new URL('../../../config/', import.meta.url);
const textOf = (name: string): Promise<string> => readFile(new URL(name, folder), 'utf8');

const FILES: readonly [string, z.ZodType, Readonly<Record<string, string>>][] = [
  ['station', stationFileSchema, STATION_OPTIONS_DE],
  ['receiver', receiverFileSchema, RECEIVER_OPTIONS_DE],
];

/** Where what must be replaced stands, words aside: these are in the language of the file. */
function withoutWords(value: unknown): unknown {
  if (typeof value === 'string') return value.startsWith('REPLACE ') ? 'REPLACE' : value;
  if (Array.isArray(value)) return value.map(withoutWords);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withoutWords(item)]));
}

describe.each(FILES)('the options of %s.yaml', (name, schema, german) => {
  const options = schemaOptions(schema);

  test('have a German description each, in config/texts/de/options.ts, and no other key has one', () => {
    expect(Object.keys(german).toSorted()).toEqual(options.map(({ path }) => path).toSorted());
    const english = new Set(options.map(({ description }) => description));
    expect(Object.values(german).filter((text) => text.trim() === '' || english.has(text))).toEqual([]);
  });

  test('say in German what may stand there, with the same numbers', () => {
    const told = options.map(({ path, allowed }) => ({ path, de: allowedText(allowed, 'de'), allowed }));
    expect(told.filter(({ de }) => de === '').map(({ path, allowed }) => `${path}: ${allowed}`)).toEqual([]);
    for (const { path, de, allowed } of told)
      expect([path, de.match(/\d+/g)]).toEqual([path, allowedText(allowed, 'en').match(/\d+/g)]);
  });

  test('stand in both references, each once in each', async () => {
    for (const language of ['en', 'de'] as const) {
      const text = await textOf(`options.${language}.md`);
      const part = text.split(/^## /m).find((each) => each.startsWith(`${name}.yaml\n`)) ?? '';
      const named = [...part.matchAll(/^- \*\*`([^`]+)`\*\*: \S/gm)].map(([, path]) => path);
      expect(named).toEqual(options.map(({ path }) => path));
    }
  });

  test('have one value in the English and in the German example file, in the same order', async () => {
    const [english, german] = [`${name}.example.yaml`, `${name}.example.de.yaml`];
    const values = withoutWords(parse(await textOf(german)));
    expect(values).toEqual(withoutWords(parse(await textOf(english))));
    const keys = (text: string): string[] => text.match(/^\s*(?:- )?[a-z_]+:/gm) ?? [];
    expect(keys(await textOf(german))).toEqual(keys(await textOf(english)));
  });

  test('are commented in both example files at the same keys', async () => {
    // What a comment block stands before.
    const commented = (text: string): string[] =>
      [...text.matchAll(/^ *#.*\n(?! *#)(.*)$/gm)].map(([, next = '']) => next.trim().split(' #')[0] ?? '');
    expect(commented(await textOf(`${name}.example.de.yaml`))).toEqual(
      commented(await textOf(`${name}.example.yaml`)),
    );
  });

  test('have the same facts in both example files: what is named in one comment is named in the other', async () => {
    const english = commentsOf(await textOf(`${name}.example.yaml`));
    const german = commentsOf(await textOf(`${name}.example.de.yaml`));
    expect(german).toHaveLength(english.length);
    const signs = (comments: readonly string[], language: 'en' | 'de'): string[][] =>
      comments.map((comment, at) => [english[at] ?? '', ...signsOf(comment, language)]);
    expect(signs(german, 'de')).toEqual(signs(english, 'en'));
  });

  test('open the German example in editors as the English one', async () => {
    const [first] = (await textOf(`${name}.example.de.yaml`)).split('\n');
    expect(first).toBe(`# yaml-language-server: $schema=./${name}.schema.json`);
  });
});

/** Comments of a file, each a text of one line. */
function commentsOf(text: string): string[] {
  return [...text.matchAll(/(?:^ *#.*\n)+/gm)].map(([block]) =>
    block.replaceAll(/^ *#/gm, '').replaceAll(/\s+/g, ' '),
  );
}

/** Things that an example file speaks of, by their words in both languages. */
const THINGS: readonly (readonly [english: RegExp, german: RegExp])[] = [
  [/\bdisk\b/i, /Datenträger/i],
  [/USB ports?\b/i, /USB-Ansch/i],
  [/serial ports?\b/i, /seriellen? Anschluss|serieller Anschluss/i],
  [/serial numbers?\b/i, /Seriennummer/i],
  [/\bmount/i, /Einhängepunkt/i],
  [/\bfolder\b/i, /Ordner/i],
  [/\bcameras?\b/i, /Kamera/i],
  [/\brecordings?\b/i, /Aufzeichnung/i],
  [/docking records/i, /Andockprotokoll/i],
  [/custody logs?\b/i, /Verwahrprotokoll/i],
  [/\bjournal\b/i, /\bJournal\b/i],
  [/\breceipts?\b/i, /\bquitt/i],
  [/passwords?\b/i, /Passw[oö]rt/i],
  [/\bcertificate/i, /Zertifikat/i],
  [/safe\b(?! to take)(?!")/i, /Tresorschrank/i],
  [/\bhours\b/i, /\bStunde/i],
  [/\bdays\b/i, /Tage/],
  [/midnight|next day/i, /nächsten Tag/i],
  [/blink/i, /blink|Blink/i],
  [/\bdark\b/i, /dunkel/i],
];

/** What of a comment is the same in each language: names, numbers, and which things it speaks of. */
function signsOf(comment: string, language: 'en' | 'de'): string[] {
  const names = comment.match(/`[^`]+`|\b[A-Z]{3,}\b|\b[a-z]+_[a-z_]+\b|\/[a-z/]+|\b\d[\d:.]*\b/g) ?? [];
  const things = THINGS.filter((words) => words[language === 'en' ? 0 : 1].test(comment));
  return [
    ...new Set([
      ...names.map((each) => each.replace(/\.$/, '')),
      ...things.map(([english]) => String(english)),
    ]),
  ]
    .filter((each) => !/options\.(?:en|de)\.md/.test(each))
    .toSorted();
}

test.each(['options.en.md', 'options.de.md'] as const)(
  '%s is the newest; `npm run schemas` writes it',
  async (name) => {
    expect(await textOf(name)).toBe(optionReferences()[name]);
  },
);

test('a size of whole MiB and more is told in such units as well', () => {
  expect(allowedText('a whole number from 4608 to 16777216', 'de')).toBe(
    'eine ganze Zahl von 4608 bis 16777216 (16 MiB)',
  );
  expect(allowedText('a whole number from 1073741824 to 1125899906842624', 'en')).toBe(
    'a whole number from 1073741824 (1 GiB) to 1125899906842624 (1 PiB)',
  );
});

test('a key that the schema lets go, and what it says of a default, is told', () => {
  const rows = new Map(schemaOptions(stationFileSchema).map((option) => [option.path, option]));
  expect(rows.get('release')).toMatchObject({ kind: 'choice', byDefault: 'never', isOptional: true });
  expect(rows.get('bays[].folder')).toMatchObject({ kind: 'text', byDefault: undefined, isOptional: true });
  expect(rows.get('station')).toMatchObject({ kind: 'text', isOptional: false });
  expect(rows.get('roles')).toMatchObject({ kind: 'group', isOptional: true });
});
