// Docking records that do not verify at a start, for one read or for longer: none goes too early, and no chain forks.
import { beforeEach, expect, test } from 'vitest';
import type { StoredRecord } from '../../../agent/records/stored-record.ts';
import type { CrashDisk } from '../../fakes/files-crash.ts';
import { heldFiles } from '../../fakes/files-held.ts';
import { dropSegment } from '../custody/custody-scenario.ts';
import { misreadBehind } from '../station/misread-behind.ts';
import { CAMERA } from '../spool/scenario.ts';
import { RecordsLife } from './chain-life.ts';
import { endedOf, openDockings, receiptRecord } from './life.ts';

let life: RecordsLife;
let disk: CrashDisk;
beforeEach(async () => {
  life = await RecordsLife.begin();
  ({ disk } = life);
});

/** A part of it is read wrong that no chain goes by, until the returned function is called. */
function misread(record: string | undefined): () => void {
  return misreadBehind(disk, `/spool/dockings/${record}/docking.json`, '"vendor":"');
}

async function three(): Promise<StoredRecord[]> {
  // The station's clock was a year ahead in the first docking.
  const [one] = (await life.run(1, { at: '2027-11-26T06:00:00.000Z' })).made;
  const [two] = (await life.run(1)).made;
  const [end] = (await life.run(1)).made;
  if (one === undefined || two === undefined || end === undefined) throw new Error('not made');
  const opened = await life.open();
  await receiptRecord(opened, one);
  await receiptRecord(opened, two);
  await receiptRecord(opened, end);
  await opened.close();
  return [one, two, end];
}

for (const isMisread of [false, true])
  test(`${isMisread ? 'the first is misread at one start' : 'control'}: no record goes before the one that it names; the chain does not fork`, async () => {
    const [one, two, end] = await three();
    const stop = isMisread ? misread(one?.recording) : () => undefined;
    const opened = await life.open();
    stop();
    if (isMisread) await opened.dockings.records.reclaim(two?.recording as never).catch(() => undefined);
    const here = disk.peekNames('/spool/dockings') ?? [];
    await opened.close();
    if (here.includes(one?.recording ?? '')) expect.soft(here).toContain(two?.recording);
    expect(await life.previousOfNext(await life.open())).toBe(end?.manifestSha256);
  });

test('receipted, misread at one start, read right since: Keep hears in this run that it may go', async () => {
  const [one, two] = await three();
  const stop = misread(one?.recording);
  const heard = new Set<string>();
  const opened = await openDockings(disk, 88, (record) => heard.add(record));
  const { records } = opened.dockings;
  for (const { recording } of records.reclaimable()) heard.add(recording); // Keep.start, once a run
  stop();
  for (const { recording } of records.recordings()) await records.readManifest(recording);
  await life.previousOfNext(opened);
  expect(heard).toContain(two?.recording);
  expect(heard).toContain(one?.recording);
});

test('a record goes to the quarantine while it is looked at again: it keeps its say', async () => {
  await life.run(1);
  const [two] = (await life.run(1)).made;
  const stop = misread(two?.recording);
  const held = heldFiles(disk, `/${two?.recording}/docking.json.minisig`, true);
  const opened = await openDockings(held.files, 77);
  stop();
  const go = held.hold();
  const { records } = opened.dockings;
  const look = records.readManifest(two?.recording as never).catch(() => undefined);
  for (let turn = 0; turn < 200; turn++) await Promise.resolve();
  // An offer that began before, when the page was still wrong, says that it is damaged.
  await records.quarantine(two?.recording as never, 'damaged');
  go();
  await look;
  expect(await life.previousOfNext(opened)).toBe(two?.manifestSha256);
});

for (const fails of [false, true])
  test(`${fails ? 'the sync behind a put-back fails' : 'control'}, the segment was dropped: the next one names what was put back`, async () => {
    await life.run(1);
    const { made, segment } = await life.run(1);
    const [two] = made;
    await disk.rename(`/spool/dockings/${two?.recording}`, `/spool/quarantine/${two?.recording}`);
    await dropSegment(disk, segment);
    if (fails) {
      let seen = 0;
      disk.hearCalls((operation, path) => {
        if (operation === 'rename' && path.includes(`/spool/dockings/${two?.recording}`) && seen++ === 0)
          disk.fail({ operation: 'syncFolder', path: '/spool/dockings', nth: 1, times: 1, code: 'EIO' });
      });
    }
    const opened = await life.open();
    expect(opened.findings.map(({ kind }) => kind)).toContain(fails ? 'failed' : 'put-back');
    expect(await life.previousOfNext(opened)).toBe(two?.manifestSha256);
  });

test('the disk shows nothing of the last record and lets nothing go at one start: looked at again where it lies', async () => {
  await life.run(1);
  const { made, segment } = await life.run(1);
  const [two] = made;
  await dropSegment(disk, segment);
  const path = `${two?.recording}`;
  disk.fail({ operation: 'any', path, nth: 1, times: Infinity, code: 'EIO' });
  const opened = await life.open();
  disk.heal();
  expect(await life.previousOfNext(opened)).toBe(two?.manifestSha256);
});

test('what this process made stays the end when an older one verifies later', async () => {
  const { made, segment } = await life.run(1, { at: '2027-11-26T06:00:00.000Z' });
  const [one] = made;
  await dropSegment(disk, segment);
  const stop = misread(one?.recording);
  const opened = await life.open();
  const facts: (string | null)[] = [];
  const own: StoredRecord[] = [];
  opened.dockings.start((part) => {
    facts.push(part.facts.previousSha256);
    own.push(part);
  });
  await opened.dockings.ready(new AbortController().signal);
  opened.dockings.end(endedOf(await life.dock(opened)));
  for (let turn = 0; turn < 2000 && own.length < 1; turn++)
    await new Promise((resolve) => setImmediate(resolve));
  stop();
  await opened.dockings.records.readManifest(one?.recording as never);
  opened.dockings.end(endedOf(await life.dock(opened)));
  await opened.close();
  expect(facts[1]).toBe(own[0]?.manifestSha256);
});

for (const isHealed of [true, false])
  test(`the previous docking was misread at the start, ${isHealed ? 'and is read right since' : 'and still is'}: a file that may have stayed in it does not count as new`, async () => {
    const [one] = (await life.run(1)).made;
    const stop = misread(one?.recording);
    const opened = await life.open();
    if (isHealed) stop();
    opened.dockings.start(() => undefined);
    const previous = await opened.dockings.previous(CAMERA);
    const [entry] = isHealed ? await opened.dockings.records.entriesOf(one?.recording as never) : [];
    await opened.close();
    expect(previous).not.toBe(null);
    expect(previous?.mayHaveStayed(entry?.path_sha256 ?? '0'.repeat(64))).toBe(true);
  });
