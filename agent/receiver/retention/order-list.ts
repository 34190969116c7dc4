// The orders of a vault as a person wants to see them: which count, which wait for a signature, which are over. Reads only.
import { hasBothRoles, type Hold } from '../../../protocol/documents/order-standing.ts';
import type { Order, Role } from '../../../protocol/documents/order.ts';
import { isRecordingId, type StationId } from '../../../protocol/format/ids.ts';
import { appendStoreEvents } from '../custody/store-log.ts';
import type { RecordingName } from '../vault/vault.ts';
import { type Deleted, deleteRecordings } from './deletion.ts';
import { BATCH, type Finding, type RetentionDeps, type RetentionView } from './deps.ts';
import { readHearing } from './expire.ts';
import { type BookedOrder, subjectOf } from './order-book.ts';
import { signedBy } from './order-place.ts';
import { type ReadOrder, readOrders, type StationOrders } from './orders-read.ts';
import { type FactsKeys, readRecording } from './recording-facts.ts';
import { storeKeys } from './store-keys.ts';
import { keysFor, stationsIn, type SurveyContext, type SurveyedRecording, surveyStation } from './survey.ts';

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
  deps: RetentionView,
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
  deps: RetentionView,
  keys: FactsKeys,
  all: StationOrders,
  booked: BookedOrder & { readonly read: ReadOrder },
): Promise<ListedOrder> {
  const { order, read } = booked;
  const { station, recording, verb } = order;
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
    needed: neededRole(read),
    until: verb === 'hold' && !both ? all.book.aloneUntil(booked) : null,
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

// What an order means from now on, and for a deletion by both roles: does it, at once.

/** What stands now for the recording that an order is about, and what was done. */
export interface OrderEffect {
  /** The role whose signature is still needed, until when where it has a limit; null where both signed. */
  readonly needed: { readonly role: Role; readonly until: string | null } | null;
  /** The hold that counts, of this order or of another one. */
  readonly hold: Hold | undefined;
  readonly dueAt: string | undefined;
  /** Deleted by this order, the recording and its sidecars. */
  readonly deleted: readonly Deleted[];
  /** Nothing is deleted although both signed: another order of that station cannot be read, and could hold it. */
  readonly blocked: boolean;
}

/** False for a hold that keeps nothing, and for a deletion by both that was not carried out. */
export function isDone({ order }: ReadOrder, { needed, hold, deleted }: OrderEffect): boolean {
  if (order.verb === 'hold') return hold !== undefined;
  return order.verb === 'unhold' || needed !== null || deleted.length > 0;
}

/** Looks, and deletes what both roles ordered. Errors: those of deleteRecordings and of the survey. */
export async function effectOf(deps: RetentionDeps, read: ReadOrder): Promise<OrderEffect> {
  const { order } = read;
  const { memory, heard } = await readHearing(deps);
  const context: SurveyContext = { memory, store: await storeKeys(deps) };
  const ordered: RecordingName[] = [];
  let subject: SurveyedRecording | undefined;
  let until: string | null = null;
  await surveyStation(deps, context, order.station, {
    recording: (found) => {
      if (found.recording === order.recording) subject = found;
      const isMeant = found.recording === order.recording || found.order?.order === order.order;
      if (found.state === 'ordered' && isMeant)
        ordered.push({ station: found.station, recording: found.recording });
    },
    unreceipted: () => undefined,
    deleted: () => undefined,
    finding: () => undefined,
    orders: ({ book, orders }) => {
      const own = orders.find((booked) => booked.order.order === order.order);
      until = own !== undefined && order.verb === 'hold' ? book.aloneUntil(own) : null;
    },
  });
  if (ordered.length > 0 && heard.length > 0) await appendStoreEvents(deps, heard);
  const deleted = await deleteAll(deps, context, ordered);
  const [hold, dueAt] = [subject?.hold, subject?.retention.due_at];
  const role = neededRole(read);
  const needed = role === null ? null : { role, until };
  return { needed, hold, dueAt, deleted, blocked: subject?.state === 'blocked' };
}

async function deleteAll(
  deps: RetentionDeps,
  context: SurveyContext,
  names: readonly RecordingName[],
): Promise<Deleted[]> {
  const deleted: Deleted[] = [];
  for (let from = 0; from < names.length; from += BATCH)
    deleted.push(...(await deleteRecordings(deps, context, names.slice(from, from + BATCH))));
  return deleted;
}

/** Whose signature an order lacks; null where both signed. */
function neededRole(read: ReadOrder): Role | null {
  const { both, officer } = signedBy(read);
  if (both) return null;
  return officer === null ? 'officer' : 'supervisor';
}
