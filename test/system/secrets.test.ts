// Marked secrets and a marked video go through agent and store as processes of their own, over TLS, with refusals, a kill in mid-sealing and
// the technician's commands on the way (acceptance KEY-06). Afterwards every byte is looked at: the raw image of the station's disk with what
// was removed from it, its temporary files, logs, command lines, environments, everything on the bus, and what the commands printed.
import { randomBytes } from 'node:crypto';
import { mkdir, readFile, readdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connectAsync, type MqttClient } from 'mqtt';
import { parse, stringify } from 'yaml';
import { afterEach, expect, test } from 'vitest';
import { AsyncDisposableStack } from '../../agent/platform/disposable-stack.ts';
import { STATION } from '../fakes/dock-rig-config.ts';
import { DockRig } from '../fakes/dock-rig.ts';
import { LoopDisk } from '../fakes/loop-disk.ts';
import { Mosquitto } from '../fakes/mosquitto.ts';
import { BODYDOCK, runProgram } from '../fakes/program.ts';
import { SecretScan, type Secrets } from '../fakes/secret-scan.ts';
import { lacksTools } from '../fakes/stock-tools.ts';
import { TestAuthority, type TestCertificate } from '../fakes/tls.ts';

const WORK_MS = 60_000;
const MIB = 1024 * 1024;
const PERSON = 'Officer-Jane-Doe';
const PATTERN = Buffer.from(`marked video ${randomBytes(12).toString('base64')} `);
/** A camera's files show in the vault only sealed; the store has the names too, sealed for the same recipients. */
const lacks = process.getuid?.() !== 0 || lacksTools('mosquitto', 'openssl', 'age', 'minisign', 'mkfs.ext4');

const closing = new AsyncDisposableStack();
afterEach(() => closing.disposeAsync());

test.skipIf(lacks)(
  'no secret, no name and no picture is anywhere but where it belongs',
  async () => {
    const disk = await LoopDisk.mount(192);
    closing.defer(() => disk.close());
    const temporary = join(disk.path, 'tmp');
    await mkdir(temporary);
    const { rig, spy } = await opened(disk, temporary);
    const said: Buffer[] = [];
    spy.on('message', (topic, payload) => void said.push(Buffer.from(topic), payload));
    await spy.subscribeAsync('#', { qos: 1 });
    const scan = new SecretScan(await secretsOf(rig));

    await rig.put(1, `DCIM/${PERSON}.MP4`, marked(6 * MIB));
    await rig.put(1, `DCIM/${PERSON}.GPS`, marked(2000));
    await symlink(`/home/${PERSON}`, join(rig.camera(), `DCIM/${PERSON}-link.MP4`));
    await rig.receiver.start();
    await rig.agent.start();
    await rig.untilSealing(WORK_MS);
    const seen = [await processOf(rig.agent.pid), await processOf(rig.receiver.pid)];
    await rig.agent.kill();
    await rig.agent.start();
    await rig.untilReceipted(2, WORK_MS);
    await rig.put(1, `DCIM/LATER-${PERSON}.MP4`, marked(1 * MIB));
    await rig.untilReceipted(3, WORK_MS);
    for (const words of [
      ['doctor'],
      ['status', '--once', '--json'],
      ['spool', 'ls'],
      ['spool', 'verify'],
      ['check'],
    ])
      seen.push(await commanded(rig, words));
    await rig.stop();
    await spy.endAsync();

    expect(scan.inBytes(Buffer.concat(said)), 'on the bus').toEqual([]);
    expect(scan.inBytes(Buffer.concat(seen)), 'in processes and commands').toEqual([]);
    for (const { logFile } of [rig.agent, rig.receiver])
      expect(await scan.inFile(logFile), logFile).toEqual([]);
    expect(await scan.below(rig.vault)).toEqual([]);
    expect(await scan.below(disk.path)).toEqual([]);
    expect(await readdir(temporary)).toEqual([]);
    await disk.unmount();
    expect(await scan.inFile(disk.image), 'on the raw disk').toEqual([]);
    // What is where it belongs is found by the same look.
    expect(await scan.inFile(rig.identityFile)).toContain('identity');
    expect(await scan.inFile(join(rig.keys, 'station.key'))).toContain('signing key');
    expect(said.length).toBeGreaterThan(20);
  },
  4 * WORK_MS,
);

