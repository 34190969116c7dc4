// A station, its store and monitoring that log in at mosquitto by password, with the lines for it as they are shipped: recordings arrive, a
// wrong password is told with its remedy, each account has the rights of its own name, and the password shows nowhere.
import { spawnSync } from 'node:child_process';
import { chmod, copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { connectAsync, type MqttClient } from 'mqtt';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DockRig, STATION } from '../fakes/dock-rig.ts';
import { openShippedMosquitto } from '../fakes/shipped-mosquitto.ts';
import type { Mosquitto } from '../fakes/mosquitto.ts';
import { BODYDOCK, RECEIVER, runProgram } from '../fakes/program.ts';
import { seededRandom } from '../fakes/random-seeded.ts';
import { lacksTools } from '../fakes/stock-tools.ts';
import { TestAuthority } from '../fakes/tls.ts';
import { until } from '../fakes/until.ts';

const PASSWORDS: Readonly<Record<string, string>> = {
  [STATION]: 'Ein langes Paßwort 1',
  'r-archive': 'of-the-store-2',
  monitoring: 'of-monitoring-3',
};
const CHECKMK = fileURLToPath(new URL('../../config/monitoring/bodydock-checkmk.py', import.meta.url));

interface Seen {
  readonly code: string;
  readonly severity: string;
  readonly text: string;
  readonly remedy: string | null;
  readonly command: string | null;
}

