// Deletions that a store signed although SPEC 4.8 and 10 did not allow them yet: the documents hold, and only their times speak against them.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Manifest } from '../../../../protocol/documents/manifest.ts';
import type { Receipt } from '../../../../protocol/documents/receipt.ts';
import { codesOf, judgeWithPython } from '../../../fakes/manipulations/judges.ts';
import { TreeBuilder } from '../../../fakes/vault-builder-tree.ts';
import { VaultBuilder } from '../../../fakes/vault-builder.ts';
import { verdictOf } from './broken-vault.ts';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'bodydock-judge-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

let count = 0;
async function newVault(startMs?: number): Promise<VaultBuilder> {
  return VaultBuilder.create(join(root, String(++count)), startMs === undefined ? {} : { startMs });
}

async function findingsOf(builder: VaultBuilder): Promise<readonly string[]> {
  await builder.close();
  const nowMs = Date.parse(builder.clock.now());
  return (await verdictOf(builder.vault, builder, { nowMs, identities: [] })).findings;
}

test.each([
  ['before the deletion', true, []],
  ['only after the deletion', false, ['deletion.order-invalid']],
])('an order whose second signature was taken up %s', async (_, inTime, expected) => {
  const builder = await newVault();
  const { receiver, orders, clock } = builder;
  await builder.dock();
  const recording = await builder.record();
  await builder.undock();
  const order = await orders.give(recording, { verb: 'delete', roles: ['officer'] });
  clock.advance(60_000);
  if (inTime) await orders.sign(order, 'supervisor');
  await receiver.delete(recording, { order });
  clock.advance(60_000);
  if (!inTime) await orders.sign(order, 'supervisor');
  expect(await findingsOf(builder)).toEqual(expected);
});

test.each([
  ['both roles', ['officer', 'supervisor'], [], 1],
  ['one role alone', ['officer'], ['deletion.order-invalid'], 0],
  ['the other role alone', ['supervisor'], ['deletion.order-invalid'], 0],
] as const)(
  'an order that %s signed, where the supervisors have no key here',
  async (_, roles, expected, open) => {
    const builder = await newVault();
    await builder.dock();
    const recording = await builder.record();
    await builder.undock();
    const order = await builder.orders.give(recording, { verb: 'delete', roles });
    await builder.receiver.delete(recording, { order });
    await builder.close();
    await rm(join(builder.keys, 'supervisor.pub'));
    const nowMs = Date.parse(builder.clock.now());
    const { findings, totals } = await verdictOf(builder.vault, builder, { nowMs, identities: [] });
    expect({ findings, open: totals.not_judged }).toEqual({ findings: expected, open });
  },
);

test.each([
  ['both roles', ['officer', 'supervisor'], ['deletion.held'], 1],
  ['one role, long before,', ['officer'], [], 0],
] as const)(
  'a recording with a hold that %s signed, with the keys of the roles and without',
  async (_, roles, expected, open) => {
    const builder = await newVault();
    await builder.dock();
    const recording = await builder.record();
    await builder.undock();
    await builder.orders.give(recording, { verb: 'hold', roles });
    builder.clock.advance(15 * 86_400_000);
    await builder.receiver.delete(recording);
    await builder.close();
    const how = { nowMs: Date.parse(builder.clock.now()), identities: [] };
    const judged = await verdictOf(builder.vault, builder, how);
    for (const role of ['officer', 'supervisor']) await rm(join(builder.keys, `${role}.pub`));
    const { findings, totals } = await verdictOf(builder.vault, builder, how);
    expect([judged.findings, findings, totals.not_judged]).toEqual([expected, [], open]);
  },
);

test.each([
  ['by both roles', ['officer', 'supervisor'], 19, ['deletion.held']],
  ['by one role, within its days', ['officer'], 19, ['deletion.held']],
  ['by one role, after its days', ['officer'], 30, []],
] as const)(
  'a record of the day before a hold %s, which the log names when it stands',
  async (_, roles, day, expected) => {
    const builder = await newVault(Date.parse('2026-01-10T08:00:00.000Z'));
    await builder.dock();
    const recording = await builder.record();
    await builder.undock();
    builder.clock.advance(15 * 86_400_000);
    const deletedAt = builder.clock.now();
    builder.clock.advance(2 * 86_400_000);
    await builder.orders.give(recording, { verb: 'hold', roles });
    builder.clock.advance((day - 17) * 86_400_000);
    await builder.receiver.delete(recording, { change: (made) => ({ ...made, deleted_at: deletedAt }) });
    await builder.close();
    const [python] = await judgeWithPython([builder.vault], builder);
    expect(codesOf(python ?? { good: true, findings: [] })).toEqual(expected);
    expect(await findingsOf(builder)).toEqual(expected);
  },
);

