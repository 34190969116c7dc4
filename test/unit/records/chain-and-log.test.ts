// Which record comes last of a camera where the log is damaged or not shown, and where something in the spool cannot be read: neither forks a chain.
import { beforeEach, expect, test } from 'vitest';
import type { CrashDisk } from '../../fakes/files-crash.ts';
import { CAMERA } from '../spool/scenario.ts';
import { RecordsLife, type RecordsRun } from './chain-life.ts';
import { endedOf, plan, startDockings } from './life.ts';

let life: RecordsLife;
let disk: CrashDisk;
beforeEach(async () => {
  life = await RecordsLife.begin();
  ({ disk } = life);
});

const run = (count: number, at?: string): Promise<RecordsRun> =>
  life.run(count, at === undefined ? {} : { at });
/** It stays there until a person removes it. */
const junk = (): void => disk.plant('/spool/quarantine/aaaaaaaaaaaaaaaaaaaaaaaaaa/x', 'nobody can read this');

const log = (segment: string, end = ''): string => `/spool/custody/${segment}.jsonl${end}`;

/** The first line does not parse any more. */
function damage(segment: string): void {
  disk.corrupt(log(segment), (bytes) => bytes.map((byte, at) => (at === 5 ? 0x21 : byte)));
}

/** The disk never shows that file again. */
function hide(path: string): void {
  for (const operation of ['open', 'readAll'] as const)
    disk.fail({ operation, path, nth: 1, times: Number.POSITIVE_INFINITY, code: 'EIO' });
}

/** As CustodyDropping leaves it. */
async function drop(segment: string): Promise<void> {
  await disk.unlink(log(segment, '.minisig'));
  await disk.unlink(log(segment));
}

test('the next record names the end of the chain, not what an old damaged segment tells', async () => {
  const runs = [await run(1), await run(1), await run(1)];
  damage(runs[0]?.segment ?? '');
  await drop(runs[1]?.segment ?? '');
  junk();
  const { made } = await run(1);
  expect(made[0]?.facts.previousSha256).toBe(runs[2]?.made[0]?.manifestSha256);
});

test('two damaged segments in a row, nothing dropped', async () => {
  const runs = [await run(1), await run(1), await run(1)];
  damage(runs[0]?.segment ?? '');
  damage(runs[1]?.segment ?? '');
  junk();
  const { made } = await run(1);
  expect(made[0]?.facts.previousSha256).toBe(runs[2]?.made[0]?.manifestSha256);
});

test('no second record of a docking that began in a damaged segment, was recorded in one that was dropped, and was reclaimed', async () => {
  const planned = plan(77, 0, 2);
  const { docking } = planned;
  const first = await life.open();
  first.dockings.start();
  first.custody.append({ event: 'docked', facts: { bay: 'bay-1', camera: CAMERA, docking } });
  await first.custody.checkpoint();
  const one = first.custody.segments().at(-1)?.segment ?? '';
  await first.custody.close(); // the log goes on in another segment
  await first.spool.close();
  const { segment: two } = await run(1); // records it as cut off, and one more
  expect(disk.tree(`/spool/dockings/${docking}`).size).toBeGreaterThan(0);
  const third = await run(1);
  damage(one);
  await drop(two);
  for (const path of disk.tree(`/spool/dockings/${docking}`).keys())
    if (path !== `/spool/dockings/${docking}`) await disk.unlink(path); // reclaimed
  await disk.removeTree(`/spool/dockings/${docking}`);
  await run(1);
  expect(third.made).toHaveLength(1);
  expect([...disk.tree(`/spool/dockings/${docking}`).keys()]).toEqual([]);
});

test('one that is put back when what named it has gone is not the end of the chain', async () => {
  const [r1] = (await run(1, '2026-11-28T06:00:00.000Z')).made; // the clock was ahead
  hide(`/spool/dockings/${r1?.recording}/docking.json`);
  const [r2] = (await run(1)).made;
  disk.heal();
  // the disk refuses the quarantine, too, while the next one is made
  hide(`/spool/quarantine/${r1?.recording}/docking.json`);
  const [r3] = (await run(1)).made;
  expect([r2, r3].map((each) => each?.facts.previousSha256)).toEqual([
    r1?.manifestSha256,
    r2?.manifestSha256,
  ]);
  await disk.removeTree(`/spool/dockings/${r2?.recording}`); // receipted, not the newest, the one that it names is not here: reclaimed
  disk.heal();
  const [r4] = (await run(1)).made;
  expect(r4?.facts.previousSha256).toBe(r3?.manifestSha256);
});

