// A commit that failed behind its rename, on a disk that does not let it be undone either: what became of it must be gone before its camera's file is
// taken again, or the next start finds two.
import { expect, test } from 'vitest';
import { isDockError } from '../../../protocol/format/errors.ts';
import { makeRecordingId } from '../../../protocol/format/ids.ts';
import { ManualClock } from '../../fakes/clock-manual.ts';
import { seededRandom } from '../../fakes/random-seeded.ts';
import { freshDisk, openSpool, prepareContent, sealInto } from './scenario.ts';

const MINUTE_MS = 60_000;
const random = seededRandom(9);
const content = random.bytes(500);
const [first, second] = [makeRecordingId(random), makeRecordingId(random)].map((recording) =>
  prepareContent(recording, content, { path: 'DCIM/1.MP4' }),
) as [ReturnType<typeof prepareContent>, ReturnType<typeof prepareContent>];

/** A spool in which the first one could neither be made durable nor removed. */
async function stuck() {
  const [disk, clock] = [await freshDisk(), new ManualClock()];
  const { spool } = await openSpool(disk, { clock });
  const staging = await spool.stage(first.recording);
  await sealInto(disk, staging, first);
  disk.fail({
    operation: 'syncFolder',
    path: '/spool/ready',
    nth: 1,
    code: 'EIO',
    onHit: () => disk.fail(ill),
  });
  const ill = { operation: 'alter', nth: 1, times: Infinity, code: 'EIO', path: first.recording } as const;
  await expect(spool.commit(staging, first.documents)).rejects.toMatchObject({ code: 'spool.write-failed' });
  await spool.discard(staging);
  expect(disk.peekNames('/spool/ready')).toEqual([first.recording]);
  return { disk, clock, spool };
}

test('nothing new is begun before it is removed, and then there is one', async () => {
  const { disk, spool } = await stuck();
  const refused = await spool.stage(second.recording).catch((error: unknown) => error);
  expect(isDockError(refused, 'spool.write-failed')).toBe(true);
  expect(String(refused)).toContain('did not let an earlier one be removed yet');
  disk.heal();
  const staging = await spool.stage(second.recording);
  await sealInto(disk, staging, second);
  await spool.commit(staging, second.documents);
  expect(disk.peekNames('/spool/ready')).toEqual([second.recording]);
  await spool.close();
  const again = await openSpool(disk.crash(disk.steps, 'nothing'));
  expect([...again.spool.recordings()].map(({ recording }) => recording)).toEqual([second.recording]);
});

test('a disk that refuses that for a quarter of an hour and takes all else does not keep cameras waiting', async () => {
  const { clock, spool } = await stuck();
  await clock.advance(16 * MINUTE_MS);
  await expect(spool.stage(second.recording)).resolves.toMatchObject({ recording: second.recording });
  await spool.close();
});

test('while the spool is away nothing counts as removed: it is once it is back', async () => {
  const { disk, spool } = await stuck();
  disk.heal();
  await disk.rename('/spool', '/away');
  disk.plantFolder('/spool');
  await expect(spool.stage(second.recording)).rejects.toMatchObject({ code: 'spool.gone' });
  await disk.removeTree('/spool');
  await disk.rename('/away', '/spool');
  expect(disk.peekNames('/spool/ready')).toEqual([first.recording]);
  await spool.stage(second.recording);
  expect(disk.peekNames('/spool/ready')).toEqual([]);
  await spool.close();
});
