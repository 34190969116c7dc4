import { expect, test } from 'vitest';
import { CustodyPush } from '../../../agent/push/custody-push.ts';
import { parseSegmentId, parseStationId } from '../../../protocol/ids.ts';
import { stationTopics } from '../../../protocol/topics.ts';
import { ManualClock } from '../../fakes/clock-manual.ts';
import { MemoryConditions } from '../../fakes/conditions-memory.ts';
import { MemoryLog } from '../../fakes/log-memory.ts';

const station = parseStationId('kod-1');
const segment = parseSegmentId('abcdefghijklmnopqrstuvwxye');

/** A log of one entry, a broker that swallows, and the times at which something was asked. */
function silent(): { push: CustodyPush; clock: ManualClock; askedAtMs: number[] } {
  const clock = new ManualClock();
  const askedAtMs: number[] = [];
  const push = new CustodyPush({
    broker: {
      connected: true,
      publish: () => {
        askedAtMs.push(clock.monotonicMs());
        return Promise.resolve();
      },
    },
    topics: stationTopics('bodydock', station),
    store: { station, storeKeys: [], receivers: [] },
    source: {
      segments: () => [{ segment, lastSequence: 1 }],
      read: () => Promise.resolve(undefined),
      entrySha256: () => Promise.resolve(undefined),
    },
    clock,
    log: new MemoryLog(),
    conditions: new MemoryConditions(),
  });
  return { push, clock, askedAtMs };
}

test('a store that does not answer is asked again with doubling pauses up to a minute', async () => {
  const { push, clock, askedAtMs } = silent();
  const start = clock.monotonicMs();
  push.connectionChanged(true);
  for (let second = 0; second < 200; second++) await clock.advance(1000);
  const pauses = askedAtMs.map((at, index) => at - (askedAtMs[index - 1] ?? start)).slice(1);
  expect(pauses.slice(0, 6)).toEqual([2000, 4000, 8000, 16_000, 32_000, 60_000]);
});

test('as soon as the store says anything of a recording, the log is asked for within two seconds, and no oftener', async () => {
  const { push, clock, askedAtMs } = silent();
  push.connectionChanged(true);
  for (let second = 0; second < 70; second++) await clock.advance(1000);
  const before = askedAtMs.length;
  for (let message = 0; message < 100; message++) push.storeHeard();
  await clock.advance(2000);
  expect(askedAtMs.length).toBe(before + 1);
  for (let message = 0; message < 100; message++) push.storeHeard();
  await clock.advance(1900);
  expect(askedAtMs.length).toBe(before + 1);
});
