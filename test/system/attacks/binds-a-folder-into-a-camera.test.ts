// A folder of the station that is bound into a camera's folder is on the same device: its files must be neither taken nor erased where they lie.
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { BODYDOCK, runProgram } from '../../fakes/program.ts';
import { lacksTools } from '../../fakes/stock-tools.ts';

const run = promisify(execFile);
const lacksRoot = process.env['CI'] === undefined && process.getuid?.() !== 0;

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'bodydock-attack-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

describe.skipIf(lacksTools('mosquitto') || lacksRoot)('a folder that is bound into a camera', () => {
  test('keeps its files, and the ones beside it go', async () => {
    const [elsewhere, folder, bound] = ['elsewhere', 'camera/DCIM', 'camera/DCIM/bound'].map((name) =>
      join(root, name),
    ) as [string, string, string];
    for (const each of [elsewhere, bound]) await mkdir(each, { recursive: true });
    await writeFile(join(elsewhere, 'SECRET.MP4'), 'a'.repeat(5000));
    await writeFile(join(folder, 'OWN.MP4'), 'b'.repeat(5000));
    await run('mount', ['--bind', elsewhere, bound]);
    try {
      const out = join(root, 'out');
      const words = ['first-run', '--camera', join(root, 'camera'), '--out', out, '--erase'];
      const { stdout } = await runProgram(BODYDOCK, words);
      expect(stdout).toMatch(/1 of 1 files receipted/);
      expect(await readdir(folder)).toEqual(['bound']);
      expect(await readdir(elsewhere)).toEqual(['SECRET.MP4']);
    } finally {
      await run('umount', [bound]);
    }
  });
});
