// What a start makes of lines of earlier runs: those count that the log itself confirms. One that was altered must not call a recording lost.
import { expect, test } from 'vitest';
import { makeRecordingId } from '../../../protocol/format/ids.ts';
import { seededRandom } from '../../fakes/random-seeded.ts';
import { FOLDER, logDisk, openLog } from './custody-scenario.ts';

const random = seededRandom(77);

test('an altered line says nothing, and the others what they say', async () => {
  const disk = logDisk();
  const first = await openLog(disk, 1);
  const [kept, altered, last] = [0, 1, 2].map(() => makeRecordingId(random));
  for (const recording of [kept, altered, last])
    first.custody.append({ event: 'spooled', facts: { recording: recording ?? '' } });
  await first.custody.close();
  const [path = ''] = [...disk.tree(FOLDER).keys()].filter((name) => name.endsWith('.jsonl'));
  const second = await openLog(disk.crash(disk.steps, 'everything'), 2);
  expect([...second.custody.ledger.items.keys()]).toEqual([kept, altered, last]);
  await second.custody.close();

  const other = makeRecordingId(random);
  disk.corrupt(path, (bytes) =>
    Buffer.from(
      Buffer.from(bytes)
        .toString()
        .replace(altered ?? '', other),
    ),
  );
  const { custody, conditions, clock } = await openLog(disk, 3);
  expect([...custody.ledger.items.keys()]).toEqual([kept, last]);
  for (let turn = 0; turn < 200 && !conditions.isRaised('custody.chain-broken'); turn++)
    await clock.advance(20);
  expect(conditions.codes()).toEqual(['custody.chain-broken']);
  await custody.close();
});

test('a log that the disk refuses to show is no altered one', async () => {
  const disk = logDisk();
  const first = await openLog(disk, 1);
  first.custody.append({ event: 'spooled', facts: { recording: makeRecordingId(random) } });
  await first.custody.close();
  const [path = ''] = [...disk.tree(FOLDER).keys()].filter((name) => name.endsWith('.jsonl'));
  const { custody, conditions, clock } = await openLog(disk, 2);
  disk.fail({ operation: 'read', nth: 1, code: 'EIO', times: Number.POSITIVE_INFINITY, path });
  const before = disk.calls('read');
  for (let passedMs = 0; passedMs < 60_000; passedMs += 5000) await clock.advance(5000);
  expect(disk.calls('read')).toBeGreaterThan(before);
  expect(conditions.codes()).toEqual([]);
  await custody.close();
});
