// What a program gets that called a command of the store with --json, where it ended with an error.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { callReceiver, withStore } from '../keys/store-folder.ts';

const RECORDING = 'a'.repeat(26);
const COMMANDS: readonly (readonly string[])[] = [
  ['expire'],
  ['expire', '--preview'],
  ['hold', 'station-1', RECORDING, '--reason', 'court'],
  ['delete', '--place', '/nowhere'],
  ['orders'],
  ['reconcile'],
  ['revoke', 'station-1', '--key', 'x', '--reason', 'lost'],
  ['rotate', '--prepare'],
  ['enrol', '/nowhere', '--ca-cert', 'a', '--ca-key', 'b'],
];

test.each(COMMANDS)('%s tells a program that its file is not good', async (...words) => {
  await withStore([], async ({ folder }) => {
    const file = join(folder, 'bad.yaml');
    await writeFile(file, 'version: 2\n', { mode: 0o600 });
    const { code, out, err } = await callReceiver(...words, '--json', '--config', file);
    expect(code).toBe(78);
    expect(JSON.parse(out)).toEqual({
      error: { code: 'config.refused', message: `${file} is not good: \`bodydock-receiver check\`` },
    });
    expect(err).toContain(`${file}:1:10: version:`);
  });
});

test('any other error has a document of one line, too', async () => {
  const { code, out } = await callReceiver('hold', 'station-1', '--json');
  expect(code).toBe(2);
  expect(out).toMatch(/^\{"error":\{"code":"usage","message":"[^\n]*"\}\}\n$/);
});

test('no error makes a terminal obey', async () => {
  const { err } = await callReceiver('orders', '\u001b[2J');
  expect(err).not.toMatch(/(?!\n)\p{Cc}/u);
  const missing = await callReceiver('enrol', '/nowhere\u001b[2J', '--ca-cert', 'a', '--ca-key', 'b');
  expect(missing.err).not.toMatch(/(?!\n)\p{Cc}/u);
});

test('without --json standard output stays empty', async () => {
  expect((await callReceiver('hold', 'station-1')).out).toBe('');
});