test.each([
  ['13 days', [], 13, ['deletion.too-few-days']],
  ['14 days', [], 14, []],
  ['13 days, though 1 was announced', [1], 13, ['deletion.too-few-days']],
  ['14 days, where 30 were announced before it came', [30], 14, ['deletion.too-few-days']],
  ['14 days, where 14 were announced again before it came', [30, 14], 14, []],
  ['30 days, where 30 were announced', [30], 30, []],
] as const)('a recording that the store kept for %s', async (_, announced, days, findings) => {
  const builder = await newVault();
  for (const each of announced) await builder.receiver.announce(each, 730);
  await builder.dock();
  const recording = await builder.record();
  await builder.undock();
  await builder.receiver.announce(14, 730);
  builder.clock.advance(days * 86_400_000);
  await builder.receiver.delete(recording, { days });
  expect(await findingsOf(builder)).toEqual(findings);
});

test('an order of both roles needs no days', async () => {
  const builder = await newVault();
  await builder.dock();
  const recording = await builder.record();
  await builder.undock();
  const order = await builder.orders.give(recording, { verb: 'delete' });
  await builder.receiver.delete(recording, { order, days: 1 });
  expect(await findingsOf(builder)).toEqual([]);
});

test('a deletion record that was dated ahead so that it looks due is found by its entry', async () => {
  const builder = await newVault();
  await builder.dock();
  const recording = await builder.record();
  await builder.undock();
  await builder.receiver.delete(recording, {
    change: (record) => ({ ...record, deleted_at: record.retention.due_at }),
  });
  builder.clock.advance(30 * DAY_MS);
  expect(await findingsOf(builder)).toEqual(['deletion.too-early']);
});

test.each([
  ['a day and an hour after', 25, false, ['deletion.in-future']],
  ['a day and an hour after, by an order,', 25, true, ['deletion.in-future']],
  ['less than a day after', 23, false, []],
])('a deletion record of %s the time of the verification', async (_, hours, isOrdered, expected) => {
  const builder = await newVault();
  await builder.dock();
  const recording = await builder.record();
  await builder.undock();
  const order = isOrdered ? await builder.orders.give(recording, { verb: 'delete' }) : undefined;
  builder.clock.advance(30 * DAY_MS);
  const deletedMs = Date.parse(builder.clock.now());
  await builder.receiver.delete(recording, order && { order });
  await builder.close();
  const nowMs = deletedMs - hours * 3_600_000;
  expect((await verdictOf(builder.vault, builder, { nowMs, identities: [] })).findings).toEqual(expected);
});

test.each([
  ['another recording', 'other', []],
  ['the recording that it replaces', 'replaced', ['deletion.held']],
] as const)('a hold of %s reaches it where it should', async (_, held, expected) => {
  const builder = await newVault();
  const { receiver, orders, clock } = builder;
  await builder.dock();
  const first = await builder.record({ path: 'DCIM/A.MP4' });
  const other = await builder.record({ path: 'DCIM/B.MP4' });
  const supersedes = (manifest: Manifest): Manifest => ({
    ...manifest,
    supersedes: [first.manifest.recording],
  });
  const heir = await builder.record({ path: 'DCIM/C.MP4', change: supersedes });
  await builder.undock();
  await orders.give(held === 'replaced' ? first : other, { verb: 'hold' });
  clock.advance(30 * DAY_MS);
  await receiver.delete(heir);
  const nowMs = Date.parse(clock.now());
  await builder.close();
  const { findings, totals } = await verdictOf(builder.vault, builder, { nowMs, identities: [] });
  expect({ findings, held: totals.held }).toEqual({ findings: expected, held: 1 });
});

const DAY_MS = 86_400_000;

/** One recording, sealed and received at these times by the two clocks, that expires at that instant. */
async function expired(times: {
  readonly sealedAt: string;
  readonly receivedAt: string;
  readonly warnedAt?: string;
  readonly deletedAt: string;
}): Promise<readonly string[]> {
  const builder = await newVault();
  const { receiver, clock } = builder;
  await builder.dock();
  const sealed = (manifest: Manifest): Manifest => ({ ...manifest, sealed_at: times.sealedAt });
  const built = await builder.record({ change: sealed });
  await builder.undock();
  if (built.receipt === undefined) throw new Error('no receipt');
  const receipt: Receipt = { ...built.receipt, received_at: times.receivedAt };
  await builder.writeReceipt(built.folder, receipt);
  const recording = { ...built, receipt };
  if (times.warnedAt !== undefined) {
    clock.moveTo(times.warnedAt);
    await receiver.warn(recording);
  }
  clock.moveTo(times.deletedAt);
  await receiver.delete(recording);
  return (await findingsOf(builder)).filter((code) => code !== 'custody.other-receipt');
}

