// Whatever was captured when, with whatever orders, under whatever clock: nothing goes before its time, nothing that is held, nothing
// without a receipt; and what is due and not held goes exactly once, with a record that verifies.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Order, Role } from '../../../../protocol/documents/order.ts';
import { seededRandom } from '../../../fakes/random-seeded.ts';
import type { Sample } from '../sample.ts';
import {
  at,
  DAY_MS,
  deletionOf,
  depsOn,
  entriesOf,
  expireOn,
  isHeard,
  namedBy,
  plantOrder,
  plantRecording,
  retentionDisk,
  START_MS,
  stateOf,
} from './retention-scenario.ts';

const HOUR_MS = 3_600_000;
const DAYS = 14;

interface OrderWish {
  readonly verb: Order['verb'];
  /** Hours behind START_MS. */
  readonly hour: number;
  readonly by: readonly Role[];
}

interface Wish {
  readonly receipted: boolean;
  readonly receivedHour: number;
  /** Hours before its receipt; below 0: the station's clock was ahead. */
  readonly sealedAge: number;
  readonly captureAge: number;
  readonly basis: 'clock-unmeasured' | 'clock-measured' | 'docking-interval' | 'none';
  readonly synchronised: boolean | null;
  readonly orders: readonly OrderWish[];
}

const role = fc.constantFrom<readonly Role[]>(['officer'], ['supervisor'], ['officer', 'supervisor'], []);
const wishes: fc.Arbitrary<Wish> = fc.record({
  receipted: fc.constantFrom(true, true, true, false),
  receivedHour: fc.integer({ min: -24 * 20, max: 0 }),
  sealedAge: fc.integer({ min: -24 * 30, max: 24 * 30 }),
  captureAge: fc.integer({ min: -24 * 30, max: 24 * 30 }),
  basis: fc.constantFrom('clock-unmeasured', 'clock-measured', 'docking-interval', 'none'),
  synchronised: fc.constantFrom(true, false, null),
  orders: fc.array(
    fc.record({
      verb: fc.constantFrom<Order['verb']>('hold', 'unhold', 'delete'),
      hour: fc.integer({ min: -24 * 20, max: 24 * 40 }),
      by: role,
    }),
    { maxLength: 3 },
  ),
});

/** The rules of SPEC 10 and 4.8 once more, as a person would work them out for one recording. */
class Ledger {
  readonly sample: Sample;
  readonly wish: Wish;
  readonly receivedMs: number;
  readonly dueMs: number;
  warnedMs: number | undefined;

  constructor(sample: Sample, wish: Wish) {
    this.sample = sample;
    this.wish = wish;
    this.receivedMs = START_MS + wish.receivedHour * HOUR_MS;
    const captured = wish.basis === 'clock-measured' || wish.basis === 'docking-interval';
    const age = wish.synchronised !== true ? 0 : captured ? wish.captureAge : wish.sealedAge;
    this.dueMs = Math.min(this.receivedMs - age * HOUR_MS, this.receivedMs) + DAYS * DAY_MS;
  }

  orders(verb: Order['verb'], nowMs: number): (OrderWish & { ms: number; both: boolean })[] {
    return this.wish.orders
      .filter((order) => order.verb === verb && order.by.length > 0)
      .map((order) => ({ ...order, ms: START_MS + order.hour * HOUR_MS, both: order.by.length === 2 }))
      .filter(({ ms }) => verb === 'hold' || ms <= nowMs);
  }

  isHeld(nowMs: number): boolean {
    const lifted = this.orders('unhold', nowMs).filter(({ both }) => both);
    const holds = this.orders('hold', nowMs);
    const first = Math.min(...holds.filter(({ both }) => !both).map(({ ms }) => ms));
    return holds.some(
      (hold) => !lifted.some(({ ms }) => ms >= hold.ms) && (hold.both || nowMs < first + 7 * DAY_MS),
    );
  }

