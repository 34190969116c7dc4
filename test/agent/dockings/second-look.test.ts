// What one start reads wrong of a docking record, or is not shown, and the disk shows right afterwards.
import { beforeEach, expect, test } from 'vitest';
import type { StoredRecord } from '../../../agent/dockings/stored-record.ts';
import type { CrashDisk } from '../../fakes/files-crash.ts';
import { CAMERA } from '../spool/scenario.ts';
import { RecordsLife } from './chain-life.ts';
import { endedOf, plan, receiptRecord } from './life.ts';

let life: RecordsLife;
let disk: CrashDisk;
beforeEach(async () => {
  life = await RecordsLife.begin();
  ({ disk } = life);
});

async function drop(segment: string): Promise<void> {
  await disk.unlink(`/spool/custody/${segment}.jsonl.minisig`);
  await disk.unlink(`/spool/custody/${segment}.jsonl`);
}

function hide(record: string | undefined): void {
  for (const operation of ['open', 'readAll'] as const)
    disk.fail({
      operation,
      path: `${record}/docking.json`,
      nth: 1,
      times: Number.POSITIVE_INFINITY,
      code: 'EIO',
    });
}

test('the segment that tells of the last record is old and was dropped, one start reads a page of it wrong: the next one names it', async () => {
  const { made, segment } = await life.run(1);
  const [last] = made;
  await drop(segment);
  const path = `/spool/dockings/${last?.recording}/docking.json`;
  const text = '"docked_at":"20';
  const at = Buffer.from(disk.peek(path) ?? []).indexOf(text);
  const next = await life.run(1, { begun: disk.misreadBit(path, 8 * (at + text.length)) });
  expect(next.made[0]?.facts.previousSha256).toBe(last?.manifestSha256);
});

async function twoParts(): Promise<StoredRecord[]> {
  const planned = plan(77, 0, 300);
  const first = await life.open();
  first.dockings.start(() => undefined);
  first.custody.append({
    event: 'docked',
    facts: { bay: 'bay-1', camera: CAMERA, docking: planned.docking },
  });
  await first.custody.checkpoint();
  first.dockings.end(endedOf(planned));
  await first.close();
  return first.dockings.records.partsOf(planned.docking).sort((a, b) => a.facts.part - b.facts.part);
}

for (const hidden of [1, 2])
  test(`one start is not shown part ${hidden} of two: the other does not go, and the next start puts it back`, async () => {
    const parts = await twoParts();
    await life.run(1);
    const other = parts[2 - hidden];
    hide(parts[hidden - 1]?.recording);
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
  await drop(two.segment); // as a cut before the checkpoint leaves the log
  const opened = await life.open();
  const { dockings } = opened;
  for (const { recording } of two.made.slice(0, 1)) await dockings.records.quarantine(recording, 'damaged');
  const made: (string | null)[] = [];
  dockings.start((part) => void made.push(part.facts.previousSha256));
  await dockings.ready(new AbortController().signal);
  dockings.end(endedOf(await life.dock(opened)));
  await opened.close();
  expect(made).toEqual([two.made[1]?.manifestSha256]);
});
