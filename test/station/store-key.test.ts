// The store's key is another one, and the station pins that alone: what the old key receipted while nobody heard it must still be let go.
import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { keepKeyChange } from '../../config/enrolment/key-changes.ts';
import { parseReceiverId } from '../../protocol/format/ids.ts';
import { nodeRandom } from '../../agent/platform/random-node.ts';
import {
  makeSecretKey,
  publicKeyLine,
  publicKeyOf,
  type SecretKey,
} from '../../protocol/documents/minisign.ts';
import { scaledClock } from '../fakes/clock-scaled.ts';
import { DockAndStore } from '../fakes/dock-and-store.ts';

let dock: DockAndStore;
afterEach(() => dock.close());

/** As `rotate` writes it. */
async function keepChange(old: SecretKey, fresh: SecretKey): Promise<void> {
  const folder = join(dock.folder, 'vault', 'r-a', 'keys');
  await mkdir(folder, { recursive: true });
  const change = {
    type: 'key-change',
    version: 1,
    holder: parseReceiverId('r-a'),
    old_key: publicKeyLine(publicKeyOf(old)),
    new_key: publicKeyLine(publicKeyOf(fresh)),
    reason: 'planned',
    changed_at: '2026-11-25T09:00:00.000Z',
  } as const;
  await keepKeyChange(folder, change, { old, fresh });
}

test.each([
  ['changed as it should be', true],
  ['exchanged by hand', false],
])(
  'a recording whose receipt by a key that was %s never arrived is receipted by the new key, and erased',
  async (_what, isKept) => {
    dock = await DockAndStore.open({ hasFastSigner: true, clock: scaledClock(isKept ? 1 : 20) });
    const isReceipt = (payload: Uint8Array): boolean => Buffer.from(payload).includes('"message":"receipt"');
    dock.hub.fate = ({ from, payload }) => (from === 'r-a' && isReceipt(payload) ? [] : [{}]);
    dock.camera.put('DCIM/A.MP4', randomBytes(900));
    await dock.startReceiver();
    await dock.startStation();
    await dock.until('in the vault with its receipt', async () => (await dock.receipted()).size === 1);
    await dock.stopStation();
    await dock.stopReceiver();
    dock.hub.fate = () => [{}];
    const fresh = makeSecretKey(nodeRandom());
    if (isKept) await keepChange(dock.storeKey, fresh);
    dock.storeKey = fresh;
    await dock.startReceiver();
    await dock.startStation();
    await dock.until('erased', () => dock.camera.files().length === 0, 30_000);
    await dock.until('logged', async () => (await dock.custody()).some(({ event }) => event === 'erased'));
    // The record of the first docking has its receipt anew as well, a moment later.
    await dock.until('nothing stands', () => dock.conditions.codes().length === 0, 30_000);
    expect(dock.storeConditions.codes()).toEqual([]);
    const refused = (await dock.custody()).filter(({ event }) => event === 'receipt-refused');
    expect(refused.map(({ facts }) => facts['reason'])).toEqual(refused.map(() => 'signature.unknown-key'));
    expect(new Set(refused.map(({ facts }) => facts['recording'])).size).toBe(refused.length);
  },
);
