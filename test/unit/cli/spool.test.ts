// The spool for the technician: listed, verified, copied out, and what was set aside explained. The spool is one that signed documents,
// sealed files and a custody log lie in.
import { execFile } from 'node:child_process';
import {
  appendFile,
  cp,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { spool } from '../../../agent/cli/program.ts';
import { SPOOL } from '../../../agent/cli/spool-place.ts';
import { nodeFiles } from '../../../agent/platform/files-node.ts';
import { readAgain, writeTally } from '../../../agent/pull/tally.ts';
import { reportError } from '../../../config/command-line.ts';
import { exitOf } from '../../../config/exit-codes.ts';
import { makeRecordingId, parseBayId, parseCameraId } from '../../../protocol/format/ids.ts';
import { seededRandom } from '../../fakes/random-seeded.ts';
import { VaultBuilder } from '../../fakes/vault-builder.ts';
import { STATION } from '../config/files.ts';
import { change, flip } from '../evidence/verify/broken-vault.ts';
import { type CommandRun, runCommand } from './io-memory.ts';

/** What the log says was set aside. */
const ASIDE = makeRecordingId(seededRandom(9));
let builder: VaultBuilder;
let path: string;
let file: string;
/** The file of a station whose first recording has no receipt yet. */
let listed: string;
let ids: readonly string[];

beforeAll(async () => {
  builder = await VaultBuilder.create(await mkdtemp(join(tmpdir(), 'bodydock-spool-cli-')));
  for (const bytes of [1000, 1_200_000, 50]) await builder.record({ original: builder.random.bytes(bytes) });
  builder.log('quarantined', { name: ASIDE, reason: 'missing chunks.bin' });
  await builder.close();
  ids = builder.recordings.map(({ id }) => id);
  path = await builder.spool([builder.recordings[2]?.id].filter((id) => id !== undefined));
  file = join(builder.root, 'station.yaml');
  await writeFile(file, STATION.replace('path: spool', `path: ${path}`));
  listed = await another('listed');
  for (const name of ['receipt.json', 'receipt.json.minisig'])
    await rm(join(builder.root, 'listed', 'ready', ids[0] ?? '', name));
});
afterAll(() => rm(builder.root, { recursive: true, force: true }));

/** Copies the spool, and gives the file of a station that has the copy. */
async function another(name: string): Promise<string> {
  await cp(path, join(builder.root, name), { recursive: true });
  const other = join(builder.root, `${name}.yaml`);
  await writeFile(other, (await readFile(file, 'utf8')).replace(path, join(builder.root, name)));
  return other;
}

const run = (verb: string, ...args: readonly string[]): Promise<CommandRun> =>
  runCommand(spool, verb, ...args, '--config', file);
const keyed = (verb: string, ...args: readonly string[]): Promise<CommandRun> =>
  run(verb, ...args, '--keys', builder.keys);

describe('spool ls', () => {
  test('has a line for each recording with state, age, size, camera and receipt, and counts what waits', async () => {
    const { exitCode, out } = await runCommand(spool, 'ls', '--config', listed);
    expect(exitCode).toBe(0);
    expect(out).toMatch(new RegExp(`^waits .* Camera 1 .*${ids[0]} {2}-$`, 'm'));
    expect(out).toMatch(
      new RegExp(`^stored .* 1\\.2 MB .*${ids[1]} {2}\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d$`, 'm'),
    );
    expect(out).not.toContain(ids[2]);
    expect(out).toMatch(/^2 recordings, 1\.2 MB; 1 of them \(1\.3 kB\) wait for the store$/m);
  });

  test('gives one document, with those that were cleared where all are wanted, and no path or serial number', async () => {
    const { json, out } = await runCommand(spool, 'ls', '--config', listed, '--json', '--all');
    const { recordings, totals } = json as {
      recordings: { recording: string; state: string }[];
      totals: unknown;
    };
    expect(new Map(recordings.map(({ recording, state }) => [recording, state]))).toEqual(
      new Map([
        [ids[0], 'spooled'],
        [ids[1], 'receipted'],
        [ids[2], 'released'],
      ]),
    );
    expect(totals).toMatchObject({ recordings: 3, waiting_recordings: 1 });
    expect(out).not.toMatch(/serial|path|DCIM/i);
  });

  test('speaks German, and lists a thousand folders that cannot be read beside those that can', async () => {
    const many = join(builder.root, 'many');
    const other = await another('many');
    const random = seededRandom(5);
    const manifest = await readFile(join(path, 'ready', ids[0] ?? '', 'manifest.json'));
    // A manifest that names another recording is not one that can be read: what is counted here is folders.
    for (let at = 0; at < 1000; at += 500)
      await Promise.all(
        Array.from({ length: 500 }, async () => {
          const folder = join(many, 'ready', makeRecordingId(random));
          await mkdir(folder);
          await writeFile(join(folder, 'manifest.json'), manifest);
        }),
      );
    const { exitCode, out } = await runCommand(spool, 'ls', '--config', other, '--lang', 'de', '--all');
    expect(exitCode).toBe(0);
    expect(out.match(/^UNLESBAR /gm)).toHaveLength(1000);
    expect(out).toMatch(/^1003 Aufzeichnungen, .*; davon warten 0 /m);
  });

  test('tells that there is no spool, or that the configuration is not good', async () => {
    const bad = join(builder.root, 'bad.yaml');
    await writeFile(bad, STATION.replace('path: spool', 'path: /nowhere/spool'));
    expect(await runCommand(spool, 'ls', '--config', bad)).toMatchObject({
      exitCode: 1,
      err: expect.stringContaining('there is no spool at /nowhere/spool') as string,
    });
    await writeFile(bad, 'version: 7\n');
    expect((await runCommand(spool, 'ls', '--config', bad)).exitCode).toBe(78);
    expect((await runCommand(spool, 'erase')).exitCode).toBe(2);
  });
});

describe('spool verify', () => {
  test('counts what is good, prints only what is not, and names the place that is damaged', async () => {
    const good = await keyed('verify');
    expect(good.out).toContain('3 recordings with 0 accompanying files: of all files 3 good');
    expect(good.out).not.toMatch(/^good {2}ready/m);
    const damaged = join(builder.root, 'damaged');
    const other = await another('damaged');
    await change(join(damaged, 'ready', ids[1] ?? '', 'payload.age'), flip(600_000));
    const { exitCode, out } = await runCommand(spool, 'verify', '--config', other, '--keys', builder.keys);
    expect(exitCode).toBe(1);
    expect(out).toMatch(
      new RegExp(`FINDING payload\\.unit-altered {2}ready/${ids[1]}/payload\\.age: .*unit 1 `),
    );
    const json = await runCommand(spool, 'verify', '--config', other, '--keys', builder.keys, '--json');
    expect(json.json).toMatchObject({ totals: { recordings: 3, good: 2 } });
  });
});

test('spool ls --json that is ended early has the error as its last line, by itself', async () => {
  let out = '';
  const args = ['ls', '--json', '--config', file];
  const ended = AbortSignal.abort(new Error('ended by SIGTERM'));
  const io = { out: (text: string) => void (out += text), err: () => undefined, signal: ended };
  const exitCode = await spool(args, io).catch((error: unknown) =>
    reportError({ name: 'bodydock', exitOf }, io, error, args),
  );
  expect(exitCode).toBe(1);
  expect(JSON.parse(out.trimEnd().split('\n').at(-1) ?? '')).toMatchObject({ error: { code: 'failure' } });
});

describe('spool export', () => {
  test('copies folders as they are, checks each copy, and touches none that is there already', async () => {
    const out = join(builder.root, 'out', 'stick');
    const { exitCode, json } = await keyed('export', ids[0] ?? '', ids[1] ?? '', '--out', out, '--json');
    expect(json).toMatchObject({ good: true });
    expect(exitCode).toBe(0);
    for (const id of ids.slice(0, 2)) {
      const names = (await readdir(join(path, 'ready', id))).sort();
      expect((await readdir(join(out, id))).sort()).toEqual(names);
      for (const name of names)
        expect(
          (await readFile(join(out, id, name))).equals(await readFile(join(path, 'ready', id, name))),
        ).toBe(true);
    }
    expect((await readdir(out)).sort()).toEqual(ids.slice(0, 2).sort());
    await appendFile(join(out, ids[0] ?? '', 'manifest.json'), 'kept');
    const again = await keyed('export', ids[0] ?? '', '--out', out);
    expect(again).toMatchObject({ exitCode: 1, err: expect.stringContaining('is there already') as string });
    expect(await readFile(join(out, ids[0] ?? '', 'manifest.json'), 'utf8')).toContain('kept');
  });

  test('says what is damaged in a copy of what was damaged, and copies it all the same', async () => {
    const damaged = join(builder.root, 'half');
    const other = await another('half');
    await change(join(damaged, 'ready', ids[1] ?? '', 'payload.age'), flip(600_000));
    const out = join(builder.root, 'half-out');
    const args = ['export', ids[1] ?? '', '--out', out, '--config', other, '--keys', builder.keys];
    const { exitCode, out: said } = await runCommand(spool, ...args);
    expect(exitCode).toBe(1);
    expect(said).toMatch(/^BAD .*\n {2}FINDING payload\.unit-altered/m);
    expect((await lstat(join(out, ids[1] ?? '', 'payload.age'))).size).toBeGreaterThan(1_200_000);
    const german = [...args, '--out', join(builder.root, 'half-de'), '--lang', 'de'];
    expect((await runCommand(spool, ...german)).out).toMatch(
      /^NICHT GUT .* Bytes\n {2}BEFUND payload\.unit-altered/m,
    );
  });

  test('refuses what is not there, what only the store has, the spool itself, and what is no id', async () => {
    const out = join(builder.root, 'out2');
    expect((await keyed('export', ids[2] ?? '', '--out', out)).err).toContain(
      'its sealed copy is no longer here',
    );
    expect((await keyed('export', 'a'.repeat(26), '--out', out)).err).toContain('it is not in the spool');
    expect((await keyed('export', ids[0] ?? '', '--out', join(path, 'ready'))).exitCode).toBe(2);
    expect((await keyed('export', '../../etc', '--out', out)).exitCode).toBe(2);
    expect((await keyed('export', '--out', out)).exitCode).toBe(2);
    expect(await readdir(out)).toEqual([]);
  });
});

describe('spool quarantine', () => {
  test('says why and since when as the log does, and what to do', async () => {
    expect((await run('quarantine')).out).toBe('Nothing was set aside.\n');
    const id = ASIDE;
    await mkdir(join(path, 'quarantine', id));
    await writeFile(join(path, 'quarantine', 'photo.jpg'), 'x');
    const { exitCode, out } = await run('quarantine');
    expect(exitCode).toBe(0);
    expect(out).toContain(`Command: bodydock verify ${join(path, 'quarantine', id)} --keys KEYS`);
    expect(out).toMatch(new RegExp(`^${id} {2}since .* UTC\\n {2}Why: missing chunks\\.bin$`, 'm'));
    expect(out).toContain('Why: the log of the station does not say');
    expect(out).toContain(`Command: ls -lR ${join(path, 'quarantine', 'photo.jpg')}`);
    expect(out).toContain(SPOOL.en('closing'));
    const { json } = await run('quarantine', '--json');
    expect(json).toMatchObject({
      entries: [
        { name: id, kind: 'recording', why: 'missing chunks.bin' },
        { name: 'photo.jpg', kind: 'other' },
      ],
    });
  });
});

test('spool quarantine says how many names it does not list', async () => {
  const other = await another('crowded');
  const folder = join(builder.root, 'crowded', 'quarantine');
  await mkdir(folder, { recursive: true });
  await Promise.all(Array.from({ length: 10_003 }, (_, at) => writeFile(join(folder, `photo-${at}`), '')));
  const listed = (await readdir(folder)).length - 10_000;
  const { out } = await runCommand(spool, 'quarantine', '--config', other);
  expect(out).toContain(`${listed} more names are not listed here.`);
});

test('spool quarantine tells what was set aside although a part of the log cannot be read', async () => {
  const other = await another('unread');
  const [aside, custody] = ['quarantine', 'custody'].map((name) => join(builder.root, 'unread', name));
  await mkdir(join(aside ?? '', ASIDE), { recursive: true });
  await symlink(join(builder.root, 'nowhere'), join(custody ?? '', `${'a'.repeat(26)}.jsonl`));
  await promisify(execFile)('mkfifo', [join(custody ?? '', `${'b'.repeat(26)}.jsonl`)]);
  const ran = await runCommand(spool, 'quarantine', '--config', other);
  expect(ran).toMatchObject({ exitCode: 0, err: '' });
  expect(ran.out).toContain('Why: missing chunks.bin');
});

describe('spool tries', () => {
  const at = '2026-11-26T08:00:00.000Z';
  const common = { camera: parseCameraId('cam-1'), bay: parseBayId('bay-1'), sizeBytes: 70_000_000, at };
  const bad = { ...common, pathSha256: 'a'.repeat(64), brokenOff: 3 };
  const noted = { ...common, pathSha256: 'b'.repeat(64), brokenOff: 1 };

  test('says where the agent ended and what is set aside, and gives a word only where there is something', async () => {
    expect((await run('tries')).out).toBe(`${SPOOL.en('nothing')}\n`);
    expect(await run('tries', '--again')).toMatchObject({ exitCode: 1, out: `${SPOOL.en('nothing')}\n` });
    const folder = join(path, 'tries');
    await mkdir(folder);
    await writeTally(nodeFiles(), folder, { agent: '1.0.0', files: [noted] });
    expect(await run('tries', '--again')).toMatchObject({ exitCode: 1 });
    expect(await readAgain(nodeFiles(), folder)).toBe(false);
    await writeTally(nodeFiles(), folder, { agent: '1.0.0', files: [noted, bad] });
    const { exitCode, out } = await run('tries');
    expect(exitCode).toBe(0);
    expect(out).toContain(
      'Camera 1 in bay-1: a file of 70 MB\n  noted: ends of the agent while it took it: 1,',
    );
    expect(out).toContain(
      'SET ASIDE: ends of the agent while it took it: 3, last found 2026-11-26 08:00:00 UTC',
    );
    expect(out).toContain(SPOOL.en('triesToDo'));
    expect((await run('tries', '--lang', 'de')).out).toContain(
      'ZURÜCKGESTELLT: Enden des Agenten, während er sie übernahm: 3',
    );
    expect((await run('tries', '--json')).json).toMatchObject({ set_aside: 1, again: false, agent: '1.0.0' });
    const again = await run('tries', '--again');
    expect(again).toMatchObject({ exitCode: 0, err: '' });
    expect(again.out).toContain(SPOOL.en('wanted'));
    expect(await readAgain(nodeFiles(), folder)).toBe(true);
    expect((await run('tries', '--json')).json).toMatchObject({
      again: true,
      entries: [
        { bay: 'bay-1', camera: 'cam-1', path_sha256: noted.pathSha256, broken_off: 1, set_aside: false },
        { path_sha256: bad.pathSha256, size_bytes: 70_000_000, broken_off: 3, at, set_aside: true },
      ],
    });
  });
});
