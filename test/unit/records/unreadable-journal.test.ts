// A journal of an open docking that the disk does not show at a start. The record is made of it, and what is put aside says no more.
import { beforeEach, expect, test } from 'vitest';
import type { CrashDisk } from '../../fakes/files-crash.ts';
import { freshDisk } from '../spool/scenario.ts';
import { inventoryOf, openDockings, openingOf, plan, type OpenedDockings } from './life.ts';

const planned = plan(1, 0, 2);
const { docking } = planned;
let disk: CrashDisk;
beforeEach(async () => {
  disk = await freshDisk();
  const opened = await openDockings(disk, 1);
  const journal = await opened.dockings.begin(openingOf(planned));
  await journal.inventoryTaken(inventoryOf(planned));
  await opened.close();
});

async function start(): Promise<Pick<OpenedDockings, 'findings' | 'conditions'>> {
  const opened = await openDockings(disk, 2);
  await opened.close();
  return opened;
}

for (const times of [1, 2])
  for (const operation of ['stat', 'open', 'read'] as const)
    for (const part of ['opening', 'inventory'])
      test(`${operation} of the ${part} that fails ${times} times sets nothing aside`, async () => {
        const hits: string[] = [];
        const path = `docked/${docking}.${part}`;
        disk.fail({ operation, nth: 1, times, code: 'EIO', path, onHit: () => hits.push(path) });
        const { findings, conditions } = await start();
        expect(hits).toHaveLength(times);
        expect(findings).toEqual([]);
        expect(conditions.isRaised('spool.quarantine', null)).toBe(false);
      });

test.each(['opening', 'inventory'])(
  'the %s that stays unreadable is set aside, whole, and told',
  async (part) => {
    const name = `${docking}.${part}`;
    disk.fail({ operation: 'read', nth: 1, times: Infinity, code: 'EIO', path: `docked/${name}` });
    const { findings } = await start();
    const reason = expect.stringMatching(/^unreadable journal of a docking: EIO/) as unknown;
    expect(findings).toContainEqual({ kind: 'quarantined', name, reason });
    disk.heal();
    expect(disk.tree('/spool/quarantine').get(`/spool/quarantine/${name}`)?.length ?? 0).toBeGreaterThan(0);
  },
);