test('the last segment of an earlier run is damaged, which none names then: nothing dropped', async () => {
  await run(1);
  const two = await run(1);
  damage(two.segment);
  const three = await run(2);
  junk();
  const [r4] = (await run(1)).made;
  expect(r4?.facts.previousSha256).toBe(three.made[1]?.manifestSha256);
});

test('a segment that the disk never shows again, and that none names, keeps no docking from its record for good', async () => {
  await run(1);
  const two = await run(1);
  hide(log(two.segment));
  junk();
  for (let starts = 0; starts < 3; starts++) {
    const opened = await life.open();
    const { dockings } = opened;
    let made = 0;
    startDockings(opened, () => void made++);
    await dockings.ready(new AbortController().signal);
    const planned = await life.dock(opened);
    dockings.end(endedOf(planned));
    await opened.close(); // one more attempt
    expect(made).toBeGreaterThan(0);
  }
});

for (const [which, isOlder] of [
  ['an older segment', true],
  ['the segment in which it began', false],
] as const)
  test(`the disk does not show the entries of ${which}: a docking that was cut off ${isOlder ? 'still has its record' : 'has its record from a later start'}`, async () => {
    await run(1);
    const before = await run(1);
    const cut = await life.open();
    const { docking } = await life.dock(cut);
    const began = cut.custody.segments().at(-1)?.segment ?? '';
    await cut.custody.close();
    await cut.spool.close();
    // Its ends are shown.
    const path = log(isOlder ? before.segment : began);
    disk.fail({ operation: 'open', path, nth: 2, times: Number.POSITIVE_INFINITY, code: 'EIO' });
    const recorded = [(await run(0)).made, (disk.heal(), await run(0)).made];
    const ids = recorded.map((made) => made.map(({ facts }) => facts.docking));
    expect(ids).toEqual(isOlder ? [[docking], []] : [[], [docking]]);
  });

test('the last one does not parse, and the disk refuses to set it aside', async () => {
  await run(1);
  const [last] = (await run(1)).made;
  disk.corrupt(`/spool/dockings/${last?.recording}/docking.json`, (bytes) =>
    bytes.subarray(0, bytes.length >> 1),
  );
  disk.fail({ operation: 'rename', path: last?.recording ?? '', nth: 1, times: 1, code: 'EIO' });
  expect((await run(1)).made[0]?.facts.previousSha256).toBe(last?.manifestSha256);
});

test('the last one is set aside behind 1,000 other things', async () => {
  for (let n = 0; n < 1000; n++) disk.plant(`/spool/quarantine/odd-${n}`, 'x');
  await run(1);
  const [last] = (await run(1)).made;
  disk.corrupt(`/spool/dockings/${last?.recording}/docking.json`, (bytes) =>
    bytes.subarray(0, bytes.length >> 1),
  );
  expect((await run(1)).made[0]?.facts.previousSha256).toBe(last?.manifestSha256);
});

for (const unread of ['nothing', 'something else'])
  test(`the last one goes to the quarantine in this run, the log is behind, and ${unread} cannot be read: it stays the end`, async () => {
    await run(1);
    const last = await run(1);
    await drop(last.segment); // as a cut before the checkpoint leaves the log
    if (unread !== 'nothing') junk();
    const opened = await life.open();
    const { dockings } = opened;
    for (const { recording } of last.made) await dockings.records.store.quarantine(recording, 'damaged');
    const made: (string | null)[] = [];
    startDockings(opened, (part) => void made.push(part.facts.previousSha256));
    await dockings.ready(new AbortController().signal);
    dockings.end(endedOf(await life.dock(opened)));
    await opened.close();
    expect(made).toEqual([last.made[0]?.manifestSha256]);
  });