test.each([
  ['a warning of a day before', '2026-12-20T00:00:00.000Z', ['deletion.not-warned']],
  ['a warning of two weeks before', '2026-12-05T00:00:00.000Z', []],
])('what was received by a clock that had lost its time goes behind %s', async (_, warnedAt, expected) => {
  const times = { sealedAt: '2026-11-25T08:00:00.000Z', receivedAt: '1970-01-01T00:00:10.000Z', warnedAt };
  expect(await expired({ ...times, deletedAt: '2026-12-21T08:00:00.000Z' })).toEqual(expected);
});

test.each([
  ['its days behind its receipt', 15, ['deletion.too-early']],
  ['its days behind both', 18, []],
])('where a recording was sealed days behind its receipt it goes %s', async (_, days, expected) => {
  const sealedMs = Date.parse('2026-11-28T08:00:00.000Z');
  const times = { sealedAt: new Date(sealedMs).toISOString(), receivedAt: '2026-11-25T08:00:00.000Z' };
  const deletedAt = new Date(Date.parse(times.receivedAt) + days * DAY_MS).toISOString();
  expect(await expired({ ...times, deletedAt })).toEqual(expected);
});

test('an order to delete or to end a hold is about none of two recordings of one place but the one that it names', async () => {
  const builder = await newVault();
  const { receiver, orders, clock } = builder;
  await builder.dock();
  const [paused, whole] = [
    await builder.record({ path: '1.MP4' }),
    await builder.record({ path: '1.MP4', later: true }),
  ];
  await builder.undock();
  await orders.give(whole, { verb: 'hold' });
  clock.advance(60_000);
  await orders.give(paused, { verb: 'unhold' });
  const order = await orders.give(paused, { verb: 'delete' });
  clock.advance(60_000);
  await receiver.delete(whole, { order });
  expect(await findingsOf(builder)).toEqual(['deletion.held', 'deletion.order-invalid']);
});

/** One that has expired, of which somebody outside said that time so many minutes later by his word, or nobody did. */
async function timedOut(
  builder: VaultBuilder,
  {
    saidMinutes = [],
    isDropped = false,
    isTree = true,
    isSaidLate = false,
  }: { saidMinutes?: readonly number[]; isDropped?: boolean; isTree?: boolean; isSaidLate?: boolean },
): Promise<readonly string[]> {
  const { receiver, clock } = builder;
  if (isTree) TreeBuilder.ahead(receiver);
  await receiver.announce(14, 90);
  await builder.dock();
  const recording = await builder.record();
  await builder.undock();
  clock.advance(15 * 86_400_000);
  for (const minutes of saidMinutes)
    await receiver.hear(new Date(Date.parse(clock.now()) + minutes * 60_000).toISOString());
  await receiver.delete(recording, { isHeard: false });
  if (isSaidLate) await receiver.hear();
  if (isDropped) await receiver.dropDocuments(recording);
  return findingsOf(builder);
}

test.each<[string, Parameters<typeof timedOut>[1], readonly string[]]>([
  ['that nobody outside said', {}, ['deletion.no-outside-time']],
  ['that was said a day before', { saidMinutes: [-25 * 60 + 1] }, []],
  ['that was said longer before', { saidMinutes: [-25 * 60 - 1] }, ['deletion.no-outside-time']],
  ['that was said by a clock that is ahead', { saidMinutes: [59] }, []],
  ['that was said by one far ahead', { saidMinutes: [61] }, ['deletion.no-outside-time']],
  ['that was said only after it', { isSaidLate: true }, ['deletion.no-outside-time']],
  ['that one of several said', { saidMinutes: [-9000, -30, 400] }, []],
  ['by a store of 0.1.0, which entered no such words', { isTree: false }, []],
  ['whose documents were dropped, too', { isDropped: true }, ['deletion.no-outside-time']],
])('a deletion by a time %s', async (_, wish, expected) => {
  expect(await timedOut(await newVault(), wish)).toEqual(expected);
});
