// The mails of a real store, by a mail server of Debian over TLS with a login: the line of the day, a trial, and what check and doctor say of it.
import { appendFile, copyFile, mkdir, mkdtemp, rm, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DockRig } from '../fakes/dock-rig.ts';
import { TestMailServer } from '../fakes/mail-server.ts';
import { Mosquitto } from '../fakes/mosquitto.ts';
import { RECEIVER, runProgram } from '../fakes/program.ts';
import { lacksTools } from '../fakes/stock-tools.ts';
import { TestAuthority } from '../fakes/tls.ts';
import { until } from '../fakes/until.ts';

const PASSWORD = 'not-in-any-log-17';

interface Finding {
  readonly code: string;
  readonly text: string;
}

describe.skipIf(lacksTools('mosquitto', 'openssl', 'aiosmtpd'))('mails of a store', () => {
  let authority: TestAuthority;
  let server: TestMailServer;
  let broker: Mosquitto;
  let dock: DockRig;
  let sockets: string;
  let passwordFile: string;

  beforeAll(async () => {
    authority = await TestAuthority.open();
    const cert = await authority.issue({ commonName: 'mail', kind: 'server', names: ['DNS:localhost'] });
    server = await TestMailServer.open({
      tls: 'starttls',
      cert: cert.certFile,
      key: cert.keyFile,
      username: 'dock',
      password: PASSWORD,
    });
    broker = await Mosquitto.open();
    sockets = await mkdtemp(join(tmpdir(), 'bodydock-run-'));
    dock = await DockRig.open({ broker, receiverEnvironment: { RUNTIME_DIRECTORY: sockets } });
    await mkdir(join(dock.folder, 'mail'));
    passwordFile = join(dock.folder, 'mail', 'password');
    await copyFile(authority.caFile, join(dock.folder, 'mail', 'ca.pem'));
    await writeFile(passwordFile, `${PASSWORD}\n`, { mode: 0o600 });
    const now = new Date();
    const daily = [now.getHours(), now.getMinutes()].map((each) => String(each).padStart(2, '0')).join(':');
    await appendFile(
      dock.receiverFile(),
      `\nnotify: {server: "smtp://localhost:${server.port}", ca_file: ${dock.folder}/mail/ca.pem, username: dock,
  password_file: ${passwordFile}, from: dock@city.example, to: [it@city.example], language: de, daily_at: "${daily}"}\n`,
    );
  });
  afterAll(async () => {
    await dock?.close();
    await broker?.stop();
    await server?.close();
    await authority?.close();
    await rm(sockets, { recursive: true });
  });

  const type = (...words: string[]): ReturnType<typeof runProgram> =>
    runProgram(RECEIVER, [...words, '--config', dock.receiverFile()], {
      environment: { RUNTIME_DIRECTORY: sockets },
    });
  const findings = async (): Promise<Finding[]> =>
    (JSON.parse((await type('doctor', '--json')).stdout) as { findings: Finding[] }).findings;

  test('come as the line of the day after a start, and as a trial', async () => {
    expect((await type('check')).exitCode).toBe(0);
    await dock.receiver.start();
    await until('the line of the day', 30_000, () => server.taken.length === 1);
    const [line] = server.taken;
    expect(line).toMatchObject({
      tls: true,
      login: 'dock',
      from: 'dock@city.example',
      to: ['it@city.example'],
    });
    expect(new Map(line?.headers).get('subject')).toMatch(/^bodydock r-archive: /);
    expect(line?.text).toContain('Stationen\n  von townhall-1 kam nichts, seit der Empfänger läuft\n');
    expect((await findings()).map(({ code }) => code)).toContain('mail.good');
    expect(server.taken).toHaveLength(1);
    const trial = await type('notify');
    expect([trial.exitCode, trial.stdout]).toEqual([0, 'The mail server took a mail for it@city.example.\n']);
    await until('the trial', 5000, () => server.taken.length === 2);
    expect(new Map(server.taken[1]?.headers).get('subject')).toBe('bodydock r-archive: ein Versuch');
  });

  test('a wrong password is said by doctor and trial, a missing one by check; the store works on', async () => {
    await writeFile(passwordFile, 'something else\n', { mode: 0o600 });
    const found = (await findings()).find(({ code }) => code === 'mail.login');
    expect(found?.text).toContain('The mail server does not take the login.');
    const trial = await type('notify', '--lang', 'de');
    expect([trial.exitCode, trial.stderr]).toMatchObject([
      1,
      expect.stringContaining('nimmt die Anmeldung nicht'),
    ]);
    await unlink(passwordFile);
    const check = await type('check');
    expect([check.exitCode, check.stdout]).toMatchObject([78, expect.stringContaining(passwordFile)]);
    const status = JSON.parse((await type('status', '--json')).stdout) as { running: boolean };
    expect(status.running).toBe(true);
    expect(dock.receiver.log() + found?.text + trial.stderr + check.stdout).not.toContain(PASSWORD);
  });
});
