import { execFile } from 'node:child_process';
import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { check } from '../../../agent/cli/check.ts';
import { makeSigningKey } from '../../../config/keys.ts';
import { exchange, put, STATION, withFolder } from '../../config/files.ts';
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

  test('says every problem of the file with its place, and ends with 78', async () => {
    const bad = exchange(exchange(PLAIN, 'id: bay-2', 'id: bay-1'), 'version: 1', 'version: 1\nstaton: x');
    await withStation(async (file) => {
      const { exitCode, out } = await runCommand(check, '--config', file);
      expect(exitCode).toBe(78);
      expect(out.split('\n').map((line) => line.slice(file.length, file.length + 7))).toEqual([
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
