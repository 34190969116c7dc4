import { execFile } from 'node:child_process';
import { chmod, chown, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { replaceFile, writeNewFile } from '../../../../config/durable-file.ts';
import { makeIdentityFile, readIdentityFile } from '../../../../config/enrolment/identity-file.ts';
import { makeSigningKey, readPublicKeyFile, readSigningKey } from '../../../../config/enrolment/keys.ts';
import { encodeUtf8 } from '../../../../protocol/format/bytes.ts';
import { DockError } from '../../../../protocol/format/errors.ts';
import { publicKeyLine, publicKeyOf } from '../../../../protocol/documents/minisign.ts';
import { lacksTools, requireTool } from '../../../fakes/stock-tools.ts';
import { withFolder } from '../files.ts';
import { canBeOthers } from '../../../fakes/other-user.ts';

const run = promisify(execFile);
const MADE_AT = '2026-11-25T09:30:00.000Z';

/** The code of the error that a call ends with. */
async function codeOf(call: Promise<unknown>): Promise<string> {
  return call.then(
    () => 'no error',
    (error: unknown) => (error instanceof DockError ? error.code : String(error)),
  );
}

async function modeOf(path: string): Promise<string> {
  return ((await stat(path)).mode & 0o777).toString(8);
}

describe('a signing key', () => {
  test('is written with mode 0600 beside its public half, and both are read again', async () => {
    await withFolder(async (folder) => {
      const [secret, open] = [join(folder, 'station.key'), join(folder, 'station.pub')];
      const made = await makeSigningKey(secret, open);
      expect([await modeOf(secret), await modeOf(open)]).toEqual(['600', '644']);
      expect(publicKeyLine(publicKeyOf(await readSigningKey(secret)))).toBe(publicKeyLine(made));
      expect(publicKeyLine(await readPublicKeyFile(open))).toBe(publicKeyLine(made));
    });
  });

  test.skipIf(lacksTools('minisign'))('that the product made signs for stock minisign', async () => {
    await withFolder(async (folder) => {
      const [secret, open, file] = ['s.key', 's.pub', 'file'].map((name) => join(folder, name)) as [
        string,
        string,
        string,
      ];
      await makeSigningKey(secret, open);
      await writeFile(file, 'text');
      await run(requireTool('minisign'), ['-S', '-s', secret, '-m', file]);
      await run(requireTool('minisign'), ['-V', '-p', open, '-m', file]);
    });
  });

  test.skipIf(lacksTools('minisign'))(
    'that stock minisign made is read, and with a passphrase it is refused',
    async () => {
      await withFolder(async (folder) => {
        const [secret, open] = [join(folder, 's.key'), join(folder, 's.pub')];
        await run(requireTool('minisign'), ['-G', '-W', '-s', secret, '-p', open]);
        await chmod(secret, 0o600);
        expect(publicKeyLine(publicKeyOf(await readSigningKey(secret)))).toBe(
          publicKeyLine(await readPublicKeyFile(open)),
        );
        const encrypted = join(folder, 'e.key');
        const [head, line] = (await readFile(secret, 'utf8')).split('\n');
        const bytes = Buffer.from(line ?? '', 'base64');
        bytes.write('Sc', 2, 'latin1'); // the KDF of keys with a passphrase
        await writeFile(encrypted, `${head}\n${bytes.toString('base64')}\n`, { mode: 0o600 });
        expect(await codeOf(readSigningKey(encrypted))).toBe('key.passphrase');
      });
    },
  );

  test('is never put over a file, and leaves no half where one name is taken', async () => {
    await withFolder(async (folder) => {
      const [secret, open] = [join(folder, 'a.key'), join(folder, 'a.pub')];
      await writeFile(secret, 'mine');
      expect(await codeOf(makeSigningKey(secret, open))).toBe('key.exists');
      expect([await readdir(folder), await readFile(secret, 'utf8')]).toEqual([['a.key'], 'mine']);
      await writeFile(open, 'mine too');
      expect(await codeOf(makeSigningKey(join(folder, 'b.key'), open))).toBe('key.exists');
      expect((await readdir(folder)).toSorted()).toEqual(['a.key', 'a.pub']);
    });
  });

  test('is not written through a symbolic link that waits at its name', async () => {
    await withFolder(async (folder) => {
      await symlink(join(folder, 'elsewhere'), join(folder, 'a.key'));
      expect(await codeOf(makeSigningKey(join(folder, 'a.key'), join(folder, 'a.pub')))).toBe('key.exists');
      expect(await readdir(folder)).toEqual(['a.key']);
    });
  });

  test.each([
    ['missing', 'key.missing', () => Promise.resolve()],
    ['empty', 'key.empty', (path: string) => writeFile(path, '', { mode: 0o600 })],
    ['a folder', 'key.unreadable', (path: string) => mkdir(path)],
    ['a pipe', 'key.unreadable', (path: string) => run('mkfifo', ['-m', '600', path])],
    ['no key at all', 'key.malformed', (path: string) => writeFile(path, 'hello\n', { mode: 0o600 })],
    [
      'not text',
      'key.malformed',
      (path: string) => writeFile(path, Buffer.alloc(300, 0xff), { mode: 0o600 }),
    ],
    [
      'far too long',
      'key.oversize',
      (path: string) => writeFile(path, Buffer.alloc(1_000_000), { mode: 0o600 }),
    ],
  ])('that is %s is refused with the code %s', async (_name, code, make) => {
    await withFolder(async (folder) => {
      const path = join(folder, 'station.key');
      await make(path);
      expect(await codeOf(readSigningKey(path))).toBe(code);
      expect((await readdir(folder)).length).toBeLessThanOrEqual(1); // and none was made in silence
    });
  });

  test('whose disk gives a read error is refused, and the error is none of the program', async () => {
    // The kernel has no memory at address 0 to give.
    expect(await codeOf(readSigningKey('/proc/self/mem'))).toBe('key.unreadable');
  });

  test.skipIf(process.geteuid?.() === 0 && !canBeOthers)(
    'that this user may not read is refused with what to do, also for a file that systemd hands over',
    async () => {
      await withFolder(async (folder) => {
        const path = join(folder, 'station.key');
        await makeSigningKey(path, join(folder, 'station.pub'));
        await chmod(path, 0);
        // Root may read everything, so another user reads; Node does not everywhere let a process become one.
        const isRoot = process.geteuid?.() === 0;
        if (isRoot) await chmod(folder, 0o711);
        const module = new URL('../../../../config/enrolment/keys.ts', import.meta.url).href;
        const code = `await (await import(${JSON.stringify(module)})).readSigningKey(${JSON.stringify(path)})`;
        const words = ['--import', import.meta.resolve('tsx'), '--input-type=module', '-e', code];
        const user = isRoot ? { uid: 65_534, gid: 65_534, env: {}, cwd: '/' } : {};
        await expect(run(process.execPath, words, user)).rejects.toThrow(
          /cannot be read \(EACCES\): .*systemctl restart/,
        );
      });
    },
  );

  test('that others can read is refused', async () => {
    await withFolder(async (folder) => {
      const path = join(folder, 'station.key');
      await makeSigningKey(path, join(folder, 'station.pub'));
      for (const mode of [0o640, 0o604, 0o644, 0o660]) {
        await chmod(path, mode);
        expect(await codeOf(readSigningKey(path))).toBe('key.mode');
      }
      await chmod(path, 0o400);
      expect(await codeOf(readSigningKey(path))).toBe('no error');
    });
  });

  test.runIf(process.geteuid?.() === 0)('that belongs to another user is refused', async () => {
    await withFolder(async (folder) => {
      const path = join(folder, 'station.key');
      await makeSigningKey(path, join(folder, 'station.pub'));
      await chown(path, 12_345, 12_345);
      expect(await codeOf(readSigningKey(path))).toBe('key.owner');
    });
  });

  test('is refused where a public key file stands instead', async () => {
    await withFolder(async (folder) => {
      const open = join(folder, 'station.pub');
      await makeSigningKey(join(folder, 'station.key'), open);
      await chmod(open, 0o600);
      expect(await codeOf(readSigningKey(open))).toBe('key.public');
    });
  });
});

describe('an identity file', () => {
  test('holds what age-keygen would write, with mode 0600', async () => {
    await withFolder(async (folder) => {
      const path = join(folder, 'store.identity');
      const recipient = await makeIdentityFile(path, join(folder, 'store.recipient'), MADE_AT);
      expect(await modeOf(path)).toBe('600');
      const lines = (await readFile(path, 'utf8')).split('\n');
      expect(lines.slice(0, 2)).toEqual([`# created: ${MADE_AT}`, `# public key: ${recipient}`]);
      expect(lines[2]).toMatch(/^AGE-SECRET-KEY-1[A-Z0-9]{58}$/);
      expect((await readIdentityFile(path)).map((one) => one.recipient)).toEqual([recipient]);
      expect(await readFile(join(folder, 'store.recipient'), 'utf8')).toBe(`${recipient}\n`);
    });
  });

  test.skipIf(lacksTools('age', 'age-keygen'))(
    'that age-keygen wrote is read, and ours opens for stock age',
    async () => {
      await withFolder(async (folder) => {
        const theirs = join(folder, 'theirs');
        await run(requireTool('age-keygen'), ['-o', theirs]);
        const { stdout } = await run(requireTool('age-keygen'), ['-y', theirs]);
        expect((await readIdentityFile(theirs)).map((one) => one.recipient)).toEqual([stdout.trim()]);
        const ours = join(folder, 'ours');
        const recipient = await makeIdentityFile(ours, join(folder, 'ours.recipient'), MADE_AT);
        await writeFile(join(folder, 'plain'), 'text');
        await run(requireTool('age'), ['-r', recipient, '-o', join(folder, 'sealed'), join(folder, 'plain')]);
        expect((await run(requireTool('age'), ['-d', '-i', ours, join(folder, 'sealed')])).stdout).toBe(
          'text',
        );
      });
    },
  );

  test('with several identities gives all of them; with none, a broken one or a passphrase it is refused', async () => {
    await withFolder(async (folder) => {
      const path = join(folder, 'i');
      const put = (text: string): Promise<void> => writeFile(path, text, { mode: 0o600 });
      const made = await Promise.all(
        ['a', 'b'].map(async (name) => {
          const recipient = await makeIdentityFile(join(folder, name), join(folder, `${name}.r`), MADE_AT);
          return { recipient, text: await readFile(join(folder, name), 'utf8') };
        }),
      );
      await put(made.map((one) => one.text).join('\n'));
      expect((await readIdentityFile(path)).map((one) => one.recipient)).toEqual(
        made.map((one) => one.recipient),
      );
      await put('# nothing\n');
      expect(await codeOf(readIdentityFile(path))).toBe('key.identity');
      await put(`${made[0]?.text}AGE-SECRET-KEY-1MISTYPED\n`);
      const error = await readIdentityFile(path).catch((caught: unknown) => caught);
      expect(String(error)).toContain(`${path}:4: `);
      expect(String(error)).not.toContain('MISTYPED');
      await put('age-encryption.org/v1\n-> scrypt x 18\n');
      expect(await codeOf(readIdentityFile(path))).toBe('key.passphrase');
    });
  });

  test('that others can read is refused', async () => {
    await withFolder(async (folder) => {
      const path = join(folder, 'i');
      await makeIdentityFile(path, join(folder, 'r'), MADE_AT);
      await chmod(path, 0o644);
      expect(await codeOf(readIdentityFile(path))).toBe('key.mode');
    });
  });
});

describe('writing', () => {
  test('a secret has mode 0600 and a public file 0644, whatever the umask', async () => {
    await withFolder(async (folder) => {
      const before = process.umask(0o077);
      try {
        await writeNewFile(join(folder, 'open'), encodeUtf8('x'), 'public');
        process.umask(0);
        await writeNewFile(join(folder, 'secret'), encodeUtf8('x'), 'secret');
      } finally {
        process.umask(before);
      }
      expect([await modeOf(join(folder, 'open')), await modeOf(join(folder, 'secret'))]).toEqual([
        '644',
        '600',
      ]);
    });
  });

  test('a replacement is whole, and a leftover of a power cut is no hindrance', async () => {
    await withFolder(async (folder) => {
      const path = join(folder, 'f');
      await writeFile(`${path}.new`, 'torn');
      await replaceFile(path, encodeUtf8('one'), 'public');
      await replaceFile(path, encodeUtf8('two'), 'public');
      expect([await readdir(folder), await readFile(path, 'utf8')]).toEqual([['f'], 'two']);
    });
  });

  test('a folder that is not there is told, with its code', async () => {
    expect(await codeOf(writeNewFile('/nowhere/at/all', encodeUtf8('x'), 'secret'))).toBe('key.unwritable');
  });
});
