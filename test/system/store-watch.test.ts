// A real store at a real broker, as monitoring sees it: its states, its will, its numbers, a full disk, and the rights that it is given as shipped.
import { appendFile, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectAsync, type MqttClient } from 'mqtt';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type {
  ConditionDocument,
  StatusDocument,
  StoreHealthDocument,
} from '../../protocol/transfer/monitoring.ts';
import { BusJudge } from '../fakes/bus-judge.ts';
import { STATION } from '../fakes/dock-rig-config.ts';
import { DockRig } from '../fakes/dock-rig.ts';
import { freePort } from '../fakes/free-port.ts';
import { TestMailServer } from '../fakes/mail-server.ts';
import { metricsOf } from '../fakes/metrics-of.ts';
import { Mosquitto } from '../fakes/mosquitto.ts';
import { seededRandom } from '../fakes/random-seeded.ts';
import { RECEIVER, runProgram } from '../fakes/program.ts';
import { SmallDisk } from '../fakes/small-disk.ts';
import { lacksTools } from '../fakes/stock-tools.ts';
import { until } from '../fakes/until.ts';

const Q = 'bodydock/v1/store/r-archive';
const MIB = 1024 * 1024;
/** The numbers are measured once a minute. */
const MEASURED_MS = 75_000;
const lacksRoot = process.env['CI'] === undefined && process.getuid?.() !== 0;

