// Who can write into a vault, and has no key, exchanges all of it and brings keys of his own.
import { cp, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { verify } from '../../../../agent/cli/verify.ts';
import { VaultBuilder } from '../../../fakes/vault-builder.ts';
import { runCommand } from '../../cli/io-memory.ts';

const roots: string[] = [];
let own: VaultBuilder;
let forged: VaultBuilder;

async function built(seed: number): Promise<VaultBuilder> {
  const root = await mkdtemp(join(tmpdir(), 'bodydock-'));
  roots.push(root);
  const builder = await VaultBuilder.create(root, { seed });
  await builder.record();
  await builder.close();
  return builder;
}

beforeEach(async () => {
  own = await built(1);
  forged = await built(2);
  for (const name of await readdir(own.vault)) await rm(join(own.vault, name), { recursive: true });
  await cp(forged.vault, own.vault, { recursive: true });
});

afterEach(async () => {
  for (const root of roots.splice(0)) await rm(root, { recursive: true });
});

/** Exit code and code of the error. */
async function verified(...args: string[]): Promise<[number, string]> {
  const { exitCode, err } = await runCommand(verify, ...args);
  return [exitCode, /^bodydock: ([a-z.-]+)/.exec(err)?.[1] ?? ''];
}

const NO_KEYS = [78, 'key.unnamed'];

test('a vault that became a folder with a vault and keys in it is verified with keys that are named, and else not at all', async () => {
  expect(await verified(own.vault)).toEqual([1, '']);
  for (const name of await readdir(own.vault)) await rm(join(own.vault, name), { recursive: true });
  await cp(forged.vault, join(own.vault, 'vault'), { recursive: true });
  await cp(forged.keys, join(own.vault, 'keys'), { recursive: true });
  expect(await verified(own.vault)).toEqual(NO_KEYS);
  expect(await verified(own.vault, '--keys', own.keys)).toEqual([1, '']);
});

test('a station’s folder and one of a recording do not get their keys from a vault that lost its id file', async () => {
  await rm(join(own.vault, 'vault.json'));
  await cp(forged.keys, join(own.vault, 'keys'), { recursive: true });
  const station = join(own.vault, 'dock-1');
  expect(await verified(station)).toEqual(NO_KEYS);
  await cp(forged.keys, join(station, 'keys'), { recursive: true });
  const recording = join(station, forged.recordings[0]?.id ?? '');
  expect(await verified(recording)).toEqual(NO_KEYS);
  await rm(join(station, 'custody'), { recursive: true });
  expect(await verified(station)).toEqual(NO_KEYS); // loose recordings now
  expect(await verified(recording, '--keys', forged.keys)).toEqual([0, '']);
});

test('a vault whose id file became that of a spool is none, whatever folders of a spool lie beside', async () => {
  await writeFile(join(own.vault, 'dock-1', forged.recordings[0]?.id ?? '', 'payload.age'), 'gone');
  await rename(join(own.vault, 'vault.json'), join(own.vault, 'spool.json'));
  expect(await verified(own.vault)).toEqual([1, 'verify.not-recognised']);
  for (const name of ['ready', 'released', 'custody'])
    await cp(join(own.vault, 'dock-1', 'custody'), join(own.vault, name), { recursive: true });
  expect(await verified(own.vault)).toEqual([1, 'verify.not-recognised']);
});

test('a vault that lost its id file and got a recording beside its stations is no collection, of which the rest is not looked at', async () => {
  const [one] = forged.recordings;
  if (one === undefined) throw new Error('nothing was recorded');
  await rm(join(own.vault, 'vault.json'));
  await cp(one.folder, join(own.vault, one.id), { recursive: true });
  await rm(join(own.vault, 'dock-1', one.id), { recursive: true });
  expect(await verified(own.vault, '--keys', forged.keys)).toEqual([1, 'verify.not-recognised']);
});
