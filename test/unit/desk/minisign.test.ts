// How the page of the desk signs: as minisign and our own signer do, by keys that minisign made, with a password and without.
import { execFileSync } from 'node:child_process';
import { scryptSync } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  encodePublicKey,
  encodeSecretKey,
  makeSecretKey,
  publicKeyOf,
  signDocument,
} from '../../../protocol/documents/minisign.ts';
import { encodeUtf8 } from '../../../protocol/format/bytes.ts';
import { SeededRandom } from '../../fakes/random-seeded.ts';
import { lacksTools, requireTool } from '../../fakes/stock-tools.ts';

const page: string = '../../../agent/desk/page/minisign.js';
const { signed, scryptNumbers, BadKey, WrongPassword } = (await import(page)) as {
  signed: (text: string, keyText: string, password: string) => Promise<string>;
  scryptNumbers: (opslimit: number, memlimit: number) => { N: number; r: number; p: number };
  BadKey: new () => Error;
  WrongPassword: new () => Error;
};
const TEXT = '{"type":"order"}';

test('signs as the product itself does', async () => {
  const key = makeSecretKey(new SeededRandom(3));
  expect(await signed(TEXT, encodeSecretKey(key), '')).toBe(
    signDocument(key, encodeUtf8(TEXT), 'bodydock order'),
  );
});

/** As minisign leaves a key with a password, by numbers that take no second; its own are those of a test of the page in a browser. */
function withPassword(keyText: string, password: string): string {
  const [comment = '', line = ''] = keyText.split('\n');
  const bytes = Buffer.from(line, 'base64');
  const salt = Buffer.alloc(32, 5);
  const secret = bytes.subarray(54);
  const stream = scryptSync(password, salt, secret.length, { N: 2 ** 14, r: 8, p: 1 });
  bytes.write('Sc', 2, 'latin1');
  salt.copy(bytes, 6);
  bytes.writeBigUInt64LE(524_288n, 38);
  bytes.writeBigUInt64LE(16_777_216n, 46);
  for (const [at, byte] of secret.entries()) secret[at] = byte ^ (stream[at] ?? 0);
  return `${comment}\n${bytes.toString('base64')}\n`;
}

test.skipIf(lacksTools('minisign'))(
  'opens a key with a password as minisign does, and says which one is wrong',
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'bodydock-minisign-'));
    const at = (name: string): string => join(folder, name);
    try {
      const key = makeSecretKey(new SeededRandom(5));
      const keyText = withPassword(encodeSecretKey(key), 'größer 7');
      const signature = await signed(TEXT, keyText, 'größer 7');
      for (const [name, text] of [
        ['k.key', keyText],
        ['k.pub', encodePublicKey(publicKeyOf(key))],
        ['m', TEXT],
        ['m.minisig', signature],
      ] as const)
        await writeFile(at(name), text);
      const tool = requireTool('minisign');
      execFileSync(tool, ['-Vm', at('m'), '-p', at('k.pub')], { stdio: 'pipe' });
      const words = ['-S', '-m', at('m'), '-x', at('own.minisig'), '-t', 'bodydock order', '-s', at('k.key')];
      execFileSync(tool, words, { input: 'größer 7\n', stdio: 'pipe' });
      const own = (await readFile(at('own.minisig'), 'utf8')).split('\n');
      expect(signature.split('\n').slice(1)).toEqual(own.slice(1));
      await expect(signed(TEXT, keyText, 'groesser 7')).rejects.toBeInstanceOf(WrongPassword);
      await expect(signed(TEXT, await readFile(at('k.pub'), 'utf8'), '')).rejects.toBeInstanceOf(BadKey);
    } finally {
      await rm(folder, { recursive: true });
    }
  },
);

test('a damaged key signs nothing, and one that wants more memory than minisign takes none', async () => {
  const text = encodeSecretKey(makeSecretKey(new SeededRandom(4)));
  const [comment = '', line = ''] = text.split('\n');
  const bytes = Buffer.from(line, 'base64');
  bytes[70] = (bytes[70] ?? 0) ^ 1;
  const damaged = `${comment}\n${bytes.toString('base64')}\n`;
  await expect(signed(TEXT, damaged, '')).rejects.toBeInstanceOf(WrongPassword);
  for (const nothing of ['', 'x', 'AGE-SECRET-KEY-1', text.slice(0, -20)])
    await expect(signed(TEXT, nothing, ''), nothing).rejects.toBeInstanceOf(BadKey);
  expect(scryptNumbers(33_554_432, 1_073_741_824)).toEqual({ N: 2 ** 20, r: 8, p: 1 });
  expect(scryptNumbers(524_288, 16_777_216)).toEqual({ N: 2 ** 14, r: 8, p: 1 });
  expect(() => scryptNumbers(2 ** 40, 2 ** 34)).toThrow();
  expect(() => scryptNumbers(2 ** 50, 2 ** 26)).toThrow();
});
