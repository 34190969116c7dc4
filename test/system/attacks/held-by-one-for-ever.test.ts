// One officer orders a new hold each week, and no second role ever signs: the recording is kept for as long as he likes.
import { appendFile, copyFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { FakeWallClock } from '../../fakes/fake-wall-clock.ts';
import { lacksTools } from '../../fakes/stock-tools.ts';
import { AttackedWorld, makeRoleKeys, ROLES, signAsRoles, STATION, TOOLS } from './attacked-world.ts';

const DAY_MS = 86_400_000;

describe.skipIf(lacksTools(...TOOLS, 'faketime'))('a hold by one role', () => {
  const worlds: AttackedWorld[] = [];
  afterEach(async () => {
    for (const world of worlds.splice(0)) await world.close();
  });

  /** A world with a key for each role; gives the folder of the secret ones. */
  async function withRoles(): Promise<{ readonly world: AttackedWorld; readonly people: string }> {
    const world = await AttackedWorld.open();
    worlds.push(world);
    const people = join(world.root, 'people');
    await appendFile(join(world.root, 'receiver.yaml'), await makeRoleKeys(people));
    for (const role of ROLES) await copyFile(join(people, `${role}.pub`), join(world.keys, `${role}.pub`));
    return { world, people };
  }

  test('that is ordered again each week ends after one', async () => {
    const { world, people } = await withRoles();
    const clock = new FakeWallClock();
    const at = (day: number, ...words: readonly string[]) => {
      clock.move(day * DAY_MS);
      return world.storeAt(clock, ...words);
    };
    const recording = (await world.named('manifest.json'))[0]?.recording ?? '';
    for (const day of [0, 6, 13, 20]) {
      const order = join(world.root, `order-${day}`);
      await at(day, 'hold', STATION, recording, '--reason', 'case-1', '--out', order);
      await signAsRoles(order, 'order.json', people, ['officer']);
      const placed = await at(day, 'hold', '--place', order);
      if (day > 7) expect(placed.stdout).toContain('It keeps nothing');
    }
    for (const day of [12, 14, 16, 18, 22]) {
      clock.move(day * DAY_MS);
      await world.storeHearing(clock, 'expire');
    }
    expect(await readdir(world.folder(recording))).not.toContain('payload.age');
    clock.close();
    for (const { findings } of Object.values(await world.verdicts()))
      expect(findings.filter((code) => code.startsWith('order.'))).toEqual([]);
  });
});
