// The keeper puts two fresh keys of his own into `roles`, orders a deletion, signs it as both roles, places it, and takes the keys out again.
import { appendFile, copyFile, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { lacksTools } from '../../fakes/stock-tools.ts';
import {
  AttackedWorld,
  makeRoleKeys,
  refusing,
  ROLES,
  signAsRoles,
  STATION,
  TOOLS,
} from './attacked-world.ts';

describe.skipIf(lacksTools(...TOOLS))('a deletion that the keeper ordered by two keys of his own', () => {
  const worlds: AttackedWorld[] = [];
  afterEach(async () => {
    for (const world of worlds.splice(0)) await world.close();
  });

  async function deletedByOrder(): Promise<AttackedWorld> {
    const world = await AttackedWorld.open();
    worlds.push(world);
    const file = join(world.root, 'receiver.yaml');
    const before = await readFile(file, 'utf8');
    const own = join(world.root, 'own');
    await appendFile(file, await makeRoleKeys(own));
    const recording = (await world.named('manifest.json'))[0]?.recording ?? '';
    const order = join(world.root, 'order');
    await world.store('delete', STATION, recording, '--reason', 'case-1', '--out', order);
    await signAsRoles(order, 'order.json', own);
    const placed = await world.store('delete', '--place', order);
    expect(placed.exitCode, placed.stdout + placed.stderr).toBe(0);
    await writeFile(file, before);
    expect(await readdir(world.folder(recording))).not.toContain('payload.age');
    return world;
  }

  test('is not judged by who has no keys of the roles, which is not good', async () => {
    const world = await deletedByOrder();
    const { product, python } = await world.verdicts();
    expect(product).toMatchObject({ exitCode: 3, findings: [] });
    expect(product.notes).toContain('deletion.order-not-judged');
    expect(python).toMatchObject({ exitCode: 3, findings: [] });
    const said = await world.bodydock('verify', world.vault, '--keys', world.keys, '--lang', 'en');
    expect([said.exitCode, said.stdout.trimEnd().split('\n').at(-1)]).toEqual([
      3,
      expect.stringMatching(/^NOT JUDGED: /),
    ]);
  });

  test('is found by who has the keys of the roles from the roles', async () => {
    const world = await deletedByOrder();
    const people = join(world.root, 'people');
    await makeRoleKeys(people);
    for (const role of ROLES) await copyFile(join(people, `${role}.pub`), join(world.keys, `${role}.pub`));
    expect(await world.verdicts()).toEqual(refusing('order.signature-unknown-key'));
  });

  test('is what the log says of its keys: other signatures in their place are found', async () => {
    const world = await deletedByOrder();
    const people = join(world.root, 'people');
    await makeRoleKeys(people);
    const orders = join(world.vault, STATION, 'orders');
    const order = join(orders, (await readdir(orders))[0] ?? '');
    for (const role of ROLES) await copyFile(join(people, `${role}.pub`), join(world.keys, `${role}.pub`));
    await signAsRoles(order, 'order.json', people);
    const { product, python } = await world.verdicts();
    expect([product.exitCode, product.findings]).toEqual([1, ['order.other-logged']]);
    expect([python.exitCode, python.findings]).toEqual([1, ['store-log.other-order']]);
  });
});
