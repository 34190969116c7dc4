// The keeper takes a recording away and says, by the store's key, that its vault was restored from a backup: without both roles that is found.
import { appendFile, copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { lacksTools } from '../../fakes/stock-tools.ts';
import { AttackedWorld, makeRoleKeys, refusing, ROLES, signAsRoles, TOOLS } from './attacked-world.ts';

describe.skipIf(lacksTools(...TOOLS))('a vault that its keeper calls restored', () => {
  test('is not good until both roles have signed it, and a recording that he took away is missed for ever', async () => {
    const world = await AttackedWorld.open();
    const people = join(world.root, 'people');
    await appendFile(join(world.root, 'receiver.yaml'), await makeRoleKeys(people));
    for (const role of ROLES) await copyFile(join(people, `${role}.pub`), join(world.keys, `${role}.pub`));
    const [one] = await world.named('manifest.json');
    if (one === undefined) throw new Error('no recording');
    const said = await world.store('restored', '--backup-at', '2020-01-01T00:00:00Z');
    expect(said.exitCode, said.stderr).toBe(0);
    expect(await world.verdicts()).toEqual(refusing('restored.unsigned'));
    const folder = join(world.root, 'to-sign');
    await world.store('restored', '--fetch', folder);
    await signAsRoles(folder, 'restored.json', people);
    const placed = await world.store('restored', '--place', folder);
    expect(placed.exitCode, placed.stderr).toBe(0);
    const { product, python } = await world.verdicts();
    expect([product.exitCode, python.exitCode]).toEqual([0, 0]);
    await world.remove(one.recording);
    expect(await world.verdicts()).toEqual(refusing('receipt.missing'));
    await world.close();
  });
});
