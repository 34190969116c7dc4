import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { check } from '../../../agent/cli/check.ts';
import { keys } from '../../../agent/cli/program.ts';
import { nodeClock } from '../../../agent/platform/clock-node.ts';
import { nodeFiles } from '../../../agent/platform/files-node.ts';
import { nodeRandom } from '../../../agent/platform/random-node.ts';
import { openIdentity } from '../../../agent/spool/identity.ts';
import { spoolLayout } from '../../../agent/spool/layout.ts';
import { withFolder } from '../config/files.ts';
import { lacksTools, requireTool } from '../../fakes/stock-tools.ts';
import { runCommand } from './io-memory.ts';
import { withStation } from './station-folder.ts';

describe('bodydock keys make', () => {
  test('makes what each end needs, and prints the line that the other end wants', async () => {
    await withFolder(async (folder) => {
      const made = await runCommand(keys, 'make', 'store', '--out', folder, '--json');
      expect(made.exitCode).toBe(0);
      const [, line] = (await readFile(join(folder, 'store.pub'), 'utf8')).split('\n');
      expect(made.json).toMatchObject({
        kind: 'store',
        public: line,
        secret_file: join(folder, 'store.key'),
      });
      const { out } = await runCommand(keys, 'make', 'identity', '--out', folder);
      expect(out).toContain((await readFile(join(folder, 'store.recipient'), 'utf8')).trim());
      expect((await readdir(folder)).toSorted()).toEqual([
        'store.identity',
        'store.key',
        'store.pub',
        'store.recipient',
      ]);
    });
  });

  test('prints no secret, in no form', async () => {
    await withFolder(async (folder) => {
      for (const kind of ['station', 'identity'])
        for (const form of [[], ['--json']]) {
          const { out, err } = await runCommand(
            keys,
            'make',
            kind,
            '--out',
            folder,
            '--name',
            `n${form.length}`,
            ...form,
          );
          for (const name of await readdir(folder)) {
            if (!/\.(?:key|identity)$/.test(name)) continue;
            const secret = (await readFile(join(folder, name), 'utf8')).trim().split('\n').at(-1) ?? '';
            expect(out + err).not.toContain(secret);
          }
        }
    });
  });

  test('replaces nothing: a second time it ends with 78 and the files are as they were', async () => {
    await withFolder(async (folder) => {
      await runCommand(keys, 'make', 'station', '--out', folder);
      const before = await readFile(join(folder, 'station.key'));
      const { exitCode, err } = await runCommand(keys, 'make', 'station', '--out', folder);
      expect([exitCode, err]).toEqual([78, expect.stringContaining('key.exists')]);
      expect(await readFile(join(folder, 'station.key'))).toEqual(before);
    });
  });

  test('wants to know what and where', async () => {
    for (const words of [
      [],
      ['make'],
      ['make', 'station'],
      ['make', 'toString', '--out', '/tmp'],
      ['make', 'store', '--out', '/tmp', '--name', '../x'],
    ])
      expect((await runCommand(keys, ...words)).exitCode).toBe(2);
  });
});

