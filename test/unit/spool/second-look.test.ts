// What one start reads wrong of a manifest, or is not shown, and the disk shows right while it runs: chains go on, and nothing whole is called damaged.
import { beforeEach, expect, test } from 'vitest';
import { parseCameraId } from '../../../protocol/format/ids.ts';
import type { CrashDisk } from '../../fakes/files-crash.ts';
import { dropSegment } from '../custody/custody-scenario.ts';
import { misreadBehind } from '../station/misread-behind.ts';
import { ChainLife, digestOf, manifestOf, named } from './chain-life.ts';
import { openSpool, receiptOne, prepare, releasedOne } from './scenario.ts';
import { seededRandom } from '../../fakes/random-seeded.ts';

const CAM_3 = parseCameraId('cam-3');

let life: ChainLife;
let disk: CrashDisk;
beforeEach(async () => {
  life = await ChainLife.begin();
  ({ disk } = life);
});

test('the segment that tells of the last one is old and was dropped, one start reads a page of it wrong: the next one names it', async () => {
  const last = await life.one();
  await dropSegment(disk, life.segment);
  const end = misreadBehind(disk, manifestOf(last), '"sealed_at":"20'); // 2026 -> 2036
  const made = await life.run((run) => {
    end();
    return life.take(run);
  });
  expect(named(made)).toBe(digestOf(last));
});

test('the camera of the last one is read as that of one that never recorded: its first one names nothing', async () => {
  const last = await life.one();
  const end = misreadBehind(disk, manifestOf(last), '"camera":{"id":"cam-', 1);
  const made = await life.run((run) => {
    end();
    return life.take(run, { camera: CAM_3 });
  });
  expect(named(made)).toBe(null);
});

for (const fault of ['misread', 'EIO'])
  test(`the end of a chain is released and older than its documents are kept, one start has a fault (${fault}): it does not go`, async () => {
    const last = prepare(seededRandom(31));
    await releasedOne(disk, last);
    let end = (): void => disk.heal();
    if (fault === 'misread') end = misreadBehind(disk, manifestOf(last, 'released'), '"sealed_at":"20');
    else disk.fail({ operation: 'readAll', path: last.recording, nth: 1, times: 3, code: 'EIO' });
    const next = await openSpool(disk);
    end();
    const now = Date.parse('2028-06-01T00:00:00.000Z');
    const question = { now: now / 1000, sealedBefore: now / 1000 - 1, listedBefore: now / 1000 - 1 };
    const { droppable } = await next.spool.droppable({ ...question, receivedBeforeMs: now }, 0, 10);
    await next.spool.close();
    expect(droppable.map(({ recording }) => recording)).toEqual([]);
  });

test('the receipt of what lies in the quarantine cannot be looked at: the spool opens all the same', async () => {
  const one = await life.one();
  await life.run((run) => run.spool.quarantine(one.recording, 'its payload is damaged'));
  disk.fail({
    operation: 'stat',
    path: `/spool/quarantine/${one.recording}/receipt.json`,
    nth: 1,
    times: Number.POSITIVE_INFINITY,
    code: 'EIO',
  });
  const { spool } = await openSpool(disk);
  await spool.close();
});

test('two were not logged before a cut; the first of them goes to the quarantine in the next run: the last one stays the end', async () => {
  disk.plant('/spool/quarantine/aaaaaaaaaaaaaaaaaaaaaaaaaa/manifest.json', 'nobody can read this');
  await life.one();
  const [two, three] = await life.run(
    async (run) =>
      [await life.take(run, { isLogged: false }), await life.take(run, { isLogged: false })] as const,
  );
  const made = await life.run(async (run) => {
    await run.spool.quarantine(two.recording, 'its payload is damaged');
    return life.take(run);
  });
  expect(named(made)).toBe(digestOf(three));
});

test('a page that one start reads wrong: the recording is offered all the same once it is read right', async () => {
  const one = await life.one();
  const end = misreadBehind(disk, manifestOf(one), '"sealed_at":"20');
  const { spool } = await openSpool(disk);
  end();
  const { bytes } = await spool.readManifest(one.recording);
  await spool.close();
  expect(Buffer.from(bytes)).toEqual(Buffer.from(one.documents.manifestBytes));
});

test('the receipt of one whose manifest a start read wrong is not set aside', async () => {
  const one = await life.one();
  await life.run((run) => receiptOne(run.spool, one));
  const end = misreadBehind(disk, manifestOf(one), '"sealed_at":"20');
  const { spool } = await openSpool(disk);
  end();
  await spool.reclaim(one.recording).catch(() => undefined);
  await spool.close();
  expect(disk.peekNames('/spool/quarantine')).toEqual([]);
});

test('what lies under the name of an unfinished receipt and is no file keeps no receipt out', async () => {
  const one = await life.one();
  disk.plantFolder(`/spool/ready/${one.recording}/receipt.json.new`);
  await life.run((run) => receiptOne(run.spool, one));
  expect(disk.peekNames(`/spool/ready/${one.recording}`)).toContain('receipt.json');
});
