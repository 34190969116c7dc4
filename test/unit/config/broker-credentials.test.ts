import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readBrokerCredentials, readBrokerPassword } from '../../../config/broker-credentials.ts';

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bodydock-login-'));
  file = join(folder, 'broker.password');
});
afterEach(() => rm(folder, { recursive: true }));

const put = (bytes: string | Uint8Array): Promise<void> => writeFile(file, bytes, { mode: 0o600 });

test.each(['secret', 'secret\n', 'secret\r\n'])('the password of a login is one line: %j', async (text) => {
  await put(text);
  expect(Buffer.from(await readBrokerPassword(file)).toString()).toBe('secret');
});

test('a password may have spaces and letters of any language, up to 256 bytes', async () => {
  for (const password of [' ein Paßwort ', 'x'.repeat(256)]) {
    await put(`${password}\n`);
    expect(Buffer.from(await readBrokerPassword(file)).toString()).toBe(password);
  }
});

test.each([
  ['two lines', 'zwei\nzeilen\n'],
  ['a control character', 'a\tb'],
  ['an empty line', '\n'],
  ['bytes that are no UTF-8', Uint8Array.of(0xc3, 0x28)],
  ['257 bytes', 'x'.repeat(257)],
])('%s is no password, and no message shows what is there', async (_what, content) => {
  await put(content);
  const refusal = await readBrokerPassword(file).catch((error: unknown) => error);
  expect(refusal).toMatchObject({ code: 'password.malformed' });
  expect(String(refusal)).not.toMatch(/zwei|xxx|a\tb/);
});

test('a password that others can read is none', async () => {
  await put('secret\n');
  await chmod(file, 0o640);
  await expect(readBrokerPassword(file)).rejects.toMatchObject({ code: 'key.mode' });
  const login = { username: 'townhall-1', passwordFile: file };
  await expect(readBrokerCredentials({ tls: null, login })).rejects.toMatchObject({ code: 'key.mode' });
  await chmod(file, 0o600);
  expect(await readBrokerCredentials({ tls: null, login })).toEqual({
    login: { username: 'townhall-1', password: Buffer.from('secret') },
  });
});
