// The disk refuses a step of putting records back out of the quarantine: none is forgotten, and none goes without the others of its docking.
import { beforeEach, expect, test } from 'vitest';
import type { CrashDisk } from '../../fakes/files-crash.ts';
import { RecordsLife } from './chain-life.ts';
import { receiptRecord } from './life.ts';

let life: RecordsLife;
let disk: CrashDisk;
beforeEach(async () => {
  life = await RecordsLife.begin();
  ({ disk } = life);
});

/** One start sets it aside: the disk does not show it, there or here. */
async function setAside(...records: readonly (string | undefined)[]): Promise<void> {
  for (const record of records) life.hide(record);
  await life.run(0);
  disk.heal();
  expect(disk.peekNames('/spool/quarantine')).toEqual(expect.arrayContaining([...records]));
}

test('the sync behind its rename: it stays the end of the chain', async () => {
  await life.run(1);
  const [last] = (await life.run(1)).made;
  await setAside(last?.recording);
  disk.fail({ operation: 'syncFolder', path: '/spool/quarantine', nth: 1, times: 1, code: 'EIO' });
  const { made } = await life.run(1);
  expect(disk.peekNames('/spool/dockings')).toContain(last?.recording);
  expect(made[0]?.facts.previousSha256).toBe(last?.manifestSha256);
});

for (const refused of [1, 2])
  test(`part ${refused} of two: neither goes before both are back`, async () => {
    const both = await life.twoParts();
    const parts = both.map(({ recording }) => recording);
    await life.run(1);
    await setAside(...parts);
    const path = `/spool/quarantine/${parts[refused - 1]}`;
    disk.fail({ operation: 'rename', path, nth: 1, times: 1, code: 'EIO' });
    const opened = await life.open();
    const { records } = opened.dockings;
    for (const part of records.partsOf(both[0].facts.docking)) {
      await receiptRecord(opened, part); // the store takes what is offered
      expect(records.mayGo(part.recording)).toBe(false);
    }
    await opened.close();
    await life.run(0);
    expect(disk.peekNames('/spool/quarantine')).toEqual([]);
    expect(disk.peekNames('/spool/dockings')).toEqual(expect.arrayContaining(parts));
  });
