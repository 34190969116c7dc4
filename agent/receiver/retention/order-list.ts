// The orders of a vault as a person wants to see them: which count, which wait for a signature, which are over. Reads only.
import { hasBothRoles } from '../../../protocol/documents/order-standing.ts';
import type { Order, Role } from '../../../protocol/documents/order.ts';
import { HOLD_ALONE_MS } from '../../../protocol/documents/retention.ts';
import { isRecordingId, type StationId } from '../../../protocol/format/ids.ts';
import type { Finding, RetentionDeps } from './deps.ts';
import { subjectOf, type BookedOrder } from './order-book.ts';
import { neededFor } from './order-effect.ts';
import { readOrders, type ReadOrder, type StationOrders } from './orders-read.ts';
import { readRecording, type FactsKeys } from './recording-facts.ts';
import { storeKeys } from './store-keys.ts';
import { keysFor, stationsIn } from './survey.ts';

/**
 * `counts`: a hold or a lifting by both roles, or a deletion that is carried out by the next expiration. `alone`: a hold by one role.
 * `waits`: nothing yet, a signature is missing. `stopped`: a deletion by both that a hold forbids. `over`: lapsed, lifted or carried out.
 */
export type OrderState = 'counts' | 'alone' | 'waits' | 'stopped' | 'over';

/** One order. */
export interface ListedOrder {
  readonly order: Order;
  readonly sha256: string;
  readonly state: OrderState;
  /** Key id of who signed, where that holds. */
  readonly officer: string | null;
  readonly supervisor: string | null;
  /** The role whose signature is missing, or null. */
  readonly needed: Role | null;
  /** When a hold by one role lapses or lapsed. */
  readonly until: string | null;
  /** The recording is deleted. */
  readonly deleted: boolean;
  /** A deletion of that recording that both roles signed: it is carried out as soon as no hold counts. */
  readonly deletion: Order | undefined;
}

/** Orders of all stations in the vault, or of one, and what is wrong with some. Errors: the system's. */
export async function listOrders(
  deps: RetentionDeps,
  station?: StationId,
): Promise<{ readonly orders: readonly ListedOrder[]; readonly findings: readonly Finding[] }> {
  const store = await storeKeys(deps);
  const orders: ListedOrder[] = [];
  const findings: Finding[] = [];
  for (const each of station === undefined ? await stationsIn(deps) : [station]) {
    deps.signal.throwIfAborted();
    const keys = keysFor(deps, store, each);
    const found = await readOrders(deps, each, keys);
    findings.push(...found.findings);
    for (const booked of found.orders) orders.push(await listed(deps, keys, found, booked));
  }
  return {
    orders: orders.toSorted((a, b) => (a.order.ordered_at < b.order.ordered_at ? -1 : 1)),
    findings,
  };
}

async function listed(
  deps: RetentionDeps,
  keys: FactsKeys,
  all: StationOrders,
  booked: BookedOrder & { readonly read: ReadOrder },
): Promise<ListedOrder> {
  const { order, read } = booked;
  const { station, recording, verb, ordered_at: orderedAt } = order;
  const facts = isRecordingId(recording)
    ? await readRecording(deps, { station, recording }, keys)
    : undefined;
  const deleted = facts?.kind === 'deleted';
  const kept = facts?.kind === 'kept' ? subjectOf(facts.manifest, facts.receipt.received_at) : undefined;
  const nowMs = deps.clock.wallMs();
  const held = kept !== undefined && all.book.standing(kept, nowMs).hold !== undefined;
  const signed = (role: Role): string | null => {
    const state = read.signatures[role];
    return state.kind === 'good' ? state.keyId : null;
  };
  const both = hasBothRoles(booked);
  return {
    order,
    sha256: booked.sha256,
    state: stateOf({ booked, deleted, held, holding: all.book.isHolding(booked, nowMs) }),
    officer: signed('officer'),
    supervisor: signed('supervisor'),
    needed: neededFor(read)?.role ?? null,
    until: verb === 'hold' && !both ? new Date(Date.parse(orderedAt) + HOLD_ALONE_MS).toISOString() : null,
    deleted,
    deletion: kept && all.book.signedDeletion(kept, nowMs)?.order,
  };
}

function stateOf(facts: {
  readonly booked: BookedOrder;
  readonly deleted: boolean;
  readonly held: boolean;
  readonly holding: boolean;
}): OrderState {
  const { booked, deleted, held, holding } = facts;
  const both = hasBothRoles(booked);
  if (deleted) return 'over';
  if (booked.order.verb === 'hold') {
    if (!holding) return booked.officer === null && booked.supervisor === null ? 'waits' : 'over';
    return both ? 'counts' : 'alone';
  }
  if (!both) return 'waits';
  return booked.order.verb === 'delete' && held ? 'stopped' : 'counts';
}
