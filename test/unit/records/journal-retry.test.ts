// A first listing that the disk refused at first: it is tried again with all of its rows, and nothing may be erased before it is durable.
import { expect, test } from 'vitest';
import { readInventory } from '../../../agent/records/journal-files.ts';
import { settle } from '../../fakes/clock-manual.ts';
import { freshDisk } from '../spool/scenario.ts';
import { inventoryOf, openDockings, openingOf, plan } from './life.ts';

const planned = plan(1, 0, 40);

test.each(['write', 'sync', 'rename', 'syncFolder'] as const)(
  'a listing whose %s failed is written with the next try, whole',
  async (operation) => {
    const disk = await freshDisk();
    const { dockings, conditions, clock } = await openDockings(disk, 1);
    const journal = await dockings.begin(openingOf(planned));
    let held = 0;
    journal.onHeld(() => held++);
    disk.fail({ operation, nth: 2, code: 'EIO', path: '/spool/docked' }); // the first one is the opening's
    disk.fail({ operation, nth: 3, code: 'EIO', path: '/spool/docked' });
    const listing = inventoryOf(planned);
    await journal.inventoryTaken(listing);
    for (let tries = 0; tries < 5 && !journal.holdsInventory; tries++) {
      expect(conditions.isRaised('docking.journal-failed', 'bay-1')).toBe(true);
      expect(held).toBe(0);
      await clock.advance(60_000);
      await settle(50);
    }
    expect([journal.holdsInventory, held]).toEqual([true, 1]);
    expect(conditions.isRaised('docking.journal-failed', 'bay-1')).toBe(false);
    const stored = await readInventory(disk.crash(disk.steps, 'nothing'), '/spool/docked', planned.docking);
    expect(stored).toEqual({ inventory: listing.inventory, rows: listing.rows });
    await journal.close();
  },
);
