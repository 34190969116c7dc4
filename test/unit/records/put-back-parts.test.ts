// Both parts of a docking's record are not shown at the start after the cut that kept the log from hearing of them; the docking is
// recorded anew, as by the log it was not, and the old second part stays in the quarantine.
import { expect, test } from 'vitest';
import type { CrashDisk } from '../../fakes/files-crash.ts';
import { cutBeforeLog, partsOn } from './cut-before-log.ts';
import { openDockings, plan } from './life.ts';

const parts = (disk: CrashDisk): number[] => partsOn(disk).map(({ record }) => record.part);

test('what comes back does not stand beside another record of the same docking', async () => {
  const disk = await cutBeforeLog(plan(1, 0, 300), 2);
  disk.fail({ operation: 'readAll', nth: 1, times: Infinity, code: 'EIO', path: '/spool/dockings/' });
  const second = await openDockings(disk, 2);
  expect(second.spool.asideNames).toHaveLength(2);
  disk.heal();
  second.dockings.start(() => undefined);
  await second.dockings.ready(new AbortController().signal);
  await second.close();
  expect(parts(disk)).toEqual([1, 2]);
  const third = await openDockings(disk, 3);
  await third.close();
  expect(parts(disk)).toEqual([1, 2]);
});
