// The keeper, who has the store's key, puts an older vault in place of the one that gave receipts, and says by that key alone that it was restored:
// a station erases nothing, and says why, until both roles have signed it with stock minisign, by keys that its file names.
import { execFile } from 'node:child_process';
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, test } from 'vitest';
import { encodeSecretKey, parsePublicKey, type PublicKey } from '../../../protocol/documents/minisign.ts';
import { DockAndStore, STATION } from '../../fakes/dock-and-store.ts';
import { canonical, sha256, signWithMinisign } from '../../fakes/forged-log.ts';
import { lacksTools, requireTool } from '../../fakes/stock-tools.ts';

const run = promisify(execFile);
const ROLES = ['officer', 'supervisor'] as const;

describe.skipIf(lacksTools('minisign'))('a store that its keeper calls restored', () => {
  let dock: DockAndStore;
  afterAll(() => dock.close());

  const at = (...names: string[]): string => join(dock.folder, ...names);

  async function makeKey(role: string): Promise<PublicKey> {
    await mkdir(at('people'), { recursive: true });
    const file = at('people', `${role}.pub`);
    await run(requireTool('minisign'), ['-G', '-W', '-p', file, '-s', at('people', `${role}.key`)]);
    return parsePublicKey((await readFile(file, 'utf8')).split('\n')[1] ?? '');
  }

  /** By the store's key alone. Gives the path of the statement. */
  async function sayAlone(): Promise<string> {
    await writeFile(at('store.key'), encodeSecretKey(dock.storeKey));
    const { vault } = JSON.parse(await readFile(at('vault', 'vault.json'), 'utf8')) as { vault: string };
    const text = canonical({
      type: 'restored',
      version: 1,
      receiver: 'r-a',
      vault,
      restored_at: new Date().toISOString(),
      complete_until: '2026-01-01T00:00:00.000Z',
      custody_head: null,
    });
    const path = at('vault', 'r-a', 'restored', `${sha256(text).slice(0, 16)}.json`);
    await mkdir(at('vault', 'r-a', 'restored'), { recursive: true });
    await writeFile(path, text);
    await writeFile(`${path}.minisig`, await signWithMinisign(text, at('store.key'), 'bodydock restored'));
    return path;
  }

  test('is believed by no station before both roles have signed it', async () => {
    dock = await DockAndStore.open({ hasFastSigner: true, roles: { officers: [], supervisors: [] } });
    const roles = { officers: [await makeKey('officer')], supervisors: [await makeKey('supervisor')] };
    Object.assign(dock.options, { roles });
    await dock.startReceiver();
    await dock.startStation();
    await dock.until('some log', async () =>
      (await readdir(at('vault', STATION, 'custody')).catch(() => [])).some((name) =>
        name.endsWith('.jsonl'),
      ),
    );
    await dock.stopReceiver();
    await cp(at('vault'), at('older'), { recursive: true });
    await dock.startReceiver();
    dock.camera.isProtected = true; // the file stays on the camera for the next docking
    dock.camera.put('A.MP4', Buffer.from('the only film'));
    await dock.until('receipted', async () => (await dock.receipted()).size === 1);
    dock.camera.detach();
    await dock.until('its record', async () => (await dock.dockings()).length > 0);
    dock.camera.isProtected = false;

    await dock.stopReceiver();
    await rm(at('vault'), { recursive: true });
    await cp(at('older'), at('vault'), { recursive: true });
    const statement = await sayAlone();
    const reason = (): unknown => dock.conditions.facts('restored.refused')?.['reason'];
    await dock.stopStation();
    Object.assign(dock.options, { roles: { officers: [], supervisors: [] } });
    await dock.startReceiver();
    await dock.startStation();
    await dock.until('refused by who knows no roles', () => reason() === 'restored.no-roles');
    await dock.stopStation();
    Object.assign(dock.options, { roles });
    await dock.startStation();
    await dock.until('refused', () => reason() === 'restored.unsigned');
    dock.camera.attach();
    dock.camera.put('B.MP4', Buffer.from('a new one'));
    await dock.until('the new one is in the vault', async () => (await dock.receipted()).size === 1);
    expect(dock.camera.files()).toHaveLength(2);
    expect((await dock.custody()).filter(({ event }) => event === 'store-restored')).toEqual([]);

    const text = await readFile(statement, 'utf8');
    for (const role of ROLES) {
      const signature = await signWithMinisign(text, at('people', `${role}.key`), 'bodydock restored');
      await writeFile(`${statement}.${role}.minisig`, signature);
    }
    await dock.until('followed', () => reason() === undefined);
    await dock.until('both are in the vault', async () => (await dock.receipted()).size === 2);
    await dock.until('erased', () => dock.camera.files().length === 0);
  }, 90_000);
});
