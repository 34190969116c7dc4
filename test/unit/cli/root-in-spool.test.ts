// Commands that root types in a spool that belongs to the service: whoever took the service over may have put links there, and nothing of them may
// become a way to root's files.
import {
  chmod,
  chown,
  link,
  lstat,
  mkdir,
  readdir,
  readFile,
  rename,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { camera, keys } from '../../../agent/cli/program.ts';
import { custody } from '../../../agent/cli/custody.ts';
import { run } from '../../../agent/cli/run.ts';
import { readPublicKeyFile } from '../../../config/enrolment/keys.ts';
import { publicKeyLine } from '../../../protocol/documents/minisign.ts';
import { exchange, put } from '../config/files.ts';
import { refuseOtherUsers } from '../../fakes/users-refused.ts';
import { runCommand, type CommandRun } from './io-memory.ts';
import { withStation } from './station-folder.ts';
import { canBeOthers } from '../../fakes/other-user.ts';

const SERVICE_UID = 65_534;
refuseOtherUsers();

interface Rooted {
  readonly spool: string;
  /** A folder that only root may look into. */
  readonly roots: string;
  readonly rotate: (...words: string[]) => Promise<CommandRun>;
  readonly prove: () => Promise<CommandRun>;
  readonly acknowledge: () => Promise<CommandRun>;
  readonly retire: () => Promise<CommandRun>;
  /** The agent in the foreground. */
  readonly runAgent: () => Promise<CommandRun>;
  readonly publicKey: () => Promise<string>;
}

/** A station whose state folder is the service's, as its package lays it out. */
async function withService(use: (rooted: Rooted) => Promise<void>): Promise<void> {
  await withStation(async (_, folder) => {
    const state = join(folder, 'state');
    const roots = join(folder, 'roots');
    await chmod(folder, 0o711);
    await mkdir(state, { mode: 0o750 });
    await chown(state, SERVICE_UID, SERVICE_UID);
    await mkdir(roots, { mode: 0o700 });
    const text = await readFile(join(folder, 'station.yaml'), 'utf8');
    const file = await put(folder, 'station.yaml', exchange(text, 'path: spool', 'path: state/spool'));
    await use({
      spool: join(state, 'spool'),
      roots,
      rotate: (...words) => runCommand(keys, 'rotate', '--config', file, ...words),
      prove: () =>
        runCommand(keys, 'prove', '--config', file, '--identity', join(folder, 'store/store.identity')),
      retire: () => runCommand(camera, 'retire', 'cam-1', '--reason', 'lost', '--config', file),
      acknowledge: () => runCommand(custody, '--acknowledge', '--reason', 'looked-at', '--config', file),
      runAgent: () => runCommand(run, '--config', file),
      publicKey: async () => publicKeyLine(await readPublicKeyFile(join(folder, 'keys/station.pub'))),
    });
  });
}

async function ownersIn(folder: string): Promise<number[]> {
  const names = await readdir(folder, { recursive: true });
  const found = await Promise.all(['.', ...names].map((name) => lstat(join(folder, name))));
  return [...new Set(found.map(({ uid }) => uid))];
}

describe.runIf(canBeOthers)('what root types in the spool of a service', () => {
  test('leaves all of it to the service', async () => {
    await withService(async ({ spool, prove, rotate, acknowledge, retire }) => {
      for (const run of [prove, () => rotate('--prepare'), () => rotate('--commit'), acknowledge, retire]) {
        const { exitCode, err } = await run();
        expect([exitCode, err]).toEqual([0, '']);
      }
      expect(await ownersIn(spool)).toEqual([SERVICE_UID]);
      expect(process.geteuid?.()).toBe(0);
    });
  });

  test('leaves to it a spool that was prepared empty below a folder of root’s', async () => {
    await withService(async ({ spool, prove }) => {
      await chown(join(spool, '..'), 0, 0);
      await chmod(join(spool, '..'), 0o755);
      await mkdir(spool, { mode: 0o750 });
      await chown(spool, SERVICE_UID, SERVICE_UID);
      expect((await prove()).exitCode).toBe(0);
      expect(await ownersIn(spool)).toEqual([SERVICE_UID]);
    });
  });

  test.each([
    ['keys', 'rotate'],
    ['proofs', 'prove'],
  ] as const)('writes nothing where a link in the place of %s leads', async (name, command) => {
    await withService(async ({ spool, roots, prove, rotate, publicKey }) => {
      await rotate('--prepare');
      await rotate('--commit'); // makes the spool
      await rotate('--prepare');
      const before = await publicKey();
      await rename(join(spool, name), join(spool, 'away')).catch(() => undefined);
      await symlink(roots, join(spool, name));
      const { exitCode } = command === 'prove' ? await prove() : await rotate('--commit');
      expect([exitCode === 0, await readdir(roots)]).toEqual([false, []]);
      expect(await publicKey()).toBe(before);
    });
  });

  test('writes nothing where a link in the place of the spool leads', async () => {
    await withService(async ({ spool, roots, acknowledge, rotate }) => {
      await rotate('--prepare');
      await rotate('--commit');
      await rename(spool, `${spool}.away`);
      await writeFile(join(roots, 'spool.json'), 'of something else');
      await symlink(roots, spool);
      expect((await acknowledge()).exitCode).not.toBe(0);
      expect(await readdir(roots)).toEqual(['spool.json']);
    });
  });

  test.each(['there', 'yet to be made'])(
    'is no agent: what root pulled into a spool that is %s the service could never send',
    async (what) => {
      await withService(async ({ spool, prove, runAgent }) => {
        if (what === 'there') await prove();
        const { exitCode, err } = await runAgent();
        expect([exitCode, err]).toEqual([78, expect.stringContaining(`is user ${SERVICE_UID}`)]);
        expect(err).toContain('systemctl start bodydock');
        expect(await ownersIn(join(spool, '..'))).toEqual([SERVICE_UID]);
      });
    },
  );

  test('gives away no file of root’s that has a name in the log’s folder', async () => {
    await withService(async ({ spool, roots, rotate }) => {
      await rotate('--prepare');
      await rotate('--commit');
      const log = join(spool, 'custody');
      await mkdir(log).catch(() => undefined);
      await chown(log, SERVICE_UID, SERVICE_UID);
      const secret = join(roots, 'secret');
      await writeFile(secret, 'root’s', { mode: 0o600 });
      await link(secret, join(log, 'secret'));
      await rotate('--prepare');
      await rotate('--commit');
      expect((await stat(secret)).uid).toBe(0);
    });
  });
});
