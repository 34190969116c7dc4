// Policies of a vault: which of them count for a verifier, and what a deletion may rest on.
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { listCommand } from '../../../../agent/cli/ls.ts';
import type { CustodyEvent } from '../../../../protocol/custody/custody-entry.ts';
import type { Manifest } from '../../../../protocol/documents/manifest.ts';
import type { Policy } from '../../../../protocol/documents/policy.ts';
import { judgeWithPython } from '../../../fakes/manipulations/judges.ts';
import { seededRandom } from '../../../fakes/random-seeded.ts';
import { makeRoleKeys } from '../../../fakes/vault-builder-orders.ts';
import { placePolicy, type PolicyWish } from '../../../fakes/vault-builder-policy.ts';
import { StoreBuilder } from '../../../fakes/vault-builder-store.ts';
import { TreeBuilder } from '../../../fakes/vault-builder-tree.ts';
import { VaultBuilder } from '../../../fakes/vault-builder.ts';
import { runCommand } from '../../cli/io-memory.ts';
import { verdictOf } from './broken-vault.ts';

const DAY_MS = 86_400_000;
const random = seededRandom(904);
const KEEPER = makeRoleKeys(random);
let root: string;
let count = 0;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'bodydock-policies-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

function policiesIn(lines: readonly string[]): CustodyEvent['facts'][] {
  return lines
    .map((line) => JSON.parse(line) as CustodyEvent)
    .flatMap(({ event, facts }) => (event === 'policy' ? [facts] : []));
}

async function newVault(): Promise<VaultBuilder> {
  return VaultBuilder.create(join(root, String(++count)));
}

/** A recording that came now, and is deleted after so many days. */
async function deletedAfter(builder: VaultBuilder, days: number, dropDays?: number): Promise<void> {
  await builder.dock();
  const one = await builder.record();
  await builder.undock();
  builder.clock.advance(days * DAY_MS);
  await builder.receiver.delete(one, { days });
  if (dropDays === undefined) return;
  // 90 days are added by the drop itself.
  builder.clock.advance((dropDays - 90) * DAY_MS);
  await builder.receiver.dropDocuments(one);
}

async function verdict(builder: VaultBuilder) {
  await builder.close();
  const nowMs = Date.parse(builder.clock.now()) + 200 * DAY_MS;
  const { findings, notes, totals } = await verdictOf(builder.vault, builder, { nowMs, identities: [] });
  return { findings, notes, open: totals.not_judged };
}

async function withoutRoles(builder: VaultBuilder): Promise<void> {
  for (const name of await readdir(builder.keys))
    if (/^(officer|supervisor)/.test(name)) await rm(join(builder.keys, name));
}

test.each([
  [7, undefined, []],
  [6, undefined, ['deletion.too-few-days']],
  [7, 30, []],
  [7, 28, ['drop.too-early']],
])('allows a deletion after %s days, and a drop after %s', async (days, dropDays, findings) => {
  const builder = await newVault();
  await placePolicy(builder);
  await deletedAfter(builder, days, dropDays);
  expect(await verdict(builder)).toMatchObject({ findings, open: 0 });
});

test('counts only for what came after it', async () => {
  const builder = await newVault();
  await builder.dock();
  const one = await builder.record();
  await builder.undock();
  await placePolicy(builder);
  builder.clock.advance(7 * DAY_MS);
  await builder.receiver.delete(one, { days: 7 });
  expect((await verdict(builder)).findings).toEqual(['deletion.too-few-days']);
});

/** A recording that was sealed under policy 1 of 20 days, came under policy 2 of 7 days, and is deleted after 7 or 20 days. */
async function sealedUnderAnother(days: number, named?: string) {
  const builder = await newVault();
  const first = await placePolicy(builder, { change: { days_min: 20 } });
  await placePolicy(builder, { number: 2 });
  await builder.dock();
  const change = (manifest: Manifest): Manifest => ({
    ...manifest,
    version: 3,
    policy_sha256: named ?? first,
  });
  const one = await builder.record({ change });
  await builder.undock();
  builder.clock.advance(days * DAY_MS);
  await builder.receiver.delete(one, { days });
  return builder;
}

