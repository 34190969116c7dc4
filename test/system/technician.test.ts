// The technician's path with the shipped broker configuration: all is well beside a running station, then one fault after the other, each
// of them found with the command that fixes it; and that command is typed where it can be.
import { execFile, spawnSync } from 'node:child_process';
import { chmod, chown, copyFile, mkdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DockRig, STATION } from '../fakes/dock-rig.ts';
import type { Mosquitto } from '../fakes/mosquitto.ts';
import { BODYDOCK, compiled, runProgram, type CommandOutcome } from '../fakes/program.ts';
import { STATEMENT_ROLE_LINES } from '../fakes/restored-store.ts';
import { seededRandom } from '../fakes/random-seeded.ts';
import { openShippedMosquitto } from '../fakes/shipped-mosquitto.ts';
import { lacksTools } from '../fakes/stock-tools.ts';
import { TestAuthority, type TestCertificate } from '../fakes/tls.ts';
import { until } from '../fakes/until.ts';

interface FindingSeen {
  readonly code: string;
  readonly severity: string;
  readonly where: string;
  readonly text: string;
  readonly remedy: string | null;
  readonly command: string | null;
}
interface Examined {
  readonly exitCode: number;
  readonly findings: readonly FindingSeen[];
}

/** What a machine that runs tests may lack, and no station does. */
const OF_THIS_MACHINE = /^(?:clock|system)\.|^disk\.(?:memory|low|slow)$/;

/** Certificates of tests end soon: the authority's, the station's, the broker's. */
const SHORT_LIVED = ['broker.certificate-expiring', 'tls.expiring', 'tls.expiring', 'tls.server-expiring'];

/** Root in a container that may not mount cannot make a disk read-only. */
const MAY_MOUNT = spawnSync('unshare', ['-m', 'true']).status === 0;

