// Two machines that know nothing of each other, and the broker with the shipped configuration: after the three steps of an enrolment, typed
// at a terminal, a recording goes from one to the other with what the steps put there. minisign and openssl judge what was carried.
import { execFile, spawn } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Mosquitto } from '../fakes/mosquitto.ts';
import { BODYDOCK, compiled, Program, RECEIVER, runProgram } from '../fakes/program.ts';
import { seededRandom } from '../fakes/random-seeded.ts';
import { openShippedMosquitto } from '../fakes/shipped-mosquitto.ts';
import { lacksTools, requireTool } from '../fakes/stock-tools.ts';
import { TestAuthority } from '../fakes/tls.ts';
import { fingerprintsIn, STATION, TwoMachines } from '../fakes/two-machines.ts';
import { until } from '../fakes/until.ts';

const COMMAND_MS = 20_000;
const DELIVERY_MS = 40_000;

/** Types a command at a terminal of its own, and one line as soon as it asks. What stands on the screen, and the exit code. */
async function atTerminal(
  program: string,
  words: readonly string[],
  typed: string,
): Promise<{ exitCode: number | null; screen: string }> {
  const command = [process.execPath, compiled(program), ...words].map((word) => `'${word}'`).join(' ');
  const child = spawn(requireTool('script'), ['-qec', command, '/dev/null'], { timeout: COMMAND_MS });
  let screen = '';
  const typeOnce = (): void => {
    if (/\? .*: $/.test(screen) && child.stdin.writable) child.stdin.end(`${typed}\n`);
  };
  child.stdout.on('data', (bytes: Buffer) => {
    screen += bytes.toString('utf8');
    typeOnce();
  });
  const exitCode = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  return { exitCode, screen: screen.replaceAll('\r', '') };
}

const judge = async (tool: string, ...words: readonly string[]): Promise<string> => {
  const { stdout, stderr } = await promisify(execFile)(requireTool(tool), [...words], {
    timeout: COMMAND_MS,
  });
  return stdout + stderr;
};

describe.skipIf(lacksTools('mosquitto', 'openssl', 'minisign', 'script'))('an enrolment', () => {
  let authority: TestAuthority;
  let broker: Mosquitto;
  let two: TwoMachines;
  let url: string;
  const running: Program[] = [];

  beforeAll(async () => {
    authority = await TestAuthority.open();
    broker = await openShippedMosquitto(authority);
    url = `mqtts://127.0.0.1:${broker.port}`;
    two = await TwoMachines.open(authority, url);
  });
  afterAll(async () => {
    for (const program of running) await program.kill();
    await two.close();
    await broker.stop();
    await authority.close();
  });

  const onStation = (...words: readonly string[]): readonly string[] => [
    ...words,
    '--config',
    two.stationFile,
  ];
  const atStore = (): string[] => ['enrol', two.carried('request'), '--config', two.storeFile];

  async function good(program: string, ...words: readonly string[]): Promise<string> {
    const { exitCode, stdout, stderr } = await runProgram(program, words);
    expect([words.join(' '), exitCode, stderr]).toEqual([words.join(' '), 0, '']);
    return stdout;
  }

  /** The two parts of a carried file, as section 4.12 of the SPEC cuts them. */
  async function judged(name: string, publicFile: string): Promise<string> {
    const lines = (await readFile(two.carried(name), 'utf8')).split('\n');
    const document = two.carried(`${name}.json`);
    await writeFile(document, lines[0] ?? '');
    await writeFile(`${document}.minisig`, lines.slice(1).join('\n'));
    return judge('minisign', '-Vm', document, '-p', publicFile);
  }

  test('begins at the station: one file, whose key and request stock tools take', async () => {
    const made = await good(BODYDOCK, ...onStation('keys', 'enrol', '--out', two.carried('request')));
    expect(await judged('request', two.station('keys/station.pub'))).toContain(
      'Trusted comment: bodydock enrolment-request',
    );
    const [fingerprint = ''] = fingerprintsIn(made);
    const words = [...atStore(), '--fingerprint', fingerprint, '--csr', two.carried('csr')];
    await good(RECEIVER, ...words);
    const csr = ['req', '-in', two.carried('csr'), '-noout'];
    expect(await judge('openssl', ...csr, '-verify', '-subject')).toMatch(/verify OK[^]*CN ?= ?townhall-1\n/);
    const ofRequest = await judge('openssl', ...csr, '-pubkey');
    expect(await judge('openssl', 'pkey', '-in', two.station('tls/station-key.pem'), '-pubout')).toBe(
      ofRequest,
    );
  });

  test('is answered by the store once somebody says yes, and not before', async () => {
    const words = [...atStore(), ...two.issuing, '--broker', url, '--out', two.carried('answer')];
    const refused = await atTerminal(RECEIVER, words, 'no');
    expect(refused).toMatchObject({ exitCode: 1, screen: expect.stringContaining('enrolment.fingerprint') });
    const { exitCode, screen } = await atTerminal(RECEIVER, words, 'yes');
    expect([exitCode, screen]).toEqual([0, expect.stringContaining('Put these lines under stations')]);
    expect(await judged('answer', two.store('keys/store.pub'))).toContain(
      'Trusted comment: bodydock enrolment-answer',
    );
    const lines = / {2}- id: .*\n.*\n.*\n/.exec(screen)?.[0] ?? '';
    const text = await readFile(two.storeFile, 'utf8');
    await writeFile(two.storeFile, text.replace(/(?<=stations:\n)[^]*?(?=broker:)/, lines));
  });

  test('ends at the station: what came back is in its places', async () => {
    const words = onStation('keys', 'enrol', '--answer', two.carried('answer'), '--write', '--lang', 'de');
    const { exitCode, screen } = await atTerminal(BODYDOCK, words, 'ja');
    expect([exitCode, screen]).toEqual([0, expect.stringContaining('eingetragen in')]);
    const certificate = two.station('tls/station.pem');
    const ca = two.station('tls/ca.pem');
    expect(await judge('openssl', 'verify', '-CAfile', ca, '-purpose', 'sslclient', certificate)).toContain(
      'OK',
    );
    await good(BODYDOCK, ...onStation('keys', 'prove', '--identity', two.identityFile));
  });

  test('and a recording is delivered, receipted, and erased from its camera', async () => {
    const folder = join(two.station('bay-1'), 'DCIM');
    await mkdir(folder);
    const recording = join(folder, 'KOD_0001.MP4');
    await writeFile(recording, seededRandom(41).bytes(700_000));
    for (const [file, config] of [
      [RECEIVER, two.storeFile],
      [BODYDOCK, two.stationFile],
    ] as const) {
      const program = new Program({ file, args: ['run', '--config', config], logFile: `${config}.log` });
      running.push(program);
      await program.start();
    }
    const tails = (): string => running.map((program) => program.log().slice(-3000)).join('\n');
    const gone = (): Promise<boolean> =>
      readFile(recording).then(
        () => false,
        () => true,
      );
    await until('the camera emptied', DELIVERY_MS, gone, tails);
    for (const program of running) await program.stop();
    // With the keys that the enrolment laid beside the store's.
    const verified = await good(BODYDOCK, 'verify', two.store('vault'), '--keys', two.store('keys'));
    expect(verified).toMatch(/^good: /m);
    expect(verified).toContain(STATION);
  });
});
