// Deletions that a store signed although SPEC 4.8 and 10 did not allow them yet: the documents hold, and only their times speak against them.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { VaultBuilder } from '../../fakes/vault-builder.ts';
import { verdictOf } from './broken-vault.ts';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'bodydock-judge-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

let count = 0;
async function newVault(): Promise<VaultBuilder> {
  return VaultBuilder.create(join(root, String(++count)));
}

async function findingsOf(builder: VaultBuilder): Promise<readonly string[]> {
  await builder.close();
  const nowMs = Date.parse(builder.clock.now());
  return (await verdictOf(builder.vault, builder, { nowMs, identities: [] })).findings;
}

test.each([
  ['before the deletion', true, []],
  ['only behind the deletion', false, ['deletion.order-invalid']],
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
