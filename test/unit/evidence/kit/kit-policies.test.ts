// A kit carries the policies of its vault: how long its recordings had to stay, and when a hold by one role lapsed, is judged by the keys of the
// roles, and not by what a person who made the kit says.
import { cp, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { exportCommand } from '../../../../agent/cli/export.ts';
import type { Manifest } from '../../../../protocol/documents/manifest.ts';
import type { Policy } from '../../../../protocol/documents/policy.ts';
import { seededRandom } from '../../../fakes/random-seeded.ts';
import { makeRoleKeys } from '../../../fakes/vault-builder-orders.ts';
import { placePolicy, type PolicyWish } from '../../../fakes/vault-builder-policy.ts';
import { VaultBuilder } from '../../../fakes/vault-builder.ts';
import { runCommand } from '../../cli/io-memory.ts';
import { verdictOf } from '../verify/broken-vault.ts';

const DAY_MS = 86_400_000;
const KEEPER = makeRoleKeys(seededRandom(905));
const roots: string[] = [];
afterAll(() => Promise.all(roots.map((each) => rm(each, { recursive: true, force: true }))));

/** Under a policy, and in the kit, a recording that was deleted after so many days, and held by one role before that. */
async function kitOf(
  days: number,
  wish: PolicyWish = {},
  { isNamed = false, heldBefore = undefined as number | undefined, args = [] as readonly string[] } = {},
): Promise<{ readonly builder: VaultBuilder; readonly kit: string }> {
  const root = await mkdtemp(join(tmpdir(), 'bodydock-kit-policies-'));
  roots.push(root);
  const builder = await VaultBuilder.create(join(root, 'world'), { startMs: Date.UTC(2026, 9, 1) });
  const kit = join(root, 'kit');
  const policy_sha256 = await placePolicy(builder, wish);
  await builder.receiver.log.open(builder.receiver.key); // the entry of the policy is in a segment that names nothing else
  await builder.dock();
  const change = (manifest: Manifest): Manifest =>
    isNamed ? { ...manifest, version: 3, policy_sha256 } : manifest;
  const one = await builder.record({ change });
  await builder.undock();
  builder.clock.advance((days - (heldBefore ?? 0)) * DAY_MS);
  if (heldBefore !== undefined) await builder.orders.give(one, { verb: 'hold', roles: ['officer'] });
  builder.clock.advance((heldBefore ?? 0) * DAY_MS);
  await builder.receiver.delete(one, { days });
  await builder.close();
  const words = ['--vault', builder.vault, '--keys', builder.keys, '--out', kit, '--reason', 'az-1', ...args];
  const ran = await runCommand(exportCommand, one.id, ...words);
  expect([ran.exitCode, ran.err]).toEqual([args.length === 0 ? 0 : 1, args.length === 0 ? '' : ran.err]);
  return { builder, kit };
}

async function judged(builder: VaultBuilder, kit: string) {
  const nowMs = Date.parse(builder.clock.now());
  const { findings, notes, totals } = await verdictOf(kit, builder, { nowMs, identities: [] });
  return { findings, notes, open: totals.not_judged };
}

test('and is good by it, where the vault is', async () => {
  const { builder, kit } = await kitOf(7, {}, { isNamed: true });
  expect(await readdir(join(kit, 'policies', '1'))).toEqual([
    'policy.json',
    'policy.json.officer.minisig',
    'policy.json.supervisor.minisig',
  ]);
  expect(await judged(builder, kit)).toMatchObject({ findings: [], open: 0 });
  for (const name of await readdir(builder.keys))
    if (/^(officer|supervisor)/.test(name)) await rm(join(builder.keys, name));
  expect(await judged(builder, kit)).toMatchObject({ findings: [], open: 1 });
});

test.each([
  ['is named by its manifest', true],
  ['was in force', false],
])('that it lacks though it %s judges nothing', async (_, isNamed) => {
  const { builder, kit } = await kitOf(20, {}, { isNamed });
  await rm(join(kit, 'policies'), { recursive: true });
  const said = await judged(builder, kit);
  expect(said).toMatchObject({ findings: [], open: 1 });
  expect(said.notes).toContain('deletion.policy-not-judged');
});

test('fewer days than 14 are not judged where no entry in it says that one was in force', async () => {
  const { builder, kit } = await kitOf(7, { isEntered: false }, { args: ['--with-findings'] });
  expect(await judged(builder, kit)).toMatchObject({ findings: ['kit.findings'], open: 1 });
});

test('by keys of the keeper counts for nothing there', async () => {
  const { builder, kit } = await kitOf(7);
  const lenient = join(builder.root, 'lenient');
  const other = await VaultBuilder.create(lenient);
  const change = { vault: builder.vaultId, days_min: 1 };
  await placePolicy(other, { by: KEEPER, roles: KEEPER, change });
  await rm(join(kit, 'policies'), { recursive: true });
  await cp(join(other.vault, 'policies'), join(kit, 'policies'), { recursive: true });
  const { findings, open } = await judged(builder, kit);
  expect([[...new Set(findings)], open]).toEqual([['policy.signature-unknown-key'], 1]);
});

test('of another vault is a finding there', async () => {
  const { builder, kit } = await kitOf(14, { change: { days_min: 14 } });
  const other = await VaultBuilder.create(join(builder.root, 'other'));
  const { keys } = builder.orders;
  const change = { vault: 'a'.repeat(26) as Policy['vault'] };
  await placePolicy(other, { by: keys, roles: keys, change });
  await rm(join(kit, 'policies'), { recursive: true });
  await cp(join(other.vault, 'policies'), join(kit, 'policies'), { recursive: true });
  expect((await judged(builder, kit)).findings).toContain('policy.other-vault');
});

test.each([
  [4, 3, []],
  [2, 3, ['deletion.held']],
  [19, 20, ['deletion.held']],
  [8, undefined, []],
])(
  'judges a deletion %s days after a hold by one role that lapses after %s',
  async (heldBefore, hold, found) => {
    const change = hold === undefined ? {} : ({ version: 2, hold_days: hold } as const);
    const args = found.length === 0 ? [] : ['--with-findings'];
    const { builder, kit } = await kitOf(21, { change }, { heldBefore, args });
    const { findings } = await judged(builder, kit);
    expect(findings.filter((code) => code !== 'kit.findings')).toEqual(found);
  },
);

test('that it lacks lets nobody say when a hold by one role lapsed', async () => {
  const { builder, kit } = await kitOf(21, { change: { version: 2, hold_days: 3 } }, { heldBefore: 4 });
  await rm(join(kit, 'policies'), { recursive: true });
  const { findings, notes } = await judged(builder, kit);
  expect([findings, notes.includes('deletion.hold-not-judged')]).toEqual([[], true]);
});
