// A docking whose end the log did not take: its record waits until the log tells of the end.
import { expect, test } from 'vitest';
import type { StoredRecord } from '../../../agent/records/stored-record.ts';
import { parseUtf8 } from '../../../protocol/format/bytes.ts';
import type { CrashDisk } from '../../fakes/files-crash.ts';
import { freshDisk } from '../spool/scenario.ts';
import { inventoryEvent, undockedEvent } from '../../../agent/records/ended-docking.ts';
import { endedOf, openDockings, plan, startDockings } from './life.ts';

const planned = plan(1, 0, 2);
const end = undockedEvent(endedOf(planned));
const listing = inventoryEvent(planned.docking, { entries: 2, bytes: 2, sha256: '0'.repeat(64) });

/** What a log tells on the disk, in its order, without what it tells of itself. */
function told(disk: CrashDisk): string[] {
  const segments = [...disk.tree('/spool/custody').values()].map((bytes) => parseUtf8(bytes ?? new Uint8Array(0)) ?? ''); // prettier-ignore
  return [...segments.join('').matchAll(/"event":"(inventory|undocked|docking-recorded)"/g)].map(
    ([, event]) => `${event}`,
  );
}

test.each([
  ['is owed to the log, which tells it before the record is made', [end], ['undocked', 'docking-recorded']],
  ['is owed behind the listing', [listing, end], ['inventory', 'undocked', 'docking-recorded']],
  ['that the log took is not told twice', [], ['docking-recorded']],
])('an end %s', async (_what, owed, wanted) => {
  const disk = await freshDisk();
  const opened = await openDockings(disk, 1);
  const recorded = new Promise<StoredRecord>((resolve) => startDockings(opened, resolve));
  opened.dockings.end(endedOf(planned), owed);
  await recorded;
  expect(told(disk)).toEqual(wanted);
  await opened.close();
});

test('a record is not made as long as the log refuses the end, nor at a stop', async () => {
  const disk = await freshDisk();
  const opened = await openDockings(disk, 1);
  const parts: StoredRecord[] = [];
  startDockings(opened, (part) => parts.push(part));
  disk.fail({ operation: 'any', nth: 1, times: Infinity, code: 'EIO', path: '/spool/custody/' });
  opened.dockings.end(endedOf(planned), [end]);
  await opened.dockings.settle();
  expect(parts).toEqual([]);
  expect(opened.conditions.isRaised('docking.record-failed', 'bay-1')).toBe(true);
  disk.heal();
  await opened.close();
});
