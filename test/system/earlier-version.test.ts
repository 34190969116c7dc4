// What an earlier version left on disk when it was killed is taken over: half of a recording on its way, another in the quarantine, an open
// docking, a segment that was dropped, a changed key, deleted recordings, a witness. Nothing is lost, and all of it still verifies.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FakeWallClock } from '../fakes/fake-wall-clock.ts';
import { freePort } from '../fakes/free-port.ts';
import { BODYDOCK, EMBEDDED_BROKER, Program, RECEIVER, runProgram } from '../fakes/program.ts';
import { lacksTools, requireTool } from '../fakes/stock-tools.ts';
import { until } from '../fakes/until.ts';

/** Where the life was made. */
const MADE_IN = '/tmp/fx/life';
/** An hour after the cut. */
const AT = Date.parse('2026-07-16T10:00:00Z');
const verifier = fileURLToPath(new URL('../verifier', import.meta.url));
const lacking = lacksTools('faketime', 'python3', 'tar');

let root: string;
let programs: Program[];
let clock: FakeWallClock;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'bodydock-earlier-'));
  programs = [];
  clock = new FakeWallClock();
  clock.move(AT - Date.now());
});
afterEach(async () => {
  for (const program of programs.toReversed()) await program.kill(false);
  clock.close();
  await rm(root, { recursive: true, force: true });
});

const out = (...names: string[]): string => join(root, 'out', ...names);

/** The life of a version below `root`, with its broker at a free port of today. */
async function unpack(version: string): Promise<number> {
  const archive = fileURLToPath(new URL(`../vectors/lives/${version}.tar.gz`, import.meta.url));
  await promisify(execFile)('tar', ['-xzf', archive, '-C', root]);
  const port = await freePort();
  for (const name of ['station.yaml', 'receiver.yaml']) {
    const text = await readFile(out(name), 'utf8');
    const moved = text.replaceAll(MADE_IN, root).replace(/127\.0\.0\.1:\d+/, `127.0.0.1:${port}`);
    await writeFile(out(name), moved.replace(/ +rate_bytes_per_s: .*\n/, ''));
  }
  return port;
}

async function start(file: string, name: string, args: readonly string[]): Promise<void> {
  const { environment } = clock;
  const program = new Program({ file, args, environment, logFile: join(root, `${name}.log`) });
  programs.push(program);
  await program.start();
}

async function bothVerifiers(): Promise<string> {
  const ours = await runProgram(BODYDOCK, ['verify', out('vault'), '--keys', out('keys')]);
  expect(ours.exitCode, ours.stdout + ours.stderr).toBe(0);
  const words = [verifier, out('vault'), '--keys', out('keys')];
  await promisify(execFile)(requireTool('python3'), words).catch((error: Error & { stdout?: string }) => {
    throw new Error(`the second verifier says: ${error.stdout ?? ''}`, { cause: error });
  });
  return ours.stdout;
}

async function manifests(): Promise<Map<string, { path: string; sha256: string }>> {
  const found = new Map<string, { path: string; sha256: string }>();
  for (const name of await readdir(out('vault/first-run'))) {
    const path = out('vault/first-run', name, 'manifest.json');
    const text = await readFile(path, 'utf8').catch(() => undefined);
    if (text === undefined) continue;
    const { original } = JSON.parse(text) as { original: { sha256: string } };
    found.set(name, { path, sha256: original.sha256 });
  }
  return found;
}

describe.skipIf(lacking)('what version 0.1.0 left on its disks', () => {
  test('verifies as it did', async () => {
    await unpack('0.1.0');
    const said = await bothVerifiers();
    expect(said).toContain('2 recordings with 2 accompanying files');
    expect(said).toContain('3 deleted');
  });

  test('is taken over: what was on its way arrives, what was set aside is pulled again, the camera is emptied, and all verifies', async () => {
    const port = await unpack('0.1.0');
    const before = await manifests();
    const onCamera = new Map<string, string>();
    for (const name of await readdir(join(root, 'cam/DCIM')))
      onCamera.set(
        name,
        createHash('sha256')
          .update(await readFile(join(root, 'cam/DCIM', name)))
          .digest('hex'),
      );
    const waiting = (await readdir(out('spool/ready'))).filter((id) => !before.has(id));
    const [docking = ''] = (await readdir(out('spool/docked'))).map((name) => name.split('.')[0] ?? '');
    expect([[...onCamera.keys()].sort(), waiting.length, docking.length]).toEqual([
      ['C.MP4', 'D.MP4'],
      2,
      26,
    ]);

    await start(EMBEDDED_BROKER, 'broker', [String(port)]);
    await start(RECEIVER, 'receiver', ['run', '--config', out('receiver.yaml')]);
    await start(BODYDOCK, 'agent', ['run', '--config', out('station.yaml')]);
    await until(
      'the camera is empty',
      90_000,
      async () => (await readdir(join(root, 'cam/DCIM'))).length === 0,
    );
    await until('the docking that was cut off is in the vault', 60_000, async () =>
      (await readdir(out('vault/first-run'))).includes(docking),
    );
    for (const program of programs.splice(1).toReversed()) await program.stop();

    const after = await manifests();
    for (const id of [...before.keys(), ...waiting]) expect(after.has(id), id).toBe(true);
    const kept = new Set([...after.values()].map(({ sha256 }) => sha256));
    for (const [name, sha256] of onCamera) expect(kept.has(sha256), name).toBe(true);
    const record = JSON.parse(
      await readFile(out('vault/first-run', docking, 'docking.json'), 'utf8'),
    ) as object;
    expect(record).toMatchObject({ docking, ended: 'cut-off' });
    await bothVerifiers();
  });
});
