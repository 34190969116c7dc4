import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { parseReceiverId } from '../../../protocol/ids.ts';
import { nodeFiles } from '../../../protocol/io/files-node.ts';
import { makeSecretKey } from '../../../protocol/minisign.ts';
import type { Files } from '../../../protocol/ports.ts';
import { Slabs } from '../../../protocol/receiver/slabs.ts';
import { openReceiverWorker, type ReceiverWorker } from '../../../protocol/receiver/receiver-worker.ts';
import { inlineUnitStore } from '../../../protocol/receiver/unit-store-inline.ts';
import { FilesVault } from '../../../protocol/receiver/vault-files.ts';
import { vaultContract, type VaultSubject } from '../../contracts/vault-contract.ts';
import { ManualClock } from '../../fakes/clock-manual.ts';
import { CrashDisk } from '../../fakes/files-crash.ts';
import { MemoryLog } from '../../fakes/log-memory.ts';
import { SeededRandom } from '../../fakes/random-seeded.ts';
import type { Access } from './filling.ts';

let seed = 1;

type UnitAccess = Pick<Access, 'slabs' | 'units'>;

function subjectOn(
  files: Files,
  path: string,
  access: UnitAccess,
  close: () => Promise<void> = () => Promise.resolve(),
): VaultSubject {
  return {
    open: async (receiver, clock = new ManualClock()) => {
      const vault = await FilesVault.open({
        path,
        files,
        clock,
        random: new SeededRandom(seed++),
        log: new MemoryLog(),
        receiver: parseReceiverId(receiver),
      });
      return { ...access, vault, clock };
    },
    close,
  };
}

function inlineUnits(files: Files): UnitAccess {
  const slabs = new Slabs(2);
  return { slabs, units: inlineUnitStore(files, slabs) };
}

async function subjectOnMachine(access: UnitAccess): Promise<VaultSubject> {
  const folder = await mkdtemp(join(tmpdir(), 'vault-'));
  const remove = (): Promise<void> => rm(folder, { recursive: true });
  return subjectOn(nodeFiles(), join(folder, 'vault'), access, remove);
}

describe('a vault on a disk in memory', () => {
  const make = async (): Promise<VaultSubject> => {
    const disk = new CrashDisk();
    return subjectOn(disk, '/vault', inlineUnits(disk));
  };
  vaultContract({ test }, make);
});

describe('a vault on the disk of this machine', () => {
  vaultContract({ test }, () => subjectOnMachine(inlineUnits(nodeFiles())));
});

describe('a vault on the disk of this machine, with units written by a worker', () => {
  const slabs = new Slabs(2);
  let worker: ReceiverWorker | undefined;
  afterAll(() => worker?.close());
  vaultContract({ test }, async () => {
    worker ??= await openReceiverWorker(slabs, makeSecretKey(new SeededRandom(5)));
    return subjectOnMachine({ slabs, units: worker.units });
  });
});

async function openOn(disk: CrashDisk, log = new MemoryLog()): Promise<FilesVault> {
  const options = { path: '/vault', files: disk, log, receiver: parseReceiverId('r-a') };
  return FilesVault.open({ ...options, clock: new ManualClock(), random: new SeededRandom(seed++) });
}

test('a folder with other things in it is refused as a vault and stays as it is', async () => {
  const disk = new CrashDisk();
  disk.plant('/vault/photo.jpg', 'x');
  await expect(openOn(disk)).rejects.toMatchObject({ code: 'vault.not-a-vault', retry: 'person' });
  expect([...disk.tree().keys()]).toEqual(['/vault/photo.jpg']);
});

test('a fresh file system with only lost+found becomes a vault', async () => {
  const disk = new CrashDisk();
  disk.plantFolder('/vault/lost+found');
  await openOn(disk);
  expect(disk.peek('/vault/vault.json')).toBeDefined();
});

test('the vault of a newer program is refused and stays as it is', async () => {
  const disk = new CrashDisk();
  disk.plant('/vault/vault.json', `{"type":"vault","vault":"${'a'.repeat(26)}","version":2}`);
  await expect(openOn(disk)).rejects.toMatchObject({ code: 'document.version' });
  expect([...disk.tree().keys()]).toEqual(['/vault/vault.json']);
});