describe('bodydock keys show', () => {
  test('shows public halves of every kind of file, and never a secret', async () => {
    await withStation(async (_file, folder) => {
      const names = ['keys/station.key', 'keys/station.pub', 'store/store.identity', 'store/store.recipient'];
      const { exitCode, json, out } = await runCommand(
        keys,
        'show',
        ...names.map((name) => join(folder, name)),
        '--json',
      );
      expect(exitCode).toBe(0);
      const shown = (json as { keys: { public: string }[] }).keys.map((one) => one.public);
      expect([shown[0], shown[2]]).toEqual([shown[1], shown[3]]);
      expect(out).not.toContain('AGE-SECRET-KEY');
    });
  });

  test('shows the keys of a station and which recipients are proven', async () => {
    await withStation(async (file, folder) => {
      await runCommand(keys, 'prove', '--config', file, '--identity', join(folder, 'store/store.identity'));
      const { out } = await runCommand(keys, 'show', '--config', file);
      expect(out.match(/\(proven \d{4}-/g)).toHaveLength(1);
      expect(out.match(/\(not proven\)/g)).toHaveLength(1);
    });
  });
});

describe('bodydock keys prove', () => {
  test('proves in one step where station and identity are at hand', async () => {
    await withStation(async (file, folder) => {
      const first = await runCommand(
        keys,
        'prove',
        '--config',
        file,
        '--identity',
        join(folder, 'store/store.identity'),
      );
      expect([first.exitCode, first.out]).toEqual([0, expect.stringContaining('not yet proven: age1')]);
      const second = await runCommand(
        keys,
        'prove',
        '--config',
        file,
        '--identity',
        join(folder, 'safe/escrow.identity'),
        '--json',
      );
      expect([second.exitCode, second.json]).toMatchObject([0, { unproven: [] }]);
      expect((await runCommand(check, '--config', file)).out).toContain('recipients 2 (all proven)');
    });
  });

  test('proves in three steps, with files between station and store', async () => {
    await withStation(async (file, folder) => {
      const carried = join(folder, 'stick');
      const asked = await runCommand(keys, 'prove', '--config', file, '--ask', carried, '--json');
      const { challenges } = asked.json as { challenges: { file: string }[] };
      expect(challenges).toHaveLength(2);
      const [challenge = ''] = challenges.map((one) => one.file);
      const answered = await runCommand(
        keys,
        'prove',
        '--answer',
        '--identity',
        join(folder, 'store/store.identity'),
        challenge,
        '--json',
      );
      const [answer = ''] = (answered.json as { answers: string[] }).answers;
      const installed = await runCommand(keys, 'prove', '--config', file, '--install', answer, '--json');
      expect([installed.exitCode, (installed.json as { proven: string[] }).proven.length]).toEqual([0, 1]);
      const again = await runCommand(keys, 'prove', '--config', file, '--ask', carried);
      expect(again.exitCode).toBe(0);
      const late = await runCommand(keys, 'prove', '--config', file, '--install', answer);
      expect([late.exitCode, late.err]).toEqual([1, expect.stringContaining('proof.wrong-answer')]);
    });
  });

  test('names the challenge that an identity does not open, and says what to do', async () => {
    await withStation(async (file, folder) => {
      const asked = await runCommand(keys, 'prove', '--config', file, '--ask', folder, '--json');
      const { challenges } = asked.json as { challenges: { file: string }[] };
      const escrow = join(folder, 'safe/escrow.identity');
      const [own = ''] = challenges.map((one) => one.file);
      const refused = await runCommand(keys, 'prove', '--answer', '--identity', escrow, own);
      expect([refused.exitCode, refused.err]).toEqual([1, expect.stringContaining('sealed.no-identity')]);
      expect(refused.err).toContain(`${own}, with ${escrow}: `);
      expect(refused.err).toContain('--ask');
    });
  });

  test.skipIf(lacksTools('age'))('takes the answer that stock age and base64 give', async () => {
    await withStation(async (file, folder) => {
      await runCommand(keys, 'prove', '--config', file, '--ask', folder);
      const [challenge = ''] = (await readdir(folder)).filter((name) => name.startsWith('challenge-'));
      const script = `for i in store/store safe/escrow; do ${requireTool('age')} -d -i $i.identity ${challenge} 2>/dev/null | base64 > $(basename $i).txt; done`;
      await promisify(execFile)('sh', ['-c', script], { cwd: folder });
      const codes = await Promise.all(
        ['store', 'escrow'].map(
          async (name) =>
            (await runCommand(keys, 'prove', '--config', file, '--install', join(folder, `${name}.txt`)))
              .exitCode,
        ),
      );
      expect(codes.filter((code) => code === 0)).toHaveLength(1);
    });
  });

  test('makes a spool that the agent takes as its own', async () => {
    await withStation(async (file, folder) => {
      await runCommand(keys, 'prove', '--config', file, '--identity', join(folder, 'store/store.identity'));
      const deps = { files: nodeFiles(), clock: nodeClock(), random: nodeRandom() };
      expect((await openIdentity(spoolLayout(join(folder, 'spool')), deps)).found).toBe('there');
    });
  });

  test('changes nothing in a folder that is no spool', async () => {
    await withStation(async (file, folder) => {
      await mkdir(join(folder, 'spool'));
      await writeFile(join(folder, 'spool/photo.jpg'), 'x');
      const { exitCode, err } = await runCommand(
        keys,
        'prove',
        '--config',
        file,
        '--identity',
        join(folder, 'store/store.identity'),
      );
      expect([exitCode, err]).toEqual([1, expect.stringContaining('spool.foreign')]);
      expect(await readdir(join(folder, 'spool'))).toEqual(['photo.jpg']);
    });
  });

  test('an identity that opens for nobody in the file proves nothing', async () => {
    await withStation(async (file, folder) => {
      await runCommand(keys, 'make', 'identity', '--name', 'other', '--out', folder);
      const { exitCode, err } = await runCommand(
        keys,
        'prove',
        '--config',
        file,
        '--identity',
        join(folder, 'other.identity'),
      );
      expect([exitCode, err]).toEqual([1, expect.stringContaining('proof.no-recipient')]);
      expect(err).not.toContain('AGE-SECRET-KEY');
    });
  });

  test('wants one step at a time', async () => {
    for (const words of [
      [],
      ['--ask', '/tmp', '--install', 'x'],
      ['--install'],
      ['--answer', 'x'],
      ['--identity', 'x', 'y'],
      ['--ask', '/tmp', '--identity', 'x'],
    ])
      expect((await runCommand(keys, 'prove', ...words)).exitCode).toBe(2);
  });
});
