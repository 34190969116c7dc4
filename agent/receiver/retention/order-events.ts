// What the store's log has to be told of orders: each signature once, and each hold by one role that lapsed, once. Pure.
import type { CustodyEvent } from '../../../protocol/custody/custody-entry.ts';
import { hasBothRoles } from '../../../protocol/documents/order-standing.ts';
import { ROLES, type Role } from '../../../protocol/documents/order.ts';
import { HOLD_ALONE_MS } from '../../../protocol/documents/retention.ts';
import { REMEMBERED_MS } from './limits.ts';
import type { LogMemory } from './log-memory.ts';
import type { BookedOrder } from './order-book.ts';
import type { ReadOrder, StationOrders } from './orders-read.ts';

/** The entry for one signature. */
export function orderEvent({ order, sha256 }: Pick<ReadOrder, 'order' | 'sha256'>, role: Role): CustodyEvent {
  const { station, recording, order: id, verb } = order;
  return { event: 'order', facts: { station, recording, order: id, verb, role, order_sha256: sha256 } };
}

/** Entries that the log lacks, of orders that are young enough for it to be asked. */
export function missingOrderEvents(
  { orders }: StationOrders,
  memory: Pick<LogMemory, 'signatures' | 'lapsed'>,
  nowMs: number,
): CustodyEvent[] {
  return orders.flatMap((each) => {
    const orderedMs = Date.parse(each.order.ordered_at);
    if (orderedMs < nowMs - REMEMBERED_MS) return [];
    const signed = ROLES.filter(
      (role) =>
        each.read.signatures[role].kind === 'good' && !memory.signatures.has(`${each.order.order}/${role}`),
    ).map((role) => orderEvent(each.read, role));
    return hasLapsed(each, orders, nowMs) && !memory.lapsed.has(each.order.order)
      ? [...signed, lapseEvent(each)]
      : signed;
  });
}

/** A hold that one role signed, seven days ago or more, and that nobody lifted in that time. */
function hasLapsed(booked: BookedOrder, all: readonly BookedOrder[], nowMs: number): boolean {
  const { order, officer, supervisor } = booked;
  const orderedMs = Date.parse(order.ordered_at);
  const lapsesMs = orderedMs + HOLD_ALONE_MS;
  const signed = officer !== null || supervisor !== null;
  if (order.verb !== 'hold' || !signed || hasBothRoles(booked) || nowMs < lapsesMs) return false;
  return !all.some((other) => {
    const liftedMs = Date.parse(other.order.ordered_at);
    const lifts =
      other.order.verb === 'unhold' && other.order.recording === order.recording && hasBothRoles(other);
    return lifts && liftedMs >= orderedMs && liftedMs < lapsesMs;
  });
}

function lapseEvent({ order: { station, recording, order } }: BookedOrder): CustodyEvent {
  return { event: 'hold-lapsed', facts: { station, recording, order } };
}