describe.skipIf(lacksTools('mosquitto', 'openssl'))('a technician', () => {
  let authority: TestAuthority;
  let stranger: TestAuthority;
  let broker: Mosquitto;
  let rig: DockRig;
  let goodFile: string;
  let goodAcl: string;
  const tls = (name: string): string => join(rig.folder, `${name}.pem`);

  beforeAll(async () => {
    [authority, stranger] = await Promise.all([TestAuthority.open(), TestAuthority.open('stranger')]);
    broker = await openShippedMosquitto(authority);
    const station = await client(STATION);
    const receiver = await client('r-archive');
    const { cert, key, ...view } = await client('monitoring');
    expect(view.certFile).toContain('client');
    const files = ({ certFile, keyFile }: TestCertificate) => ({
      caFile: authority.caFile,
      certFile,
      keyFile,
    });
    rig = await DockRig.open({
      broker,
      roles: STATEMENT_ROLE_LINES,
      agentTls: { caFile: 'ca.pem', certFile: 'cert.pem', keyFile: 'key.pem' },
      receiverTls: files(receiver),
      viewTls: { ca: Buffer.from(authority.ca), cert: Buffer.from(cert), key: Buffer.from(key) },
    });
    await install(station);
    goodFile = await readFile(rig.stationFile, 'utf8');
    goodAcl = await readFile(join(broker.folder, 'acl'), 'utf8');
    await rig.put(1, 'DCIM/KOD_0001.MP4', seededRandom(31).bytes(700_000));
    await rig.start();
    await rig.untilBay(
      1,
      'done',
      20_000,
      ({ state, entries_erased: erased }) => state === 'done' && erased === 1,
    );
  });
  afterAll(async () => {
    await rig.close();
    await broker.stop();
    await Promise.all([authority.close(), stranger.close()]);
  });

  const client = (commonName: string, by = authority): Promise<TestCertificate> =>
    by.issue({ commonName, kind: 'client' });

  async function install({ certFile, keyFile }: TestCertificate, caFile = authority.caFile): Promise<void> {
    await copyFile(caFile, tls('ca'));
    await copyFile(certFile, tls('cert'));
    await copyFile(keyFile, tls('key'));
  }

  const bodydock = (...args: readonly string[]): Promise<CommandOutcome> =>
    runProgram(BODYDOCK, [...args, '--config', rig.stationFile]);

  async function doctor(...args: readonly string[]): Promise<Examined> {
    const { exitCode, stdout, stderr } = await bodydock('doctor', '--json', ...args);
    expect(stderr).toBe('');
    const { findings } = JSON.parse(stdout) as { findings: FindingSeen[] };
    return { exitCode, findings };
  }

  const codes = ({ findings }: Examined, ...severities: readonly string[]): string[] =>
    findings
      .filter(({ code, severity }) => severities.includes(severity) && !OF_THIS_MACHINE.test(code))
      .map(({ code }) => code)
      .sort();

  /** Runs the doctor, expects exactly these errors, and gives the first of them. */
  async function finds(exitCode: number, ...errors: readonly string[]): Promise<FindingSeen> {
    const examined = await doctor();
    expect(codes(examined, 'error')).toEqual(['agent.absent', ...errors].sort());
    expect(examined.exitCode).toBe(exitCode);
    const [wanted] = errors;
    const finding = examined.findings.find(({ code }) => code === wanted);
    if (finding === undefined) throw new Error('no such finding');
    expect(finding.command, finding.code).not.toBeNull();
    expect(`${finding.text}${finding.remedy}${finding.command}`).not.toMatch(/\{\w*\}/);
    return finding;
  }

  const type = (command: string | null): Promise<unknown> =>
    promisify(execFile)('sh', ['-c', command ?? 'false'], { timeout: 10_000 });

  const edit = (from: string, to: string): Promise<void> => {
    expect(goodFile).toContain(from);
    return writeFile(rig.stationFile, goodFile.replace(from, to));
  };

  async function useAcl(text: string): Promise<void> {
    const connects = (): number => rig.receiver.log().split('"broker connected"').length;
    const before = connects();
    await writeFile(join(broker.folder, 'acl'), text);
    await broker.kill();
    await broker.start();
    // The doctor asks the store, too, and does not wait for one that is still on its way back.
    if (rig.receiver.pid !== undefined)
      await until('the receiver is connected again', 30_000, () => connects() > before);
  }

  test('sees the station live, and that all is well, without disturbing it', async () => {
    const before = await bodydock('status', '--json');
    const examined = await doctor();
    expect(codes(examined, 'error')).toEqual([]);
    expect(codes(examined, 'warning')).toEqual(SHORT_LIVED);
    expect(examined.exitCode).toBe(0);
    expect(codes(examined, 'good')).toEqual(
      expect.arrayContaining(['broker.by-agent', 'disk.good', 'store.by-agent']),
    );
    expect(codes(examined, 'note')).toEqual(['broker.not-tried']);
    const after = await bodydock('status', '--json');
    const session = (outcome: CommandOutcome): unknown =>
      (JSON.parse(outcome.stdout) as { status: { session: string } }).status.session;
    expect(session(after)).toBe(session(before));
    expect(JSON.parse(after.stdout)).toMatchObject({
      running: true,
      broker_connected: true,
      status: { state: 'ready' },
      health: { spooled_recordings: 0, receipted_recordings: 1 },
      bays: [{ bay: 'bay-1', camera: 'Camera 1', state: 'done', light: 'safe-to-take' }],
      conditions: [{ code: 'broker.certificate-expiring' }],
    });
    // Into a pipe it looks once.
    const german = await bodydock('status', '--lang', 'de');
    expect(german.stdout).toMatch(/^townhall-1 {2}bereit seit /);
    expect(german.stdout).toMatch(/^bay-1 +Camera 1 +entnehmen +fertig/m);
  });

  test('lists, verifies and takes along what the spool holds, beside the running agent', async () => {
    const listed = await bodydock('spool', 'ls', '--json');
    const { recordings } = JSON.parse(listed.stdout) as {
      recordings: { recording: string; state: string }[];
    };
    expect(recordings).toMatchObject([{ state: 'receipted', camera: 'Camera 1', role: 'media' }]);
    const verified = await bodydock('spool', 'verify');
    expect(verified.stdout).toMatch(/^good: no finding/m);
    expect(verified.exitCode).toBe(0);
    const id = recordings[0]?.recording ?? '';
    const out = join(rig.folder, 'stick');
    const exported = await bodydock('spool', 'export', id, '--out', out);
    expect(exported).toMatchObject({ exitCode: 0, stderr: '' });
    expect(exported.stdout).toContain(`good  ${join(out, id)}`);
    // What was taken along is checked with nothing but public keys.
    expect((await runProgram(BODYDOCK, ['verify', out, '--keys', rig.keys])).exitCode).toBe(0);
    expect((await bodydock('spool', 'quarantine')).stdout).toBe('Nothing was set aside.\n');
  });

  test('is told what to do where no agent runs, and the doctor then tries login, rights and store', async () => {
    await rig.agent.stop();
    const status = await bodydock('status');
    expect(status).toMatchObject({ exitCode: 1, stdout: '' });
    expect(status.stderr).toContain('systemctl start bodydock');
    const examined = await doctor();
    expect(codes(examined, 'error')).toEqual(['agent.absent']);
    expect(codes(examined, 'good')).toEqual(
      expect.arrayContaining(['acl.good', 'broker.good', 'monitoring.wildcard', 'store.good']),
    );
    expect(examined.exitCode).toBe(1);
  });

  test('mends the mode of a secret key with the command that is printed', async () => {
    await type(`chmod 0644 ${rig.keys}/station.key`);
    const { command, where } = await finds(78, 'key.mode');
    expect(where).toBe(join(rig.keys, 'station.key'));
    await type(command);
    expect(codes(await doctor(), 'error')).toEqual(['agent.absent']);
  });

  test('hears which line is wrong, and the check that is printed says it as well', async () => {
    await edit('release: after-receipt', 'release: at-once');
    const { exitCode, stdout } = await bodydock('doctor', '--lang', 'de');
    expect(exitCode).toBe(78);
    expect(stdout).toMatch(/Die Konfiguration stimmt nicht: .*station\.yaml:\d+:\d+: release: /);
    const command = /Befehl: bodydock (check .*)/.exec(stdout)?.[1] ?? '';
    const checked = await runProgram(BODYDOCK, command.split(' '));
    expect(checked.stdout).toMatch(/station\.yaml:\d+:\d+: release: /);
    await writeFile(rig.stationFile, goodFile);
  });

  test('hears what is wrong with a certificate, and on which side', async () => {
    await copyFile(stranger.caFile, tls('ca'));
    expect((await finds(78, 'tls.server-authority')).text).toContain(
      'issued by "test authority", ca_file holds "stranger"',
    );
    await copyFile(authority.caFile, tls('ca'));

    await install(
      await authority.issue({
        commonName: STATION,
        kind: 'client',
        notBefore: new Date(0),
        notAfter: new Date(1e12),
      }),
    );
    const expired = await finds(78, 'tls.client-refused', 'tls.expired');
    expect(expired.command).toContain(`-in ${tls('cert')}`);
    await type(expired.command);
    await install(await client(STATION, stranger));
    await finds(78, 'tls.client-refused');
    await install(await client(STATION));
  });

  test.skipIf(process.getuid?.() !== 0)(
    'hears that the spool belongs to somebody else, and gives it back',
    async () => {
      await chown(join(rig.spool, 'ready'), 65_534, 65_534);
      await chmod(rig.spool, 0o777);
      const examined = await doctor();
      expect(codes(examined, 'error')).toEqual(['agent.absent', 'spool.owner']);
      expect(codes(examined, 'warning')).toContain('spool.mode');
      for (const { code, command } of examined.findings) if (code.startsWith('spool.')) await type(command);
      expect(codes(await doctor(), 'error')).toEqual(['agent.absent']);
      expect((await stat(join(rig.spool, 'ready'))).uid).toBe((await stat(rig.spool)).uid);
      expect((await stat(rig.spool)).mode & 0o777).toBe(0o750);
    },
  );

  test.skipIf(!MAY_MOUNT)(
    'hears that the disk of the spool became read-only and where to look why, and that it is writable again',
    async () => {
      // In a mount namespace of its own: the machine of the test does not see it.
      const examine = `"${process.execPath}" "${compiled(BODYDOCK)}" doctor --json --config "${rig.stationFile}"`;
      const spool = `"${rig.spool}"`;
      const script = [
        `mount --bind ${spool} ${spool} && mount -o remount,ro,bind ${spool} || exit 1`,
        examine,
        `mount -o remount,rw ${rig.spool} || exit 1`,
        examine,
        'true',
      ].join('\n');
      const { stdout } = await promisify(execFile)('unshare', ['-m', 'sh', '-c', script], {
        timeout: 30_000,
      });
      const [before, after] = stdout
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as { findings: FindingSeen[] }).findings);
      const disk = before?.find(({ code }) => code === 'disk.read-only');
      expect(disk).toMatchObject({ severity: 'error', command: 'dmesg | tail -n 50' });
      expect(after?.map(({ code }) => code)).toContain('disk.good');
    },
  );

  test('hears that the spool lies in memory, or where links lead', async () => {
    await edit(`path: ${rig.spool}`, 'path: /dev/shm/bodydock-spool');
    const memory = await doctor();
    const finding = memory.findings.find(({ code }) => code === 'disk.memory');
    expect(finding).toMatchObject({
      severity: 'warning',
      command: 'findmnt --target /dev/shm/bodydock-spool',
    });
    expect(finding?.text).toContain('(tmpfs)');
    await symlink(rig.spool, join(rig.folder, 'link'));
    await edit(`path: ${rig.spool}`, `path: ${join(rig.folder, 'link')}`);
    await type((await finds(78, 'disk.link')).command);
    await writeFile(rig.stationFile, goodFile);
  });

  test('hears of rights that are too wide', async () => {
    await useAcl('pattern readwrite #\n');
    const other = await client('townhall-2');
    await type(
      `mosquitto_pub -V 5 -h 127.0.0.1 -p ${broker.port} --cafile ${authority.caFile} --cert ${other.certFile} --key ${other.keyFile} -t bodydock/v1/townhall-2/status -r -m '{}'`,
    );
    const { text } = await finds(1, 'acl.foreign-read', 'acl.foreign-write');
    expect(text).toContain('bodydock/v1/townhall-2/status');
  });

  test('hears of rights that are too narrow, and of a store that is away', async () => {
    await useAcl(goodAcl.replace(/^.*condition.*$/m, ''));
    await rig.receiver.stop();
    const silent = await finds(69, 'store.silent', 'acl.own-refused');
    expect(silent.remedy).toContain(`bodydock/v1/${STATION}/down/custody`);
    await useAcl(goodAcl);
    await rig.receiver.start();
  });

  test('hears that the broker is away, and once all is back, what the agent itself found odd', async () => {
    await broker.kill();
    expect((await finds(69, 'broker.no-connection')).text).toContain('ECONNREFUSED');
    await broker.start();
    await mkdir(join(rig.spool, 'ready', 'odd'));
    await rig.agent.start();
    await until('the agent is connected again', 20_000, async () => {
      const { stdout } = await bodydock('status', '--json');
      return (JSON.parse(stdout) as { broker_connected?: boolean }).broker_connected === true;
    });
    const examined = await doctor();
    expect(codes(examined, 'error')).toEqual(['spool.quarantine']);
    expect(examined.exitCode).toBe(1);
    const aside = await bodydock('spool', 'quarantine', '--json');
    expect(JSON.parse(aside.stdout)).toMatchObject({ entries: [{ name: 'odd', why: 'not a recording id' }] });
  });
});
