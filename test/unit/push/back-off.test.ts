import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { BackoffQueue } from '../../../agent/push/back-off.ts';
import { makeRecordingId, type RecordingId } from '../../../protocol/format/ids.ts';
import type { StandingBack } from '../../../protocol/transfer/transfer-state.ts';
import { seededRandom } from '../../fakes/random-seeded.ts';

const random = seededRandom(1);
const ids = Array.from({ length: 12 }, () => makeRecordingId(random));
const at = (offerAtMs: number): StandingBack => ({
  offerAtMs,
  neverMs: 1,
  receiptMs: 1,
  epochMax: 0,
  oldUntilMs: 0,
});

const actions = fc.array(
  fc.tuple(fc.nat(ids.length - 1), fc.oneof(fc.constant('take' as const), fc.nat(50))),
  { maxLength: 400 },
);

test('the first one is always the one that is due first of those that are here, however they come and go', () => {
  fc.assert(
    fc.property(actions, (all) => {
      const rows = new BackoffQueue();
      const model = new Map<RecordingId, number>();
      for (const [which, action] of all) {
        const recording = ids[which] ?? raise();
        if (action === 'take') {
          expect(rows.take(recording)?.offerAtMs).toBe(model.get(recording));
          model.delete(recording);
        } else {
          rows.put(recording, at(action));
          model.set(recording, action);
        }
        expect(rows.size).toBe(model.size);
        expect(rows.first?.offerAtMs).toBe(model.size === 0 ? undefined : Math.min(...model.values()));
      }
      const order: number[] = [];
      for (let first = rows.first; first !== undefined; first = rows.first) {
        order.push(first.offerAtMs);
        expect(rows.take(first.recording)).toEqual(at(first.offerAtMs));
      }
      expect(order).toEqual([...model.values()].sort((a, b) => a - b));
    }),
    { numRuns: 200 },
  );
});

function raise(): never {
  throw new Error('no such id');
}
