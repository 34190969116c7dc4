// A vault whose disk is not mounted: the empty folder in its place is told from a first start.
import { beforeEach, describe, expect, test } from 'vitest';
import { DockError } from '../../../../protocol/format/errors.ts';
import { parseReceiverId } from '../../../../protocol/format/ids.ts';
import { FilesVault } from '../../../../agent/receiver/vault/vault-files.ts';
import { ManualClock } from '../../../fakes/clock-manual.ts';
import { CrashDisk } from '../../../fakes/files-crash.ts';
import { MemoryLog } from '../../../fakes/log-memory.ts';
import { SeededRandom } from '../../../fakes/random-seeded.ts';
import { STORE_PROCESS } from '../../../fakes/running-process.ts';

const VAULT_FILE = '/vault/vault.json';
let disk: CrashDisk;
let log: MemoryLog;
let seed = 1;

beforeEach(async () => {
  disk = new CrashDisk();
  log = new MemoryLog();
  disk.plantFolder('/vault');
  disk.plantFolder('/state');
});

async function openWith(stateFolder: string | undefined): Promise<string> {
  const parts = { clock: new ManualClock(), random: new SeededRandom(seed++), log, files: disk };
  const vault = await FilesVault.open({
    ...parts,
    path: '/vault',
    receiver: parseReceiverId('r-a'),
    process: STORE_PROCESS,
    stateFolder,
  });
  await vault.close();
  return vault.id;
}

/** The disk of the vault is not mounted any more. */
async function unmount(): Promise<string> {
  const bytes = Buffer.from(disk.peek(VAULT_FILE) ?? '').toString();
  await disk.removeTree('/vault');
  disk.plantFolder('/vault');
  return bytes;
}

const open = (): Promise<string> => openWith('/state');
const inVault = (): string[] => [...disk.tree().keys()].filter((path) => path.startsWith('/vault/'));
const memory = (): string => [...disk.tree('/state').keys()].find((path) => path.endsWith('.json')) ?? '';

describe('an empty folder that held a vault', () => {
  test('is not made a new one, says what to do, and is the old one again once its disk is back', async () => {
    const vault = await open();
    const bytes = await unmount();
    const refusal: unknown = await open().catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(DockError);
    expect(refusal).toMatchObject({ code: 'vault.not-there', retry: 'later' });
    expect(String(refusal)).toContain(`/vault held vault ${vault} and is empty: mount its disk`);
    expect(String(refusal)).toContain(memory());
    expect(inVault()).toEqual([]);
    disk.plant(VAULT_FILE, bytes);
    expect(await open()).toBe(vault);
    expect(log.messages('warn')).toEqual([]);
  });

  test('is made a new one where somebody removed the file that is named', async () => {
    const vault = await open();
    await unmount();
    await disk.unlink(memory());
    const next = await open();
    expect(next).not.toBe(vault);
    await unmount();
    await expect(open()).rejects.toThrow(next);
  });

  test('is made a new one where nothing is kept, or only in the vault itself', async () => {
    for (const stateFolder of [undefined, '/vault', '/vault/state']) {
      const vault = await openWith(stateFolder);
      await unmount();
      expect(await openWith(stateFolder)).not.toBe(vault);
      await unmount();
    }
    expect(memory()).toBe('');
  });
});

test('another vault in its place is not taken before somebody says that it is meant', async () => {
  const vault = await open();
  const first = await unmount();
  const kept = memory();
  const copy = disk.peek(kept) ?? '';
  await disk.unlink(kept);
  const other = await open();
  const second = await unmount();
  disk.plant(kept, copy);
  disk.plant(VAULT_FILE, second);
  const refusal = `/vault held vault ${vault} and holds vault ${other}: mount its disk`;
  for (let start = 0; start < 2; start++) await expect(open()).rejects.toThrow(refusal);
  expect(inVault()).toEqual([VAULT_FILE]);
  disk.plant(VAULT_FILE, first);
  expect(await open()).toBe(vault);
  disk.plant(VAULT_FILE, second);
  await disk.unlink(kept);
  expect(await open()).toBe(other);
});

describe('a copy that cannot be read', () => {
  test('keeps no receiver from its vault, and is made again', async () => {
    const vault = await open();
    disk.plant(memory(), '{"type":"vault"');
    expect(await open()).toBe(vault);
    expect(log.messages('warn')).toEqual(['previous vault at this path unknown']);
    await unmount();
    await expect(open()).rejects.toThrow(`held vault ${vault}`);
  });

  test('may be of a vault that lay in an empty folder: no new one is made', async () => {
    await open();
    await unmount();
    const kept = memory();
    disk.plant(kept, '{"type":"vault"');
    await expect(open()).rejects.toMatchObject({
      code: 'vault.not-there',
      message: expect.stringContaining(kept) as string,
    });
    expect(inVault()).toEqual([]);
  });
});

test('a copy that cannot be kept keeps no receiver from its vault', async () => {
  await disk.removeTree('/state');
  const vault = await open();
  expect(await open()).toBe(vault);
  expect(log.messages('warn')).toEqual(Array(2).fill('vault identity not stored'));
});

test('a copy is durable before the receiver takes anything', async () => {
  const vault = await open();
  const after = disk.crash(disk.steps, 'nothing');
  expect([...after.tree('/state').keys()].some((path) => path.endsWith('.json'))).toBe(true);
  disk = after;
  await unmount();
  await expect(open()).rejects.toThrow(vault);
});

test('a vault that cannot be made is told with the folder that is missing', async () => {
  const parts = { clock: new ManualClock(), random: new SeededRandom(seed++), log, files: disk };
  const opening = FilesVault.open({
    ...parts,
    path: '/disk/vault',
    receiver: parseReceiverId('r-a'),
    process: STORE_PROCESS,
    stateFolder: undefined,
  });
  await expect(opening).rejects.toMatchObject({
    code: 'vault.unusable',
    message: expect.stringMatching(
      /vault \(vault\.path\) could not be made \(ENOENT\): make \/disk for the user/,
    ),
  });
});
