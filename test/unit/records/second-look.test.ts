// What one start reads wrong of a docking record, or is not shown, and the disk shows right afterwards.
import { beforeEach, expect, test } from 'vitest';
import type { CrashDisk } from '../../fakes/files-crash.ts';
import { dropSegment } from '../custody/custody-scenario.ts';
import { misreadBehind } from '../station/misread-behind.ts';
import { RecordsLife } from './chain-life.ts';
import { receiptRecord } from './life.ts';

let life: RecordsLife;
let disk: CrashDisk;
beforeEach(async () => {
  life = await RecordsLife.begin();
  ({ disk } = life);
});

test('the segment that tells of the last record is old and was dropped, one start reads a page of it wrong: the next one names it', async () => {
  const { made, segment } = await life.run(1);
  const [last] = made;
  await dropSegment(disk, segment);
  const path = `/spool/dockings/${last?.recording}/docking.json`;
  const next = await life.run(1, { begun: misreadBehind(disk, path, '"docked_at":"20') });
  expect(next.made[0]?.facts.previousSha256).toBe(last?.manifestSha256);
});

for (const hidden of [1, 2])
  test(`one start is not shown part ${hidden} of two: the other does not go, and the next start puts it back`, async () => {
    const parts = await life.twoParts();
    await life.run(1);
    const other = parts[2 - hidden];
    life.hide(parts[hidden - 1]?.recording);
    const opened = await life.open();
    const { records } = opened.dockings;
    if (other !== undefined) await receiptRecord(opened, other); // the store takes what is offered
    for (const { recording } of records.reclaimable())
      await records.reclaim(recording).catch(() => undefined); // its time is over
    await opened.close();
    disk.heal();
    await life.run(0);
    expect(disk.peekNames('/spool/dockings')).toEqual(
      expect.arrayContaining(parts.map(({ recording }) => recording)),
    );
  });

test('something that is no file under the name of a receipt keeps no record from being offered', async () => {
  const [one] = (await life.run(1)).made;
  await life.run(1);
  disk.plantFolder(`/spool/dockings/${one?.recording}/receipt.json`);
  const opened = await life.open();
  const known = [...opened.dockings.records.recordings()].map(({ recording }) => recording);
  await opened.close();
  expect(known).toContain(one?.recording);
});

test('half of a receipt that the disk once refuses to remove keeps no record from being offered', async () => {
  const [one] = (await life.run(1)).made;
  disk.plant(`/spool/dockings/${one?.recording}/receipt.json`, 'x');
  disk.fail({ operation: 'unlink', path: `${one?.recording}/receipt.json`, nth: 1, times: 1, code: 'EIO' });
  const opened = await life.open();
  const known = [...opened.dockings.records.recordings()].map(({ recording }) => recording);
  await opened.close();
  expect(known).toContain(one?.recording);
});

test('the log is two behind and the one before the last goes to the quarantine in this run: the last one stays the end', async () => {
  disk.plant('/spool/quarantine/aaaaaaaaaaaaaaaaaaaaaaaaaa/x', 'nobody can read this');
  await life.run(1);
  const two = await life.run(2);
  await dropSegment(disk, two.segment); // as a cut before the checkpoint leaves the log
  const opened = await life.open();
  for (const { recording } of two.made.slice(0, 1))
    await opened.dockings.records.quarantine(recording, 'damaged');
  expect(await life.previousOfNext(opened)).toBe(two.made[1]?.manifestSha256);
});
