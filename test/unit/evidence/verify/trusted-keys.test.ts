import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readTrustedKeys, stationKeys, storeKeys } from '../../../../agent/evidence/verify/trusted-keys.ts';
import {
  encodePublicKey,
  keyIdHex,
  makeSecretKey,
  publicKeyOf,
  type PublicKey,
} from '../../../../protocol/documents/minisign.ts';
import { seededRandom } from '../../../fakes/random-seeded.ts';

const key = (seed: number): PublicKey => publicKeyOf(makeSecretKey(seededRandom(seed)));
const ids = (keys: readonly PublicKey[]): string[] => keys.map(({ keyId }) => keyIdHex(keyId));
const idsOf = (...seeds: number[]): string[] => ids(seeds.map(key));
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bodydock-keys-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function put(files: Readonly<Record<string, PublicKey>>): Promise<void> {
  for (const [name, of] of Object.entries(files)) await writeFile(join(folder, name), encodePublicKey(of));
}

test('station and store keys are told by the names of their files', async () => {
  await put({ 'station.pub': key(1), 'store.pub': key(2), 'store-old.pub': key(3), 'officer.pub': key(4) });
  const keys = await readTrustedKeys(folder);
  expect(ids(stationKeys(keys, 'dock-1'))).toEqual(idsOf(1));
  expect(ids(storeKeys(keys))).toEqual(idsOf(3, 2));
});

test('a key that is pinned to a station by its file’s name replaces all others there, and counts nowhere else', async () => {
  await put({
    'station.pub': key(1),
    'station-dock-1.pub': key(2),
    'station-dock-1.old.pub': key(3),
    'store.pub': key(4),
  });
  const keys = await readTrustedKeys(folder);
  expect(ids(stationKeys(keys, 'dock-1'))).toEqual(idsOf(3, 2));
  expect(ids(stationKeys(keys, 'dock-2'))).toEqual(idsOf(1));
  expect(stationKeys(keys, undefined)).toHaveLength(3);
});

test.each([
  ['a folder that is not there', 'key.missing', {}, 'nowhere'],
  [
    'a station’s key by an id that is none',
    'key.name',
    { 'station-Dock.pub': key(1), 'store.pub': key(2) },
    '',
  ],
  ['a station’s key without a mark', 'key.name', { 'station_new.pub': key(1), 'store.pub': key(2) }, ''],
  ['a folder without a station key', 'key.missing', { 'store.pub': key(1) }, ''],
  ['one key in both roles', 'key.conflict', { 'station.pub': key(1), 'store.pub': key(1) }, ''],
  [
    'two keys with one id',
    'key.conflict',
    { 'station.pub': key(1), 'store.pub': { ...key(2), keyId: key(1).keyId } },
    '',
  ],
])('%s is refused', async (_, code, files, below) => {
  await put(files);
  await expect(readTrustedKeys(join(folder, below))).rejects.toMatchObject({ code });
});

test('a file that is no key is refused by its name', async () => {
  await put({ 'store.pub': key(1) });
  await writeFile(join(folder, 'station.pub'), 'nonsense\n');
  await expect(readTrustedKeys(folder)).rejects.toMatchObject({
    code: 'key.malformed',
    message: expect.stringContaining('station.pub') as string,
  });
});

test('one key in two files of one role is no conflict', async () => {
  await put({ 'station.pub': key(1), 'station-dock-1.pub': key(1), 'store.pub': key(2) });
  expect(ids(stationKeys(await readTrustedKeys(folder), 'dock-1'))).toEqual(idsOf(1));
});
