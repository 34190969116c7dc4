// Deletion records, orders and changes of keys that the store’s log names, or that lie where no log is: each is there, and the one that was entered.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { verify } from '../../../../agent/cli/verify.ts';
import { makeSecretKey, signDocument } from '../../../../protocol/documents/minisign.ts';
import { ORDER_TRUSTED_COMMENT } from '../../../../protocol/documents/order.ts';
import { TreeBuilder } from '../../../fakes/vault-builder-tree.ts';
import { writeKeyChange } from '../../../fakes/vault-builder-keys.ts';
import { runCommand } from '../../cli/io-memory.ts';
import { findingsOf, recordedVault } from './recorded-vault.ts';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'bodydock-store-log-records-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

const DIGEST = '5'.repeat(64);

const recorded = (name: string): ReturnType<typeof recordedVault> => recordedVault(join(root, name));

describe('a deletion record', () => {
  test('is missing where the log says that a deletion was about to begin', async () => {
    const [builder, one] = await recorded('begun');
    builder.clock.advance(30 * 86_400_000);
    await builder.receiver.delete(one, { payloadGone: false });
    await builder.close();
    expect(await findingsOf(builder)).toEqual([]);
    for (const name of ['deletion.json', 'deletion.json.minisig']) await rm(join(one.folder, name));
    expect(await findingsOf(builder)).toEqual(['deletion.missing']);
  });

  test('is never replaced: where entries name two, one was exchanged', async () => {
    const [builder, one] = await recorded('exchanged');
    builder.clock.advance(30 * 86_400_000);
    await builder.receiver.delete(one);
    const { station, recording } = one.manifest;
    await builder.receiver.enter('deleted', { station, recording, deletion_sha256: DIGEST });
    await builder.close();
    expect(await findingsOf(builder)).toEqual(['deletion.not-logged']);
  });
});

describe('a change of keys', () => {
  test.each(['planned', 'lost'] as const)(
    'that was %s, of a receiver without a log, did not come from it',
    async (reason) => {
      const [builder] = await recorded(`no-log-${reason}`);
      await builder.close();
      const [old, fresh] = [builder.storeKey, makeSecretKey(builder.random)];
      const at = builder.clock.now();
      await writeKeyChange(builder.vault, { holder: 'r-evil' as never, old, fresh, reason, at });
      expect(await findingsOf(builder)).toContain('store-log.none');
    },
  );
});

describe('an order that is not here', () => {
  test.each<[string, string, ('hold' | 'unhold')[], string[]]>([
    ['is missing where it is a hold of both roles', '', ['hold'], ['order.missing']],
    ['may have gone where one of both lifted it', '', ['hold', 'unhold'], []],
    ['may have gone where it held nothing', '', ['unhold'], []],
    ['is missing once the log announced its retention', 'retention', ['hold', 'unhold'], ['order.missing']],
    ['is missing once the log is a tree', 'tree', ['hold', 'unhold'], ['order.missing']],
  ])('%s, although the documents of its recording were let go', async (name, later, verbs, found) => {
    const [builder, one] = await recorded(name);
    if (later === 'retention') await builder.receiver.announce(14, 90);
    if (later === 'tree') await TreeBuilder.begin(builder.receiver);
    for (const verb of verbs) await builder.orders.give(one, { verb });
    await builder.receiver.dropDocuments(one);
    await builder.close();
    await rm(join(builder.vault, builder.station, 'orders'), { recursive: true });
    expect((await findingsOf(builder)).filter((code) => code.startsWith('order.'))).toEqual(found);
  });

  test('is not lifted by what the log says of another one later', async () => {
    const [builder, one] = await recorded('forged');
    await builder.orders.give(one, { verb: 'hold' });
    await builder.receiver.dropDocuments(one);
    await builder.receiver.announce(14, 90);
    const { station, recording } = one.manifest;
    const facts = { station, recording, order: 'o'.repeat(25) + 'a', verb: 'unhold', order_sha256: DIGEST };
    for (const role of ['officer', 'supervisor'])
      await builder.receiver.enter('order', { ...facts, role, key_id: '5'.repeat(16) });
    await builder.close();
    await rm(join(builder.vault, builder.station, 'orders'), { recursive: true });
    expect(await findingsOf(builder)).toEqual(['order.missing']);
  });
});

test('a deletion by an order of which no key of a role is given is not judged, and so nothing is called good', async () => {
  const [builder, one] = await recorded('not judged');
  await builder.receiver.delete(one, { order: await builder.orders.give(one, { verb: 'delete' }) });
  await builder.close();
  expect(await runCommand(verify, builder.vault)).toMatchObject({ exitCode: 0 });
  await rm(join(builder.keys, 'officer.pub'));
  const ran = await runCommand(verify, builder.vault, '--json');
  expect(ran).toMatchObject({ exitCode: 3, json: { good: false, totals: { findings: 0, not_judged: 1 } } });
});

test('an order keeps the key that signed it first, whatever other keys its role has', async () => {
  const [builder, one] = await recorded('other key');
  const { bytes, folder } = await builder.orders.give(one, { verb: 'hold' });
  await builder.close();
  const other = makeSecretKey(builder.random);
  await builder.publish('officer.2.pub', other);
  expect(await findingsOf(builder)).toEqual([]);
  await writeFile(
    join(folder, 'order.json.officer.minisig'),
    signDocument(other, bytes, ORDER_TRUSTED_COMMENT),
  );
  expect(await findingsOf(builder)).toEqual(['order.other-logged']);
});
