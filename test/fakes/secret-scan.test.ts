import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { SecretScan } from './secret-scan.ts';

const MIB = 1024 * 1024;
const secret = Buffer.from('marked 0123456789');
const scan = new SecretScan({ mark: secret });
let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bodydock-scan-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test('a secret is found as it is, as hex, and as base64 wherever it begins', () => {
  expect(scan.inBytes(Buffer.from('nothing of that kind'))).toEqual([]);
  expect(scan.inBytes(Buffer.concat([Buffer.from('x'), secret]))).toEqual(['mark']);
  expect(scan.inBytes(Buffer.from(`"${secret.toString('hex')}"`))).toEqual(['mark']);
  for (const before of [0, 1, 2, 3])
    expect(
      scan.inBytes(
        Buffer.from(Buffer.concat([randomBytes(before), secret, randomBytes(5)]).toString('base64')),
      ),
      `${before} bytes before it`,
    ).toEqual(['mark']);
});

test('a secret that lies across two pieces of a file, or in a name, is found', async () => {
  const bytes = Buffer.alloc(8 * MIB + 100);
  secret.copy(bytes, 4 * MIB - 5);
  await writeFile(join(folder, 'across'), bytes);
  await writeFile(join(folder, secret.toString()), '');
  expect((await scan.below(folder)).sort()).toEqual([
    `mark in ${join(folder, 'across')}`,
    `mark in ${join(folder, secret.toString())}`,
  ]);
});
