// Ends of chains that leave their place in a run, that verify late, or while several look: no chain forks.
import { beforeEach, expect, test } from 'vitest';
import type { Spool } from '../../../agent/spool/spool.ts';
import { sha256Hex } from '../../../protocol/format/bytes.ts';
import { makeRecordingId, parseCameraId } from '../../../protocol/format/ids.ts';
import type { CrashDisk } from '../../fakes/files-crash.ts';
import { heldFiles } from '../../fakes/files-held.ts';
import { seededRandom } from '../../fakes/random-seeded.ts';
import { dropSegment } from '../custody/custody-scenario.ts';
import { misreadBehind } from '../station/misread-behind.ts';
import { ChainLife, digestOf, manifestOf, named, type ChainRun } from './chain-life.ts';
import { CAMERA, openSpool, receiptOne, type Prepared } from './scenario.ts';

const CAM_3 = parseCameraId('cam-3');
const CAM_4 = parseCameraId('cam-4');
const CAM_5 = parseCameraId('cam-5');

let life: ChainLife;
let disk: CrashDisk;
beforeEach(async () => {
  life = await ChainLife.begin();
  ({ disk } = life);
});

function misread(of: Prepared): () => void {
  return misreadBehind(disk, manifestOf(of), '"sealed_at":"20');
}

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

for (const isMisread of [false, true]) {
  const how = isMisread ? 'another camera was misread at the start' : 'control';

  test(`${how}: the released end goes to the quarantine in this run and stays the end`, async () => {
    const { two, other } = await releasedTwo();
    disk.corrupt(`/spool/released/${two.recording}/receipt.json`, () => Buffer.from('x'));
    const end = isMisread ? misread(other) : () => undefined;
    const made = await life.run(async (run) => {
      end();
      expect(await run.spool.recheck(two.recording)).toBe('aside');
      await run.spool.readManifest(other.recording);
      return life.take(run);
    });
    expect(named(made)).toBe(digestOf(two));
  });

  test(`${how}: the store asked again for the released end: it stays the end`, async () => {
    const { two, other } = await releasedTwo();
    await life.run(async (run) => {
      expect(await run.spool.askAgain(two.recording, sha256Hex(two.receipt.bytes))).toBe('gone');
    });
    const end = isMisread ? misread(other) : () => undefined;
    const made = await life.run((run) => {
      end();
      return life.take(run);
    });
    expect(named(made)).toBe(digestOf(two));
  });
}

for (const operation of ['list', 'readAll'] as const)
  test(`released end not shown at one start (${operation}), rows not written, segment dropped: second look finds it`, async () => {
    const one = await life.one();
    const two = await life.one();
    const { segment } = life;
    await life.run(async (run) => {
      await release(run, one);
      await release(run, two);
    });
    await disk.unlink('/spool/released.jsonl').catch(() => undefined);
    await dropSegment(disk, segment);
    disk.fail({
      operation,
      path: `/spool/released/${two.recording}`,
      nth: 1,
      times: operation === 'list' ? 1 : 3,
      code: 'EIO',
    });
    const made = await life.run((run) => {
      disk.heal();
      return life.take(run);
    });
    expect(named(made)).toBe(digestOf(two));
  });

test('a second look that lacks file handles in the middle loses what verified', async () => {
  const bad = makeRecordingId(seededRandom(99));
  disk.plant(`/spool/quarantine/${bad}/manifest.json`, 'nobody can read this');
  await life.one();
  const two = await life.one();
  await dropSegment(disk, life.segment);
  const end = misread(two);
  const made = await life.run(async (run) => {
    end();
    disk.fail({ operation: 'readAll', path: bad, nth: 1, times: 1, code: 'EMFILE' });
    await life.take(run).catch(() => undefined);
    return life.take(run);
  });
  expect(named(made)).toBe(digestOf(two));
});

test('the ends could not be found anew for lack of file handles', async () => {
  const rel = await life.run((run) => life.take(run, { camera: CAM_3 }));
  await life.run((run) => release(run, rel));
  await life.one();
  const two = await life.one();
  const end = misread(two);
  const made = await life.run(async (run) => {
    end();
    disk.fail({ operation: 'readAll', path: rel.recording, nth: 1, times: 1, code: 'EMFILE' });
    await run.spool.readManifest(two.recording).catch(() => undefined);
    return life.take(run);
  });
  expect(named(made)).toBe(digestOf(two));
});

test('all looks for a chain are used up in one moment', async () => {
  await life.one();
  const two = await life.one();
  const { segment } = life;
  await life.run((run) => receiptOne(run.spool, two));
  await dropSegment(disk, segment);
  const end = misread(two);
  const made = await life.run(async (run) => {
    for (const camera of [CAM_3, CAM_4, CAM_5]) await life.take(run, { camera });
    end();
    return life.take(run);
  });
  expect(named(made)).toBe(digestOf(two));
});

/** Opens the spool with these misread; from then on the first read of the released one waits until `go`. */
async function held(
  isWrong: readonly Prepared[],
  released: Prepared,
): Promise<{ spool: Spool; go: () => void }> {
  const ends = isWrong.map((each) => misread(each));
  const slow = heldFiles(disk, `/${released.recording}/manifest.json`, false);
  const { spool } = await openSpool(slow.files);
  for (const end of ends) end();
  return { spool, go: slow.hold() };
}

async function turns(count = 400): Promise<void> {
  for (let turn = 0; turn < count; turn++) await Promise.resolve();
}

async function releasedOfOther(): Promise<Prepared> {
  const released = await life.run((run) => life.take(run, { camera: CAM_3 }));
  await life.run((run) => release(run, released));
  return released;
}

test('two looks at once: the older result does not win', async () => {
  const released = await releasedOfOther();
  await life.one();
  const two = await life.one();
  const three = await life.one();
  const { spool, go } = await held([two, three], released);
  const first = spool.readManifest(two.recording);
  await turns();
  const second = spool.readManifest(three.recording);
  await turns();
  go();
  await Promise.all([first, second]);
  const previous = await spool.lastManifestSha256(CAMERA);
  await spool.close();
  expect(previous).toBe(digestOf(three));
});

test('asked while a look has verified the end and the ends are not found anew yet', async () => {
  const released = await releasedOfOther();
  await life.one();
  await life.one();
  const three = await life.one();
  const { spool, go } = await held([three], released);
  const look = spool.readManifest(three.recording);
  await turns();
  const asked = spool.lastManifestSha256(CAMERA);
  await turns();
  go();
  await look;
  const previous = await asked;
  await spool.close();
  expect(previous).toBe(digestOf(three));
});
