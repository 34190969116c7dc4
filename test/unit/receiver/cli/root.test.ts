// Commands of the store as the handbook has them typed: by root, beside a vault that belongs to the user of the service.
import { chmod, chown, lchown, mkdir, readdir, readFile, rename, stat, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { keyIdHex, makeSecretKey } from '../../../../protocol/documents/minisign.ts';
import { SeededRandom } from '../../../fakes/random-seeded.ts';
import { refuseOtherUsers } from '../../../fakes/users-refused.ts';
import { signOrder, withRetentionStore } from './retention-store.ts';
import { canBeOthers } from '../../../fakes/other-user.ts';

const SERVICE_UID = 65_534;
const isRoot = process.geteuid?.() === 0;
refuseOtherUsers();

async function everythingIn(folder: string): Promise<string[]> {
  const names = await readdir(folder, { recursive: true });
  return [folder, ...names.map((name) => join(folder, name))];
}

/** Who has what of these, and is not the user of the service. */
async function ofOthers(paths: readonly string[]): Promise<string[]> {
  const odd = await Promise.all(
    paths.map(async (path) => {
      const { uid, gid } = await stat(path);
      return uid === SERVICE_UID && gid === SERVICE_UID ? [] : [`${path}: ${uid}:${gid}`];
    }),
  );
  return odd.flat();
}

test.runIf(canBeOthers)(
  'what root orders, deletes, revokes and rotates belongs to the service, and keys to root',
  async () => {
    await withRetentionStore(async ({ folder, vault, plant, call, hear }) => {
      const [due, held] = [await plant(20), await plant(3)];
      await chmod(folder, 0o711);
      for (const path of await everythingIn(vault)) await chown(path, SERVICE_UID, SERVICE_UID);
      const before = (await everythingIn(vault)).length;
      const order = join(folder, 'order');
      const done = async (...words: string[]): Promise<void> => {
        const { code, err } = await call(...words);
        expect([words.join(' '), code, err]).toEqual([words.join(' '), 0, '']);
      };
      await hear();
      await done('expire');
      await done('hold', held.station, held.recording, '--reason', 'case-7', '--out', order);
      await signOrder(order, await readFile(join(order, 'order.json')), 'officer');
      await done('hold', '--place', order);
      await done('orders');
      const key = keyIdHex(makeSecretKey(new SeededRandom(701)).keyId);
      await done('revoke', due.station, '--key', key, '--reason', 'lost');
      await done('rotate', '--prepare');
      await done('rotate', '--commit');
      const after = await everythingIn(vault);
      expect(after.length).toBeGreaterThan(before);
      expect(await ofOthers(after)).toEqual([]);
      const own = await Promise.all(
        [join(folder, 'store.key'), order, join(order, 'order.json')].map(
          async (path) => (await stat(path)).uid,
        ),
      );
      expect(own).toEqual([0, 0, 0]);
    });
  },
);

test.runIf(isRoot)('root is no receiver of a vault that belongs to the service', async () => {
  await withRetentionStore(async ({ vault, call }) => {
    for (const path of await everythingIn(vault)) await chown(path, SERVICE_UID, SERVICE_UID);
    const { code, err } = await call('run');
    expect([code, err]).toEqual([78, expect.stringContaining(`is user ${SERVICE_UID}`)]);
    expect(err).toContain('systemctl start bodydock-receiver');
    expect(await ofOthers(await everythingIn(vault))).toEqual([]);
  });
});

test.runIf(isRoot)(
  'what root types writes nothing where a link that the service put into its vault leads',
  async () => {
    await withRetentionStore(async ({ folder, vault, plant, call, hear }) => {
      await plant(20);
      await hear(); // makes the store's log
      await call('expire');
      const roots = join(folder, 'roots');
      await mkdir(roots, { mode: 0o700 });
      await chmod(folder, 0o711);
      const log = join(vault, 'r-test/custody');
      await rename(log, `${log}.away`);
      await symlink(roots, log);
      for (const path of await everythingIn(vault)) await lchown(path, SERVICE_UID, SERVICE_UID);
      for (const words of [['expire'], ['rotate', '--prepare'], ['rotate', '--commit']]) await call(...words);
      expect(await readdir(roots)).toEqual([]);
    });
  },
);
