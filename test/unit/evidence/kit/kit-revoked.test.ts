// Kits with what a revoked key signed, and kits with findings: `bodydock verify` does not call them good.
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { exportCommand } from '../../../../agent/cli/export.ts';
import { open } from '../../../../agent/cli/open.ts';
import { verify } from '../../../../agent/cli/verify.ts';
import { revokeKey } from '../../../fakes/vault-builder-keys.ts';
import { VaultBuilder, type BuiltRecording } from '../../../fakes/vault-builder.ts';
import { runCommand, type CommandRun } from '../../cli/io-memory.ts';

const roots: string[] = [];
afterAll(async () => {
  for (const each of roots) await rm(each, { recursive: true });
});

async function newVault(): Promise<VaultBuilder> {
  const root = await mkdtemp(join(tmpdir(), 'bodydock-kit-revoked-'));
  roots.push(root);
  return VaultBuilder.create(root);
}

const kitOf = ({ root }: VaultBuilder): string => join(root, 'kit');
function run(builder: VaultBuilder, ...args: string[]): Promise<CommandRun> {
  const place = ['--vault', builder.vault, '--out', kitOf(builder), '--reason', 'az-4711'];
  return runCommand(exportCommand, ...place, ...args);
}
/** A recording of a key that was revoked as stolen, in front of its receipt or behind it. */
async function revokedVault(
  revoked: 'before' | 'after',
): Promise<{ readonly builder: VaultBuilder; readonly one: BuiltRecording }> {
  const builder = await newVault();
  const revoke = (): Promise<unknown> =>
    revokeKey(builder.receiver, builder.station, builder.stationKey, { reason: 'stolen' });
  await builder.dock();
  const receipted = revoked === 'after';
  const one = await builder.record({ receipted });
  if (!receipted) await revoke();
  await builder.undock({ receipted });
  if (receipted) await revoke();
  await builder.close();
  return { builder, one };
}

/** The keys that came with a kit: anybody who uses them has compared their ids. */
function ownKeys(kit: string): string[] {
  return ['--keys', join(kit, 'keys')];
}

describe('a kit with a recording that only a revoked key vouches for', () => {
  test('is not called good, neither by verify nor where somebody takes its findings away', async () => {
    const { builder, one } = await revokedVault('before');
    expect(await run(builder, one.id)).toMatchObject({ exitCode: 1 });
    const ran = await run(builder, one.id, '--with-findings');
    expect([ran.exitCode, ran.out]).toEqual([1, expect.stringContaining('manifest.revoked-key')]);
    const kit = kitOf(builder);
    for (const keys of [ownKeys(kit), ['--keys', builder.keys]]) {
      const whole = await runCommand(verify, kit, ...keys);
      expect([whole.exitCode, whole.out]).toEqual([1, expect.stringContaining('kit.findings')]);
    }
    await rm(join(kit, 'FINDINGS.txt'));
    for (const place of [kit, join(kit, one.id)]) {
      const rest = await runCommand(verify, place, ...ownKeys(kit));
      expect([rest.exitCode, rest.out]).toEqual([1, expect.stringContaining('manifest.revoked-key')]);
    }
    const out = join(builder.root, 'out');
    const identity = ['--identity', builder.identityFile, '--out', out];
    const opened = await runCommand(open, join(kit, one.id), ...identity, ...ownKeys(kit));
    expect([opened.exitCode, opened.out]).toEqual([1, expect.stringContaining('NOT RESTORED')]);
    await expect(readdir(out)).rejects.toThrow();
  });
});

describe('a kit with a recording that was receipted before its key was revoked', () => {
  test('is good, and both pages show that the receipt is older', async () => {
    const { builder, one } = await revokedVault('after');
    expect(await run(builder, one.id)).toMatchObject({ exitCode: 0, err: '' });
    const kit = kitOf(builder);
    expect((await runCommand(verify, kit, ...ownKeys(kit))).exitCode).toBe(0);
    const titles = { 'INDEX.html': 'Before the key was revoked', 'INDEX.de.html': 'Vor der Sperre' };
    for (const [name, title] of Object.entries(titles)) {
      const page = await readFile(join(kit, name), 'utf8');
      expect(page).toContain(title);
      expect(page).toContain(`${one.id}/receipt.json is older than keys/dock-1/`);
    }
  });
});

