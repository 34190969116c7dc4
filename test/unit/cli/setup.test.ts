// A pilot on one machine, as files below a folder; what runs of it is in test/system/setup.test.ts.
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { setup } from '../../../agent/cli/setup.ts';
import { loadReceiverConfig, loadStationConfig } from '../../../config/load.ts';
import { lacksTools } from '../../fakes/stock-tools.ts';
import { publicLine } from '../config/files.ts';
import { runCommand, type CommandRun } from './io-memory.ts';

const RECIPIENT = 'age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p';

describe.skipIf(lacksTools('openssl'))('bodydock setup', () => {
  let folder: string;
  const etc = (...names: string[]): string => join(folder, 'etc', ...names);
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bodydock-setup-'));
    await mkdir(join(folder, 'bay-1'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const call = (...words: readonly string[]): Promise<CommandRun> =>
    runCommand(setup, '--no-start', '--etc', etc(), ...words);
  async function answers(more = '', bays = `[${join(folder, 'bay-1')}]`): Promise<string> {
    const file = join(folder, 'answers.yaml');
    const text = `station: townhall-1\nhost: dock.example.org\nbays: ${bays}\nspool: ${join(folder, 'spool')}\nvault: ${join(folder, 'vault')}\n${more}`;
    await writeFile(file, text);
    return file;
  }
  const read = (...names: string[]): Promise<string> => readFile(etc(...names), 'utf8');

  test('writes what station, broker and store need, and proves that the identity opens', async () => {
    const { exitCode, out, err } = await call('--answers', await answers());
    expect([exitCode, err]).toEqual([0, '']);
    expect(await loadStationConfig(etc('bodydock/station.yaml'))).toMatchObject({
      kind: 'loaded',
      config: { station: 'townhall-1', release: 'never', broker: { url: 'mqtts://127.0.0.1:8883' } },
    });
    expect(await loadReceiverConfig(etc('bodydock/receiver.yaml'))).toMatchObject({
      kind: 'loaded',
      config: { receiver: 'r-archive', stations: [{ id: 'townhall-1' }] },
    });
    const conf = await read('mosquitto/mosquitto.conf');
    expect(conf).toMatch(/^listener 8883 127\.0\.0\.1$/m); // nobody else reaches it before the split
    expect(conf).toContain(`\ncrlfile ${etc('mosquitto/tls/crl.pem')}\n`);
    expect(await read('mosquitto/mosquitto.acl')).toContain('\nuser r-archive\n');
    for (const [unit, ...files] of [
      ['bodydock', 'keys/station.key', 'tls/station-key.pem'],
      ['bodydock-receiver', 'keys/store.key', 'tls/receiver-key.pem'],
    ] as const) {
      const lines = files.map(
        (file) => `LoadCredential=${file.replace('/', '_')}:${etc('bodydock', file)}\n`,
      );
      const text = await read(`systemd/system/${unit}.service.d/bodydock.conf`);
      expect(text.split('\nLoadCredential=\n')[1]).toBe(lines.join('')); // each its own secrets only
    }
    expect((await stat(etc('bodydock/keys'))).mode & 0o777).toBe(0o700);
    for (const file of [
      'bodydock/keys/store.key',
      'bodydock/identity/store.identity',
      'bodydock/authority/ca-key.pem',
    ])
      expect((await stat(etc(file))).mode & 0o777, file).toBe(0o600);
    expect(out).toContain('proven: the identity opens');
    // What is next are three lines, and the first one takes the identity away.
    expect(out).toMatch(
      /\n1\. Take \S+identity off this machine[^]*\n2\. Roles are missing[^]*\n3\. bodydock doctor/,
    );
  });

  test('changes nothing that is there when it is typed again, and makes no other identity once that is away', async () => {
    const file = await answers();
    await call('--answers', file);
    const before = await Promise.all(
      ['station.yaml', 'receiver.yaml', 'authority/index.txt'].map((name) => read('bodydock', name)),
    );
    await rm(etc('bodydock/identity'), { recursive: true });
    await writeFile(etc('bodydock/receiver.yaml'), `${before[1]}retention: { days: 20 }\n`);
    await rm(etc('bodydock/tls/receiver.pem')); // as if the first run had been cut off there
    const { exitCode, out } = await call('--answers', file, '--lang', 'de');
    expect(exitCode).toBe(0);
    expect(out).toContain(`war da und bleibt, wie es ist: ${etc('bodydock/station.yaml')}`);
    expect(out).toContain(`angelegt: ${etc('bodydock/tls/receiver.pem')}`);
    expect(out).toContain('1. Jede Identität hat nachgewiesen');
    expect(await read('bodydock/station.yaml')).toBe(before[0]);
    expect(await read('bodydock/receiver.yaml')).toContain('days: 20');
    await expect(stat(etc('bodydock/identity'))).rejects.toThrow();
  });

  test('renames the examples of the packages, and the file of the broker’s package', async () => {
    await mkdir(etc('bodydock'), { recursive: true });
    await mkdir(etc('mosquitto'));
    const example = await readFile('config/receiver.example.yaml', 'utf8');
    await writeFile(etc('bodydock/receiver.yaml'), example);
    await writeFile(etc('mosquitto/mosquitto.conf'), 'persistence true\ninclude_dir /etc/mosquitto/conf.d\n');
    const { exitCode, out } = await call('--answers', await answers());
    expect(exitCode).toBe(0);
    expect(out.match(/^renamed: /gm)).toHaveLength(2);
    expect(await read('bodydock/receiver.yaml.before-setup')).toBe(example);
    expect(await read('mosquitto/mosquitto.conf.before-setup')).toContain('include_dir');
  });

  test('touches no broker that somebody set up for something else', async () => {
    await mkdir(etc('mosquitto'), { recursive: true });
    await writeFile(etc('mosquitto/mosquitto.conf'), 'listener 1883\n');
    const { exitCode, err } = await call('--answers', await answers());
    expect([exitCode, err]).toEqual([1, expect.stringContaining('setup.other-broker')]);
    await expect(stat(etc('bodydock'))).rejects.toThrow();
  });

  test('takes USB ports, recipients and roles, and says who has to do what', async () => {
    const [officer, supervisor] = [publicLine(21), publicLine(22)];
    const more = `receiver: r-pilot\nrecipients: [${RECIPIENT}]\nofficers: [${officer}]\nsupervisors: [${supervisor}]\n`;
    const { exitCode, out } = await call(
      '--answers',
      await answers(more, `[1-1.3, ${join(folder, 'bay-1')}]`),
    );
    expect([exitCode, out]).toEqual([0, expect.anything()]);
    const roles = { officers: [expect.anything()], supervisors: [expect.anything()] };
    expect(await loadStationConfig(etc('bodydock/station.yaml'))).toMatchObject({
      config: { recipients: [RECIPIENT], unknownCameras: 'accept', roles },
    });
    expect(await loadReceiverConfig(etc('bodydock/receiver.yaml'))).toMatchObject({ config: { roles } });
    expect(await read('bodydock/keys/officer.pub')).toContain(officer);
    const acl = await read('mosquitto/mosquitto.acl');
    expect([acl.includes('\nuser r-pilot\n'), acl.includes('r-archive')]).toEqual([true, false]);
    expect(out).toContain('1. Let each identity prove that it opens');
    expect(out).toContain('2. Once the store runs, make the policy');
    await expect(stat(etc('bodydock/identity'))).rejects.toThrow();
  });

  test('names every line of the answers that is wrong, and writes nothing', async () => {
    const file = await answers('recipients: [age1x]\nport: 0\nvault_size: 3\n', '[bay]');
    const { exitCode, err } = await call('--answers', file);
    expect(exitCode).toBe(78);
    for (const name of ['bays', 'recipients', 'port', 'vault_size']) expect(err).toContain(name);
    await expect(stat(etc('bodydock'))).rejects.toThrow();
  });

  test('asks nobody who is not at a terminal, and says the other way', async () => {
    const { exitCode, err } = await call('--lang', 'de');
    expect([exitCode, err]).toEqual([
      2,
      expect.stringContaining('eine Datei mit Antworten nennen, --answers DATEI'),
    ]);
  });
});
