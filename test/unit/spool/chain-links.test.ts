// Ends of chains that leave their place, that the log does not name, or of a log that is lost: no chain forks.
import { beforeEach, expect, test } from 'vitest';
import { parseReceipt } from '../../../protocol/documents/receipt.ts';
import { parseCameraId } from '../../../protocol/format/ids.ts';
import type { CrashDisk } from '../../fakes/files-crash.ts';
import { dropSegment } from '../custody/custody-scenario.ts';
import { ChainLife, digestOf, logSpooled, named, type ChainRun } from './chain-life.ts';
import { receiptOne, type Prepared } from './scenario.ts';

const CAM_3 = parseCameraId('cam-3');

let life: ChainLife;
let disk: CrashDisk;
beforeEach(async () => {
  life = await ChainLife.begin();
  ({ disk } = life);
});

async function release(run: ChainRun, one: Prepared): Promise<void> {
  await receiptOne(run.spool, one);
  await run.spool.reclaim(one.recording);
}

/** Two recordings of the camera, both released, and one of another camera. */
async function releasedTwo(): Promise<{ two: Prepared; other: Prepared }> {
  const one = await life.one();
  const two = await life.one();
  const other = await life.run((run) => life.take(run, { camera: CAM_3 }));
  await life.run(async (run) => {
    await release(run, one);
    await release(run, two);
  });
  return { two, other };
}

test('the released end goes to the quarantine in this run and stays the end', async () => {
  const { two } = await releasedTwo();
  disk.corrupt(`/spool/released/${two.recording}/receipt.json`, () => Buffer.from('x'));
  const made = await life.run(async (run) => {
    expect(await run.spool.recheck(two.recording)).toBe('aside');
    return life.take(run);
  });
  expect(named(made)).toBe(digestOf(two));
});

test('a restored store may lack the released end: it stays the end', async () => {
  const { two } = await releasedTwo();
  const made = await life.run(async (run) => {
    const { vault } = parseReceipt(two.receipt.bytes);
    const lost = [];
    for await (const each of run.spool.withdrawLost(vault, '2020-01-01T00:00:00.000Z')) lost.push(each);
    expect(lost).toContain(two.recording);
    return life.take(run);
  });
  expect(named(made)).toBe(digestOf(two));
});

test('two that the log does not name were durable before a cut: the last one is the end', async () => {
  await life.one();
  const last = await life.run(async (run) => {
    await life.take(run, { isLogged: false });
    return life.take(run, { isLogged: false });
  });
  expect(named(await life.one())).toBe(digestOf(last));
});

test('one that the log did not name was durable before a cut, and its copy was reclaimed since: it is the end', async () => {
  await life.one();
  const last = await life.run((run) => life.take(run, { isLogged: false }));
  await life.run(async (run) => {
    const { docking } = last.documents.manifest;
    const facts = { docking, record: docking, sha256: 'd'.repeat(64), part: 1, parts: 1 };
    run.custody.append({ event: 'docking-recorded', facts }); // as a start ends what was cut off
    await run.custody.checkpoint();
    logSpooled(run.custody, last); // as the pusher makes up for it
    await release(run, last);
  });
  expect(named(await life.one())).toBe(digestOf(last));
});

test.each(['here', 'released'])(
  'log and snapshot are lost: the newest that is %s is the end',
  async (where) => {
    await life.one();
    const last = await life.one();
    if (where === 'released') await life.run((run) => release(run, last));
    for (const name of disk.peekNames('/spool/custody') ?? []) await disk.unlink(`/spool/custody/${name}`);
    await disk.unlink('/spool/ledger.jsonl');
    const made = [await life.one(), await life.one()] as const;
    expect(made.map(named)).toEqual([digestOf(last), digestOf(made[0])]);
  },
);

test('the segment that tells of the end is old and was dropped: the snapshot remembers it', async () => {
  await life.one();
  const last = await life.one();
  const { segment } = life;
  await life.run(async (run) => release(run, last));
  await dropSegment(disk, segment);
  await disk.removeTree(`/spool/released/${last.recording}`);
  expect(named(await life.one())).toBe(digestOf(last));
});
