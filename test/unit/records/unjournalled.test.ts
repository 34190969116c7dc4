// A docking of which the disk took no journal before the power went: only the log knows that it began.
import { expect, test } from 'vitest';
import type { CustodyEvent } from '../../../protocol/custody/custody-entry.ts';
import { parseDockingRecord } from '../../../protocol/documents/docking-record.ts';
import { makeDockingId, parseRecordingId, type DockingId } from '../../../protocol/format/ids.ts';
import { seededRandom } from '../../fakes/random-seeded.ts';
import { CAMERA, freshDisk } from '../spool/scenario.ts';
import { partsOn } from './cut-before-log.ts';
import { endedOf, openDockings, plan, type OpenedDockings } from './life.ts';

const random = seededRandom(61);
const docked = (docking: DockingId): CustodyEvent => ({
  event: 'docked',
  facts: { bay: 'bay-1', camera: CAMERA, docking },
});

/** Starts, and waits for the records that the start makes. */
async function started(disk: Parameters<typeof openDockings>[0], seed: number): Promise<OpenedDockings> {
  const opened = await openDockings(disk, seed);
  opened.dockings.start();
  await opened.dockings.settle();
  return opened;
}

test('gets its record at the next start, and no second one at the one behind it', async () => {
  const disk = await freshDisk();
  const first = await started(disk, 1);
  const docking = makeDockingId(random);
  first.custody.append(docked(docking));
  await first.custody.checkpoint();
  const cut = disk.crash(disk.steps, 'nothing');

  const second = await started(cut, 2);
  const { records } = second.dockings;
  const { bytes } = await records.store.readManifest(parseRecordingId(docking));
  expect(parseDockingRecord(bytes)).toMatchObject({
    docking,
    bay: 'bay-1',
    camera: { id: CAMERA },
    ended: 'cut-off',
    ended_at: null,
    inventory: null,
  });
  await second.close();

  await cut.removeTree(`${second.spool.layout.dockings}/${docking}`); // its receipt came, and its time was over
  const third = await started(cut, 3);
  expect(third.dockings.records.store.get(parseRecordingId(docking))).toBeUndefined();
  await third.close();
});

test('is not taken for one that has its record although it began before many others', async () => {
  const disk = await freshDisk();
  const first = await started(disk, 1);
  const [open, ...recorded] = Array.from({ length: 20 }, () => makeDockingId(random));
  if (open === undefined) throw new Error('no docking');
  for (const docking of [open, ...recorded]) first.custody.append(docked(docking));
  for (const docking of recorded) {
    const facts = { docking, record: docking, sha256: 'a'.repeat(64), part: 1, parts: 1 };
    first.custody.append({ event: 'docking-recorded', facts });
  }
  await first.close();
  const second = await started(disk, 2);
  const known = [open, ...recorded].filter((id) => second.dockings.records.store.get(parseRecordingId(id)));
  expect(known).toEqual([open]);
  await second.close();
});

test.each([
  ['in front of', 'turned', 'turnee'],
  ['at', '"part":1', '"part":"'],
])('gets no second record where the log is damaged %s what tells of the first', async (_where, ...damage) => {
  const disk = await freshDisk();
  const first = await started(disk, 1);
  const docking = makeDockingId(random);
  first.custody.append(docked(docking));
  first.custody.append({ event: 'quarantined', facts: { name: 'x', reason: 'turned' } });
  const facts = { docking, record: docking, sha256: 'a'.repeat(64), part: 1, parts: 1 };
  first.custody.append({ event: 'docking-recorded', facts });
  await first.custody.checkpoint();
  const cut = disk.crash(disk.steps, 'nothing');
  const [path = ''] = [...cut.tree('/spool/custody').keys()].filter((name) => name.endsWith('.jsonl'));
  cut.corrupt(path, (bytes) =>
    Buffer.from(
      Buffer.from(bytes)
        .toString()
        .replace(...damage),
    ),
  );

  const second = await started(cut, 2);
  expect(second.conditions.codes()).toContain('custody.chain-broken');
  expect(second.dockings.records.store.get(parseRecordingId(docking))).toBeUndefined();
  await second.close();
});

test('gets a record that does not name parts which its first attempt left, and those are gone', async () => {
  const disk = await freshDisk();
  const first = await started(disk, 1);
  const planned = plan(62, 0, 300);
  first.custody.append(docked(planned.docking));
  await first.custody.checkpoint();
  const path = `/spool/dockings/${planned.docking}`;
  disk.fail({ operation: 'rename', nth: 1, times: Infinity, code: 'EIO', path });
  first.dockings.end(endedOf(planned));
  await first.dockings.settle();
  expect(partsOn(disk).map(({ record }) => record.part)).toEqual([2]);
  const cut = disk.crash(disk.steps, 'nothing');

  const second = await started(cut, 2);
  await second.close();
  expect(partsOn(cut).map(({ record }) => [record.part, record.previous_docking_sha256])).toEqual([
    [1, null],
  ]);
});