  mayGo(nowMs: number): boolean {
    if (!this.wish.receipted || this.isHeld(nowMs)) return false;
    if (this.orders('delete', nowMs).some(({ both }) => both)) return true;
    if (nowMs < this.dueMs) return false;
    const sealedMs = this.receivedMs - this.wish.sealedAge * HOUR_MS;
    const doubtful = sealedMs > this.receivedMs + DAY_MS && sealedMs <= nowMs;
    if (doubtful && nowMs < sealedMs + DAYS * DAY_MS) return false;
    if (this.dueMs - this.receivedMs >= 3 * DAY_MS) return true;
    return this.warnedMs !== undefined && nowMs - this.warnedMs > DAY_MS;
  }
}

test('over random recordings, orders and days, exactly what is due or ordered and not held goes, once', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(wishes, { minLength: 1, maxLength: 6 }),
      fc.array(fc.integer({ min: 1, max: 24 * 9 }), { minLength: 1, maxLength: 6 }),
      fc.integer({ min: 1, max: 2 ** 30 }),
      async (recordings, pauses, seed) => {
        const disk = retentionDisk();
        const random = seededRandom(seed);
        const ledgers = recordings.map((wish) => plant(wish));
        let hour = 0;
        const gone = new Set<string>();
        for (const [turn, pause] of pauses.entries()) {
          hour += pause;
          const deps = depsOn(disk, seed + turn, { bootId: 'one boot' });
          await deps.clock.advance(hour * HOUR_MS);
          const nowMs = deps.clock.wallMs();
          const expected = ledgers
            .filter(({ sample }) => !gone.has(sample.recording))
            .filter((each) => each.mayGo(nowMs));
          const expired = await expireOn(deps);
          expect(expired).toMatchObject({ doubt: null, failure: undefined, deleted: expected.length });
          for (const { sample } of expected) gone.add(sample.recording);
          for (const { sample } of ledgers) {
            expect(stateOf(disk, sample)).toBe(gone.has(sample.recording) ? 'deleted' : 'whole');
            if (gone.has(sample.recording))
              expect(Date.parse(deletionOf(disk, sample).deleted_at)).toBeLessThanOrEqual(
                deps.clock.wallMs(),
              );
          }
          for (const entry of entriesOf(disk, 'expiry-warned'))
            remember(ledgers, String(entry.facts['recording']), entry.at);
        }
        for (const { sample } of ledgers)
          if (gone.has(sample.recording)) expect(isHeard(disk, sample)).toBe(true);
        expect(namedBy(disk, 'deleted').toSorted()).toEqual([...gone].toSorted());
        expect(namedBy(disk, 'deleting').toSorted()).toEqual([...gone].toSorted());

        function plant(wish: Wish): Ledger {
          const receivedMs = START_MS + wish.receivedHour * HOUR_MS;
          const capturedAt = at(receivedMs - wish.captureAge * HOUR_MS);
          const capture =
            wish.basis === 'none'
              ? ({ earliest_at: null, latest_at: null, basis: 'clock-unmeasured' } as const)
              : ({ earliest_at: capturedAt, latest_at: capturedAt, basis: wish.basis } as const);
          const sample = plantRecording(disk, random, {
            receivedMs: wish.receipted ? receivedMs : null,
            sealedMs: receivedMs - wish.sealedAge * HOUR_MS,
            manifest: { capture, clock_synchronised: wish.synchronised },
          });
          for (const { verb, hour: orderedHour, by } of wish.orders)
            plantOrder(disk, random, sample, { verb, orderedMs: START_MS + orderedHour * HOUR_MS, by });
          return new Ledger(sample, wish);
        }
      },
    ),
    { numRuns: 15 },
  );
});

function remember(ledgers: readonly Ledger[], recording: string, warnedAt: string): void {
  const ledger = ledgers.find(({ sample }) => sample.recording === recording);
  if (ledger !== undefined) ledger.warnedMs = Date.parse(warnedAt);
}
