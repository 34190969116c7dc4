// A record of two parts whose first attempt the disk refused at its very end: the power goes while the next attempt clears what is left of it.
import { expect, test } from 'vitest';
import { freshDisk } from '../spool/scenario.ts';
import { partsOn } from './cut-before-log.ts';
import { endedOf, inventoryOf, openDockings, openingOf, plan, startDockings } from './life.ts';

const planned = plan(1, 0, 300);

test('a cut at any step of the next attempt leaves both parts behind the start, or neither', async () => {
  const disk = await freshDisk();
  const first = await openDockings(disk, 1);
  const journal = await first.dockings.begin(openingOf(planned));
  await journal.inventoryTaken(inventoryOf(planned));
  await journal.close();
  let parts = 0;
  startDockings(first, () => void parts++);
  disk.fail({ operation: 'syncFolder', nth: 2, code: 'EIO', path: '/spool/dockings' });
  first.dockings.end(endedOf(planned));
  while (!first.conditions.isRaised('docking.record-failed', 'bay-1'))
    await new Promise((resolve) => setImmediate(resolve));
  expect(partsOn(disk).map(({ record }) => record.part)).toEqual([1, 2]);
  const refusedAt = disk.steps;
  await first.dockings.settle();
  expect(parts).toBe(2);
  for (let step = refusedAt; step <= disk.steps; step++)
    for (const survival of ['everything', step] as const) {
      const cut = disk.crash(step, survival);
      const second = await openDockings(cut, 2);
      second.dockings.start();
      await second.close();
      const found = partsOn(cut).map(({ record }) => record.part);
      expect(found, `${disk.stepLabel(step)}, ${survival} survives`).toEqual([1, 2]);
    }
});

test('both parts name the policy that the station held when they were made, though it took another one meanwhile', async () => {
  const disk = await freshDisk();
  const held = ['a', 'b'].map((digit) => digit.repeat(64));
  const policy = {
    get sha256(): string | undefined {
      return held.shift();
    },
  };
  const opened = await openDockings(disk, 1, undefined, policy);
  const journal = await opened.dockings.begin(openingOf(planned));
  await journal.inventoryTaken(inventoryOf(planned));
  await journal.close();
  opened.dockings.start();
  opened.dockings.end(endedOf(planned));
  await opened.close();
  const [first, second, ...further] = partsOn(disk);
  const named = { version: 3, policy_sha256: 'a'.repeat(64), parts: 2 };
  expect(first?.record).toMatchObject({ ...named, part: 1 });
  expect(second?.record).toMatchObject({ ...named, part: 2, previous_docking_sha256: first?.sha256 });
  expect(further).toEqual([]);
});