describe.skipIf(lacksTools('mosquitto', 'age', 'minisign'))('monitoring a real store', () => {
  let broker: Mosquitto;
  let spy: MqttClient;
  let judge: BusJudge;
  const seen = new Map<string, string>();
  const read = <T>(topic: string): T | null => JSON.parse(seen.get(`${Q}/${topic}`) || 'null') as T | null;
  const status = (): StatusDocument | null => read('status');
  const untilState = (state: string, timeoutMs = 20_000): Promise<unknown> =>
    until(
      `the store is ${state}`,
      timeoutMs,
      () => status()?.state === state,
      () => seen.get(`${Q}/status`) ?? '',
    );

  let sockets: string;
  let environment: { readonly RUNTIME_DIRECTORY: string };

  beforeEach(async () => {
    sockets = await mkdtemp(join(tmpdir(), 'bodydock-run-'));
    environment = { RUNTIME_DIRECTORY: sockets };
    broker = await Mosquitto.open();
    seen.clear();
    judge = new BusJudge('bodydock', () => ['named-by-a-person']);
    spy = await connectAsync(`mqtt://127.0.0.1:${broker.port}`, { protocolVersion: 5 });
    spy.on('message', (topic, payload, { qos, retain }) => {
      judge.sent(topic, payload, { qos, retain });
      seen.set(topic, payload.toString('utf8'));
    });
    await spy.subscribeAsync('bodydock/v1/store/#', { qos: 1, rap: true });
  });
  afterEach(async () => {
    await spy.endAsync(true);
    await broker.stop();
    await rm(sockets, { recursive: true });
  });

  test('its will comes when it is killed, and a new run and a stop are told apart', async ({
    onTestFinished,
  }) => {
    const dock = await DockRig.open({ broker });
    onTestFinished(() => dock.close());
    await dock.put(1, 'DCIM/named-by-a-person.MP4', seededRandom(5).bytes(2 * MIB));
    await dock.start();
    await untilState('ready');
    await dock.untilEmptied(1, 60_000);
    const first = status();
    await dock.receiver.kill(false);
    await untilState('offline');
    expect(status()).toMatchObject({ reason: 'lost', session: first?.session });
    await dock.receiver.start();
    await untilState('ready');
    expect(status()?.session).not.toBe(first?.session);
    await until('numbers', 10_000, () => read('health') !== null);
    const health = read<StoreHealthDocument>('health');
    expect(health).toMatchObject({ session: status()?.session, transfers: 0, policy: null });
    expect(health?.log_size).toBeGreaterThan(0);
    expect(health?.free_bytes).toBeGreaterThan(0);
    expect(health?.stations.map(({ station }) => station)).toEqual([STATION]);
    await dock.stop();
    await untilState('offline');
    expect(status()).toMatchObject({ reason: 'stopped' });
    expect(judge.findings).toEqual([]);
  });

  test('its status and doctor say what is, by the receiver or without it, in English and German', async ({
    onTestFinished,
  }) => {
    const dock = await DockRig.open({ broker, receiverEnvironment: environment });
    onTestFinished(() => dock.close());
    const type = (...words: string[]): ReturnType<typeof runProgram> =>
      runProgram(RECEIVER, [...words, '--config', dock.receiverFile()], { environment });
    const codes = (text: string): string[] =>
      (JSON.parse(text) as { findings: { code: string }[] }).findings.map(({ code }) => code);
    const absent = await type('doctor', '--json');
    expect(codes(absent.stdout), absent.stderr).toEqual(
      expect.arrayContaining(['receiver.absent', 'disk.none', 'broker.good', 'acl.good']),
    );
    expect(absent.exitCode).toBe(1);
    const none = await type('status', '--json');
    expect([none.exitCode, JSON.parse(none.stdout)]).toMatchObject([1, { running: false, reason: 'absent' }]);
    const port = await freePort();
    await appendFile(dock.receiverFile(), `\nmetrics:\n  port: ${port}\n`);
    await dock.receiver.start();
    await untilState('ready');
    await until('numbers', 10_000, () => read('health') !== null);
    const metrics = metricsOf(await (await fetch(`http://127.0.0.1:${port}/metrics`)).text());
    expect(metrics.get('bodydock_state{state="ready"}')).toBe(1);
    expect(metrics.get('bodydock_store_quota_bytes')).toBe(read<StoreHealthDocument>('health')?.quota_bytes);
    const said = await type('status', '--json');
    const {
      running,
      status: shown,
      health,
    } = JSON.parse(said.stdout) as {
      readonly running: boolean;
      readonly status: StatusDocument;
      readonly health: StoreHealthDocument;
    };
    expect([said.exitCode, running, shown]).toEqual([0, true, status()]);
    expect(Object.keys(health).toSorted()).toEqual(Object.keys(read('health') ?? {}).toSorted());
    const german = await type('status', '--lang', 'de');
    expect(german.stdout).toMatch(/^r-archive {2}bereit {2}seit .* UTC$/m);
    expect(german.stdout).toMatch(/^Stationen +townhall-1 in diesem Lauf nicht gehört$/m);
    const doctor = await type('doctor', '--json');
    expect(codes(doctor.stdout)).toEqual(
      expect.arrayContaining(['receiver.good', 'broker.by-receiver', 'station.unheard']),
    );
    expect(codes(doctor.stdout), 'a second login could cut the receiver off').not.toContain('broker.good');
    expect((await stat(join(sockets, 'r-archive.sock'))).mode & 0o777).toBe(0o660);
    const inGerman = (await type('doctor', '--lang', 'de')).stdout;
    expect(inGerman).toMatch(/^gut +receiver\.good\n +Der Empfänger läuft/m);
    expect(inGerman).toMatch(/^Hinweis {2}station\.unheard {2}townhall-1$/m);
  });

  test('a broker that does not let it speak, as before an upgrade of the rights, costs no recording; doctor says so', async ({
    onTestFinished,
  }) => {
    const rights = ['up/#', 'down/#', 'status', 'info', 'health', 'bay/+', 'condition/+', 'event'];
    const acl = rights.map((each) => `topic readwrite bodydock/v1/+/${each}\n`).join('');
    const strict = await Mosquitto.open({ lines: ['acl_file {folder}/acl'], files: { acl } });
    onTestFinished(() => strict.stop());
    const dock = await DockRig.open({ broker: strict });
    onTestFinished(() => dock.close());
    await dock.put(1, 'DCIM/1.MP4', seededRandom(6).bytes(MIB));
    await dock.start();
    await dock.untilEmptied(1, 60_000);
    expect(dock.receiver.log()).toContain('broker.publish-refused');
    const doctor = await runProgram(RECEIVER, [
      'doctor',
      '--connect',
      '--json',
      '--config',
      dock.receiverFile(),
    ]);
    expect(doctor.stdout).toContain('"acl.store"');
  });

  test.skipIf(lacksRoot || lacksTools('aiosmtpd'))(
    'a full disk is shown and mailed although nobody offers anything, and that it is over',
    async ({ onTestFinished }) => {
      const disk = await SmallDisk.mount(90);
      onTestFinished(() => disk.close());
      const vaultFolder = join(disk.path, 'vault');
      const dock = await DockRig.open({ broker, vaultFolder, receiverEnvironment: environment });
      onTestFinished(() => dock.close());
      const mails = await TestMailServer.open({ tls: 'plain' });
      onTestFinished(() => mails.close());
      const mailed = (subject: string): Promise<unknown> =>
        until(`a mail: ${subject}`, MEASURED_MS, () =>
          mails.taken.some(
            ({ headers, text }) =>
              headers.some(([, value]) => value.endsWith(subject)) && text.includes('vault.full'),
          ),
        );
      await appendFile(
        dock.receiverFile(),
        `\nnotify: {server: "smtp://127.0.0.1:${mails.port}", from: dock@city.example, to: [it@city.example]}\n`,
      );
      await dock.receiver.start();
      await untilState('ready');
      await disk.fill(60);
      await until('the condition', MEASURED_MS, () => read('condition/vault.full') !== null);
      const full = read<ConditionDocument>('condition/vault.full');
      expect(full).toMatchObject({ severity: 'critical', session: status()?.session });
      expect(full?.remedy.de).toMatch(/Platz/);
      await untilState('degraded');
      const isInHealth = (): boolean =>
        read<StoreHealthDocument>('health')?.conditions.includes('vault.full') === true;
      await until('the heartbeat names it', 10_000, isInHealth); // each topic has a pace of its own
      const doctor = await runProgram(RECEIVER, ['doctor', '--config', dock.receiverFile()], { environment });
      expect(doctor.stdout).toMatch(/^ERROR {4}vault\.full {2}no space left$/m);
      await mailed(': 1 critical condition began');
      await disk.clear();
      await until('room again', MEASURED_MS, () => read('condition/vault.full') === null);
      await untilState('ready');
      await mailed(': 1 critical condition ended');
      expect(judge.findings).toEqual([]);
    },
    6 * MEASURED_MS,
  );
});
