// What the orders about one recording amount to at an instant (SPEC 4.8). Pure: who signed what was verified before.
// The same answer for the store that deletes, for a verifier and for a report.
import type { Order } from './order.ts';

const DAY_MS = 86_400_000;

/** An order with the key ids whose signatures hold; null where that role's signature is absent or does not verify. */
export interface SignedOrder {
  readonly order: Order;
  readonly officer: string | null;
  readonly supervisor: string | null;
  /** Of a hold: after so many days it lapses by one role, where it is the first (see holdDaysAt). */
  readonly holdDays: number;
}

/** A hold that counts. `until` is null where it counts until an `unhold`. */
export interface Hold {
  readonly order: Order;
  readonly until: string | null;
}

export interface OrderStanding {
  /** The hold that lasts longest of those that count, or undefined. */
  readonly hold: Hold | undefined;
  /** A deletion by both roles that counts: no hold stands against it. */
  readonly deletion: Order | undefined;
}

/** Both roles signed, each with a key of its own. */
export function hasBothRoles({ officer, supervisor }: Pick<SignedOrder, 'officer' | 'supervisor'>): boolean {
  return officer !== null && supervisor !== null && officer !== supervisor;
}

/**
 * When holds by one role lapse (ms since 1970): days after the first of them, however many follow (SPEC 4.8.5, 4.16.24). Undefined where there
 * is none. `orders` are about one recording and its sidecars.
 */
export function aloneUntil(orders: readonly SignedOrder[]): number | undefined {
  const alone = orders.filter(
    (each) =>
      each.order.verb === 'hold' &&
      (each.officer !== null || each.supervisor !== null) &&
      !hasBothRoles(each),
  );
  const [first] = alone.toSorted((a, b) => Date.parse(a.order.ordered_at) - Date.parse(b.order.ordered_at));
  return first && Date.parse(first.order.ordered_at) + first.holdDays * DAY_MS;
}

/**
 * The standing at `nowMs` (ms since 1970) of all orders about a recording or its sidecars. An order from the future counts from its own
 * time, but a hold counts at once: a wrong clock must not make it late. `all` are the orders whose holds by one role share their days.
 */
export function orderStanding(
  orders: readonly SignedOrder[],
  nowMs: number,
  all: readonly SignedOrder[] = orders,
): OrderStanding {
  const lapsesMs = aloneUntil(all) ?? 0;
  const released = Math.max(
    -Infinity,
    ...orders
      .filter((each) => each.order.verb === 'unhold' && hasBothRoles(each))
      .map(({ order }) => Date.parse(order.ordered_at))
      .filter((atMs) => atMs <= nowMs),
  );
  const holds = orders
    .filter(({ order }) => order.verb === 'hold' && Date.parse(order.ordered_at) > released)
    .map((each) => holdOf(each, lapsesMs))
    .filter((hold) => hold !== undefined)
    .filter(({ until }) => until === null || Date.parse(until) > nowMs);
  const hold = holds.reduce<Hold | undefined>(
    (longest, each) => (outlasts(each, longest) ? each : longest),
    undefined,
  );
  const deletion = orders.find(
    (each) =>
      each.order.verb === 'delete' && hasBothRoles(each) && Date.parse(each.order.ordered_at) <= nowMs,
  );
  return { hold, deletion: hold === undefined ? deletion?.order : undefined };
}

/**
 * The hold that lasts longest at `nowMs` of those about recordings that were read at one place; `areOne` says of two orders that they are
 * about one recording with its sidecars, and none is about what the same docking read there before or after it.
 */
export function longestHold<T extends SignedOrder>(
  orders: readonly T[],
  nowMs: number,
  areOne: (other: T, hold: T) => boolean,
): Hold | undefined {
  const unholds = orders.filter(({ order }) => order.verb === 'unhold');
  return orders
    .map((each) => {
      const lifting = unholds.filter((unhold) => areOne(unhold, each));
      const all = orders.filter((other) => areOne(other, each));
      return orderStanding([each, ...lifting], nowMs, all).hold;
    })
    .reduce<Hold | undefined>(
      (longest, each) => (each !== undefined && outlasts(each, longest) ? each : longest),
      undefined,
    );
}

function holdOf(signed: SignedOrder, lapsesMs: number): Hold | undefined {
  const { order, officer, supervisor } = signed;
  if (hasBothRoles(signed)) return { order, until: null };
  if (officer === null && supervisor === null) return undefined;
  return { order, until: new Date(lapsesMs).toISOString() };
}

function outlasts(hold: Hold, other: Hold | undefined): boolean {
  if (other === undefined || hold.until === null) return true;
  return other.until !== null && hold.until > other.until;
}