async function opened(disk: LoopDisk, temporary: string): Promise<{ rig: DockRig; spy: MqttClient }> {
  const authority = await TestAuthority.open();
  closing.defer(() => authority.close());
  // One after the other: openssl's authority keeps its list in a file without a lock.
  const server = await authority.issue({
    commonName: 'localhost',
    kind: 'server',
    names: ['DNS:localhost', 'IP:127.0.0.1'],
  });
  const [station, store, monitoring] = [
    await authority.issue({ commonName: STATION, kind: 'client' }),
    await authority.issue({ commonName: 'r-archive', kind: 'client' }),
    await authority.issue({ commonName: 'monitoring', kind: 'client' }),
  ];
  const files = ({ certFile, keyFile }: TestCertificate) => ({ caFile: authority.caFile, certFile, keyFile });
  const broker = await Mosquitto.open({ tls: { ...files(server), requireClient: true } });
  closing.defer(() => broker.stop());
  const view = {
    ca: Buffer.from(authority.ca),
    cert: Buffer.from(monitoring.cert),
    key: Buffer.from(monitoring.key),
  };
  const rig = await DockRig.open({
    broker,
    spoolFolder: join(disk.path, 'spool'),
    keepHours: 0,
    agentTls: files(station),
    receiverTls: files(store),
    viewTls: view,
    agentEnvironment: { TMPDIR: temporary },
  });
  closing.defer(() => rig.close());
  await writeFile(rig.stationFile, withDebug(await readFile(rig.stationFile, 'utf8')));
  const spy = await connectAsync(`mqtts://127.0.0.1:${broker.port}`, { protocolVersion: 5, ...view });
  closing.defer(() => spy.endAsync(true));
  return { rig, spy };
}

function withDebug(text: string): string {
  return stringify({ ...(parse(text) as object), log: { level: 'debug' } });
}

/** What the station, its technician, and nobody else may know. */
async function secretsOf(rig: DockRig): Promise<Secrets> {
  const identity = await readFile(rig.identityFile, 'utf8');
  const line = identity.split('\n').find((candidate) => candidate.startsWith('AGE-SECRET-KEY-1'));
  const keyLines = (await readFile(join(rig.keys, 'station.key'), 'utf8')).trim().split('\n');
  const { broker } = parse(await readFile(rig.stationFile, 'utf8')) as { broker: { key_file: string } };
  const tlsLines = (await readFile(broker.key_file, 'utf8'))
    .split('\n')
    .filter((each) => !each.startsWith('-'));
  // A minisign secret key: algorithms and salt come first, the key itself lies at the end.
  const signing = Buffer.from(keyLines.at(-1) ?? '', 'base64');
  return {
    person: PERSON,
    video: PATTERN,
    identity: line ?? '',
    'signing key': keyLines.at(-1) ?? '',
    'signing seed': signing.subarray(62, 94),
    'TLS key': tlsLines[0] ?? '',
  };
}

function marked(bytes: number): Buffer {
  return Buffer.alloc(bytes, PATTERN);
}

/** Command line, environment and open files of a process with its threads. */
async function processOf(pid: number | undefined): Promise<Buffer> {
  const read = (name: string): Promise<Buffer> => readFile(`/proc/${pid}/${name}`);
  return Buffer.concat([await read('cmdline'), await read('environ'), await read('status')]);
}

async function commanded(rig: DockRig, words: readonly string[]): Promise<Buffer> {
  const { stdout, stderr } = await runProgram(BODYDOCK, [...words, '--config', rig.stationFile]);
  expect(stdout.length + stderr.length, words.join(' ')).toBeGreaterThan(0);
  return Buffer.from(stdout + stderr);
}
