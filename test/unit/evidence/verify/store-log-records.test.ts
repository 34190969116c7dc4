// Deletion records, orders and changes of keys that the store’s log names, or that lie where no log is: each is there, and the one that was entered.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeSecretKey } from '../../../../protocol/documents/minisign.ts';
import { writeKeyChange } from '../../../fakes/vault-builder-keys.ts';
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
  test.each<[string, ('hold' | 'unhold')[], string[]]>([
    ['is missing where it is a hold of both roles', ['hold'], ['drop.held', 'order.missing']],
    ['may have gone where one of both lifted it', ['hold', 'unhold'], []],
    ['may have gone where it held nothing', ['unhold'], []],
  ])('%s, although the documents of its recording were let go', async (name, verbs, found) => {
    const [builder, one] = await recorded(name);
    for (const verb of verbs) await builder.orders.give(one, { verb });
    await builder.receiver.dropDocuments(one);
    await builder.close();
    await rm(join(builder.vault, builder.station, 'orders'), { recursive: true });
    expect(await findingsOf(builder)).toEqual(found);
  });
});
