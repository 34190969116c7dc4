// The first run as a stranger types it: what it promises, what it prints, and whether the commands that it prints work as they stand.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseDockingRecord, type DockingRecord } from '../../protocol/documents/docking-record.ts';
import { BODYDOCK, compiled, runProgram, type CommandOutcome } from '../fakes/program.ts';
import { seededRandom } from '../fakes/random-seeded.ts';
import { lacksTools } from '../fakes/stock-tools.ts';
import { makeOld } from '../fakes/put-ledger.ts';

const PROJECT = fileURLToPath(new URL('../../', import.meta.url));
const TIMEOUT_MS = 60_000;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bodydock first run '));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function firstRun(...args: readonly string[]): Promise<CommandOutcome> {
  return runProgram(BODYDOCK, ['first-run', ...args], { cwd: folder, timeoutMs: TIMEOUT_MS });
}

/** Every file below a folder with the digest of its bytes, by path. */
async function filesBelow(root: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    found[path.slice(root.length + 1)] = createHash('sha256')
      .update(await readFile(path))
      .digest('hex');
  }
  return found;
}

async function recordings(out: string): Promise<string[]> {
  const files = Object.keys(await filesBelow(join(out, 'vault', 'first-run')));
  return files.filter((name) => basename(name) === 'manifest.json').map(dirname);
}

function lines(text: string): string[] {
  return text.trim().split('\n');
}

describe('a first run with simulated cameras', () => {
  let out: string;
  let outcome: CommandOutcome;
  beforeAll(async () => {
    out = join(folder, 'out simulated');
    outcome = await firstRun('--out', out);
  });

  test('ends well within a minute, says what it does first and what became of it last', () => {
    expect(outcome).toMatchObject({ exitCode: 0, stderr: '' });
    expect(outcome.elapsedMs).toBeLessThan(TIMEOUT_MS);
    const text = lines(outcome.stdout);
    expect(text[0]).toMatch(/two simulated cameras: their recordings are erased/);
    expect(text.at(-1)).toMatch(
      /^Good: 12 of 12 files receipted .*, in the vault 4 recordings with 8 accompanying files, 12 erased from their cameras, 4 dockings on record \(3 of a camera with no file on it\), all verified\.$/,
    );
  });

  test('leaves both cameras without a file', async () => {
    expect(await readdir(join(out, 'cameras'))).toEqual(['camera-1', 'camera-2']);
    expect(await filesBelow(join(out, 'cameras'))).toEqual({});
    expect(await recordings(out)).toHaveLength(12);
  });

  test('docks the emptied cameras once more, and verifies the records of all four dockings', async () => {
    expect(outcome.stdout).toContain(
      '4 dockings, 3 of them of a camera that held no file when it was listed',
    );
    const records = await dockingRecords(out);
    const seen = records.map(
      ({ camera, entries }) => `${camera.id} ${entries.length === 0 ? 'empty' : 'full'}`,
    );
    expect(seen.sort()).toEqual(['cam-1 empty', 'cam-1 full', 'cam-2 empty', 'cam-2 empty']);
    expect(records.reduce((sum, { entries }) => sum + entries.length, 0)).toBe(12);
  });

  test.skipIf(lacksTools('age', 'minisign', 'sha256sum'))(
    'prints commands that work as they stand, one after the other, in one shell',
    async () => {
      const commands = lines(outcome.stdout).filter((line) => /^ {2}\S/.test(line) && !/^ +good/.test(line));
      expect(commands.map((line) => line.trim().split(' ')[0])).toEqual([
        'npm',
        'npm',
        'cd',
        'minisign',
        'minisign',
        'age',
        'sha256sum',
        'sha256sum',
        'split',
      ]);
      const { status, stdout, stderr } = inShell(commands);
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      const shown = /[a-z2-7]{26}/.exec(commands[2] ?? '')?.[0] ?? '';
      const { original, sealed, role } = await manifestOf(join(out, 'vault', 'first-run', shown));
      expect(role).toBe('media'); // somebody wants to see a film
      expect(stdout.match(/Signature and comment signature verified/g)).toHaveLength(2);
      expect(stdout).toContain(`${original.sha256}  -`);
      expect(stdout).toContain(`${sealed.chunks_sha256}  chunks.bin`);
      const receipt = await readFile(join(out, 'vault', 'first-run', shown, 'receipt.json'), 'utf8');
      expect(stdout).toContain(`${/"manifest_sha256":"(\w+)"/.exec(receipt)?.[1]}  manifest.json`);
      expect(Object.values(await filesBelow(join(out, 'opened')))).toEqual([original.sha256]);
    },
  );

  test('goes on when it is called again, and adds nothing twice', async () => {
    const before = await recordingFiles(out);
    const again = await firstRun('--out', out);
    expect(again).toMatchObject({ exitCode: 0, stderr: '' });
    expect(lines(again.stdout).at(-1)).toMatch(/^Good: 0 of 0 files receipted/);
    expect(await recordingFiles(out)).toEqual(before);
    expect(await dockingRecords(out)).toHaveLength(8);
  });
});

