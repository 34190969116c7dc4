// The examples for monitoring beside a station whose account somebody stole: what is put below its own topics, which is all that the broker lets
// through, must neither blind monitoring nor say anything of another station.
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { connectAsync, type MqttClient } from 'mqtt';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { bay, condition, health } from '../unit/monitoring/station-says.ts';
import { Mosquitto } from '../fakes/mosquitto.ts';
import { lacksTools } from '../fakes/stock-tools.ts';

const run = promisify(execFile);
const [GOOD, STOLEN] = ['dock-b', 'dock-a'];
const { session } = health();
const READY = { state: 'ready', session, since: '2026-11-25T08:00:00.000Z', reason: null };
const GOOD_LINES = [
  expect.stringMatching(/^0 "bodydock dock-b" free_bytes=\d+\|.* ready since /),
  expect.stringMatching(/^0 "bodydock dock-b bay-1" entries_waiting=0 empty, off, camera None$/),
  expect.stringMatching(/^2 "bodydock dock-b spool\.full" subjects=1 /),
];

describe.skipIf(lacksTools('mosquitto', 'mosquitto_sub', 'mosquitto_pub', 'python3'))('monitoring', () => {
  let broker: Mosquitto;
  let client: MqttClient;
  let folder: string;

  beforeEach(async () => {
    broker = await Mosquitto.open();
    folder = await mkdtemp(join(tmpdir(), 'bodydock-check-'));
    await mkdir(join(folder, 'clients'));
    for (const tool of ['mosquitto_sub', 'mosquitto_pub'])
      await writeFile(join(folder, 'clients', tool), `-h 127.0.0.1\n-p ${broker.port}\n`);
    client = await connectAsync(broker.url, { protocolVersion: 5 });
    await says(GOOD, new Date());
  });
  afterEach(async () => {
    await client.endAsync(true);
    await broker.stop();
    await rm(folder, { recursive: true });
  });

  async function put(station: string, name: string, payload: string | Buffer): Promise<void> {
    await client.publishAsync(`bodydock/v1/${station}/${name}`, payload, { qos: 1, retain: true });
  }

  /** A station with one empty bay and one condition. */
  async function says(station: string, at: Date): Promise<void> {
    await put(station, 'status', JSON.stringify(READY));
    await put(station, 'health', JSON.stringify(health({ at: at.toISOString() })));
    await put(station, 'bay/bay-1', JSON.stringify(bay()));
    await put(station, 'condition/spool.full', JSON.stringify(condition('spool.full')));
  }

  async function example(name: string, ...args: string[]): Promise<string[]> {
    const path = fileURLToPath(new URL(`../../config/monitoring/${name}`, import.meta.url));
    const env = { ...process.env, XDG_CONFIG_HOME: join(folder, 'clients') };
    const { stdout } = await run('python3', [path, ...args], {
      env,
      timeout: 60_000,
      maxBuffer: 64 * 1024 * 1024,
    });
    return stdout.trimEnd().split('\n');
  }

  const check = (): Promise<string[]> => example('bodydock-checkmk.py');

  const of = (station: string, lines: readonly string[]): string[] =>
    lines.filter((line) => line.split('"')[1]?.startsWith(`bodydock ${station}`));

  test('by Checkmk judges the other stations whatever one of them says', async () => {
    const forged = `{}\nbodydock/v1/${GOOD}/status {"state":"offline","session":"${session}","since":"x","reason":"lost"}`;
    const odd: readonly (readonly [string, string | Buffer])[] = [
      ['condition/forged.line', forged],
      ['bay/nothing', '{}'],
      ['bay/no-text', Buffer.from([0xff, 0x00, 0x0a, 0x7b])],
      ['bay/deep', '['.repeat(100_000)],
      ['health', '{"session":1}'],
      ['condition/a b', JSON.stringify({ ...condition('spool.full'), severity: ['error'] })],
      ['bay/list', '[1]'],
    ];
    for (const [at, [name, payload]] of odd.entries()) {
      await says(`dock-a${at}`, new Date());
      await put(`dock-a${at}`, name, payload);
    }
    const lines = await check();
    expect(lines[0]).toBe('0 "bodydock broker" stations=8 8 stations');
    expect(of(GOOD, lines)).toEqual(GOOD_LINES);
    for (const station of ['dock-a0', 'dock-a1', 'dock-a2', 'dock-a3', 'dock-a5', 'dock-a6'])
      expect(of(station, lines)).toEqual([
        expect.stringMatching(/^3 .* - its topics hold what no station says/),
      ]);
    expect(of('dock-a4', lines)[0]).toMatch(/^2 .* no heartbeat of this run$/);
  }, 60_000);

  test('by Checkmk with a list of stations asks for no topic of another one, whatever one of them says', async () => {
    const list = join(folder, 'stations');
    await writeFile(list, `${GOOD}\n${STOLEN} # stolen\ndock-c\n`);
    const bays = (...names: unknown[]): string =>
      JSON.stringify({ configuration: { bays: names.map((name) => ({ bay: name })) } });
    await put(GOOD, 'info', bays('bay-1'));
    await put(
      GOOD,
      'health',
      JSON.stringify(health({ at: new Date().toISOString(), conditions: ['spool.full'] })),
    );
    await says(STOLEN, new Date());
    const traps = ['+', '#', `../${GOOD}/bay/bay-1`, 'x y', '-h', 5, null, 'bay-1'];
    await put(STOLEN, 'info', bays(...traps));
    const conditions = [...traps, `x.y/../../${GOOD}/condition/spool.full`, 'spool.full'];
    await put(STOLEN, 'health', JSON.stringify({ ...health({ at: new Date().toISOString() }), conditions }));
    const lines = await example('bodydock-checkmk.py', '--stations', list);
    expect(lines[0]).toBe('0 "bodydock broker" stations=3 3 stations');
    expect(of(GOOD, lines)).toEqual(GOOD_LINES);
    expect(of('dock-c', lines)).toEqual([expect.stringMatching(/^3 .* no status/)]);
    expect(of(STOLEN, lines)[0]).toMatch(/^0 .* ready since /);
  }, 60_000);

  test('by Checkmk lets no document make a line, a service or a number of its own', async () => {
    await says(STOLEN, new Date());
    const line = `\n0 "bodydock ${GOOD} spool.full" - all is well`;
    const name = `x" - y${line}`;
    await put(
      STOLEN,
      'bay/x',
      JSON.stringify({ ...bay(), bay: name, state: line, entries: 0, entries_receipted: 0 }),
    );
    await put(
      STOLEN,
      'condition/x.y',
      JSON.stringify({ ...condition('spool.full'), code: name, subjects_shown: name }),
    );
    await put(STOLEN, 'status', JSON.stringify({ ...READY, since: line }));
    const lines = await check();
    expect(of(GOOD, lines)).toEqual(GOOD_LINES);
    expect(
      lines.filter(
        (each) => !/^[0-3] "[A-Za-z0-9 ._?-]+" (?:-|[a-z_]+=[0-9.]+(?:\|[a-z_]+=[0-9.]+)*) /.test(each),
      ),
    ).toEqual([]);
    expect(lines).toHaveLength(1 + GOOD_LINES.length + 5);
  }, 60_000);

  test('by Checkmk takes for a number only what is one', async () => {
    const at = new Date().toISOString();
    for (const [which, invalid] of [
      'NaN',
      'Infinity',
      '-Infinity',
      '1e999',
      'true',
      '"1"',
      '[1]',
    ].entries()) {
      const station = `dock-a${which}`;
      await says(station, new Date());
      const text = JSON.stringify({ ...health({ at }), free_bytes: 'INVALID', memory_bytes: 'INVALID' });
      await put(station, 'health', text.replaceAll('"INVALID"', invalid));
      const empty = JSON.stringify({ ...bay(), entries: 'INVALID', entries_receipted: 'INVALID' });
      await put(station, 'bay/bay-1', empty.replaceAll('"INVALID"', invalid));
      await put(station, 'condition/spool.full', '{"subjects_shown":INVALID}'.replace('INVALID', invalid));
    }
    const lines = await check();
    expect(lines.length).toBeGreaterThan(8);
    const measured = lines.map((line) => /^[0-3] "[^"]*" (\S+)/.exec(line)?.[1]);
    expect(
      measured.filter((each) => !/^(?:-|[a-z_]+=[0-9.]+(?:\|[a-z_]+=[0-9.]+)*)$/.test(each ?? '')),
    ).toEqual([]);
    expect(of(GOOD, lines)).toEqual(GOOD_LINES);
  }, 60_000);

  test('by Checkmk says so where a flood of topics hides some, and still knows every station', async () => {
    for (let sent = 0; sent < 10_100; sent++)
      client.publish(`bodydock/v1/${STOLEN}/condition/c${sent}`, '{}', { qos: 0, retain: true });
    await put(STOLEN, 'status', JSON.stringify(READY));
    const lines = await check();
    expect(lines[0]).toMatch(/^2 "bodydock broker" stations=2 10000 topics and more/);
    expect(lines).toContainEqual(GOOD_LINES[0]);
  }, 120_000);

  test('by Checkmk does not take a station for well whose heartbeat lies ahead', async () => {
    await says(GOOD, new Date(Date.now() + 86_400_000));
    expect((await check())[1]).toMatch(/^2 "bodydock dock-b" .* its heartbeat is \d+ s ahead/);
  }, 60_000);

  test('by Home Assistant takes a station for whom its topic says, and leaves out what is no name', async () => {
    const info = (station: string, ...bays: string[]): string =>
      JSON.stringify({ station, version: '1', configuration: { bays: bays.map((each) => ({ bay: each })) } });
    await put(GOOD, 'info', info(GOOD, 'bay-1'));
    await put(STOLEN, 'info', info(GOOD, 'bay-7'));
    await put('dock-c', 'info', info('dock-c', '../../other/config'));
    await put('dock-d', 'info', `${info('dock-d', 'bay-1')}\n${info(GOOD, 'bay-8')}`);
    const topics = await example('bodydock-home-assistant.py');
    const bays = topics.filter((topic) => topic.includes('/bay-'));
    expect(bays).toEqual([
      `homeassistant/sensor/bodydock-${STOLEN}/bay-7/config`,
      `homeassistant/sensor/bodydock-${GOOD}/bay-1/config`,
    ]);
    expect(topics.filter((topic) => !/\/bodydock-dock-[ab]\//.test(topic))).toEqual([]);
  }, 60_000);
});
