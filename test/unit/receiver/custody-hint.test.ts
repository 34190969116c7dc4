// Which segment of a station's log receipts name: it must be the one that was begun last, behind a cut or a failure at its beginning, and whatever
// a broker hands out once more.
import { expect, test } from 'vitest';
import { makeSegmentId } from '../../../protocol/format/ids.ts';
import { openBench, STATION_KEY, type Bench } from './bench-top.ts';
import { SegmentMaker } from './custody-sample.ts';
import { STATION } from './sample.ts';

function segmentOf({ top }: Bench, last?: SegmentMaker): SegmentMaker {
  const named = last === undefined ? undefined : { segment: last.segment, head: last.head };
  return new SegmentMaker(STATION, makeSegmentId(top.random), STATION_KEY, named)
    .add('agent-started', { version: '1' })
    .checkpoint();
}

async function send({ top, station }: Bench, log: SegmentMaker, from = 1): Promise<void> {
  await station.publish(station.topics.custody(log.segment, from), log.batch(from));
  await top.clock.advance(1000);
}

/** The head that the next receipt names. */
async function namedHead(bench: Bench): Promise<unknown> {
  const { top, station } = bench;
  const sample = top.sample(50);
  station.push(sample);
  await top.until('receipt', () => station.receipts.has(sample.recording));
  return station.receipts.get(sample.recording)?.custody_head;
}

function headOf(log: SegmentMaker): unknown {
  return { segment: log.segment, ...log.head };
}

test('behind a hint that could not be written once, receipts name the newest entry that is held', async () => {
  const bench = await openBench(95);
  const first = segmentOf(bench);
  await send(bench, first);
  const second = segmentOf(bench, first);
  bench.top.disk.fail({ nth: 1, times: 1, code: 'ENOSPC', operation: 'create', path: 'newest.json' });
  await send(bench, second);
  await send(bench, second); // not answered: it comes again
  second.add('docked', { bay: 'b' }).checkpoint();
  await send(bench, second, 4);
  expect(bench.station.custody.at(-1)).toMatchObject({ segment: second.segment, sequence: 5 });
  expect(await namedHead(bench)).toEqual(headOf(second));
});
