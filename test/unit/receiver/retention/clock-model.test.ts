// A store whose wall clock jumps to any time while recordings come, orders are given, days go by, the machine starts again and somebody outside
// says the time or does not: nothing goes before its time in truth and nothing that is held; once the clock is right, all that is due goes.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { appendStoreEvents } from '../../../../agent/receiver/custody/store-log.ts';
import type { Order, Role } from '../../../../protocol/documents/order.ts';
import { seededRandom } from '../../../fakes/random-seeded.ts';
import type { Sample } from '../sample.ts';
import {
  DAY_MS,
  depsOn,
  expireAlone,
  plantOrder,
  plantRecording,
  retentionDisk,
  START_MS,
  stationSays,
  stateOf,
  type TestDeps,
} from './retention-scenario.ts';

const HOUR_MS = 3_600_000;
const DAYS = 14;
/** What nobody can tell: ten minutes ahead, and a day behind when the receipt was given. */
const UNSEEN_MS = DAY_MS + HOUR_MS / 6;
const ROLES = ['officer', 'supervisor'] as const;

type Step =
  | { readonly kind: 'record'; readonly synchronised: boolean | null }
  | {
      readonly kind: 'order';
      readonly of: number;
      readonly verb: Order['verb'];
      readonly by: readonly Role[];
    }
  | { readonly kind: 'pass'; readonly hours: number }
  | { readonly kind: 'clock'; readonly wrongHours: number }
  | { readonly kind: 'boot' }
  | { readonly kind: 'expire'; readonly heard: boolean };

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant('record' as const), synchronised: fc.constantFrom(true, null) }),
    fc.record({
      kind: fc.constant('order' as const),
      of: fc.nat(5),
      verb: fc.constantFrom<Order['verb']>('hold', 'unhold', 'delete'),
      by: fc.constantFrom<readonly Role[]>(['officer'], ['supervisor'], ROLES),
    }),
    fc.record({ kind: fc.constant('pass' as const), hours: fc.integer({ min: 1, max: 24 * 6 }) }),
    fc.record({
      kind: fc.constant('clock' as const),
      wrongHours: fc.constantFrom(0, 0, 24 * 3, -24 * 3, 24 * 20, -24 * 20, 24 * 3650, -24 * 3650),
    }),
    fc.record({ kind: fc.constant('boot' as const) }),
    fc.record({ kind: fc.constant('expire' as const), heard: fc.constantFrom(true, true, false) }),
  ),
  { minLength: 6, maxLength: 22 },
);

interface Known {
  readonly sample: Sample;
  readonly cameMs: number;
  readonly orders: { readonly verb: Order['verb']; readonly atMs: number; readonly both: boolean }[];
}

function isHeld({ orders }: Known, nowMs: number): boolean {
  const lifted = orders.filter(({ verb, both }) => verb === 'unhold' && both).map(({ atMs }) => atMs);
  return orders.some(
    ({ verb, atMs, both }) =>
      verb === 'hold' && !lifted.some((at) => at >= atMs) && (both || nowMs < atMs + 7 * DAY_MS),
  );
}

function isOrdered({ orders }: Known): boolean {
  return orders.some(({ verb, both }) => verb === 'delete' && both);
}

test('over random clocks, recordings and orders nothing goes before its time, and all of it goes once the clock is right', async () => {
  let deletions = 0;
  await fc.assert(
    fc.asyncProperty(steps, fc.integer({ min: 1, max: 2 ** 30 }), async (todo, seed) => {
      const disk = retentionDisk();
      const random = seededRandom(seed);
      const known: Known[] = [];
      const gone = new Set<string>();
      let trueMs = START_MS;
      let wrongMs = 0;
      let runs = 0;

      let boots = 0;
      const machine = async (): Promise<TestDeps> => {
        const deps = depsOn(disk, seed + ++runs, { bootId: `boot ${boots}` });
        await deps.clock.advance(trueMs - START_MS);
        deps.clock.jumpWall(wrongMs);
        return deps;
      };
      const expireNow = async (heard: boolean): Promise<void> => {
        if (heard) stationSays(disk, trueMs);
        const expired = await expireAlone(await machine());
        expect(expired.failure).toBeUndefined();
        for (const each of known) {
          const { sample, cameMs } = each;
          if (gone.has(sample.recording) || stateOf(disk, sample) === 'whole') continue;
          gone.add(sample.recording);
          deletions++;
          expect(isHeld(each, trueMs), 'held').toBe(false);
          if (!isOrdered(each)) expect(trueMs - cameMs).toBeGreaterThanOrEqual(DAYS * DAY_MS - UNSEEN_MS);
        }
      };

      await appendStoreEvents(await machine(), [{ event: 'receiver-started', facts: { version: '1' } }]);
      for (const step of todo) {
        if (step.kind === 'pass') trueMs += step.hours * HOUR_MS;
        if (step.kind === 'clock') wrongMs = step.wrongHours * HOUR_MS;
        if (step.kind === 'boot') boots++;
        if (step.kind === 'expire') await expireNow(step.heard);
        if (step.kind === 'record') {
          const sample = plantRecording(disk, random, {
            receivedMs: trueMs + wrongMs,
            sealedMs: trueMs,
            manifest: { clock_synchronised: step.synchronised },
          });
          known.push({ sample, cameMs: trueMs, orders: [] });
        }
        const about = step.kind === 'order' ? known[step.of] : undefined;
        if (
          step.kind === 'order' &&
          about !== undefined &&
          wrongMs === 0 &&
          !gone.has(about.sample.recording)
        ) {
          const { verb, by } = step;
          plantOrder(disk, random, about.sample, { verb, orderedMs: trueMs, by });
          about.orders.push({ verb, atMs: trueMs, both: by.length === 2 });
        }
      }
      // The clock is right again; what was receipted in the far future waits for that, all else goes.
      wrongMs = 0;
      for (const days of [40, 31]) {
        await expireNow(true);
        trueMs += days * DAY_MS;
      }
      await expireNow(true);
      for (const each of known) {
        const future = Date.parse(receivedAt(disk, each.sample)) > trueMs - DAYS * DAY_MS;
        if (!isHeld(each, trueMs) && !future)
          expect(gone.has(each.sample.recording), JSON.stringify(todo)).toBe(true);
      }
    }),
    { numRuns: 10 },
  );
  expect(deletions).toBeGreaterThan(3);
}, 60_000);

function receivedAt(disk: ReturnType<typeof retentionDisk>, { station, recording }: Sample): string {
  const bytes = disk.peek(`/vault/${station}/${recording}/receipt.json`);
  return (JSON.parse(Buffer.from(bytes ?? []).toString()) as { received_at: string }).received_at;
}
