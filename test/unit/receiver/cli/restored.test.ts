// `bodydock-receiver restored`: what it says beforehand, what it makes, and what it makes again.
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { SecretKey } from '../../../../protocol/documents/minisign.ts';
import { parseRestored, RESTORED_TRUSTED_COMMENT } from '../../../../protocol/documents/restored.ts';
import { sha256Hex } from '../../../../protocol/format/bytes.ts';
import { signFast } from '../../../fakes/signer-fast.ts';
import { RECEIVER } from '../keys/store-folder.ts';
import { officerKey, supervisorKey, withRetentionStore, type RetentionStore } from './retention-store.ts';

const statements = async ({ vault }: RetentionStore): Promise<string[]> => {
  const names = await readdir(join(vault, RECEIVER, 'restored')).catch((): string[] => []);
  return names.filter((name) => name.endsWith('.json'));
};
const storeLog = async ({ vault }: RetentionStore): Promise<string> => {
  const folder = join(vault, RECEIVER, 'custody');
  const names = (await readdir(folder).catch((): string[] => [])).filter((name) => name.endsWith('.jsonl'));
  return (await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')))).join('');
};

test('says what it would say, and makes nothing; then one signed statement, with its entry in the log', async () => {
  await withRetentionStore(async (store) => {
    await store.plant(3);
    const shown = await store.call('restored', '--preview', '--json');
    expect(shown.code).toBe(0);
    const preview = JSON.parse(shown.out) as Record<string, unknown>;
    expect(preview).toMatchObject({ made: false, receipts: 1, statements_before: 0 });
    expect(await statements(store)).toEqual([]);
    const said = await store.call('restored');
    expect(said).toMatchObject({ code: 0, err: '' });
    const [name = ''] = await statements(store);
    const bytes = await readFile(join(store.vault, RECEIVER, 'restored', name));
    expect(parseRestored(bytes)).toMatchObject({
      receiver: RECEIVER,
      complete_until: preview['complete_until'],
    });
    expect(said.out).toContain(String(preview['complete_until']));
    expect(await readdir(join(store.vault, RECEIVER, 'restored'))).toContain(`${name}.minisig`);
    expect(await storeLog(store)).toContain(`"restored_sha256":"${sha256Hex(bytes)}"`);
    // A cut kept the entry out of the log: the next statement makes up for it, and saying what it would say does not.
    await rm(join(store.vault, RECEIVER, 'custody'), { recursive: true });
    expect((await store.call('restored', '--preview')).code).toBe(0);
    expect(await storeLog(store)).toBe('');
    expect((await store.call('restored')).code).toBe(0);
    expect(await storeLog(store)).toContain(`"restored_sha256":"${sha256Hex(bytes)}"`);
  });
});

test('names the newest checkpoint of the tree that it ends', async () => {
  await withRetentionStore(async (store) => {
    await store.plant(3);
    const named = async (): Promise<unknown> => {
      const { code, out } = await store.call('restored', '--json');
      expect(code).toBe(0);
      return (JSON.parse(out) as Record<string, unknown>)['checkpoint'];
    };
    const log = join(store.vault, RECEIVER, 'log');
    const note = await readFile(join(log, 'checkpoint'), 'utf8').catch(() => '');
    const first = await named();
    const [origin = '', size = '', root = ''] = note.split('\n');
    expect(first).toEqual(
      note === '' ? null : { origin, size: Number(size), root: Buffer.from(root, 'base64').toString('hex') },
    );
    const [name = ''] = await statements(store);
    const [begun = '', lines = ''] = (
      await readFile(join(log, name.slice(0, 16), 'checkpoint'), 'utf8')
    ).split('\n');
    expect(await named()).toMatchObject({ origin: begun, size: Number(lines) });
    expect(begun).toMatch(new RegExp(`/${name.slice(0, 16)}$`));
  });
});

test('takes the time of the backup, and a later statement than the one before; what is no time is refused', async () => {
  await withRetentionStore(async (store) => {
    await store.plant(3);
    const made = async (...words: string[]): Promise<Record<string, string>> => {
      const { code, out } = await store.call('restored', '--json', ...words);
      expect(code).toBe(0);
      return JSON.parse(out) as Record<string, string>;
    };
    const first = await made('--backup-at', '2020-01-01T00:00:00Z');
    const second = await made();
    expect(first['complete_until']).toBe('2020-01-01T00:00:00.000Z');
    expect(String(second['restored_at']) > String(first['restored_at'])).toBe(true);
    expect(await statements(store)).toHaveLength(2);
    expect((await store.call('restored', '--backup-at', 'yesterday')).code).toBe(2);
  });
});

test('takes the signatures of both roles beside the statement, and no other ones', async () => {
  await withRetentionStore(async (store) => {
    await store.plant(3);
    const folder = join(store.folder, 'to-sign');
    expect(await store.call('restored', '--fetch', folder)).toMatchObject({ code: 1 });
    expect(await store.call('restored')).toMatchObject({ code: 0 });
    const fetched = await store.call('restored', '--fetch', folder);
    expect(fetched.out).toContain('-t "bodydock restored"');
    const bytes = await readFile(join(folder, 'restored.json'));
    const placed = join(store.vault, RECEIVER, 'restored');
    const before = await readdir(placed);
    const sign = (role: string, key: SecretKey): Promise<void> =>
      writeFile(
        join(folder, `restored.json.${role}.minisig`),
        signFast(key, bytes, RESTORED_TRUSTED_COMMENT),
      );
    await sign('officer', officerKey);
    expect((await store.call('restored', '--place', folder)).err).toContain('supervisor has not signed');
    await sign('supervisor', officerKey);
    expect((await store.call('restored', '--place', folder)).code).toBe(1);
    expect(await readdir(placed)).toEqual(before);
    await sign('supervisor', supervisorKey);
    expect(await store.call('restored', '--place', folder)).toMatchObject({ code: 0, err: '' });
    const [name] = await statements(store);
    const signatures = ['officer', 'supervisor'].map((role) => `${name}.${role}.minisig`);
    expect((await readdir(placed)).toSorted()).toEqual([...before, ...signatures].toSorted());
    await writeFile(join(folder, 'restored.json'), bytes.subarray(1));
    expect((await store.call('restored', '--place', folder)).code).toBe(1);
  });
});
