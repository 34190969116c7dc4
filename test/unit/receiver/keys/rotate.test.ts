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
import { isReceiverRunning } from '../../../../agent/receiver/keys/running-receiver.ts';
import { VaultBeats } from '../../../../agent/receiver/vault/vault-beats.ts';
import { VaultLayout } from '../../../../agent/receiver/vault/vault-layout.ts';
import { makeSessionId } from '../../../../protocol/format/ids.ts';
import { ManualClock } from '../../../fakes/clock-manual.ts';
import { CrashDisk } from '../../../fakes/files-crash.ts';
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

describe('whether a receiver runs', () => {
  async function look(prepare: (beats: VaultBeats) => Promise<void>): Promise<boolean> {
    const [files, clock, random] = [new CrashDisk(), new ManualClock(), new SeededRandom(1)];
    files.plantFolder('/vault');
    const layout = new VaultLayout('/vault');
    const instance = makeSessionId(random);
    const beats = new VaultBeats({ files, layout, clock, receiver: RECEIVER, instance });
    await beats.start();
    await prepare(beats);
    const looking = isReceiverRunning({ files, layout, clock }, RECEIVER, new AbortController().signal);
    await clock.advance(20_000);
    return looking;
  }

  test('is told by a sign of life that changes', async () => {
    expect(await look(() => Promise.resolve())).toBe(true);
  });

  test('is denied where it ended in order, or its sign stands still', async () => {
    expect(await look((beats) => beats.close())).toBe(false);
    const [files, clock] = [new CrashDisk(), new ManualClock()];
    files.plant(`/vault/.leases/${'a'.repeat(26)}.json`, JSON.stringify({ receiver: RECEIVER, beat: 7 }));
    files.plant(`/vault/.leases/${'b'.repeat(25)}a.json`, JSON.stringify({ receiver: 'r-other', beat: 1 }));
    const layout = new VaultLayout('/vault');
    const looking = isReceiverRunning({ files, layout, clock }, RECEIVER, new AbortController().signal);
    await clock.advance(20_000);
    expect(await looking).toBe(false);
  });
});