test.each([
  [7, ['deletion.too-few-days']],
  [20, []],
])(
  'that a manifest names counts for its recording, whichever came before its receipt: after %s days',
  async (days, findings) => {
    const builder = await sealedUnderAnother(days);
    expect(await verdict(builder)).toMatchObject({ findings, open: 0 });
  },
);

test('that a manifest names counts without the keys of the roles, too, and both verifiers say so', async () => {
  for (const [days, findings] of [
    [7, ['deletion.too-few-days']],
    [20, []],
  ] as const) {
    const builder = await sealedUnderAnother(days);
    await withoutRoles(builder);
    expect((await verdict(builder)).findings).toEqual(findings);
    const [python] = await judgeWithPython([builder.vault], builder);
    const isTooFew = python?.findings.some(({ code }) => code === 'deletion.retention-days');
    expect(isTooFew).toBe(findings.length > 0);
  }
});

test.each([
  ['a longer one was in force', 20, 7, ['deletion.too-few-days']],
  ['a longer one was in force', 20, 20, []],
  ['none was in force', undefined, 7, ['deletion.too-few-days']],
  ['none was in force', undefined, 14, []],
] as const)(
  'by which a receipt is delayed counts for nothing that names none and was sealed while %s (%s): after %s days',
  async (_, before, days, findings) => {
    const builder = await newVault();
    if (before !== undefined) await placePolicy(builder, { number: 1, change: { days_min: before } });
    const sealed_at = builder.clock.now();
    builder.clock.advance(1000);
    await placePolicy(builder, { number: 2 });
    await builder.dock();
    const one = await builder.record({ change: (manifest) => ({ ...manifest, sealed_at }) });
    await builder.undock();
    builder.clock.advance(days * DAY_MS);
    await builder.receiver.delete(one, { days });
    expect(await verdict(builder)).toMatchObject({ findings, open: 0 });
  },
);

/** A hold by one role, and a deletion so many days after it, under a policy of that text. */
async function heldAlone(days: number, wish: PolicyWish): Promise<VaultBuilder> {
  const builder = await newVault();
  await placePolicy(builder, wish);
  await builder.dock();
  const one = await builder.record();
  await builder.undock();
  builder.clock.advance(7 * DAY_MS);
  await builder.orders.give(one, { verb: 'hold', roles: ['officer'] });
  builder.clock.advance(days * DAY_MS);
  await builder.receiver.delete(one, { days: 7 });
  return builder;
}

test.each<[number, number | undefined, readonly string[]]>([
  [6, undefined, ['deletion.held']],
  [8, undefined, []],
  [2, 3, ['deletion.held']],
  [4, 3, []],
  [19, 20, ['deletion.held']],
  [21, 20, []],
])(
  'allows a deletion %s days after a hold by one role where it says %s days',
  async (days, hold, findings) => {
    const change = hold === undefined ? {} : { version: 2 as const, hold_days: hold };
    expect(await verdict(await heldAlone(days, { change }))).toMatchObject({ findings, open: 0 });
  },
);

test('that cannot be judged lets nobody say when a hold by one role lapsed', async () => {
  for (const [days, hold_days, findings, open] of [
    [2, 3, ['deletion.held'], 1],
    [4, 3, [], 2],
    [10, 20, [], 2],
  ] as const) {
    const builder = await heldAlone(days, { change: { version: 2, hold_days } });
    await rm(join(builder.keys, 'supervisor.pub'));
    const said = await verdict(builder);
    expect([said.findings, said.notes.includes('deletion.hold-not-judged')]).toEqual([
      findings,
      findings.length === 0,
    ]);
    expect(said.open).toBe(open);
  }
});