describe.skipIf(lacksTools('mosquitto', 'mosquitto_passwd', 'mosquitto_sub', 'openssl', 'python3'))(
  'login by password',
  () => {
    let authority: TestAuthority;
    let broker: Mosquitto;
    let rig: DockRig;

    beforeAll(async () => {
      authority = await TestAuthority.open();
      broker = await openShippedMosquitto(authority, PASSWORDS);
      const login = (username: string) => ({ username, passwordFile: `${username}.password` });
      const view = {
        username: 'monitoring',
        password: PASSWORDS['monitoring'] ?? '',
        ca: Buffer.from(authority.ca),
      };
      rig = await DockRig.open({
        broker,
        agentLogin: { caFile: 'ca.pem', ...login(STATION) },
        receiverLogin: { caFile: 'ca.pem', ...login('r-archive') },
        viewTls: view,
      });
      await copyFile(authority.caFile, join(rig.folder, 'ca.pem'));
      for (const name of [STATION, 'r-archive'] as const) await setPassword(name, PASSWORDS[name] ?? '');
      await rig.put(1, 'DCIM/KOD_0001.MP4', seededRandom(31).bytes(700_000));
      await rig.start();
      await rig.untilBay(1, 'done', 30_000, ({ entries_erased: erased }) => erased === 1);
    });
    afterAll(async () => {
      await rig?.close();
      await broker?.stop();
      await authority?.close();
    });

    const setPassword = (name: string, password: string): Promise<void> =>
      writeFile(join(rig.folder, `${name}.password`), `${password}\n`, { mode: 0o600 });

    async function doctor(...args: string[]): Promise<Seen[]> {
      const all = ['doctor', '--json', '--connect', '--config', rig.stationFile, ...args];
      const { stdout } = await runProgram(BODYDOCK, all);
      return (JSON.parse(stdout) as { findings: Seen[] }).findings;
    }

    test('brings a recording to the store, and the doctor says what it rests on', async () => {
      const findings = await doctor();
      expect(findings.filter(({ severity }) => severity === 'good').map(({ code }) => code)).toEqual(
        expect.arrayContaining(['broker.good', 'acl.good', 'store.good', 'monitoring.wildcard']),
      );
      expect(findings.find(({ code }) => code === 'broker.by-password')).toMatchObject({
        severity: 'note',
        text: expect.stringMatching(/broker's word.*signed/s),
      });
      const store = await runProgram(RECEIVER, ['check', '--connect', '--config', rig.receiverFile()]);
      expect(store).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/warning: .*password/) });
      expect(store.stdout).toContain('monitoring.wildcard');
    });

    test('shows the station to the check for Checkmk, which has its password in a file', async () => {
      const clients = join(rig.folder, 'clients');
      await mkdir(clients);
      const lines = [
        '-h 127.0.0.1',
        `-p ${broker.port}`,
        `--cafile ${authority.caFile}`,
        '-u monitoring',
        `-P ${PASSWORDS['monitoring']}`,
      ];
      await writeFile(join(clients, 'mosquitto_sub'), `${lines.join('\n')}\n`, { mode: 0o600 });
      const env = { ...process.env, XDG_CONFIG_HOME: clients };
      const { stdout } = spawnSync('python3', [CHECKMK], { env, encoding: 'utf8', timeout: 40_000 });
      expect(stdout).toContain(`"bodydock ${STATION} bay-1"`);
    });

    test('keeps the rights of each account to its own name', async () => {
      const [station, receiver] = await Promise.all([client(STATION), client('r-archive')]);
      const heard: string[] = [];
      receiver.on('message', (topic) => void heard.push(topic));
      await receiver.subscribeAsync('bodydock/v1/+/up/offer/+', { qos: 1 });
      for (const other of ['townhall-2', 'r-archive'])
        await expect(
          station.publishAsync(`bodydock/v1/${other}/up/offer/x`, 'x', { qos: 1 }),
        ).rejects.toThrow();
      await station.publishAsync(`bodydock/v1/${STATION}/up/offer/x`, 'x', { qos: 1 });
      await until('the own offer', 5000, () => heard.length > 0);
      expect(heard).toEqual([`bodydock/v1/${STATION}/up/offer/x`]);
      await expect(client(STATION, 'wrong')).rejects.toThrow();
      await expect(client('townhall-2', '')).rejects.toThrow();
      await Promise.all([station.endAsync(), receiver.endAsync()]);
    });

    test('is told clearly where the password is wrong, and works again without a restart once it is right', async () => {
      const name = 'broker.refused';
      await rig.agent.stop();
      await setPassword(STATION, 'not this one');
      await rig.agent.start();
      const shown = async (): Promise<boolean> =>
        (await runProgram(BODYDOCK, ['status', '--json', '--config', rig.stationFile])).stdout.includes(name);
      await until('the agent says so', 60_000, shown, () => rig.tails());
      const refused = (await doctor()).find(({ code }) => code === 'broker.password-refused');
      expect(refused).toMatchObject({
        severity: 'error',
        text: expect.stringContaining(STATION),
        remedy: expect.stringContaining(`${STATION}.password`),
        command: `mosquitto_passwd /etc/mosquitto/passwd ${STATION}`,
      });
      await setPassword(STATION, PASSWORDS[STATION] ?? '');
      await until(
        'it works again',
        90_000,
        async () => !(await shown()),
        () => rig.tails(),
      );
    });

    test('is refused where others can read the password, and nothing ever shows it', async () => {
      const file = join(rig.folder, `${STATION}.password`);
      await chmod(file, 0o644);
      const check = await runProgram(BODYDOCK, ['check', '--config', rig.stationFile]);
      expect(check).toMatchObject({ exitCode: 78, stdout: expect.stringContaining(`chmod 0600 ${file}`) });
      await chmod(file, 0o600);
      const { stdout } = await runProgram(BODYDOCK, ['check', '--config', rig.stationFile]);
      expect(stdout).toMatch(/warning: .*password/);
      for (const text of [stdout, rig.tails(), broker.log(), await readFile(rig.stationFile, 'utf8')])
        for (const password of Object.values(PASSWORDS)) expect(text).not.toContain(password);
    });

    async function client(username: string, password = PASSWORDS[username] ?? ''): Promise<MqttClient> {
      const own = { username, password, ca: Buffer.from(authority.ca), clientId: `test-${username}` };
      return connectAsync(`mqtts://127.0.0.1:${broker.port}`, {
        ...own,
        protocolVersion: 5,
        reconnectPeriod: 0,
        connectTimeout: 5000,
      });
    }
  },
);
