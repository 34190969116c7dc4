// A kit is compared with the logs of its vault: what they say was there and is not is told, and an honest vault has nothing of that.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { custody } from '../../../../agent/cli/custody.ts';
import { exportCommand } from '../../../../agent/cli/export.ts';
import { verify } from '../../../../agent/cli/verify.ts';
import type { History } from '../../../../agent/evidence/history/history.ts';
import { appendUnsigned } from '../../../fakes/unsigned-line.ts';
import { revokeKey } from '../../../fakes/vault-builder-keys.ts';
import { VaultBuilder, type BuiltRecording } from '../../../fakes/vault-builder.ts';
import { runCommand, type CommandRun } from '../../cli/io-memory.ts';
import { atTimeOf, findingsOf } from '../verify/recorded-vault.ts';

const roots: string[] = [];
afterAll(async () => {
  for (const each of roots) await rm(each, { recursive: true });
});

async function newVault(): Promise<VaultBuilder> {
  const root = await mkdtemp(join(tmpdir(), 'bodydock-kit-logs-'));
  roots.push(root);
  return VaultBuilder.create(root);
}

const kitOf = ({ root }: VaultBuilder): string => join(root, 'kit');
const run = (builder: VaultBuilder, ...args: string[]): Promise<CommandRun> =>
  runCommand(
    exportCommand,
    '--vault',
    builder.vault,
    '--out',
    kitOf(builder),
    '--reason',
    'az-4711',
    ...args,
  );
const verified = async ({ vault }: VaultBuilder): Promise<number> =>
  (await runCommand(verify, vault)).exitCode;
/** Exit code of `bodydock custody`, and the codes of what it found. */
async function lifeOf({ vault }: VaultBuilder, id: string): Promise<readonly (string | number)[]> {
  const { exitCode, json } = await runCommand(custody, id, '--vault', vault, '--json');
  return [exitCode, ...(json as History).findings.map(({ code }) => code)];
}

/** Takes what the first docking's record says out of the vault. */
async function takeRecord({ dockings }: VaultBuilder): Promise<void> {
  for (const { folder } of dockings[0]?.parts ?? []) await rm(folder, { recursive: true });
}

async function takeReceipt({ folder }: BuiltRecording): Promise<void> {
  for (const name of ['receipt.json', 'receipt.json.minisig']) await rm(join(folder, name));
}

/** Cuts the station's log after its first checkpoint. */
async function cutLog(builder: VaultBuilder): Promise<void> {
  const path = join(builder.custody, `${builder.segments[0]}.jsonl`);
  const lines = (await readFile(path, 'utf8')).trimEnd().split('\n');
  const at = lines.findIndex((line) => line.includes('"event":"checkpoint"'));
  await writeFile(path, `${lines.slice(0, at + 1).join('\n')}\n`);
}

type Deed = (builder: VaultBuilder, one: BuiltRecording) => Promise<void>;
const DEEDS: readonly (readonly [name: string, code: string, deed: Deed])[] = [
  ['its receipt was taken away', 'receipt.missing', (_, one) => takeReceipt(one)],
  ['the record of its docking was taken away', 'docking.missing', takeRecord],
  [
    'the order to hold it was taken away',
    'order.missing',
    (builder) => rm(join(builder.vault, 'dock-1', 'orders'), { recursive: true }),
  ],
  [
    'the station’s log was taken away',
    'receipt.custody-segment-missing',
    (builder) => rm(builder.custody, { recursive: true }),
  ],
  ['the station’s log was cut', 'receipt.custody-head-missing', cutLog],
];

describe('a recording is not exported, and its life not called good,', () => {
  test.each(DEEDS)('where %s', async (_, code, deed) => {
    const builder = await newVault();
    const one = await builder.record();
    await builder.undock();
    await builder.orders.give(one, { verb: 'hold' });
    await builder.close();
    expect([await verified(builder), (await run(builder, one.id)).exitCode]).toEqual([0, 0]);
    expect(await lifeOf(builder, one.id)).toEqual([0]);
    await rm(kitOf(builder), { recursive: true });
    await deed(builder, one);
    expect(await verified(builder)).toBe(1);
    expect(await lifeOf(builder, one.id)).toEqual(expect.arrayContaining([1, code]));
    const ran = await run(builder, one.id);
    expect([ran.exitCode, ran.out]).toEqual([1, expect.stringContaining(code)]);
    expect(ran.out).toContain('NOT EXPORTED');
    expect((await run(builder, one.id, '--with-findings')).exitCode).toBe(1);
    expect(await readFile(join(kitOf(builder), 'FINDINGS.txt'), 'utf8')).toContain(code);
  });

  const MORE: readonly (readonly [name: string, code: string, deed: Deed])[] = [
    [
      'the store’s own log was taken away',
      'store-log.none',
      (builder) => rm(join(builder.vault, 'r-store', 'custody'), { recursive: true }),
    ],
    [
      'the revocation of the station’s key was taken away',
      'key-revocation.missing',
      (builder) => rm(join(builder.vault, 'dock-1', 'keys'), { recursive: true }),
    ],
  ];
  test.each(MORE)('where %s', async (_, code, deed) => {
    const builder = await newVault();
    const one = await builder.record();
    await builder.undock();
    await revokeKey(builder.receiver, builder.station, builder.stationKey, { reason: 'retired' });
    await builder.close();
    expect([await verified(builder), (await run(builder, one.id)).exitCode]).toEqual([0, 0]);
    await rm(kitOf(builder), { recursive: true });
    await deed(builder, one);
    const ran = await run(builder, one.id);
    expect([ran.exitCode, ran.out]).toEqual([1, expect.stringContaining(code)]);
  });

  test('where the deletion record went and the store’s log names it', async () => {
    const builder = await newVault();
    const one = await builder.record();
    await builder.undock();
    builder.clock.moveTo('2026-12-20');
    await builder.receiver.delete(one);
    await builder.close();
    for (const name of ['deletion.json', 'deletion.json.minisig']) await rm(join(one.folder, name));
    const ran = await run(builder, one.id);
    expect([ran.exitCode, ran.out]).toEqual([1, expect.stringContaining('deletion.missing')]);
  });
});

