// A second look that was cut short, or settles while the log is asked: no end of a chain goes, and no chain forks.
import { beforeEach, expect, test } from 'vitest';
import type { CrashDisk } from '../../fakes/files-crash.ts';
import { seededRandom } from '../../fakes/random-seeded.ts';
import { dropSegment } from '../custody/custody-scenario.ts';
import { misreadBehind } from '../station/misread-behind.ts';
import { ChainLife, digestOf, manifestOf } from './chain-life.ts';
import { CAMERA, openSpool, prepare, releasedOne, receiptOne, spoolOne } from './scenario.ts';

const GARBAGE = 'aaaaaaaaaaaaaaaaaaaaaaaaaa';
let life: ChainLife;
let disk: CrashDisk;
beforeEach(async () => {
  life = await ChainLife.begin();
  ({ disk } = life);
});

for (const isShort of [false, true])
  test(`${isShort ? 'a second look is cut short behind it' : 'control'}: the documents of the end of a chain do not go`, async () => {
    const last = prepare(seededRandom(31));
    await releasedOne(disk, last);
    disk.plant(`/spool/quarantine/${GARBAGE}/x`, 'nobody can read this');
    const stop = misreadBehind(disk, manifestOf(last, 'released'), '"sealed_at":"20');
    const next = await openSpool(disk);
    stop();
    if (isShort) disk.fail({ operation: 'any', path: GARBAGE, nth: 1, times: 1, code: 'EMFILE' });
    await next.spool.lastManifestSha256(CAMERA).catch(() => undefined);
    disk.heal();
    const now = Date.parse('2028-06-01T00:00:00.000Z');
    const question = { now: now / 1000, sealedBefore: now / 1000 - 1, listedBefore: now / 1000 - 1 };
    const { droppable } = await next.spool.droppable({ ...question, receivedBeforeMs: now }, 0, 10);
    await next.spool.close();
    expect(droppable.map(({ recording }) => recording)).toEqual([]);
  });

for (const isMeanwhile of [false, true])
  test(`the log tells of none, ${isMeanwhile ? 'and the last one verifies while it is asked' : 'control'}: the next one names it`, async () => {
    await life.one();
    const last = await life.one();
    await dropSegment(disk, life.segment);
    disk.plant(`/spool/quarantine/${GARBAGE}/x`, 'nobody can read this');
    const stop = misreadBehind(disk, manifestOf(last), '"sealed_at":"20');
    const { spool } = await openSpool(disk);
    if (!isMeanwhile) stop();
    const named = await spool.lastManifestSha256(CAMERA, async () => {
      if (isMeanwhile) {
        stop();
        await spool.readManifest(last.recording); // it is offered to the store
      }
      return undefined;
    });
    await spool.close();
    expect(named).toBe(digestOf(last));
  });

test('a receipted copy whose manifest is damaged for good, without an index that knew it, is damaged and not in doubt when it is to go', async () => {
  const { spool } = await openSpool(disk);
  const last = prepare(seededRandom(31));
  await spoolOne(disk, spool, last);
  await receiptOne(spool, last);
  await spool.close();
  await disk.unlink('/spool/index.jsonl');
  const signature = Buffer.from(disk.peek(`${manifestOf(last)}.minisig`) ?? []).toString();
  disk.plant(`${manifestOf(last)}.minisig`, signature.replace('recording-manifest', 'recovding-manifest'));
  const next = await openSpool(disk);
  await expect(next.spool.reclaim(last.recording)).rejects.toMatchObject({ code: 'spool.damaged' });
  await next.spool.quarantine(last.recording, 'damaged');
  expect(next.spool.asideNames).toEqual([last.recording]);
  await next.spool.close();
});
