// The keeper puts two fresh keys of his own into `roles`, orders a deletion, signs it as both roles, places it, and takes the keys out again.
import { execFile } from 'node:child_process';
import { appendFile, copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, describe, expect, test } from 'vitest';
import { lacksTools, requireTool } from '../../fakes/stock-tools.ts';
import { AttackedWorld, refusing, STATION, TOOLS } from './attacked-world.ts';

const run = promisify(execFile);
const ROLES = ['officer', 'supervisor'] as const;

describe.skipIf(lacksTools(...TOOLS))('a deletion that the keeper ordered by two keys of his own', () => {
  const worlds: AttackedWorld[] = [];
  afterEach(async () => {
    for (const world of worlds.splice(0)) await world.close();
  });

  /** Two keys in a folder; gives the lines for `roles`. */
  async function makeKeys(folder: string): Promise<string> {
    await mkdir(folder);
    const lines: string[] = [];
    for (const role of ROLES) {
      const files = ['-p', join(folder, `${role}.pub`), '-s', join(folder, `${role}.key`)];
      await run(requireTool('minisign'), ['-G', '-W', ...files]);
      lines.push(`  ${role}s: ["${(await readFile(join(folder, `${role}.pub`), 'utf8')).split('\n')[1]}"]`);
    }
    return `\nroles:\n${lines.join('\n')}\n`;
  }

  async function deletedByOrder(): Promise<AttackedWorld> {
    const world = await AttackedWorld.open();
    worlds.push(world);
    const file = join(world.root, 'receiver.yaml');
    const before = await readFile(file, 'utf8');
    const own = join(world.root, 'own');
    await appendFile(file, await makeKeys(own));
    const recording = (await world.named('manifest.json'))[0]?.recording ?? '';
    const order = join(world.root, 'order');
    await world.store('delete', STATION, recording, '--reason', 'case-1', '--out', order);
    for (const role of ROLES) {
      const words = ['-S', '-s', join(own, `${role}.key`), '-t', 'bodydock order'];
      const files = ['-m', join(order, 'order.json'), '-x', join(order, `order.json.${role}.minisig`)];
      await run(requireTool('minisign'), [...words, ...files]);
    }
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
    await makeKeys(people);
    for (const role of ROLES) await copyFile(join(people, `${role}.pub`), join(world.keys, `${role}.pub`));
    expect(await world.verdicts()).toEqual(refusing('order.signature-unknown-key'));
  });

  test('is what the log says of its keys: other signatures in their place are found', async () => {
    const world = await deletedByOrder();
    const people = join(world.root, 'people');
    await makeKeys(people);
    const orders = join(world.vault, STATION, 'orders');
    const order = join(orders, (await readdir(orders))[0] ?? '');
    for (const role of ROLES) {
      await copyFile(join(people, `${role}.pub`), join(world.keys, `${role}.pub`));
      const words = ['-S', '-s', join(people, `${role}.key`), '-t', 'bodydock order'];
      const files = ['-m', join(order, 'order.json'), '-x', join(order, `order.json.${role}.minisig`)];
      await run(requireTool('minisign'), [...words, ...files]);
    }
    const { product, python } = await world.verdicts();
    expect([product.exitCode, product.findings]).toEqual([1, ['order.other-logged']]);
    expect([python.exitCode, python.findings]).toEqual([1, ['store-log.other-order']]);
  });
});