test.each([
  ['that one role signed alone', 3, 'policy.signature-unknown-key'],
  ['with a number below the last', 1, 'policy.number'],
] as const)('of more lenient terms %s allows nothing', async (_, number, code) => {
  const builder = await newVault();
  await placePolicy(builder, { number: 2, change: { days_min: 14 } });
  const { officer, supervisor } = builder.orders.keys;
  const by = { officer, supervisor: number === 3 ? KEEPER.supervisor : supervisor };
  await placePolicy(builder, { number, by, change: { version: 2, hold_days: 1, log_days: 1 } });
  await builder.dock();
  const one = await builder.record();
  await builder.undock();
  builder.clock.advance(14 * DAY_MS);
  await builder.orders.give(one, { verb: 'hold', roles: ['officer'] });
  builder.clock.advance(2 * DAY_MS);
  await builder.receiver.delete(one, { days: 14 });
  expect((await verdict(builder)).findings.toSorted()).toEqual(['deletion.held', code]);
});

/** What sealedUnderAnother makes, its documents dropped after that; the entry of the receipt says that it named that policy. */
async function droppedUnderAnother(days: number, entered: (first: string) => string | undefined) {
  const builder = await newVault();
  const first = await placePolicy(builder, { change: { days_min: 20 } });
  await placePolicy(builder, { number: 2 });
  const tree = await TreeBuilder.begin(builder.receiver);
  await builder.dock();
  const named = (manifest: Manifest): Manifest => ({ ...manifest, version: 3, policy_sha256: first });
  const one = await builder.record({ change: named });
  await builder.undock();
  await tree.receipt(one.receipt ?? expect.fail('no receipt'), entered(first));
  builder.clock.advance(days * DAY_MS);
  await builder.receiver.delete(one, { days });
  builder.clock.advance(40 * DAY_MS);
  return { builder, one };
}

test.each([
  [7, ['deletion.too-few-days']],
  [20, []],
])(
  'that a manifest named still counts after its documents were dropped: after %s days',
  async (days, findings) => {
    const { builder, one } = await droppedUnderAnother(days, (first) => first);
    await builder.receiver.dropDocuments(one);
    expect((await verdict(builder)).findings).toEqual(findings);
  },
);

test.each([
  ['none', () => undefined],
  ['another one', () => 'e'.repeat(64)],
])('that a manifest names is a finding where the entry of its receipt says %s', async (_, entered) => {
  const { builder } = await droppedUnderAnother(20, entered);
  expect((await verdict(builder)).findings).toEqual(['receipt.policy']);
});

test('that a manifest names and that is not here is a finding', async () => {
  const builder = await sealedUnderAnother(7, 'f'.repeat(64));
  expect(await verdict(builder)).toMatchObject({ findings: ['policy.missing'], open: 0 });
});

test('is not judged without the keys of the roles, and neither is what rests on it', async () => {
  const builder = await newVault();
  await placePolicy(builder);
  await deletedAfter(builder, 7, 30);
  await withoutRoles(builder);
  const { findings, notes, open } = await verdict(builder);
  expect({ findings, open }).toEqual({ findings: [], open: 2 });
  expect(notes).toEqual(
    expect.arrayContaining(['policy.not-judged', 'deletion.policy-not-judged', 'drop.policy-not-judged']),
  );
});

test('is not judged by the keys of one role alone', async () => {
  const builder = await newVault();
  await placePolicy(builder, { by: KEEPER, roles: KEEPER });
  await rm(join(builder.keys, 'supervisor.pub'));
  const { findings, notes } = await verdict(builder);
  expect([findings, notes.includes('policy.not-judged')]).toEqual([[], true]);
});

test('alone, a deleted recording does not show whether a policy allowed its days', async () => {
  const builder = await newVault();
  await placePolicy(builder);
  await deletedAfter(builder, 7);
  await builder.close();
  const nowMs = Date.parse(builder.clock.now());
  const station = join(builder.vault, builder.station);
  const { findings, totals } = await verdictOf(station, builder, { nowMs, identities: [] });
  expect({ findings, open: totals.not_judged }).toEqual({ findings: [], open: 1 });
});

