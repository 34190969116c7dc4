// One receiver at a time works on a vault, each with a higher epoch than those before it.
import { expect, test } from 'vitest';
import { parseReceiverId } from '../../../../protocol/format/ids.ts';
import { nodeFiles } from '../../../../agent/platform/files-node.ts';
import { makeSecretKey } from '../../../../protocol/documents/minisign.ts';
import { FilesVault } from '../../../../agent/receiver/vault/vault-files.ts';
import { isVaultInUse, lockVault, VaultLocks } from '../../../../agent/receiver/vault/vault-lock.ts';
import type { RunningProcess, VaultRun } from '../../../../agent/receiver/vault/vault-run.ts';
import { ManualClock, whileTimePasses } from '../../../fakes/clock-manual.ts';
import { CrashDisk } from '../../../fakes/files-crash.ts';
import { MemoryLog } from '../../../fakes/log-memory.ts';
import { SeededRandom } from '../../../fakes/random-seeded.ts';
import { STORE_PROCESS } from '../../../fakes/running-process.ts';
import { withStore } from '../keys/store-folder.ts';

const KEY = makeSecretKey(new SeededRandom(4));
const RUN = '/vault/.leases/run.json';

interface Choice {
  readonly receiver?: string;
  readonly process?: Partial<RunningProcess>;
  readonly wallMs?: number;
  readonly log?: MemoryLog;
}

async function openOn(disk: CrashDisk, choice: Choice = {}): Promise<FilesVault> {
  const clock = new ManualClock(choice.wallMs);
  return FilesVault.open({
    path: '/vault',
    files: disk,
    clock,
    random: new SeededRandom(3),
    log: choice.log ?? new MemoryLog(),
    receiver: parseReceiverId(choice.receiver ?? 'r-a'),
    process: { ...STORE_PROCESS, ...choice.process },
  });
}

function noted(disk: CrashDisk): VaultRun {
  return JSON.parse(Buffer.from(disk.peek(RUN) ?? []).toString()) as VaultRun;
}

test('the epoch is durable before anything else of a run, and grows although the clock was set back', async () => {
  const disk = new CrashDisk();
  const first = await openOn(disk);
  const from = disk.steps;
  const second = await openOn(disk, { wallMs: Date.UTC(2025, 0, 1) });
  expect(second.epoch).toBe(first.epoch + 1);
  for (let step = from; step <= disk.steps; step++) {
    const third = await openOn(disk.crash(step, 'nothing'), { wallMs: Date.UTC(2025, 0, 1) });
    expect(third.epoch).toBeGreaterThan(first.epoch);
  }
  const after = await openOn(disk.crash(disk.steps, 'nothing'), { wallMs: Date.UTC(2025, 0, 1) });
  expect(after.epoch).toBe(second.epoch + 1);
});

test('a note that was lost or damaged is written again, and the clock lifts the epoch above what it forgot', async () => {
  for (const damage of ['nothing', '', '{"epoch":1}', 'x'.repeat(5000)]) {
    const disk = new CrashDisk();
    const first = await openOn(disk);
    await disk.unlink(RUN);
    if (damage !== 'nothing') disk.plant(RUN, damage);
    const second = await openOn(disk, { wallMs: first.epoch + 1000 });
    expect(second.epoch).toBe(first.epoch + 1000);
    expect(noted(disk).epoch).toBe(second.epoch);
  }
});

test('a vault on which a receiver of another machine works is refused with where it runs, and stays as it is', async () => {
  const disk = new CrashDisk();
  const other = await openOn(disk, { receiver: 'r-b', process: { host: 'archive-2', pid: 77 } });
  const before = [...disk.tree().entries()];
  const refused = expect(openOn(disk)).rejects;
  await refused.toMatchObject({ code: 'vault.in-use', retry: 'person' });
  await expect(openOn(disk)).rejects.toThrow(/receiver r-b on archive-2 \(process 77, .*remove .*run\.json/);
  expect([...disk.tree().entries()]).toEqual(before);
  await other.close();
  expect((await openOn(disk)).epoch).toBeGreaterThan(other.epoch);
});

test('what a receiver of this machine left without a word is taken over, and the log says so', async () => {
  const disk = new CrashDisk();
  await openOn(disk);
  const log = new MemoryLog();
  await openOn(disk, { process: { pid: 2, bootId: 'another' }, log });
  expect(log.messages('warn')).toEqual([
    'the last receiver on this vault ended without a word, its work is taken over',
  ]);
});

test('signs of life of receivers of 0.1.0 go with a warning', async () => {
  const disk = new CrashDisk();
  await (await openOn(disk)).close();
  disk.plant(`/vault/.leases/${'a'.repeat(26)}.json`, JSON.stringify({ receiver: 'r-b', beat: 7 }));
  const log = new MemoryLog();
  await openOn(disk, { log });
  expect(await disk.list('/vault/.leases')).toEqual(['run.json']);
  expect(log.messages('warn')).toHaveLength(1);
});

test('a second receiver of this machine is refused at its start, a vault that is being made as well', async () => {
  await withStore([KEY], async (store) => {
    const lock = await lockVault(store.vault, nodeFiles()); // the first one, before it made the vault
    await expect(lockVault(store.vault, nodeFiles())).rejects.toMatchObject({ code: 'vault.in-use' });
    expect(await nodeFiles().list(store.vault)).toEqual([]);
    expect(await isVaultInUse(store.vault, nodeFiles())).toBe(true);
    const vault = await store.open();
    const refused = await store.call('run');
    expect(refused.code).toBe(75);
    expect(refused.err).toMatch(/receiver r-test \(process \d+\) works on the vault .*: one at a time does/);
    await vault.close();
    await lock.release();
    expect(await isVaultInUse(store.vault, nodeFiles())).toBe(false);
  });
});

test('a command beside a receiver of another machine says where to type it', async () => {
  await withStore([KEY], async (store) => {
    await store.open('archive-2');
    const { code, err } = await store.call('expire');
    expect(code).toBe(75);
    expect(err).toContain('on archive-2');
    expect(err).toContain('type commands there');
  });
});

test('a lock of a vault that a living process holds for a minute is an error that says what to look for', async () => {
  await withStore([KEY], async (store) => {
    await (await store.open()).close();
    const clock = new ManualClock();
    const signal = new AbortController().signal;
    let end = (): void => undefined;
    const other = new VaultLocks(store.vault, new ManualClock());
    const holding = other.alone('retention', signal, () => new Promise<void>((resolve) => (end = resolve)));
    const locks = new VaultLocks(store.vault, clock);
    const waiting = expect(locks.alone('retention', signal, () => Promise.resolve())).rejects.toMatchObject({
      code: 'lock.held',
      message: expect.stringContaining(`"retention" of the vault ${store.vault}`),
    });
    await whileTimePasses(clock, waiting);
    expect(await locks.alone('log-r-test', signal, () => Promise.resolve('another name'))).toBe(
      'another name',
    );
    const ended = new AbortController();
    const ending = locks.alone('retention', ended.signal, () => Promise.resolve());
    ended.abort(new Error('ended'));
    await expect(ending).rejects.toThrow('ended');
    const next = locks.alone('retention', signal, () => Promise.resolve('done'));
    end();
    await holding;
    expect(await whileTimePasses(clock, next)).toBe('done');
  });
});
