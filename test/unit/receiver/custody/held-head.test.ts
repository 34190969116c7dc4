// The head of a log that a witness names, where the hint that says which segment is the newest one does not fit what is there.
import { expect, test } from 'vitest';
import { heldHead } from '../../../../agent/receiver/custody/witness-keepers.ts';
import { makeSecretKey } from '../../../../protocol/documents/minisign.ts';
import { makeSegmentId } from '../../../../protocol/format/ids.ts';
import { CrashDisk } from '../../../fakes/files-crash.ts';
import { MemoryLog } from '../../../fakes/log-memory.ts';
import { SeededRandom } from '../../../fakes/random-seeded.ts';
import { SegmentMaker } from '../custody-sample.ts';
import { STATION } from '../sample.ts';

test('a hint that names a segment that is not there hides none of those that are', async () => {
  const disk = new CrashDisk();
  const random = new SeededRandom(5);
  const log = new SegmentMaker(STATION, makeSegmentId(random), makeSecretKey(random));
  log.add('agent-stopped', {});
  disk.plant(`/keeper/custody/${log.segment}.jsonl`, log.batch());
  const found = await heldHead({ files: disk, log: new MemoryLog() }, '/keeper');
  expect(found).toMatchObject({ segment: log.segment });
  disk.plant('/keeper/custody/newest.json', JSON.stringify({ segment: makeSegmentId(random) }));
  expect(await heldHead({ files: disk, log: new MemoryLog() }, '/keeper')).toEqual(found);
});
