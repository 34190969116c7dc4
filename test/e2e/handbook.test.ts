// The handbook as somebody types it: each command in it is one that the programs know, and its installation, line by line in a folder that
// stands for the machine, ends with a station that is good and whose recordings are proven to open.
import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { AGENT, RECEIVER as RECEIVER_PART } from '../../systemd/packaging/parts.ts';
import { publicLine } from '../config/files.ts';
import { commandsOf, handbookText, sectionsOf, type Section } from '../config/handbook-text.ts';
import { BODYDOCK, compiled, RECEIVER, runProgram } from '../fakes/program.ts';
import { lacksTools, requireTool } from '../fakes/stock-tools.ts';
import { TestAuthority } from '../fakes/tls.ts';
import { fingerprintsIn } from '../fakes/two-machines.ts';

const PROGRAMS = { bodydock: BODYDOCK, 'bodydock-receiver': RECEIVER } as const;
const HELPS_AT_A_TIME = 4;
const LINE_MS = 20_000;

const isOurs = (line: string): boolean => /^bodydock(?:-receiver)? /.test(line);

/** What is typed behind the program: names of commands, and options. */
function wordsOf(line: string): { program: string; names: string[]; options: string[] } {
  const [program = '', ...words] = line.split(' ');
  const end = words.findIndex((word) => !/^[a-z][a-z-]*$/.test(word));
  const options = words.filter((word) => word.startsWith('--'));
  return { program, names: end < 0 ? words : words.slice(0, end), options };
}

/** Words and options that stand whole in a text. */
function missing(text: string, wanted: readonly string[]): string[] {
  return wanted.filter((word) => !new RegExp(`(?<![a-z-])${word}(?![a-z-])`).test(text));
}

test('each command and option of the handbook is told by --help', async () => {
  const lines = commandsOf(sectionsOf(await handbookText('en'))).filter(isOurs);
  expect(lines.length).toBeGreaterThan(30);
  const wanted = new Map<string, Set<string>>();
  for (const line of lines) {
    const { program, names, options } = wordsOf(line);
    const key = [program, ...names.slice(0, 2)].join(' ');
    wanted.set(key, new Set([...(wanted.get(key) ?? []), ...names, ...options]));
  }
  const odd: string[] = [];
  const left = [...wanted];
  const ask = async (): Promise<void> => {
    for (let next = left.pop(); next !== undefined; next = left.pop()) {
      const [key, words] = next;
      const [program = '', ...names] = key.split(' ');
      const file = PROGRAMS[program as keyof typeof PROGRAMS];
      const { exitCode, stdout } = await runProgram(file, [...names, '--help']);
      const gone = missing(
        stdout,
        [...words].filter((word) => word !== '--help'),
      );
      if (exitCode !== 0 || gone.length > 0)
        odd.push(`${key}: exit ${exitCode}, not in its help: ${gone.join(' ')}`);
    }
  };
  await Promise.all(Array.from({ length: HELPS_AT_A_TIME }, ask));
  expect(odd).toEqual([]);
});

/** A folder that stands for station and store: what the packages lay there, and their programs in the search path. */
class Machine {
  readonly root: string;
  readonly #authority: TestAuthority;
  #printed = '';

  private constructor(root: string, authority: TestAuthority) {
    this.root = root;
    this.#authority = authority;
  }

  static async open(): Promise<Machine> {
    const authority = await TestAuthority.open();
    onTestFinished(() => authority.close());
    const root = await mkdtemp(join(tmpdir(), 'bodydock-handbook-'));
    onTestFinished(() => rm(root, { recursive: true }));
    const project = (name: string): string => fileURLToPath(new URL(`../../${name}`, import.meta.url));
    for (const { name, files } of [AGENT, RECEIVER_PART]) {
      for (const { from, to } of files) {
        await mkdir(join(root, dirname(to)), { recursive: true });
        await copyFile(project(from), join(root, to));
      }
      const folders = await readFile(project(`systemd/${name}.tmpfiles.conf`), 'utf8');
      for (const [, path = ''] of folders.matchAll(/^d (\S+)/gm))
        await mkdir(join(root, path), { recursive: true });
    }
    for (const folder of ['bin', 'root/authority', 'etc/mosquitto'])
      await mkdir(join(root, folder), { recursive: true });
    for (const [name, file] of Object.entries(PROGRAMS))
      await writeFile(
        join(root, 'bin', name),
        `#!/bin/sh\nexec '${process.execPath}' '${compiled(file)}' "$@"\n`,
        {
          mode: 0o755,
        },
      );
    for (const name of ['ca.pem', 'ca-key.pem'])
      await copyFile(join(authority.folder, name), join(root, 'root/authority', name));
    return new Machine(root, authority);
  }

  /** Types one line; what it printed. Errors: the line, where it does not end well. */
  async type(line: string): Promise<string> {
    const placed = line.replaceAll(/(?<= )\/(?=etc|root|usr)/g, `${this.root}/`);
    const { program } = wordsOf(line);
    const file = program === 'bodydock-receiver' ? 'receiver' : 'station';
    const reads = /^bodydock(?:-receiver)? (?:check|enrol|keys (?:enrol|prove|rotate|show$))/.test(line);
    const config = reads ? ` --config ${this.root}/etc/bodydock/${file}.yaml` : '';
    // What the person at the other end reads out is what was printed there.
    const compared = /enrol (?:\/|--answer)/.test(line) ? ` --fingerprint '${this.#printed}'` : '';
    const typed = placed + config + compared;
    const env = { PATH: `${this.root}/bin:${process.env['PATH'] ?? ''}`, HOME: join(this.root, 'root') };
    const text = await new Promise<string>((resolve, reject) => {
      execFile(requireTool('bash'), ['-c', typed], { env, timeout: LINE_MS }, (error, stdout, stderr) => {
        if (error === null) resolve(stdout);
        else reject(new Error(`${line}: ${String(error.code)}: ${stdout}${stderr}`));
      });
    });
    this.#printed = fingerprintsIn(text).at(-1) ?? this.#printed;
    if (line === 'mkdir -p /etc/mosquitto/tls') await this.#certifyBroker();
    if (program === 'openssl') await this.#sign(/\S+\.csr$/.exec(placed)?.[0] ?? '');
    return text;
  }