test('a command of the README works in a fresh copy of the project, which has nothing compiled yet', async () => {
  const copy = join(folder, 'copy');
  await mkdir(copy);
  const left = /^(?:node_modules|dist|out|\.git|\.ci)$/;
  for (const name of (await readdir(PROJECT)).filter((each) => !left.test(each)))
    await cp(join(PROJECT, name), join(copy, name), { recursive: true });
  await symlink(join(PROJECT, 'node_modules'), join(copy, 'node_modules'));
  const words = ['run', '-s', 'bodydock', '--', 'check', '--config', '/nowhere/station.yaml'];
  const { status, stdout, stderr } = spawnSync('npm', words, { cwd: copy, encoding: 'utf8' });
  expect({ status, stderr }).toEqual({ status: 78, stderr: '' });
  expect(stdout).toContain('not good: 1 problem with /nowhere/station.yaml');
});

describe("a first run with somebody's own cameras", () => {
  /** A card in use: two recordings, one of them in a folder of its own. */
  async function makeCard(name: string, seed: number): Promise<string> {
    const card = join(folder, name);
    const random = seededRandom(seed);
    await mkdir(join(card, 'DCIM', '100MEDIA'), { recursive: true });
    const write = async (path: string, bytes: Uint8Array): Promise<void> => {
      await writeFile(join(card, path), bytes);
      await makeOld(join(card, path));
    };
    await write('DCIM/100MEDIA/A.MP4', random.bytes(1_200_000));
    await write('DCIM/100MEDIA/A.GPS', random.bytes(300));
    await write('B.MP4', random.bytes(50_000));
    return card;
  }

  test('erases nothing, and says so in its first and in its last line', async () => {
    const [one, two] = [await makeCard('card one', 1), await makeCard('card two', 2)];
    const before = [await filesBelow(one), await filesBelow(two)];
    const out = join(folder, 'out own');
    const outcome = await firstRun('--camera', one, '--camera', two, '--out', out);
    expect(outcome).toMatchObject({ exitCode: 0, stderr: '' });
    const text = lines(outcome.stdout);
    expect(text[0]).toMatch(/^Nothing is erased/);
    expect(text.at(-1)).toMatch(/^Good: 6 of 6 .*nothing was erased, every file is still on its camera/);
    expect([await filesBelow(one), await filesBelow(two)]).toEqual(before);
    expect(await recordings(out)).toHaveLength(6);

    const again = await firstRun('--camera', one, '--camera', two, '--out', out);
    expect(again).toMatchObject({ exitCode: 0, stderr: '' });
    expect(await recordings(out)).toHaveLength(6);

    const erasing = await firstRun('--camera', one, '--camera', two, '--out', out, '--erase', '--json');
    expect(erasing).toMatchObject({ exitCode: 0, stderr: '' });
    expect(lines(erasing.stdout)[0]).toMatch(/^With --erase/);
    const document = JSON.parse(lines(erasing.stdout).at(-1) ?? '') as Record<string, unknown>;
    expect(document).toMatchObject({ out, complete: true, verify_exit_code: 0 });
    expect([await filesBelow(one), await filesBelow(two)]).toEqual([{}, {}]);
    expect(await recordings(out)).toHaveLength(6);
  });

  test('a card with folders too deep to list is emptied, and log, record and page all say so', async () => {
    const card = await makeCard('card deep', 3);
    await mkdir(join(card, ...Array.from({ length: 60 }, () => 'd')), { recursive: true });
    const out = join(folder, 'out deep');
    await firstRun('--camera', card, '--out', out, '--erase');
    expect(await filesBelow(card)).toEqual({});
    const [record] = await dockingRecords(out);
    expect(record?.inventory).toMatchObject({ entries: 3, complete: false });
    expect(record?.entries.map(({ fate, erased }) => [fate, erased])).toEqual(
      Array.from({ length: 3 }, () => ['stored', true]),
    );
    const custody = join(out, 'vault', 'first-run', 'custody');
    const names = (await readdir(custody)).filter((name) => name.endsWith('.jsonl'));
    const log = (await Promise.all(names.map((name) => readFile(join(custody, name), 'utf8')))).join('');
    expect(log.match(/"event":"erased"/g)).toHaveLength(3);
    expect(log).not.toContain('"event":"not-erased"');
    const [recording = ''] = await recordings(out);
    const told = await runProgram(
      BODYDOCK,
      ['custody', basename(recording), '--vault', join(out, 'vault'), '--keys', join(out, 'keys')],
      { timeoutMs: TIMEOUT_MS },
    );
    expect(told.stdout).toMatch(/a new listing, or a look for its name, confirmed that it is gone/);
  });

  test('ends with code 3 where files are odd, and keeps them all the same', async () => {
    const card = join(folder, 'card odd');
    await mkdir(card);
    await writeFile(join(card, 'EMPTY.MP4'), '');
    const out = join(folder, 'out odd');
    const outcome = await firstRun('--camera', card, '--out', out);
    expect(outcome).toMatchObject({ exitCode: 3, stderr: '' });
    expect(lines(outcome.stdout).at(-1)).toContain('1 of all in the vault count as rejected');
    expect(await recordings(out)).toHaveLength(1);
  });
});

