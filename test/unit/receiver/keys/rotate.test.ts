import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadKeyHistory } from '../../../../config/enrolment/key-changes.ts';
import { readPublicKeyFile } from '../../../../config/enrolment/keys.ts';
import {
  CUSTODY_SEGMENT_TRUSTED_COMMENT,
  parseCustodyEntry,
} from '../../../../protocol/custody/custody-entry.ts';
import { encodeUtf8 } from '../../../../protocol/format/bytes.ts';
import {
  keyIdHex,
  makeSecretKey,
  publicKeyLine,
  signatureKeyId,
  verifyDocument,
  type PublicKey,
} from '../../../../protocol/documents/minisign.ts';
import { nodeFiles } from '../../../../agent/platform/files-node.ts';
import { lockVault } from '../../../../agent/receiver/vault/vault-lock.ts';
import { SeededRandom } from '../../../fakes/random-seeded.ts';
import { STATION } from '../sample.ts';
import { RECEIVER, withStore, type StoreFolder } from './store-folder.ts';

const KEY = makeSecretKey(new SeededRandom(3));
const REVOKE = `revoke ${STATION} --key ${keyIdHex(KEY.keyId)} --reason retired`.split(' ');

function publicKey({ folder }: StoreFolder, name = 'store.pub'): Promise<PublicKey> {
  return readPublicKeyFile(join(folder, name));
}

/** Segments of the store's log by the key of their checkpoints, with their events. */
async function segments({ vault }: StoreFolder): Promise<Map<string, { name: string; events: string[] }>> {
  const folder = join(vault, RECEIVER, 'custody');
  const found = new Map<string, { name: string; events: string[] }>();
  for (const name of (await readdir(folder)).filter((each) => each.endsWith('.jsonl'))) {
    const lines = (await readFile(join(folder, name), 'utf8')).trimEnd().split('\n');
    const entries = lines.map((line) => parseCustodyEntry(encodeUtf8(line)));
    const keys = entries
      .filter(({ event }) => event === 'checkpoint')
      .map(({ facts }) => signatureKeyId(String(facts['signature'])));
    expect(new Set(keys).size).toBe(1);
    found.set(String(keys[0]), { name, events: entries.map(({ event }) => event) });
  }
  return found;
}

describe('bodydock-receiver rotate', () => {
  test('shows the next key to pin first, then lets it sign; its log says so', async () => {
    await withStore([KEY], async (store) => {
      await (await store.open()).close();
      await store.call(...REVOKE); // something of the old key in the log
      const old = await publicKey(store);
      const prepared = await store.call('rotate', '--prepare');
      const next = await publicKey(store, 'store.next.pub');
      expect([prepared.code, prepared.err]).toEqual([0, '']);
      expect(prepared.out).toContain(`  ${publicKeyLine(next)}\n`);
      expect(prepared.out).toContain(`(${STATION}): add this line to store.public_keys`);
      expect(publicKeyLine(await publicKey(store))).toBe(publicKeyLine(old));
      const committed = await store.call('rotate', '--commit');
      expect([committed.code, committed.err]).toEqual([0, '']);
      expect(publicKeyLine(await publicKey(store))).toBe(publicKeyLine(next));
      const keys = join(store.vault, RECEIVER, 'keys');
      const history = await loadKeyHistory(keys, RECEIVER, next);
      expect(history.earlier.map(publicKeyLine)).toEqual([publicKeyLine(old)]);
      const logs = await segments(store);
      expect(logs.get(keyIdHex(next.keyId))?.events.slice(0, 2)).toEqual(['segment-opened', 'key-changed']);
      const ended = join(store.vault, RECEIVER, 'custody', logs.get(keyIdHex(old.keyId))?.name ?? '');
      const signature = await readFile(`${ended}.minisig`, 'utf8');
      verifyDocument(await readFile(ended), signature, CUSTODY_SEGMENT_TRUSTED_COMMENT, [old]);
      const again = await store.call('rotate', '--commit', '--json');
      expect(JSON.parse(again.out)).toMatchObject({ again: true, public: publicKeyLine(next) });
      const changes = [...(await segments(store)).values()].flatMap(({ events }) => events);
      expect(changes.filter((event) => event === 'key-changed')).toHaveLength(1);
    });
  });

  test('refuses the second step before the first one, and both at once', async () => {
    await withStore([KEY], async (store) => {
      await (await store.open()).close();
      const early = await store.call('rotate', '--commit');
      expect([early.code, early.err]).toEqual([78, expect.stringContaining('key.not-prepared')]);
      for (const words of [[], ['--prepare', '--commit'], ['now']])
        expect((await store.call('rotate', ...words)).code).toBe(2);
      expect((await readdir(store.folder)).toSorted()).toEqual([
        'receiver.yaml',
        'store.key',
        'store.pub',
        'vault',
      ]);
    });
  });
});

describe('beside a receiver that runs', () => {
  for (const [where, host] of [
    ['on this machine', undefined],
    ['on another machine', 'other-machine'],
  ] as const)
    test(`${where} nothing is changed`, async () => {
      await withStore([KEY], async (store) => {
        await (await store.open()).close();
        await store.call('rotate', '--prepare');
        const vault = await store.open(host);
        const lock = host === undefined ? await lockVault(store.vault, nodeFiles()) : undefined;
        const key = await readFile(join(store.folder, 'store.key'));
        expect((await store.call('rotate', '--commit')).err).toContain(host ?? 'receiver.running');
        expect(await readFile(join(store.folder, 'store.key'))).toEqual(key);
        await vault.close();
        await lock?.release();
        expect((await store.call('rotate', '--commit')).code).toBe(0);
      });
    });
});
