import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { jsonSchemas } from '../../../config/json-schemas.ts';
import { loadReceiverConfig, loadStationConfig } from '../../../config/load.ts';
import { receiverFileSchema } from '../../../config/receiver-schema.ts';
import { stationFileSchema } from '../../../config/station-schema.ts';
import { exchange, publicLine, put, recipient, withFolder } from './files.ts';

const folder = new URL('../../../config/', import.meta.url);
const textOf = (name: string): Promise<string> => readFile(new URL(name, folder), 'utf8');

/** Every option of a schema with its path, wrappers taken off. */
function options(schema: z.core.$ZodType, path = ''): { path: string; schemas: z.core.$ZodType[] }[] {
  const schemas = [schema];
  let inner = schema;
  while (inner instanceof z.ZodDefault || inner instanceof z.ZodPrefault || inner instanceof z.ZodOptional) {
    inner = inner.unwrap();
    schemas.push(inner);
  }
  const own = { path, schemas };
  if (inner instanceof z.ZodArray) return [own, ...options(inner.element, `${path}[]`)];
  if (!(inner instanceof z.ZodObject)) return [own];
  const fields = Object.entries<z.core.$ZodType>(inner.shape);
  return [own, ...fields.flatMap(([key, field]) => options(field, `${path}.${key}`))];
}

describe.each([
  ['station', stationFileSchema],
  ['receiver', receiverFileSchema],
] as const)('the %s schema', (name, schema) => {
  test('describes every option, and says what is allowed', () => {
    for (const option of options(schema)) {
      const metas = option.schemas.map((one) => z.globalRegistry.get(one));
      expect([option.path, metas.some((meta) => typeof meta?.description === 'string')]).toEqual([
        option.path,
        true,
      ]);
      expect([option.path, metas.some((meta) => typeof meta?.['allowed'] === 'string')]).toEqual([
        option.path,
        true,
      ]);
    }
  });

  test('is written to its JSON Schema file; `npm run schemas` does it', async () => {
    const written: unknown = JSON.parse(await textOf(`${name}.schema.json`));
    expect(written).toEqual(JSON.parse(jsonSchemas()[`${name}.schema.json`]));
  });

  test('has every option in the example file, and the example no other', async () => {
    // A login by password takes the place of other lines, and not every store has somebody outside, nor every dock a screen, or numbers for tools, or an office: these are shown as comments.
    const text = (await textOf(`${name}.example.yaml`))
      .replace(/#(?=(?:username|password_file): )/g, '')
      .replace(
        /^#(?=witnesses:$|timestamps:$|screen:$|metrics:$|desk:$|notify:$|  server: |  username: |  password_file: |  from: |  to: |  language: |  daily_at: |  address: |  crl_file: |  cert_file: |  key_file: |  origins: |roles:$|  (?:officers|supervisors|evaluators):$|    - the second line |  port: |  phone: |  questions: |  - key: |    url: |  url: |  ca_file: )/gm,
        '',
      );
    const example: unknown = parse(text);
    const shown = new Set<string>();
    const walk = (value: unknown, path: string): void => {
      shown.add(path);
      if (Array.isArray(value)) for (const item of value) walk(item, `${path}[]`);
      else if (typeof value === 'object' && value !== null)
        for (const [key, item] of Object.entries(value)) walk(item, `${path}.${key}`);
    };
    walk(example, '');
    expect([...shown].toSorted()).toEqual(
      options(schema)
        .filter(({ schemas }) => !schemas.some((one) => z.globalRegistry.get(one)?.deprecated === true))
        .map((option) => option.path)
        .toSorted(),
    );
  });

  test('stands in the first line of the example, for editors', async () => {
    const [first] = (await textOf(`${name}.example.yaml`)).split('\n');
    expect(first).toBe(`# yaml-language-server: $schema=./${name}.schema.json`);
  });
});

describe('the example files', () => {
  test('cannot be used before what says REPLACE was replaced, and nothing else is wrong with them', async () => {
    await withFolder(async (copy) => {
      const station = await loadStationConfig(
        await put(copy, 's.yaml', await textOf('station.example.yaml')),
      );
      expect(station.kind === 'refused' && station.problems.map((find) => [find.path, find.code])).toEqual([
        ['recipients[0]', 'config.unfilled'],
        ['recipients[1]', 'config.unfilled'],
        ['store.public_keys[0]', 'config.unfilled'],
      ]);
      const receiver = await loadReceiverConfig(
        await put(copy, 'r.yaml', await textOf('receiver.example.yaml')),
      );
      expect(receiver.kind === 'refused' && receiver.problems.map((find) => [find.path, find.code])).toEqual([
        ['stations[0].public_keys[0]', 'config.unfilled'],
        ['roles.officers[0]', 'config.unfilled'],
        ['roles.supervisors[0]', 'config.unfilled'],
      ]);
    });
  });

  test('are good once that is done, and release only after a receipt', async () => {
    await withFolder(async (copy) => {
      const lines = await textOf('station.example.yaml');
      let text = exchange(lines, 'REPLACE with the recipient of the store, "age1..."', recipient(1));
      text = exchange(
        text,
        'REPLACE with the recipient of the identity in the safe, or take this line out',
        recipient(2),
      );
      text = exchange(text, 'REPLACE with the second line of store.pub, "RW..."', publicLine(1));
      const station = await loadStationConfig(await put(copy, 's.yaml', text));
      expect(station.kind === 'loaded' && station.config.release).toBe('never'); // until somebody saw that all is well
      let other = await textOf('receiver.example.yaml');
      other = exchange(other, 'REPLACE with the second line of station.pub, "RW..."', publicLine(2));
      other = exchange(
        other,
        `REPLACE with the second line of an officer's .pub file, "RW..."`,
        publicLine(3),
      );
      other = exchange(
        other,
        `REPLACE with the second line of a superior's .pub file, "RW..."`,
        publicLine(4),
      );
      const receiver = await loadReceiverConfig(await put(copy, 'r.yaml', other));
      expect(receiver.kind).toBe('loaded');
      if (station.kind !== 'loaded' || receiver.kind !== 'loaded') return;
      expect(station.config.store.receivers).toContain(receiver.config.receiver);
      expect(receiver.config.stations.map((one) => one.id)).toContain(station.config.station);
      expect(receiver.config.broker.base).toBe(station.config.broker.base);
    });
  });
});
