import { execFile } from 'node:child_process';
import { link, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { report } from '../../../agent/cli/report.ts';
import { witness } from '../../../agent/cli/witness.ts';
import { VaultBuilder } from '../../fakes/vault-builder.ts';
import { runCommand, type CommandRun } from './io-memory.ts';

let root: string;
let out: string;
let vault: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'bodydock-page-'));
  out = join(root, 'out');
  await mkdir(out);
  const builder = await VaultBuilder.create(root);
  await builder.dock();
  await builder.close();
  ({ vault } = builder);
});
afterEach(() => rm(root, { recursive: true }));

const make = (): Promise<CommandRun> =>
  runCommand(report, '--vault', vault, '--from', '2026-11-25', '--to', '2026-11-25', '--out', out);

test('an earlier page stays whole until the new one is, and nothing half is left', async () => {
  const page = join(out, 'report.html');
  await writeFile(page, 'of last year');
  await link(page, join(root, 'earlier'));
  expect(await make()).toMatchObject({ exitCode: 0 });
  expect(await readFile(page, 'utf8')).toContain('<html');
  expect(await readFile(join(root, 'earlier'), 'utf8')).toBe('of last year');
  expect((await readdir(out)).filter((name) => name.startsWith('.'))).toEqual([]);
});

test('a new file that the disk does not take whole is not left there in part', async () => {
  const module = new URL('../../../agent/cli/page-file.ts', import.meta.url).href;
  const path = join(out, 'life.html');
  const script = `import { makePage } from ${JSON.stringify(module)};
    await makePage(${JSON.stringify(path)}, 'x'.repeat(5000)).catch((error) => console.log(error.code));`;
  const words = ['-c', `trap '' XFSZ; ulimit -f 1; exec "$0" --import tsx --input-type=module -e "$1"`];
  const env = { ...process.env, TSX_DISABLE_CACHE: '1' };
  const { stdout } = await promisify(execFile)('bash', [...words, process.execPath, script], { env });
  expect(stdout).toBe('page.unwritable\n');
  expect(await readdir(out)).toEqual([]);
});

test('a link that somebody put there leads nowhere, and what to do is told', async () => {
  const other = join(root, 'other');
  await writeFile(other, 'not ours');
  await symlink(other, join(out, 'report.html'));
  const ran = await make();
  expect([ran.exitCode, ran.err]).toEqual([1, expect.stringContaining('page.unwritable: ')]);
  expect(ran.err).toContain('name another place');
  expect(await readFile(other, 'utf8')).toBe('not ours');
  await runCommand(witness, '--vault', vault, '--html', join(out, 'report.html'));
  expect(await readFile(other, 'utf8')).toBe('not ours');
});
