// Recordings whose manifests do not verify at a start, for one read or for longer: nothing whole leaves the spool because of that.
import { beforeEach, expect, test } from 'vitest';
import type { Spool } from '../../../agent/spool/spool.ts';
import { makeRecordingId } from '../../../protocol/format/ids.ts';
import type { CrashDisk } from '../../fakes/files-crash.ts';
import { seededRandom } from '../../fakes/random-seeded.ts';
import { dropSegment } from '../custody/custody-scenario.ts';
import { misreadBehind } from '../station/misread-behind.ts';
import { ChainLife, digestOf, manifestOf, named } from './chain-life.ts';
import { openSpool, receiptOne, type Prepared } from './scenario.ts';

let life: ChainLife;
let disk: CrashDisk;
beforeEach(async () => {
  life = await ChainLife.begin();
  ({ disk } = life);
});

const judged: [string, (spool: Spool, one: Prepared) => Promise<unknown>, string][] = [
  ['it is to be reclaimed', (spool, one) => spool.reclaim(one.recording), 'spool.damaged'],
  ['the store gives its receipt once more', receiptOne, 'spool.unverified'],
];
for (const [when, judge, code] of judged)
  test(`the page stays wrong until the second look is over, and ${when}: the receipt, which is whole, is not set aside`, async () => {
    const one = await life.one();
    await life.run((run) => receiptOne(run.spool, one));
    const end = misreadBehind(disk, manifestOf(one), '"sealed_at":"20');
    const { spool } = await openSpool(disk);
    await expect(judge(spool, one)).rejects.toMatchObject({ code });
    end();
    await spool.close();
    expect(disk.peekNames('/spool/quarantine')).toEqual([]);
  });

test('one start reads the sealed size wrong: the recording, which is whole, does not go to the quarantine', async () => {
  const one = await life.one();
  const at = Buffer.from(one.documents.manifestBytes).lastIndexOf('"size_bytes":') + 13;
  const end = disk.misreadBit(manifestOf(one), 8 * at);
  const { spool } = await openSpool(disk);
  end();
  expect(spool.stateOf(one.recording)).toBe('spooled');
  await spool.readManifest(one.recording);
  await spool.close();
});

test('a hundred odd things in the quarantine: the released end that one start was not shown is looked at all the same', async () => {
  await life.one();
  const { segment } = life;
  const two = await life.one();
  const last = life.segment;
  await life.run(async (run) => {
    await receiptOne(run.spool, two);
    await run.spool.reclaim(two.recording);
  });
  for (const each of [segment, last]) await dropSegment(disk, each);
  const random = seededRandom(500);
  for (let count = 0; count < 100; count++)
    disk.plant(`/spool/quarantine/${makeRecordingId(random)}/manifest.json`, 'odd');
  disk.fail({ operation: 'readAll', path: two.recording, nth: 1, times: 3, code: 'EIO' });
  const made = await life.run((run) => {
    disk.heal();
    return life.take(run);
  });
  expect(named(made)).toBe(digestOf(two));
});
