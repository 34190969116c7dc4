// The examples for monitoring against the schemas: a field that was renamed must be renamed there too. What runs here runs in e2e.
import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import {
  baySchema,
  healthSchema,
  statusSchema,
  storeHealthSchema,
} from '../../../protocol/transfer/monitoring.ts';
import { condition } from '../monitoring/station-says.ts';
import { lacksTools } from '../../fakes/stock-tools.ts';
import { readZabbixTemplate } from '../../fakes/zabbix-template.ts';

const folder = new URL('../../../config/monitoring/', import.meta.url);
const textOf = (name: string): Promise<string> => readFile(new URL(name, folder), 'utf8');

test('the template for Zabbix reads fields that are there, by items and triggers that fit', async () => {
  const { template, items } = await readZabbixTemplate();
  const masters = new Map([
    ['status', Object.keys(statusSchema.shape)],
    ['health', Object.keys(healthSchema.shape)],
  ]);
  const dependent = items.filter((item) => item.master_item !== undefined);
  expect(dependent.length).toBeGreaterThan(8);
  for (const item of dependent) {
    const master = items.find(({ key }) => key === item.master_item?.key);
    const topic = /\/(status|health)"/.exec(master?.key ?? '')?.[1] ?? '';
    const field = item.preprocessing?.[0]?.parameters[0]?.slice(2);
    expect(masters.get(topic), item.key).toContain(field);
    for (const { expression } of item.triggers ?? [])
      expect(expression).toContain(`(/${template}/${item.key}`);
  }
  const uuids = items.flatMap(({ uuid, triggers = [] }) => [
    uuid,
    ...triggers.map((trigger) => trigger.uuid),
  ]);
  expect(new Set(uuids).size).toBe(uuids.length);
  for (const uuid of uuids) expect(uuid).toMatch(/^[0-9a-f]{12}4[0-9a-f]{3}[89ab][0-9a-f]{15}$/);
});

test.skipIf(lacksTools('python3'))('the check for Checkmk names the reason that a remedy goes by', () => {
  const said = {
    ...condition('release.refused', ['bay-1', 'bay-2'], { reason: 'recipient-unproven', entries: 3 }),
    session: 's',
  };
  const plain = condition('broker.unreachable');
  const script = `import json, runpy, sys
line = runpy.run_path(sys.argv[1])["condition_line"]
for each in json.loads(sys.argv[2]): print(line("townhall-1", each))`;
  const path = fileURLToPath(new URL('bodydock-checkmk.py', folder));
  const args = ['-c', script, path, JSON.stringify([said, plain])];
  const { stdout, stderr } = spawnSync('python3', args, { encoding: 'utf8' });
  expect(stderr).toBe('');
  const [refused, unreachable] = stdout.split('\n');
  expect(refused).toMatch(
    /^2 "bodydock townhall-1 release\.refused" subjects=2 .*\[bay-1: recipient-unproven, bay-2: recipient-unproven\]$/,
  );
  expect(unreachable).not.toContain('[');
});

test.skipIf(lacksTools('python3')).each(['bodydock-checkmk.py', 'bodydock-home-assistant.py'])(
  '%s says how it is used, and takes nothing for a base or a station that is none',
  (name) => {
    const path = fileURLToPath(new URL(name, folder));
    const called = (...args: string[]) => spawnSync('python3', [path, ...args], { encoding: 'utf8' });
    expect(called('--help')).toMatchObject({ status: 0, stdout: expect.stringContaining('RabbitMQ') });
    for (const wrong of name.includes('checkmk') ? ['--halp', 'a+/#', 'bodydock/v1/x'] : ['--station=+'])
      expect(called(wrong), wrong).toMatchObject({ status: 2, stdout: '' });
  },
);

test('the configuration for Telegraf names fields and topics that are there', async () => {
  const text = await textOf('telegraf.conf');
  const lists = [...text.matchAll(/^\s*(?:excluded_keys|tags) = \[(.*)\]$/gm)].flatMap(([, list = '']) =>
    [...list.matchAll(/"([a-z_]+)"/g)].map(([, field = '']) => field),
  );
  const known = [healthSchema, baySchema, storeHealthSchema].flatMap(({ shape }) => Object.keys(shape));
  expect(lists.length).toBeGreaterThan(4);
  for (const field of lists) expect(known).toContain(field);
  const told = /conditions_critical, conditions_error, oldest_unstored_seconds/;
  expect(text).toMatch(told);
});

test('the configuration for Prometheus names metrics that are there', async () => {
  const text = await textOf('prometheus.yaml');
  const [station, store] = [healthSchema, storeHealthSchema].map(({ shape }) => Object.keys(shape));
  const known = new Set([
    ...(station ?? []).map((field) => `bodydock_station_${field}`),
    ...(store ?? []).map((field) => `bodydock_store_${field}`),
    ...['station', 'store'].map((program) => `bodydock_${program}_measured_timestamp_seconds`),
    'bodydock_condition',
  ]);
  const named = [...text.matchAll(/\bbodydock_[a-z_]+/g)].map(([name]) => name);
  expect(named.length).toBeGreaterThan(3);
  expect(named.filter((name) => !known.has(name))).toEqual([]);
});

test.skipIf(lacksTools('python3'))('the check for Checkmk gives no metric of what is no number', () => {
  const script = `import json, runpy, sys
said = runpy.run_path(sys.argv[1])["said"]
print(said(0, "bodydock", json.loads(sys.argv[2]), "text"))`;
  const path = fileURLToPath(new URL('bodydock-checkmk.py', folder));
  const hostile =
    '{"z": 1' +
    '0'.repeat(400) +
    ', "a": NaN, "b": Infinity, "c": -Infinity, "d": true, "e": 1e999, "f": "x", "g": 2.5, "h": 3}';
  const { stdout } = spawnSync('python3', ['-c', script, path, hostile], { encoding: 'utf8' });
  expect(stdout).toBe('0 "bodydock" g=2.5|h=3 text\n');
});
