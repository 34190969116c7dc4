// A pilot on one machine, set up by `bodydock setup` at a terminal: mosquitto, store and station run with the files as they were written, and a
// recording goes all the way. Units and users of the packages are tried in test/system/package/handbook-walk.test.ts.
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Mosquitto } from '../fakes/mosquitto.ts';
import { BODYDOCK, compiled, Program, RECEIVER, runProgram } from '../fakes/program.ts';
import { seededRandom } from '../fakes/random-seeded.ts';
import { adapted } from '../fakes/shipped-mosquitto.ts';
import { lacksTools, requireTool } from '../fakes/stock-tools.ts';
import { until } from '../fakes/until.ts';

const COMMAND_MS = 30_000;
const DELIVERY_MS = 40_000;

describe.skipIf(lacksTools('mosquitto', 'openssl', 'minisign', 'script'))('a pilot on one machine', () => {
  let folder: string;
  let broker: Mosquitto;
  const running: Program[] = [];
  const at = (...names: string[]): string => join(folder, ...names);
  const etc = (...names: string[]): string => at('etc', ...names);

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bodydock-pilot-'));
    await mkdir(at('bay-1', 'DCIM'), { recursive: true });
    for (const role of ['officer', 'supervisor'])
      await good(requireTool('minisign'), '-G', '-W', '-p', at(`${role}.pub`), '-s', at(`${role}.key`));
  });
  afterAll(async () => {
    for (const program of running) await program.kill();
    await broker?.stop();
    await rm(folder, { recursive: true });
  });

  async function good(tool: string, ...words: readonly string[]): Promise<void> {
    const child = spawn(tool, words, { stdio: 'ignore', timeout: COMMAND_MS });
    const code = await new Promise((resolve) => child.once('close', resolve));
    expect([tool, code]).toEqual([tool, 0]);
  }
  const set = (...words: readonly string[]): ReturnType<typeof runProgram> =>
    runProgram(BODYDOCK, ['setup', '--no-start', '--etc', etc(), ...words]);

  test('is set up by five answers at a terminal; a wrong one is asked again', async () => {
    const answers = [
      'Town Hall',
      'townhall-1',
      'dock.example.org',
      at('bay-1'),
      '',
      `${at('officer.pub')} ${at('supervisor.pub')}`,
    ];
    const typed = `${process.execPath} ${compiled(BODYDOCK)} setup --no-start --etc ${etc()} --lang de`;
    const child = spawn(requireTool('script'), ['-qec', typed, '/dev/null'], {
      timeout: COMMAND_MS,
    });
    let screen = '';
    let asked = 0;
    child.stdout.on('data', (bytes: Buffer) => {
      screen += bytes.toString('utf8');
      const questions = screen.match(/^\d\. .*\]: /gm)?.length ?? 0;
      for (; asked < Math.min(questions, answers.length); asked++) child.stdin.write(`${answers[asked]}\n`);
    });
    const code = await new Promise((resolve) => child.once('close', resolve));
    // Without the packages there is no /var/lib/bodydock, and it says so.
    expect([0, 78]).toContain(code);
    expect(screen).toContain('So kann eine Station nicht heißen');
    expect(await readFile(etc('bodydock/setup.yaml'), 'utf8')).toMatch(/^station: townhall-1$/m);
    expect(await readFile(etc('bodydock/receiver.yaml'), 'utf8')).toContain(
      '/var/lib/bodydock-receiver/vault',
    );
  });

  test('goes on with these answers, here with other places for what is kept', async () => {
    for (const name of ['station.yaml', 'receiver.yaml']) await rm(etc('bodydock', name));
    const kept = await readFile(etc('bodydock/setup.yaml'), 'utf8');
    await writeFile(etc('bodydock/setup.yaml'), `${kept}spool: ${at('spool')}\nvault: ${at('vault')}\n`);
    const { exitCode, stdout } = await set();
    expect([exitCode, stdout]).toEqual([0, expect.stringContaining('goes on with the answers in')]);
    expect(stdout).toContain(`was there, stays as it is: ${etc('bodydock/keys/station.key')}`);
  });

  test('delivers a recording, which the identity opens and the vault proves', async () => {
    const tls = (name: string): string => etc('mosquitto/tls', name);
    const conf = await readFile(etc('mosquitto/mosquitto.conf'), 'utf8');
    const lines = adapted(
      conf,
      { caFile: tls('ca.pem') },
      { certFile: tls('broker.pem'), keyFile: tls('broker-key.pem') },
    );
    broker = await Mosquitto.open({ lines, files: { acl: await readFile(etc('mosquitto/mosquitto.acl')) } });
    for (const name of ['station.yaml', 'receiver.yaml']) {
      const file = etc('bodydock', name);
      const text = await readFile(file, 'utf8');
      await writeFile(file, text.replace(':8883', `:${broker.port}`));
    }
    const recording = at('bay-1/DCIM/KOD_0001.MP4');
    await writeFile(recording, seededRandom(41).bytes(700_000));
    for (const [file, name] of [
      [RECEIVER, 'receiver.yaml'],
      [BODYDOCK, 'station.yaml'],
    ] as const) {
      const config = etc('bodydock', name);
      const program = new Program({ file, args: ['run', '--config', config], logFile: at(`${name}.log`) });
      running.push(program);
      await program.start();
    }
    const vault = at('vault', 'townhall-1');
    const receipts = async (): Promise<string[]> =>
      (await readdir(vault, { recursive: true }).catch(() => [])).filter((path) =>
        /^[a-z2-7]{26}\/receipt\.json$/.test(path),
      );
    const tails = (): string => running.map((program) => program.log().slice(-3000)).join('\n');
    await until('a receipt', DELIVERY_MS, async () => (await receipts()).length === 1, tails);
    const verified = await runProgram(BODYDOCK, ['verify', at('vault'), '--keys', etc('bodydock/keys')]);
    expect([verified.exitCode, verified.stdout]).toEqual([0, expect.stringMatching(/^good/m)]);
    const [receipt = ''] = await receipts();
    const words = ['--identity', etc('bodydock/identity/store.identity'), '--keys', etc('bodydock/keys')];
    const opening = [
      'open',
      join(vault, receipt, '..'),
      ...words,
      '--out',
      at('opened'),
      '--reason',
      'first',
    ];
    expect((await runProgram(BODYDOCK, opening)).exitCode).toBe(0);
    expect(await readFile(at('opened/KOD_0001.MP4'))).toEqual(await readFile(recording));
  });

  test('has the policy ready for both roles once there is a vault, and takes it with their signatures', async () => {
    const { exitCode, stdout } = await set();
    const policy = etc('bodydock/policy');
    expect([exitCode, stdout]).toEqual([0, expect.stringContaining(`superior sign ${policy}/policy.json`)]);
    for (const role of ['officer', 'supervisor']) {
      const files = ['-m', join(policy, 'policy.json'), '-x', join(policy, `policy.json.${role}.minisig`)];
      await good(requireTool('minisign'), '-S', ...files, '-t', 'bodydock policy', '-s', at(`${role}.key`));
    }
    const words = ['policy', 'place', policy, '--config', etc('bodydock/receiver.yaml')];
    expect((await runProgram(RECEIVER, words)).stdout).toContain('in force');
  });
});
