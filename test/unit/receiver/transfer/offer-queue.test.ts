import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { OfferQueue, type WaitingOffer } from '../../../../agent/receiver/transfer/offers.ts';
import { makeRecordingId, parseStationId } from '../../../../protocol/format/ids.ts';
import { SeededRandom } from '../../../fakes/random-seeded.ts';

const random = new SeededRandom(1);
const station = (number: number): string => `dock-${number}`;
const offerOf = (number: number, sizeBytes = 1000, cameAtMs = 0): WaitingOffer => ({
  name: { station: parseStationId(station(number)), recording: makeRecordingId(random) },
  payload: new Uint8Array(sizeBytes),
  cameAtMs,
});
const all = (): boolean => true;

function taken(queue: OfferQueue, nowMs = 0, mayAnswer: (offer: WaitingOffer) => boolean = all): string[] {
  const stations: string[] = [];
  for (let next = queue.take(nowMs, mayAnswer); next; next = queue.take(nowMs, mayAnswer))
    stations.push(next.name.station);
  return stations;
}

test('stations are answered in turn, whoever came first and however much of each waits', () => {
  const queue = new OfferQueue({ bytesMax: 1e6, waitMsMax: 1000 });
  for (const number of [1, 1, 1, 1, 2, 2, 3]) queue.put(station(number), offerOf(number));
  expect(taken(queue)).toEqual(['dock-1', 'dock-2', 'dock-3', 'dock-1', 'dock-2', 'dock-1', 'dock-1']);
});

test('a station that may not be answered now keeps its turn, and nobody waits for it', () => {
  const queue = new OfferQueue({ bytesMax: 1e6, waitMsMax: 1000 });
  for (const number of [1, 2, 2]) queue.put(station(number), offerOf(number));
  expect(taken(queue, 0, ({ name }) => name.station !== 'dock-1')).toEqual(['dock-2', 'dock-2']);
  queue.put(station(2), offerOf(2));
  expect(taken(queue)).toEqual(['dock-1', 'dock-2']);
});

test('an offer that is repeated waits once, in its place and with its newest text', () => {
  const queue = new OfferQueue({ bytesMax: 1e6, waitMsMax: 1000 });
  const [first, second] = [offerOf(1), offerOf(1)];
  for (const offer of [first, second]) queue.put(station(1), offer);
  const newest = { ...first, payload: new Uint8Array(7), cameAtMs: 900 };
  queue.put(station(1), newest);
  expect(queue.take(900, all)).toBe(newest);
  expect(queue.take(900, all)).toBe(second);
  expect(queue.take(900, all)).toBeUndefined();
});

test('an offer that was not repeated for long is of a station that has gone', () => {
  const queue = new OfferQueue({ bytesMax: 1e6, waitMsMax: 1000 });
  queue.put(station(1), offerOf(1, 1000, 0));
  queue.put(station(1), offerOf(1, 1000, 500));
  queue.put(station(2), offerOf(2, 1000, 0));
  expect(taken(queue, 1001)).toEqual(['dock-1']);
});

test('whatever comes, what waits keeps its bound, and a station loses nothing while another has more', () => {
  const bytesMax = 64 * 1024;
  const messages = fc.array(fc.tuple(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 0, max: 9000 })), {
    maxLength: 200,
  });
  fc.assert(
    fc.property(messages, (sent) => {
      const queue = new OfferQueue({ bytesMax, waitMsMax: 1000 });
      // Beside one that offers without end, which has the queue to itself at first.
      for (let count = 0; count < 200; count++) queue.put('greedy', offerOf(99, 500));
      const bytes = new Map<number, number>();
      for (const [number, sizeBytes] of sent) {
        queue.put(station(number), offerOf(number, sizeBytes));
        bytes.set(number, (bytes.get(number) ?? 0) + sizeBytes + 1024);
        queue.put('greedy', offerOf(99, 500));
      }
      const left = new Map<string, number>();
      let sum = 0;
      for (let next = queue.take(0, all); next; next = queue.take(0, all)) {
        left.set(next.name.station, (left.get(next.name.station) ?? 0) + 1);
        sum += (next.payload?.length ?? 0) + 1024;
      }
      expect(sum).toBeLessThanOrEqual(bytesMax);
      for (const [number, own] of bytes)
        if (own <= bytesMax / 12)
          expect(left.get(station(number))).toBe(sent.filter(([each]) => each === number).length);
    }),
    { numRuns: 50 },
  );
});