describe('a first run that cannot begin', () => {
  test('refuses a folder with other things in it, and touches none of them', async () => {
    const out = join(folder, 'taken');
    await mkdir(out);
    await writeFile(join(out, 'letter.txt'), 'mine');
    const outcome = await firstRun('--out', out);
    expect(outcome.exitCode).toBe(1);
    expect(outcome.stderr).toContain('is not empty and not the folder of an earlier first run');
    expect(await readdir(out)).toEqual(['letter.txt']);
  });

  test('refuses a camera that is no folder, and an option that it does not know', async () => {
    const missing = await firstRun('--camera', join(folder, 'nowhere'), '--out', join(folder, 'out none'));
    expect(missing.exitCode).toBe(1);
    expect(missing.stderr).toContain('is not a folder');
    expect((await firstRun('--eraze')).exitCode).toBe(2);
  });
});

/** Runs printed lines in the project's folder, where their reader would stand. */
function inShell(commands: readonly string[]): { status: number | null; stdout: string; stderr: string } {
  const elsewhere = process.env['BODYDOCK_DIST'] !== undefined;
  const own = `${process.execPath} ${compiled(BODYDOCK)}`;
  const input = commands
    .map((line) => (elsewhere ? line.replace('npm run -s bodydock --', own) : line))
    .join('\n');
  return spawnSync('/bin/sh', ['-e'], { input, cwd: PROJECT, encoding: 'utf8' });
}

/** Digests of all files of the recordings in the vault. */
async function recordingFiles(out: string): Promise<Record<string, string>> {
  const ids = await recordings(out);
  const files = await filesBelow(join(out, 'vault', 'first-run'));
  return Object.fromEntries(Object.entries(files).filter(([name]) => ids.some((id) => name.startsWith(id))));
}

async function dockingRecords(out: string): Promise<DockingRecord[]> {
  const files = Object.keys(await filesBelow(join(out, 'vault', 'first-run')));
  const found = files.filter((name) => basename(name) === 'docking.json');
  return Promise.all(
    found.map(async (name) => parseDockingRecord(await readFile(join(out, 'vault', 'first-run', name)))),
  );
}

async function manifestOf(
  path: string,
): Promise<{ role: string; original: { sha256: string }; sealed: { chunks_sha256: string } }> {
  return JSON.parse(await readFile(join(path, 'manifest.json'), 'utf8')) as Awaited<
    ReturnType<typeof manifestOf>
  >;
}
