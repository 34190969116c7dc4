// A docking that a cut ended between the journal's inventory and the log's: its record must not say what the log does not.
import { expect, test } from 'vitest';
import { parseUtf8 } from '../../../protocol/format/bytes.ts';
import { parseDockingRecord } from '../../../protocol/documents/docking-record.ts';
import { parseRecordingId } from '../../../protocol/format/ids.ts';
import type { CrashDisk } from '../../fakes/files-crash.ts';
import { CAMERA, freshDisk } from '../spool/scenario.ts';
import { inventoryOf, openDockings, openingOf, plan } from './life.ts';

const planned = plan(1, 0, 2);
const { docking } = planned;

/** What a log tells of listings and records, segment by segment. */
function told(disk: CrashDisk): string[] {
  const lines = [...disk.tree('/spool/custody').values()].map((bytes) => parseUtf8(bytes ?? new Uint8Array(0)) ?? ''); // prettier-ignore
  return [...lines.join('').matchAll(/"event":"(inventory|docking-recorded)"/g)].map(
    ([, event]) => `${event}`,
  );
}

/** The disk behind a cut, with a docking of which the log knows that it began, and maybe what was listed. */
async function cutBehind(knowsInventory: boolean): Promise<CrashDisk> {
  const disk = await freshDisk();
  const { custody, dockings } = await openDockings(disk, 1);
  dockings.start();
  const journal = await dockings.begin(openingOf(planned));
  custody.append({ event: 'docked', facts: { bay: 'bay-1', camera: CAMERA, docking } });
  const listing = inventoryOf(planned);
  await journal.inventoryTaken(listing);
  const { entries, bytes, sha256 } = listing.inventory;
  if (knowsInventory) custody.append({ event: 'inventory', facts: { docking, entries, bytes, sha256 } });
  await custody.checkpoint();
  return disk.crash(disk.steps, 'nothing');
}

test.each([
  ['is entered by the next start, in front of the record', false],
  ['that the log has is not entered twice', true],
])('an inventory %s', async (_what, knowsInventory) => {
  const disk = await cutBehind(knowsInventory);
  const opened = await openDockings(disk, 2);
  opened.dockings.start();
  await opened.dockings.settle();
  const { bytes } = await opened.dockings.records.store.readManifest(parseRecordingId(docking));
  await opened.close();
  expect(parseDockingRecord(bytes)).toMatchObject({ ended: 'cut-off', inventory: { entries: 2 } });
  expect(told(disk)).toEqual(['inventory', 'docking-recorded']);
});

test.each([1, 2])(
  'a log that the disk refuses to show at its look %i and the next is read all the same: the record is not left to the next start',
  async (nth) => {
    const disk = await cutBehind(true);
    const opened = await openDockings(disk, 2);
    let refused = 0;
    const onHit = (): void => void refused++;
    disk.fail({ operation: 'read', nth, times: 2, code: 'EIO', path: '/spool/custody/', onHit });
    opened.dockings.start();
    await opened.dockings.settle();
    await opened.close();
    expect(refused).toBe(2);
    expect(told(disk)).toEqual(['inventory', 'docking-recorded']);
  },
);
