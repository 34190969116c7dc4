// An expert's own tools must agree with what lies in a vault: minisign, age and sha256sum check folders that this code has made, with
// exactly the commands that a first run prints.
import { execFile } from 'node:child_process';
import { copyFile, cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { parseCustodyEntry } from '../../protocol/custody/custody-entry.ts';
import { change, flip } from '../unit/evidence/verify/broken-vault.ts';
import { lacksTools, requireTool } from '../fakes/stock-tools.ts';
import { type BuiltRecording, VaultBuilder } from '../fakes/vault-builder.ts';

const run = promisify(execFile);
const TOOLS = ['minisign', 'age', 'sha256sum', 'tail', 'bash'];

let vault: VaultBuilder;
beforeAll(async () => {
  vault = await VaultBuilder.create(await mkdtemp(join(tmpdir(), 'bodydock-stock-')));
  await vault.dock();
  await vault.record({ original: vault.random.bytes(1_700_000), path: 'DCIM/A.MP4' });
  await vault.record({ original: new Uint8Array(0), rejected: 'empty' });
  await vault.record({ original: new Uint8Array(524_288) });
  await vault.close();
});
afterAll(() => rm(vault.root, { recursive: true, force: true }));

/** Output of a shell line in a folder; `pipefail`, so that a tool in the middle cannot fail unseen. */
async function shell(folder: string, line: string): Promise<string> {
  const { stdout } = await run(requireTool('bash'), ['-euo', 'pipefail', '-c', line], { cwd: folder });
  return stdout.trim();
}

const key = (name: string): string => `-P "$(tail -1 ${join(vault.keys, name)})"`;

describe.skipIf(lacksTools(...TOOLS))('stock tools (minisign, age, sha256sum) accept a recording:', () => {
  const each = async (check: (recording: BuiltRecording) => Promise<void>): Promise<void> => {
    for (const name of TOOLS) requireTool(name);
    expect(vault.recordings).toHaveLength(3);
    for (const recording of vault.recordings) await check(recording);
  };

  test('minisign verifies the manifest with the key on the station’s label', () =>
    each(async ({ folder }) => {
      const said = await shell(folder, `minisign -Vm manifest.json ${key('station.pub')}`);
      expect(said).toContain('Signature and comment signature verified');
      expect(said).toContain('Trusted comment: bodydock recording-manifest');
    }));

  test('minisign verifies the receipt with the key of the store, and not with that of the station', () =>
    each(async ({ folder }) => {
      const said = await shell(folder, `minisign -Vm receipt.json ${key('store.pub')}`);
      expect(said).toContain('Trusted comment: bodydock receipt');
      await expect(shell(folder, `minisign -Vm receipt.json ${key('station.pub')}`)).rejects.toThrow();
    }));

  test('sha256sum of the digest list is what the manifest says', () =>
    each(async ({ folder, manifest }) => {
      expect(await shell(folder, 'sha256sum chunks.bin')).toBe(
        `${manifest.sealed.chunks_sha256}  chunks.bin`,
      );
    }));

  test('the digest list is what split and sha256sum make of the payload', () =>
    each(async ({ folder }) => {
      const digests = await shell(
        folder,
        "split -b 524288 --filter='sha256sum' payload.age | cut -d ' ' -f 1",
      );
      expect(digests.split('\n').join('')).toBe((await readFile(join(folder, 'chunks.bin'))).toString('hex'));
    }));

  test('cmp is silent over what the page of commands makes of the payload, and not where one byte of it is another', () =>
    each(async ({ folder }) => {
      const line = /^ {4}(split .*)$/m.exec(
        await readFile(new URL('../../config/commands.en.md', import.meta.url), 'utf8'),
      );
      const [, check = ''] = line ?? [];
      expect(await shell(folder, check)).toBe('');
      const payload = await readFile(join(folder, 'payload.age'));
      payload[payload.length >> 1] = (payload[payload.length >> 1] ?? 0) ^ 1;
      const altered = await mkdtemp(join(tmpdir(), 'bodydock-altered-'));
      onTestFinished(() => rm(altered, { recursive: true }));
      await writeFile(join(altered, 'payload.age'), payload);
      await copyFile(join(folder, 'chunks.bin'), join(altered, 'chunks.bin'));
      await expect(shell(altered, check)).rejects.toThrow();
    }));

  test('sha256sum of the manifest is what the receipt says', () =>
    each(async ({ folder }) => {
      const [digest] = (await shell(folder, 'sha256sum manifest.json')).split(' ');
      expect(await readFile(join(folder, 'receipt.json'), 'utf8')).toContain(`"manifest_sha256":"${digest}"`);
    }));

  test('age opens the payload, and sha256sum of the original is what the manifest says', () =>
    each(async ({ folder, manifest }) => {
      const digest = await shell(folder, `age -d -i ${vault.identityFile} payload.age | sha256sum`);
      expect(digest).toBe(`${manifest.original.sha256}  -`);
    }));

  test('age opens the sealed name', () =>
    each(async ({ folder, manifest }) => {
      const opened = await shell(
        folder,
        `grep -o '"sealed":"[^"]*"' manifest.json | cut -d '"' -f 4 | base64 -d | age -d -i ${vault.identityFile}`,
      );
      const { path } = JSON.parse(opened) as { path: string };
      const digest = await shell(folder, `printf %s '${path}' | base64 -d | sha256sum`);
      expect(digest).toBe(`${manifest.source.path_sha256}  -`);
    }));

  test('minisign verifies a checkpoint of the custody log', async () => {
    for (const name of TOOLS) requireTool(name);
    const log = await readFile(join(vault.custody, `${vault.segments[0]}.jsonl`), 'utf8');
    const lines = log.trimEnd().split('\n');
    const checkpoint = lines.find((line) => line.includes('"event":"checkpoint"')) ?? '';
    const { head, signature } = parseCustodyEntry(Buffer.from(checkpoint)).facts;
    const save = `printf %s "$HEAD" > head && printf %s "$SIGNATURE" > head.minisig`;
    const { stdout } = await run(
      requireTool('bash'),
      ['-euo', 'pipefail', '-c', `${save} && minisign -Vm head ${key('station.pub')}`],
      { cwd: vault.root, env: { ...process.env, HEAD: String(head), SIGNATURE: String(signature) } },
    );
    expect(stdout).toContain('Trusted comment: bodydock custody-head');
  });
});

describe.skipIf(lacksTools(...TOOLS))('stock tools (minisign, age, sha256sum) refuse', () => {
  test.each([
    ['manifest.json', () => `minisign -Vm manifest.json ${key('station.pub')}`],
    ['receipt.json', () => `minisign -Vm receipt.json ${key('store.pub')}`],
    ['payload.age', () => `age -d -i ${vault.identityFile} payload.age > /dev/null`],
  ])('%s of which one bit was turned around', async (name, check) => {
    for (const tool of TOOLS) requireTool(tool);
    const copy = await mkdtemp(join(tmpdir(), 'bodydock-stock-flip-'));
    try {
      await cp(vault.recordings[0]?.folder ?? '', copy, { recursive: true });
      await shell(copy, check());
      await change(join(copy, name), flip(300));
      await expect(shell(copy, check())).rejects.toThrow();
    } finally {
      await rm(copy, { recursive: true, force: true });
    }
  });
});
