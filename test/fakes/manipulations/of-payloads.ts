// Manipulations of sealed bytes and of their lists of digests. They need no key.
import { mkdir, readFile, rename, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { change, exchange, type ManipulatedVault, type Manipulation } from './manipulated-vault.ts';

const UNIT_BYTES = 524_288;

function flip(path: string, position: number): Promise<void> {
  return change(path, (bytes) => {
    const at = position < 0 ? bytes.length + position : position;
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    return bytes;
  });
}

const payload = (vault: ManipulatedVault): string => vault.at(vault.evidence.large, 'payload.age');
const chunks = (vault: ManipulatedVault): string => vault.at(vault.evidence.large, 'chunks.bin');

export const OF_PAYLOADS: readonly Manipulation[] = [
  {
    name: 'one bit of the first unit of a payload turned around',
    act: (vault) => flip(payload(vault), 1000),
    reason: 'payload.unit',
  },
  {
    name: 'one bit of the last unit of a payload turned around',
    act: (vault) => flip(payload(vault), -1),
    reason: 'payload.unit',
  },
  {
    name: 'a payload cut at the border of a unit',
    act: (vault) => truncate(payload(vault), UNIT_BYTES),
    reason: 'payload.size',
  },
  {
    name: 'a payload and its digests cut at the border of a unit',
    act: async (vault) => {
      await truncate(payload(vault), UNIT_BYTES);
      await truncate(chunks(vault), 32);
    },
    reason: 'chunks.length',
  },
  {
    name: 'a payload that is a byte shorter',
    act: (vault) => change(payload(vault), (bytes) => bytes.subarray(0, -1)),
    reason: 'payload.size',
  },
  {
    name: 'bytes behind the end of a payload',
    act: (vault) => change(payload(vault), (bytes) => Buffer.concat([bytes, Buffer.alloc(16)])),
    reason: 'payload.size',
  },
  {
    name: 'a list of digests that is longer by one',
    act: (vault) => change(chunks(vault), (bytes) => Buffer.concat([bytes, bytes.subarray(0, 32)])),
    reason: 'chunks.length',
  },
  {
    name: 'a list of digests with half a digest less',
    act: (vault) => change(chunks(vault), (bytes) => bytes.subarray(0, -16)),
    reason: 'chunks.length',
  },
  {
    name: 'an altered list of digests',
    act: (vault) => flip(chunks(vault), 40),
    reason: 'chunks.digest',
  },
  {
    name: 'two digests of a list exchanged',
    act: (vault) =>
      change(chunks(vault), (bytes) => Buffer.concat([bytes.subarray(32), bytes.subarray(0, 32)])),
    reason: 'chunks.digest',
  },
  {
    name: 'other bytes of the same length, with a list of digests that fits them',
    act: async (vault) => {
      const { middle } = vault.evidence;
      const bytes = await readFile(vault.at(middle, 'payload.age'));
      bytes.fill(7, bytes.length - 100);
      await writeFile(vault.at(middle, 'payload.age'), bytes);
      await writeFile(vault.at(middle, 'chunks.bin'), createHash('sha256').update(bytes).digest());
    },
    reason: 'chunks.digest',
  },
  {
    name: 'payloads of two recordings exchanged',
    act: (vault) =>
      exchange(vault.at(vault.evidence.middle, 'payload.age'), vault.at(vault.evidence.fresh, 'payload.age')),
    reason: 'payload.unit',
  },
  {
    name: 'payloads and lists of digests of two recordings exchanged',
    act: async (vault) => {
      for (const name of ['payload.age', 'chunks.bin'])
        await exchange(vault.at(vault.evidence.middle, name), vault.at(vault.evidence.fresh, name));
    },
    reason: 'chunks.digest',
  },
  {
    name: 'a link in place of a payload',
    act: async (vault) => {
      await rename(payload(vault), join(vault.root, 'elsewhere'));
      await symlink(join(vault.root, 'elsewhere'), payload(vault));
    },
    reason: 'payload.unreadable',
  },
  {
    name: 'a folder in place of a list of digests',
    act: async (vault) => {
      await rm(chunks(vault));
      await mkdir(chunks(vault));
    },
    reason: 'chunks.unreadable',
  },
  { name: 'a payload taken away', act: (vault) => rm(payload(vault)), reason: 'payload.missing' },
  { name: 'a list of digests taken away', act: (vault) => rm(chunks(vault)), reason: 'chunks.missing' },
  {
    name: 'a recipient taken out of the header of a payload',
    act: (vault) =>
      change(payload(vault), (bytes) => {
        const stanza = bytes.indexOf('-> X25519');
        const next = bytes.indexOf('-> X25519', stanza + 1);
        return Buffer.concat([bytes.subarray(0, stanza), bytes.subarray(next)]);
      }),
    reason: 'payload.recipients',
  },
];