/** The kit of a recording whose receipt was taken away. */
async function kitWithFinding(): Promise<string> {
  const builder = await newVault();
  const one = await builder.record();
  await builder.undock();
  await builder.close();
  for (const name of ['receipt.json', 'receipt.json.minisig']) await rm(join(one.folder, name));
  await run(builder, one.id, '--with-findings');
  return kitOf(builder);
}

describe('a kit without a receipt that its log names', () => {
  test('is not called good by verify, and says what in both languages', async () => {
    const kit = await kitWithFinding();
    const keys = ownKeys(kit);
    const en = await runCommand(verify, kit, ...keys);
    const de = await runCommand(verify, kit, ...keys, '--lang', 'de');
    expect([en.exitCode, en.out]).toEqual([1, expect.stringContaining('when this kit was made')]);
    expect([de.exitCode, de.out]).toEqual([1, expect.stringContaining('Als diese Ausgabe entstand')]);
    await rm(join(kit, 'FINDINGS.txt'));
    const rest = await runCommand(verify, kit, ...ownKeys(kit));
    expect([rest.exitCode, rest.out]).toEqual([1, expect.stringContaining('receipt.missing')]);
  });
});

test('a kit of which the store took no end of a log, since its key was revoked, is good where the store says how much it held', async () => {
  const builder = await newVault();
  const old = await builder.record();
  await builder.undock();
  const head = old.receipt?.custody_head ?? expect.fail('no head');
  await builder.receiver.enter('head', { station: builder.station, ...head });
  const [key = builder.stationKey] = builder.stationKeys;
  await builder.publish('station-dock-1.pub', key);
  await builder.changeKey();
  await revokeKey(builder.receiver, builder.station, key, { reason: 'lost' });
  const fresh = await builder.record({ path: 'G.MP4' });
  await builder.close();
  const segment = join(builder.custody, `${builder.segments[0]}.jsonl`);
  const lines = (await readFile(segment, 'utf8')).split('\n').slice(0, -1);
  const stopped = lines.findIndex((line) => line.includes('"event":"agent-stopped"'));
  const end = lines.slice(0, stopped).findLastIndex((line) => line.includes('"event":"checkpoint"'));
  expect(end).toBeGreaterThanOrEqual(head.sequence);
  await writeFile(segment, `${lines.slice(0, end + 1).join('\n')}\n`);
  await rm(`${segment}.minisig`, { force: true });
  const made = await run(builder, old.id, fresh.id);
  expect([made.exitCode, made.out]).toEqual([0, expect.not.stringContaining('FINDING')]);
  const { exitCode, out } = await runCommand(verify, kitOf(builder), '--keys', builder.keys);
  expect([exitCode, out]).toEqual([0, expect.stringContaining('note custody.end-refused')]);
});

test('a kit behind an honest change of keys is good, with the new key given by hand and without it', async () => {
  const builder = await newVault();
  const old = await builder.record();
  await builder.changeKey({ publish: false });
  const fresh = await builder.record({ path: 'G.MP4' });
  await builder.close();
  expect(await run(builder, old.id, fresh.id)).toMatchObject({ exitCode: 0 });
  for (const keys of [ownKeys(kitOf(builder)), ['--keys', builder.keys]]) {
    const { exitCode, out } = await runCommand(verify, kitOf(builder), ...keys);
    expect([exitCode, /FINDING.*/.exec(out)?.[0]]).toEqual([0, undefined]);
    const to = await mkdtemp(join(builder.root, 'out-'));
    const how = ['--identity', builder.identityFile, '--out', to, ...keys];
    for (const { id } of [old, fresh])
      expect(await runCommand(open, join(kitOf(builder), id), ...how)).toMatchObject({ exitCode: 0 });
  }
});
