// protocol/asyncapi.yaml: made from the schemas, and an AsyncAPI 3.0 document by the specification's own JSON Schema.
import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { Ajv } from 'ajv';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { asyncApi } from '../../../../protocol/transfer/asyncapi.ts';
import {
  parseRecordingId,
  parseReceiverId,
  parseSegmentId,
  parseStationId,
  parseBayId,
} from '../../../../protocol/format/ids.ts';
import { stationTopics, storeTopics } from '../../../../protocol/transfer/topics.ts';
import { lacksTools } from '../../../fakes/stock-tools.ts';

const file = new URL('../../../../protocol/asyncapi.yaml', import.meta.url);
const official = createRequire(import.meta.url)('@asyncapi/specs/schemas/3.0.0-without-$id.json') as object;

/** It is a module of python3 and no program of its own, so anybody who has python3 may lack it. */
function lacksPyYaml(): boolean {
  if (lacksTools('python3')) return true;
  return process.env['CI'] === undefined && spawnSync('python3', ['-c', 'import yaml']).status !== 0;
}

async function document(): Promise<Record<string, Record<string, unknown>>> {
  return parse(await readFile(file, 'utf8')) as Record<string, Record<string, unknown>>;
}

test('the description of the topics is what the schemas make; `npm run schemas` writes it', async () => {
  expect(await document()).toEqual(JSON.parse(JSON.stringify(asyncApi())));
});

test('a reader of YAML 1.1 finds the same in it', async () => {
  const text = await readFile(file, 'utf8');
  expect(parse(text, { version: '1.1' })).toEqual(JSON.parse(JSON.stringify(asyncApi())));
});

test.skipIf(lacksPyYaml())('PyYAML finds the same in it', () => {
  const script = 'import json, sys, yaml; json.dump(yaml.safe_load(open(sys.argv[1])), sys.stdout)';
  const { stdout } = spawnSync('python3', ['-c', script, fileURLToPath(file)], { encoding: 'utf8' });
  expect(JSON.parse(stdout)).toEqual(JSON.parse(JSON.stringify(asyncApi())));
});

test('it is an AsyncAPI 3.0 document', async () => {
  const ajv = new Ajv({ strict: false, validateFormats: false, logger: false });
  const isValid = ajv.compile(official);
  isValid(await document());
  expect(isValid.errors).toBeNull();
  expect(isValid({ ...(await document()), channels: { status: { address: 7 } } })).toBe(false);
});

test('every reference in it leads somewhere', async () => {
  const whole = await document();
  const references = [...JSON.stringify(whole).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(
    ([, path]) => path ?? '',
  );
  expect(references.length).toBeGreaterThan(40);
  for (const path of references) {
    let at: unknown = whole;
    for (const part of path.split('/')) at = (at as Record<string, unknown> | undefined)?.[part];
    expect([path, typeof at]).toEqual([path, 'object']);
  }
});

test('it has each topic that a station builds, and no other', async () => {
  const recording = parseRecordingId('abcdefghijklmnopqrstuvwxye');
  const receiver = parseReceiverId('r-a');
  const topics = stationTopics('town', parseStationId('kod-1'));
  const store = storeTopics('town', receiver);
  const built = [
    topics.status,
    topics.info,
    topics.health,
    topics.event,
    topics.bay(parseBayId('bay-1')),
    topics.condition('spool.full'),
    topics.offer(recording),
    topics.digests(receiver, recording, 7),
    topics.bytes(receiver, recording, 7),
    topics.fin(receiver, recording),
    topics.custody(parseSegmentId(recording), 7),
    topics.log(7, '0123456789abcdef'),
    topics.custodyAsk(parseSegmentId(recording), '0123456789abcdef'),
    topics.trial,
    topics.downFilter.replace('+', recording),
    topics.downFilter.replace('+', 'custody'),
    topics.downFilter.replace('+', 'restored'),
    topics.downFilter.replace('+', 'log'),
    topics.downFilter.replace('+', 'policy'),
    store.status,
    store.health,
    store.condition('spool.full'),
  ];
  const values: Readonly<Record<string, string>> = {
    base: 'town',
    station: 'kod-1',
    bay: 'bay-1',
    code: 'spool.full',
    recording,
    receiver,
    offset: '7',
    from: '7',
    segment: recording,
    size: '7',
    nonce: '0123456789abcdef',
  };
  const { channels = {} } = await document();
  const described = Object.values(channels).map((channel) =>
    (channel as { address: string }).address.replaceAll(
      /\{([a-z]+)\}/g,
      (_, name: string) => values[name] ?? name,
    ),
  );
  expect(described.toSorted()).toEqual(built.toSorted());
});
