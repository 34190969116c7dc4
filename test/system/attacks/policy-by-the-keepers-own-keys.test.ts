// Both roles agree on a policy with stock minisign. Then the keeper puts keys of his own into receiver.yaml and tries to agree with himself:
// by the program, and by entries and documents that he makes up.
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { canonical, sha256 } from '../../fakes/forged-log.ts';
import { lacksTools } from '../../fakes/stock-tools.ts';
import { AttackedWorld, makeRoleKeys, ROLES, signAsRoles, STATION, TOOLS } from './attacked-world.ts';

describe.skipIf(lacksTools(...TOOLS))('a store with a policy of both roles', () => {
  let honest: AttackedWorld;
  let plain = '';
  beforeAll(async () => {
    honest = await AttackedWorld.open();
    plain = await readFile(join(honest.root, 'receiver.yaml'), 'utf8');
    await putRoles(honest, 'roles');
    await agreed(honest, 'first', 'roles', '--days', '20', '--days-max', '40');
    for (const role of ROLES)
      await copyFile(join(honest.root, 'roles', `${role}.pub`), join(honest.keys, `${role}.pub`));
  });
  afterAll(() => honest.close());

  /** Makes a key for each role in a folder, and names both in receiver.yaml. */
  async function putRoles(world: AttackedWorld, name: string): Promise<void> {
    const lines = await makeRoleKeys(join(world.root, name));
    await writeFile(join(world.root, 'receiver.yaml'), plain + lines);
  }

  /** Makes the next policy, has it signed by the keys of a folder, and places it. */
  async function agreed(world: AttackedWorld, name: string, keys: string, ...words: readonly string[]) {
    const folder = join(world.root, name);
    const made = await world.store('policy', 'make', '--out', folder, ...words);
    expect(made.exitCode, made.stdout + made.stderr).toBe(0);
    for (const role of ROLES) expect(made.stdout).toContain(`${role}: one key alone.`);
    await signAsRoles(folder, 'policy.json', join(world.root, keys));
    return world.store('policy', 'place', folder);
  }

  test('shows it, announces its days, and is good', async () => {
    const world = await honest.copy();
    const shown = await world.store('policy', 'show', '--json');
    expect(JSON.parse(shown.stdout)).toMatchObject({ days: 20, policies: [{ policy: { number: 1 } }] });
    expect((await world.storeHearing(undefined, 'expire')).exitCode).toBe(0);
    expect((await world.storeLog()).factsOf('retention').at(-1)).toMatchObject({ days: 20 });
    const { product, python } = await world.verdicts();
    expect(python).toMatchObject({ exitCode: 0, findings: [] });
    expect(product).toMatchObject({ exitCode: 0, findings: [] });
    await world.close();
  });

  test('takes no policy that the keeper agreed on with himself', async () => {
    const world = await honest.copy();
    await putRoles(world, 'own');
    const placed = await agreed(world, 'second', 'own', '--days', '1');
    expect([placed.exitCode, placed.stderr]).toEqual([1, expect.stringContaining('policy.signature')]);
    await world.close();
  });

  /** The text of policy 1 with something else in it, signed by an officer of both roles, and by a supervisor of that folder. */
  async function madeUp(world: AttackedWorld, folder: string, change: object, supervisor: string) {
    const first = JSON.parse(
      await readFile(join(world.vault, 'policies', '1', 'policy.json'), 'utf8'),
    ) as Record<string, unknown>;
    const json = canonical({ ...first, ...change });
    await mkdir(folder);
    await writeFile(join(folder, 'policy.json'), json);
    await signAsRoles(folder, 'policy.json', join(world.root, 'roles'), ['officer']);
    await signAsRoles(folder, 'policy.json', join(world.root, supervisor), ['supervisor']);
    return sha256(json);
  }

  test('puts one of version 2 in force, and both verifiers judge by it', async () => {
    const world = await honest.copy();
    const terms = ['--hold-days', '20', '--log-days', '60', '--station-bytes', '2000000000'];
    const placed = await agreed(world, 'second', 'roles', ...terms, '--free-text-days', '30');
    expect([placed.exitCode, placed.stdout]).toEqual([0, expect.stringContaining('lapses after 20 days')]);
    const shown = await world.store('policy', 'show', '--json');
    const policy = { version: 2, days_min: 20, hold_days: 20, log_days: 60, free_text_days: 30 };
    expect(JSON.parse(shown.stdout)).toMatchObject({ policies: [{}, { policy }] });
    const { product, python } = await world.verdicts();
    expect(python).toMatchObject({ exitCode: 0, findings: [] });
    expect(product).toMatchObject({ exitCode: 0, findings: [] });
    await world.close();
  });

  test.each([
    ['of version 2 that one role signed', { version: 2, number: 2, hold_days: 1 }, 'own', 'policy.signature'],
    ['of version 1 with a field of version 2', { number: 2, hold_days: 1 }, 'roles', 'document.refused'],
    ['of version 2 with a number that is not higher', { version: 2, hold_days: 1 }, 'roles', 'policy.number'],
  ])('takes no policy %s', async (_, change, supervisor, code) => {
    const world = await honest.copy();
    await makeRoleKeys(join(world.root, 'own'));
    const folder = join(world.root, 'made-up');
    await madeUp(world, folder, change, supervisor);
    const placed = await world.store('policy', 'place', folder);
    expect([placed.exitCode, placed.stderr]).toEqual([1, expect.stringContaining(code)]);
    await world.close();
  });

  test('and a more lenient one of version 2, by one role and a key of his own, is found in its log', async () => {
    const world = await honest.copy();
    await makeRoleKeys(join(world.root, 'own'));
    const folder = join(world.vault, 'policies', '2');
    const change = { version: 2, number: 2, hold_days: 1, log_days: 1 };
    const policy_sha256 = await madeUp(world, folder, change, 'own');
    const log = await world.storeLog();
    log.add('policy', { number: 2, policy_sha256 });
    await log.close();
    const { product, python } = await world.verdicts();
    expect(python).toMatchObject({ exitCode: 1, findings: ['policy.signature-unknown-key'] });
    expect(product).toMatchObject({ exitCode: 1, findings: ['policy.signature-unknown-key'] });
    await world.close();
  });

  test('carries out no order by keys that he adds to its file', async () => {
    const world = await honest.copy();
    await putRoles(world, 'own');
    const recording = (await world.named('manifest.json'))[0]?.recording ?? '';
    const order = join(world.root, 'order');
    await world.store('delete', STATION, recording, '--reason', 'case-1', '--out', order);
    await signAsRoles(order, 'order.json', join(world.root, 'own'));
    const placed = await world.store('delete', '--place', order);
    expect([placed.exitCode, placed.stderr]).toEqual([1, expect.stringContaining('order.signature')]);
    await world.close();
  });

  test('and a policy that he puts into its log and its vault himself is found', async () => {
    const world = await honest.copy();
    await putRoles(world, 'own');
    const first = JSON.parse(
      await readFile(join(world.vault, 'policies', '1', 'policy.json'), 'utf8'),
    ) as Record<string, unknown>;
    const json = canonical({ ...first, number: 2, days_min: 1 });
    const folder = join(world.vault, 'policies', '2');
    await mkdir(folder);
    await writeFile(join(folder, 'policy.json'), json);
    await signAsRoles(folder, 'policy.json', join(world.root, 'own'));
    const log = await world.storeLog();
    log.add('policy', { number: 2, policy_sha256: sha256(json) });
    await log.close();
    const { product, python } = await world.verdicts();
    expect(python).toMatchObject({ exitCode: 1, findings: ['policy.signature-unknown-key'] });
    expect(product).toMatchObject({ exitCode: 1, findings: ['policy.signature-unknown-key'] });
    await world.close();
  });
});
