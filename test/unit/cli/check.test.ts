import { execFile } from 'node:child_process';
import { chmod, chown, copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test, vi } from 'vitest';
import { check } from '../../../agent/cli/check.ts';
import { doctor } from '../../../agent/cli/doctor.ts';
import { makeSigningKey } from '../../../config/enrolment/keys.ts';
import type { Problem } from '../../../config/problems.ts';
import { exchange, publicLine, put, recipient, STATION, withFolder } from '../config/files.ts';
import { runCommand } from './io-memory.ts';

const PLAIN = exchange(STATION, 'mqtts://broker.example.org:8883', 'mqtt://localhost')
  .replace(/ {2}\w+_file: tls.*\n/g, '')
  .replace('keys/station.key', 'station.key');

/** Calls with a good station file whose key is there. */
function withStation<T>(use: (file: string, folder: string) => Promise<T>, text = PLAIN): Promise<T> {
  return withFolder(async (folder) => {
    await makeSigningKey(join(folder, 'station.key'), join(folder, 'station.pub'));
    return use(await put(folder, 'station.yaml', text), folder);
  });
}

describe('bodydock check', () => {
  test('says that a good station is good, and ends with 0', async () => {
    await withStation(async (file) => {
      const { exitCode, out, err } = await runCommand(check, '--config', file);
      expect([exitCode, err]).toEqual([0, '']);
      expect(out.split('\n').at(-2)).toBe(
        `good: ${file}: station townhall-1, bays 2, cameras 2, recipients 2 (2 without proof), release never`,
      );
    });
  });

  test('with --json prints one document, last on standard output', async () => {
    await withStation(async (file) => {
      const { exitCode, out, json } = await runCommand(check, '--json', '--config', file);
      expect([exitCode, out.trimEnd().split('\n').length]).toEqual([0, 1]);
      expect(json).toMatchObject({
        good: true,
        station: 'townhall-1',
        bays: 2,
        release: 'never',
        problems: [],
      });
    });
  });

  test('takes a file with retention of earlier versions, and says in both languages to take it out', async () => {
    const run = (...lang: string[]) =>
      withStation((file) => runCommand(check, '--config', file, ...lang), `${PLAIN}retention: {days: 9}\n`);
    expect(await run()).toMatchObject({
      exitCode: 0,
      out: expect.stringMatching(/retention: has no effect any more: .* 14 days .* 730; take the group out/),
    });
    expect((await run('--lang', 'de')).out).toMatch(
      /retention: bewirkt nichts mehr: .* 14 Tage .* 730; die Gruppe herausnehmen/,
    );
  });

  test("says what is wrong with the file of the screen's questions, and what to do", async () => {
    await withStation(async (file, folder) => {
      const questions = join(folder, 'ask.yaml');
      const run = (...more: readonly string[]) => runCommand(check, '--config', file, ...more);
      expect(await run()).toMatchObject({
        exitCode: 78,
        out: expect.stringMatching(/ask.yaml: is no file of .*ENOENT.*correct it/),
      });
      await writeFile(questions, 'questions: []');
      expect((await run('--lang', 'de')).out).toMatch(/ask.yaml: ist keine Datei mit Fragen \(questions: /);
      await copyFile('config/questions.yaml', questions);
      expect((await run()).exitCode).toBe(0);
    }, `${PLAIN}screen: { port: 8080, questions: ask.yaml }\n`);
  });

  test('says every problem of the file with its place, and ends with 78', async () => {
    const bad = exchange(exchange(PLAIN, 'id: bay-2', 'id: bay-1'), 'version: 1', 'version: 1\nstaton: x');
    await withStation(async (file) => {
      const { exitCode, out } = await runCommand(check, '--config', file);
      expect(exitCode).toBe(78);
      const lines = out.split('\n').filter((line) => !line.startsWith('warning: '));
      expect(lines.map((line) => line.slice(file.length, file.length + 7))).toEqual([
        ':2:1: s',
        ':20:9: ',
        expect.anything(),
        '',
      ]);
      expect(out).toContain(`not good: 2 problems with ${file}`);
      const { json } = await runCommand(check, '--config', file, '--json');
      expect(json).toMatchObject({ good: false, problems: [{ line: 2, column: 1 }, { path: 'bays[1].id' }] });
    }, bad);
  });

  test('refuses a key that others can read, with the command that helps', async () => {
    await withStation(async (file, folder) => {
      const key = join(folder, 'station.key');
      await chmod(key, 0o644);
      const { exitCode, out } = await runCommand(check, '--config', file);
      expect(exitCode).toBe(78);
      expect(out).toContain(`${key}: has mode 0644, others can use it: chmod 0600 ${key}\n`);
    });
  });

  /** Each mistake with the place at which it is told: values, rules between them, and files on disk. */
  const PLANTED: readonly (readonly [from: string, to: string, told: string])[] = [
    ['version: 1', 'version: 1\nstaton: x', ':2:1: staton: '],
    ['townhall-1', 'Town Hall', ':3:10: station: '],
    ['  path: spool', '  path: spool\n  keep_hours: "48"', ':6:15: spool.keep_hours: '],
    [`- ${recipient(1)}`, '- REPLACE with the recipient', ':10:5: recipients[0]: '],
    [`  - ${recipient(2)}`, `  - ${recipient(2)}\n  - ${recipient(2)}`, ':12:5: recipients[2]: '],
    [publicLine(3), `RW${'A'.repeat(54)}`, ':14:17: store.public_keys[0]: '],
    ['[r-archive]', '[r-archive, archive]', ':15:26: store.receivers[1]: '],
    ['mqtts://broker', 'mqtt://broker', ':17:8: broker.url: '],
    ['broker.example.org:8883', 'broker.example.org:8883\n  protocol: 3', ':18:13: broker.protocol: '],
    ['camera: cam-1', 'camera: cam-9', ':25:13: bays[0].camera: '],
    ['folder: /media/bay-2', 'folder: card', '/card: '],
    ['camera: cam-2\n', 'camera: cam-2\n    serial: {baud: 3}\n', ':29:20: bays[1].serial.baud: '],
    [
      'cameras:\n',
      '  - id: bay-1\n    serial_path: /dev/null/x\n    usb_port: x\n    camera: cam-1\ncameras:\n',
      ':30:9: bays[2].id: ',
    ],
    ['alias: Camera 1', 'alias: 5', ':36:12: cameras[0].alias: '],
    ['- id: cam-2', '- id: cam-1\n  - id: cam-2', ':39:9: cameras[1].id: '],
  ];
  const ON_DISK = ['/keys/station.key: ', '/tls/ca.pem: ', '/tls/cert.pem: ', '/tls/key.pem: ', '/spool: '];

  async function withPlanted(use: (file: string, folder: string) => Promise<void>): Promise<void> {
    let text = STATION;
    for (const [from, to] of PLANTED) text = exchange(text, from, to);
    await withFolder(async (folder) => {
      for (const name of ['card', 'spool']) await writeFile(join(folder, name), '');
      await use(await put(folder, 'station.yaml', text), folder);
    });
  }

  test('tells mistakes of every kind in one run: values, rules, and files that the good values name', async () => {
    await withPlanted(async (file, folder) => {
      const { exitCode, out } = await runCommand(check, '--config', file);
      expect(exitCode).toBe(78);
      const missed = [
        ...PLANTED.map(([, , told]) => (told.startsWith(':') ? file + told : folder + told)),
        ...ON_DISK.map((told) => folder + told),
        `${file}:32:15: bays[2].usb_port: `,
      ].filter((told) => !out.split('\n').some((line) => line.startsWith(told)));
      expect([missed, out.includes(`not good: `)]).toEqual([[], true]);
    });
  });

  test('tells them in German, each and in whole sentences', async () => {
    await withPlanted(async (file) => {
      const english = await runCommand(check, '--config', file, '--json');
      const { exitCode, out, json } = await runCommand(check, '--config', file, '--json', '--lang', 'de');
      expect([exitCode, out.split('\n').length]).toEqual([78, 2]);
      const [before, after] = [english.json, json].map((each) => (each as { problems: Problem[] }).problems);
      expect(after?.map(({ code, path }) => [code, path])).toEqual(
        before?.map(({ code, path }) => [code, path]),
      );
      for (const [at, find] of (after ?? []).entries()) {
        expect([find.message]).not.toEqual([before?.[at]?.message]);
        if (find.remedy !== null) expect([find.remedy]).not.toEqual([before?.[at]?.remedy]);
      }
      const text = (await runCommand(check, '--config', file, '--lang', 'de')).out;
      expect(text).toContain(`recipients[0]: ist noch auszufüllen (gefunden: "REPLACE with the recipient"`);
      expect(text).toContain(`nicht in Ordnung: ${after?.length} Fehler in ${file}\n`);
    });
  });

  test.runIf(process.geteuid?.() === 0)(
    'remarks that the service cannot erase in the folder of a bay, as does the doctor, each with the way out',
    async () => {
      const bays = exchange(PLAIN, '/media/bay-1', 'bay-1').replace('/media/bay-2', 'bay-2');
      await withStation(async (file, folder) => {
        const [one, two, spool] = ['bay-1', 'bay-2', 'spool'].map((name) => join(folder, name));
        for (const path of [one, two, spool]) await mkdir(path ?? '', { mode: 0o755 });
        await mkdir(join(two ?? '', 'DCIM'), { mode: 0o755 });
        for (const path of [two, spool]) await chown(path ?? '', 12_345, 12_345);
        const { exitCode, out } = await runCommand(check, '--config', file);
        expect(exitCode).toBe(0);
        const remark = (path: string, bay: string): string =>
          `warning: ${path}: belongs to user 0, and the service (user 12345) cannot erase in it: \`chown -R 12345:12345 ${bay}\`; a card with FAT or exFAT keeps no owner, so mount it with uid=12345,gid=12345\n`;
        expect(out).toContain(remark(one ?? '', one ?? ''));
        expect(out).toContain(remark(join(two ?? '', 'DCIM'), two ?? ''));
        const german = await runCommand(doctor, '--config', file, '--lang', 'de');
        expect(german.out).toContain(`WARNUNG  bay.owner  ${one}\n`);
        expect(german.out).toContain(
          `Er gehört dem Benutzer 0, und der Dienst (Benutzer 12345) kann darin nicht löschen: \`chown -R 12345:12345 ${one}\`; eine Karte mit FAT oder exFAT kennt keinen Eigentümer, also mit uid=12345,gid=12345 einhängen`,
        );
        for (const path of [one, join(two ?? '', 'DCIM')]) await chown(path ?? '', 12_345, 12_345);
        expect((await runCommand(check, '--config', file)).out).not.toContain('cannot erase');
      }, bays);
    },
  );

  test('speaks the language of the machine unless it is told another one', async () => {
    await withStation(async (file) => {
      vi.stubEnv('LC_ALL', 'de_DE.UTF-8');
      const here = await runCommand(check, '--config', file);
      const told = await runCommand(check, '--config', file, '--lang', 'en');
      vi.unstubAllEnvs();
      expect(here.out).toContain(
        `in Ordnung: ${file}: Station townhall-1, Plätze 2, Kameras 2, recipients 2 (2 ohne Nachweis), release never`,
      );
      expect(told.out).toContain(`\ngood: ${file}`);
      expect((await runCommand(check, '--config', file, '--lang', 'fr')).exitCode).toBe(2);
    });
  });

  test('ends with 78 where the file is missing, and with 2 where the words are not known', async () => {
    expect((await runCommand(check, '--config', '/nowhere/station.yaml')).exitCode).toBe(78);
    for (const words of [['--confg', 'x'], ['word'], ['--config']])
      expect((await runCommand(check, ...words)).exitCode).toBe(2);
  });

  test('tells its options with --help', async () => {
    const { exitCode, out } = await runCommand(check, '--help');
    expect([exitCode, out]).toEqual([0, expect.stringContaining('--config FILE')]);
  });
});

describe('the program', () => {
  const main = fileURLToPath(new URL('../../../agent/main.ts', import.meta.url));
  const run = (...args: readonly string[]): Promise<{ code: number; out: string; err: string }> =>
    new Promise((resolve) => {
      const words = ['--import', 'tsx', main, ...args];
      execFile(process.execPath, words, { timeout: 15_000 }, (error, out, err) => {
        resolve({ code: typeof error?.code === 'number' ? error.code : error === null ? 0 : -1, out, err });
      });
    });

  test('dispatches, ends with the exit code of the command, and knows its version and help', async () => {
    const [checked, version, help, nonsense, nothing] = await Promise.all([
      run('check', '--config', '/nowhere/station.yaml', '--json'),
      run('--version'),
      run('--help'),
      run('nonsense', '--json'),
      run(),
    ]);
    expect([checked.code, JSON.parse(checked.out)]).toMatchObject([78, { good: false }]);
    expect([version.code, version.out]).toEqual([0, expect.stringMatching(/^bodydock \d+\.\d+\.\d+\n$/)]);
    expect([help.code, help.out]).toEqual([0, expect.stringMatching(/^ {2}check /m)]);
    expect([nonsense.code, JSON.parse(nonsense.out)]).toMatchObject([2, { error: { code: 'usage' } }]);
    expect([nothing.code, nothing.err]).toEqual([2, expect.stringContaining('a command is missing')]);
  });
});