describe('an honest kit has no finding', () => {
  /** Vault, kit and life are good. */
  async function expectGood(builder: VaultBuilder, ...ids: readonly string[]): Promise<void> {
    await atTimeOf(builder, async () => {
      const whole = await runCommand(verify, builder.vault);
      expect([whole.exitCode, /FINDING.*/.exec(whole.out)?.[0]]).toEqual([0, undefined]);
      for (const id of ids) expect(await lifeOf(builder, id)).toEqual([0]);
      const ran = await run(builder, ...ids);
      expect([ran.exitCode, /FINDING.*/.exec(ran.out)?.[0]]).toEqual([0, undefined]);
    });
  }

  test('where the station goes on, with lines that wait for their checkpoint', async () => {
    const builder = await newVault();
    const one = await builder.record();
    await builder.undock();
    await builder.dock();
    await builder.close({ docked: true });
    const path = join(builder.custody, `${builder.segments.at(-1)}.jsonl`);
    await appendUnsigned(path, { event: 'clock-state', facts: { synchronised: true } });
    await expectGood(builder, one.id);
  });

  test('where the vault still waits for another recording and for the record of the docking', async () => {
    const builder = await newVault();
    const one = await builder.record({ path: '1.MP4' });
    const later = await builder.record({ path: '2.MP4', receipted: false });
    await builder.undock({ sent: false });
    await builder.close();
    await rm(later.folder, { recursive: true });
    await expectGood(builder, one.id);
  });

  test('where the store has not confirmed it yet', async () => {
    const builder = await newVault();
    const one = await builder.record({ receipted: false });
    await builder.undock({ receipted: false });
    await builder.close();
    await expectGood(builder, one.id);
  });

  test('of some recordings of a day, one of which is held, and of those of another station', async () => {
    const builder = await newVault();
    const held = await builder.record({ path: '1.MP4' });
    const other = await builder.record({ path: '2.MP4' });
    await builder.record({ path: '3.MP4', erased: true });
    await builder.undock();
    const beside = await builder.beside('dock-2');
    const theirs = await beside.record();
    await beside.close();
    for (const one of [held, other, theirs]) await builder.orders.give(one, { verb: 'hold' });
    await builder.close();
    await expectGood(builder, held.id, theirs.id);
  });

  test('of a recording that is due and was deleted', async () => {
    const builder = await newVault();
    const one = await builder.record();
    await builder.undock();
    builder.clock.moveTo('2026-12-20');
    await builder.receiver.delete(one);
    await builder.close();
    await expectGood(builder, one.id);
  });

  test('of a sidecar that was deleted by an order about its recording', async () => {
    const builder = await newVault();
    const media = await builder.record({ path: '1.MP4', sidecars: ['1.GPS'] });
    const sidecar = await builder.record({ path: '1.GPS', role: 'sidecar', sidecarOf: '1.MP4' });
    await builder.undock();
    const order = await builder.orders.give(media, { verb: 'delete' });
    for (const one of [media, sidecar]) await builder.receiver.delete(one, { order });
    await builder.close();
    await expectGood(builder, sidecar.id);
  });

  test('where documents of another recording and of an order about it were let go', async () => {
    const builder = await newVault();
    const old = await builder.record({ path: '1.MP4' });
    const one = await builder.record({ path: '2.MP4' });
    await builder.undock();
    const order = await builder.orders.give(old, { verb: 'hold' });
    await builder.orders.give(old, { verb: 'unhold' });
    builder.clock.moveTo('2026-12-20');
    await builder.receiver.delete(old);
    await builder.receiver.dropDocuments(old);
    await builder.close();
    await rm(order.folder, { recursive: true });
    await expectGood(builder, one.id);
  });

  test('where the record of its docking was dropped, which verify reports: the recording is here', async () => {
    const builder = await newVault();
    const one = await builder.record();
    const { parts } = await builder.undock();
    await builder.receiver.dropDocking(parts);
    await builder.close();
    expect(await findingsOf(builder)).toEqual(['drop.docking-needed']);
    expect((await run(builder, one.id)).exitCode).toBe(0);
  });

  test('where the station changed its key and nobody gave the new one', async () => {
    const builder = await newVault();
    const old = await builder.record();
    await builder.changeKey({ publish: false });
    const fresh = await builder.record({ path: 'G.MP4' });
    await builder.close();
    await expectGood(builder, old.id, fresh.id);
  });
});