  /** What the authority does for the broker (1.4). */
  async #certifyBroker(): Promise<void> {
    const { caFile, folder } = this.#authority;
    const tls = join(this.root, 'etc/mosquitto/tls');
    await copyFile(caFile, join(tls, 'ca.pem'));
    for (const name of ['broker.pem', 'broker-key.pem'])
      await copyFile(join(folder, 'ca-key.pem'), join(tls, name)); // any file: no broker reads it here
  }

  /** What the authority does with a request (1.3). */
  async #sign(request: string): Promise<void> {
    const { folder, caFile } = this.#authority;
    await copyFile(caFile, join(dirname(request), 'ca.pem'));
    const words = [
      'x509',
      '-req',
      '-in',
      request,
      '-CA',
      caFile,
      '-CAkey',
      join(folder, 'ca-key.pem'),
      '-days',
      '60',
    ];
    const out = request.replace(/\.csr$/, '.pem');
    await new Promise<void>((resolve, reject) => {
      execFile(requireTool('openssl'), [...words, '-out', out], (error) =>
        error === null ? resolve() : reject(error),
      );
    });
  }

  path(name: string): string {
    return join(this.root, name);
  }

  /** What a person edits (1.5, 1.6): the lines that say REPLACE, and places on this machine. */
  async edit(): Promise<void> {
    const keyLine = async (name: string): Promise<string> =>
      (await readFile(this.path(`etc/bodydock/keys/${name}`), 'utf8')).split('\n')[1] ?? '';
    const recipient = (await readFile(this.path('root/identity/store.recipient'), 'utf8')).trim();
    await this.#fill('station', [recipient, undefined]);
    await this.#fill('receiver', [await keyLine('station-townhall-1.pub'), publicLine(1), publicLine(2)]);
    await writeFile(this.path('etc/bodydock/keys/cam-03.password'), 'secret\n', { mode: 0o600 });
  }

  /** Lines that say REPLACE get these values in turn; one without a value is taken out. */
  async #fill(kind: string, values: readonly (string | undefined)[]): Promise<void> {
    const file = this.path(`etc/bodydock/${kind}.yaml`);
    let at = 0;
    const text = (await readFile(file, 'utf8'))
      .replaceAll(/^( *- )REPLACE .*\n/gm, (_, dash: string) => {
        const value = values[at++];
        return value === undefined ? '' : `${dash}${value}\n`;
      })
      .replaceAll(' /var/lib/', ` ${this.root}/var/lib/`);
    expect([kind, at]).toEqual([kind, values.length]);
    await writeFile(file, text);
  }
}

/** Lines that want a system, a broker and its user, or an agent that runs. */
const NOT_HERE = /^(?:apt|chown|systemctl|journalctl|bodydock status|bodydock doctor)\b/;

describe.skipIf(lacksTools('openssl', 'bash'))('the installation of the handbook', () => {
  // Of the German one: its commands are those of the English one, and both example files say the same (test/config).
  test('typed line by line ends with a good station', async () => {
    const machine = await Machine.open();
    const sections = sectionsOf(await handbookText('de'));
    const typed = async (number: string): Promise<string[]> => {
      const found = sections.find((section: Section) => section.number === number);
      const shown: string[] = [];
      for (const line of found?.typed.filter((each) => !NOT_HERE.test(each)) ?? []) {
        if (/^bodydock(?:-receiver)? check$/.test(line) && !shown.includes('edited')) {
          await machine.edit();
          shown.push('edited');
        }
        shown.push(await machine.type(line));
      }
      return shown;
    };
    for (const number of ['1.2', '1.3', '1.4', '1.5']) await typed(number);
    const shown = await typed('1.6');
    const [request, answer = '', installed = '', recipient, ...checks] = shown;
    expect(fingerprintsIn(request ?? '')).toHaveLength(1);
    expect(answer).toContain(
      (await readFile(machine.path('etc/bodydock/keys/station.pub'), 'utf8')).split('\n')[1],
    );
    expect(installed).toMatch(/written into .*station\.yaml:\n- .*REPLACE.*\n\+ {5}- RW/);
    expect(recipient).toMatch(/: age1\w{58}\n$/);
    expect(checks[0]).toBe('edited');
    expect(checks.slice(1).map((text) => /^good: /m.test(text))).toEqual([true, true]);
    expect(checks[2]).toContain('recipients 1 (1 without proof)');
    expect((await typed('1.7')).at(-1)).toMatch(/^recipient: age1\w{58} \(proven /m);
    expect(await machine.type('bodydock check')).toContain('recipients 1 (all proven)');

    const rotated = await typed('8.1');
    expect(rotated).toEqual([
      expect.stringContaining('fingerprint'),
      expect.stringMatching(/^changed: station townhall-1 /),
    ]);
    const told = (await typed('12')).map((text) => text.trim());
    expect(told[0]).toMatch(/^bodydock \d+\.\d+\.\d+$/);
    expect(JSON.parse(told[1] ?? '')).toMatchObject({ good: true, unproven_recipients: [] });
  });
});