test.each<[string, PolicyWish, readonly string[]]>([
  ['by keys that the keeper made', { by: KEEPER, roles: KEEPER }, ['policy.signature-unknown-key']],
  ['of another vault', { change: { vault: 'a'.repeat(26) as Policy['vault'] } }, ['policy.other-vault']],
  ['in the folder of another number', { folder: '2' }, ['policy.other-number']],
  ['that no entry names', { isEntered: false }, []],
])('%s allows nothing', async (_, wish, findings) => {
  const builder = await newVault();
  await placePolicy(builder, wish);
  await deletedAfter(builder, 7);
  expect([...new Set((await verdict(builder)).findings)].toSorted()).toEqual(
    ['deletion.too-few-days', ...findings].toSorted(),
  );
});

test('changes its roles only by the signatures of the old ones, and both sign orders then', async () => {
  const builder = await newVault();
  await placePolicy(builder);
  await placePolicy(builder, { number: 2, roles: KEEPER, by: builder.orders.keys });
  await placePolicy(builder, { number: 3, roles: KEEPER, by: KEEPER });
  expect((await verdict(builder)).findings).toEqual([]);
});

test('that is not here, or another one, though the log names it, is a finding', async () => {
  const gone = await newVault();
  await placePolicy(gone);
  await rm(join(gone.vault, 'policies'), { recursive: true });
  expect((await verdict(gone)).findings).toEqual(['policy.missing']);
  const exchanged = await newVault();
  await placePolicy(exchanged);
  await placePolicy(exchanged, { change: { days_min: 1 }, isEntered: false });
  const { findings, notes } = await verdict(exchanged);
  expect([findings, notes.includes('policy.not-entered')]).toEqual([['policy.differs'], true]);
});

test('with a number that is not above the one before is a finding', async () => {
  const builder = await newVault();
  await placePolicy(builder, { number: 2 });
  await placePolicy(builder, { number: 1 });
  expect((await verdict(builder)).findings).toEqual(['policy.number']);
});

test('that was followed by another one does not come back, not even in the log of another receiver', async () => {
  for (const isOther of [false, true]) {
    const builder = await newVault();
    const { receiver, vault, random, clock } = builder;
    await placePolicy(builder);
    const [first] = await receiver.log.flush().then(() => policiesIn(receiver.log.lines()));
    await placePolicy(builder, { number: 2, change: { days_min: 14 } });
    const beside = new StoreBuilder(vault, receiver.vaultId, random, clock, 'r-beside');
    beside.key = receiver.key;
    const again = isOther ? beside : receiver;
    await again.enter('policy', first ?? expect.fail('no policy'));
    if (isOther) await beside.write();
    await deletedAfter(builder, 7);
    const own = isOther ? 'store-log.not-known' : 'policy.number';
    expect((await verdict(builder)).findings.toSorted()).toEqual(['deletion.too-few-days', own]);
  }
});

test('in a folder with something else in it, or by a name that is no number, is named', async () => {
  const builder = await newVault();
  await placePolicy(builder);
  await mkdir(join(builder.vault, 'policies', '007'));
  await writeFile(join(builder.vault, 'policies', '1', 'more'), '');
  expect((await verdict(builder)).findings).toEqual(['folder.unexpected-entry']);
});

test('the list of a vault counts the days that its store counts', async () => {
  const builder = await newVault();
  await builder.receiver.announce(7, 30);
  const { manifest } = await builder.record();
  const dueDays = async (): Promise<number> => {
    await builder.close();
    const { out } = await runCommand(listCommand, builder.vault, '--json');
    const { recordings } = JSON.parse(out) as { recordings: [{ until: string }] };
    return (Date.parse(recordings[0].until) - Date.parse(manifest.sealed_at)) / DAY_MS;
  };
  expect(await dueDays()).toBe(14);
  await builder.receiver.announce(20);
  expect(await dueDays()).toBe(20);
  await placePolicy(builder, { change: { days_min: 25 } });
  await withoutRoles(builder);
  expect(await dueDays()).toBe(25);
});
