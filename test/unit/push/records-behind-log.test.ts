// A docking's record is offered behind the log, whatever the store says of the log.
import { expect, test } from 'vitest';
import { RecordsBehindLog } from '../../../agent/push/custody-push.ts';
import type { StoredRecord } from '../../../agent/records/stored-record.ts';
import { makeRecordingId } from '../../../protocol/format/ids.ts';
import { settle } from '../../fakes/clock-manual.ts';
import { seededRandom } from '../../fakes/random-seeded.ts';

const random = seededRandom(5);
const PARTS = [1, 2].map(() => ({ recording: makeRecordingId(random) }) as StoredRecord);

test('records wait for the log each, and are known to be on their way until then', async () => {
  const levels: { msMax: number; over: (isLevel: boolean) => void }[] = [];
  const added: { id: string; isLogged: boolean }[] = [];
  const records = new RecordsBehindLog(
    { level: (msMax) => new Promise((over) => levels.push({ msMax, over })) },
    { add: ({ recording }, isLogged) => added.push({ id: recording, isLogged }) },
  );
  await records.settle(); // nothing is there
  for (const [at, part] of PARTS.entries()) records.add(part, at === 0);
  let isSettled = false;
  const settled = records.settle().then(() => (isSettled = true));
  await settle();
  expect({ added, isSettled, waits: levels.map(({ msMax }) => msMax) }).toEqual({
    added: [],
    isSettled: false,
    waits: [1000, 1000],
  });
  levels[1]?.over(true);
  await settle();
  expect({ added, isSettled }).toEqual({
    added: [{ id: PARTS[1]?.recording, isLogged: false }],
    isSettled: false,
  });
  levels[0]?.over(true);
  await settled;
  expect(added).toHaveLength(2);
});
