// What the store's log remembers of the last four months: who was warned of, which orders and lapses it knows, and who outside said the time.
import type { CustodyEntry, CustodyEvent } from '../../../protocol/custody/custody-entry.ts';
import { hasBothRoles } from '../../../protocol/documents/order-standing.ts';
import { type Role, ROLES } from '../../../protocol/documents/order.ts';
import {
  countedDays,
  type DaysFrom,
  type RetentionHistory,
  type SignedUnder,
} from '../../../protocol/documents/retention.ts';
import { entriesOf, hasEntry, readStoreLog } from '../custody/log-read.ts';
import { storeLogFolder } from '../custody/store-log.ts';
import {
  MEMORY_MS,
  REMEMBERED_MS,
  type RetentionDeps,
  type RetentionView,
  type StoreRetention,
} from './deps.ts';
import type { BookedOrder } from './order-book.ts';
import type { ReadOrder, StationOrders } from './orders-read.ts';
import { type ClockDoubt, doubtOf, type WordOutside } from './outside-time.ts';
import { countedUnder, readPolicies } from './policies.ts';

/** Read once for each run. */
export interface LogMemory {
  /** A station may know of this receiver: the log has a receipt (SPEC 10.3.39). */
  readonly hasReceipt: boolean;
  /** When a recording's expiry was warned of last, by the times of the log, by `station/recording`. */
  readonly warnedMs: ReadonlyMap<string, number>;
  /** `order/role` of each signature that was entered. */
  readonly signatures: ReadonlySet<string>;
  /** Orders whose lapse was entered. */
  readonly lapsed: ReadonlySet<string>;
  /** The last word from outside of this machine that was entered in this boot. */
  readonly word: WordOutside | undefined;
  /** When the last word of any boot was entered, by the store's clock; where there is none, when the log begins. */
  readonly heardMs: number | undefined;
  /** Of this machine, the present and earlier ones. */
  readonly boots: ReadonlySet<string | null>;
  /** The last time that many recordings began to wait for a day (SPEC 10.6.4). */
  readonly waits: { readonly sinceMs: number; readonly due: number } | undefined;
  /** What counted when (SPEC 10.3.19). */
  readonly history: RetentionHistory;
}

/** Why the clock may not decide now what goes by its time; null where it may. */
export function clockDoubt(
  { clock }: Pick<RetentionDeps, 'clock'>,
  { word, hasReceipt }: Pick<LogMemory, 'word' | 'hasReceipt'>,
): ClockDoubt | null {
  if (!hasReceipt) return { kind: 'not-known', byMs: 0 };
  return doubtOf(word, clock.wallMs(), clock.monotonicMs());
}

/** Reads the log. Errors: those of readStoreLog. */
export async function readMemory(deps: RetentionDeps): Promise<LogMemory> {
  const warnedMs = new Map<string, number>();
  const signatures = new Set<string>();
  const lapsed = new Set<string>();
  let word: WordOutside | undefined;
  let heardMs: number | undefined;
  let waits: LogMemory['waits'];
  let hasReceipt = false;
  // A station on this very machine is nobody outside, whatever its clock said before the last boot.
  const boots = new Set([deps.bootId]);
  const visit = (entry: CustodyEntry, timeMs: number): void => {
    const { event, facts } = entry;
    boots.add(entry.boot);
    const atMs = Date.parse(entry.at);
    heardMs ??= atMs;
    const saidMs = saidBy(entry, boots);
    if (saidMs !== undefined) heardMs = atMs;
    if (saidMs !== undefined && entry.boot !== null && entry.boot === deps.bootId)
      word = { saidMs, monotonicMs: entry.monotonic_ms };
    hasReceipt ||= event === 'receipt';
    if (event === 'expiry-warned')
      warnedMs.set(`${String(facts['station'])}/${String(facts['recording'])}`, timeMs);
    if (event === 'order') signatures.add(`${String(facts['order'])}/${String(facts['role'])}`);
    if (event === 'hold-lapsed') lapsed.add(String(facts['order']));
    if (event === 'expiry-waits') waits = { sinceMs: atMs, due: Number(facts['due']) };
  };
  const folder = storeLogFolder(deps.vaultPath, deps.receiver);
  await readStoreLog(deps, folder, deps.clock.wallMs() - MEMORY_MS, visit);
  const history = await readHistory(deps);
  hasReceipt ||= await hasEntry(deps.files, folder, 'receipt'); // of long ago
  return { hasReceipt, warnedMs, signatures, lapsed, word, heardMs, boots, waits, history };
}

/** What counts from now on, for the log. */
export function announcement({
  days,
  documentsDays,
}: Pick<StoreRetention, 'days' | 'documentsDays'>): CustodyEvent {
  return { event: 'retention', facts: { days, documents_days: documentsDays } };
}

/** What was announced, and which policies were in force. Errors: "store-log.oversize", "policy.missing"; the system's; the signal's reason. */
export async function readHistory(deps: RetentionView): Promise<RetentionHistory> {
  const folder = storeLogFolder(deps.vaultPath, deps.receiver);
  const announced: DaysFrom[] = [];
  let time = '';
  for (const { at, facts } of await entriesOf(deps, folder, 'retention')) {
    const { days, documents_days: documentsDays } = facts;
    time = at > time ? at : time;
    if (typeof days === 'number' && typeof documentsDays === 'number')
      announced.push({ time, days, documentsDays });
  }
  return { announced, policies: await readPolicies(deps) };
}

/** Days that a recording stays: fewer than before count only for what comes after they were announced (SPEC 10.1.3). */
export function daysFor(
  { retention }: Pick<RetentionDeps, 'retention'>,
  history: RetentionHistory,
  receivedAt: string,
  under: SignedUnder,
): number {
  return Math.max(retention.days, countedFor(history, receivedAt, under));
}

/** What counted by this log for what came then (SPEC 10.3.19). */
export function countedFor(history: RetentionHistory, receivedAt: string, under: SignedUnder): number {
  return countedDays(history, receivedAt, countedUnder(history, under)).days;
}

/** The entry that the log lacks: none yet, or another one was the last. */
export function missingAnnouncement(
  retention: Pick<StoreRetention, 'days' | 'documentsDays'>,
  { history: { announced } }: Pick<LogMemory, 'history'>,
): CustodyEvent[] {
  const last = announced.at(-1);
  const isSame = last?.days === retention.days && last.documentsDays === retention.documentsDays;
  return isSame ? [] : [announcement(retention)];
}

/** What time an entry says by a word from outside of this machine. */
function saidBy({ event, facts }: CustodyEntry, ownBoots: ReadonlySet<unknown>): number | undefined {
  if (event !== 'outside-time' || (facts['by'] === 'station' && ownBoots.has(facts['boot'])))
    return undefined;
  return Date.parse(String(facts['said_at']));
}

// What the store's log has to be told of orders: each signature once, and each hold by one role that lapsed, once. Pure.

/** The entry for one signature. */
export function orderEvent({ order, sha256, signatures }: ReadOrder, role: Role): CustodyEvent {
  const { station, recording, order: id, verb } = order;
  const signature = signatures[role];
  const by = signature.kind === 'good' ? { key_id: signature.keyId } : {};
  return {
    event: 'order',
    facts: { station, recording, order: id, verb, role, order_sha256: sha256, ...by },
  };
}

/** Entries that the log lacks, of orders that are young enough for it to be asked. */
export function missingOrderEvents(
  { book, orders }: StationOrders,
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
    const until = book.aloneUntil(each);
    return until !== null &&
      hasLapsed(each, orders, { nowMs, lapsesMs: Date.parse(until) }) &&
      !memory.lapsed.has(each.order.order)
      ? [...signed, lapseEvent(each)]
      : signed;
  });
}

/** A hold that one role signed, whose time is over, and that nobody lifted in that time. */
function hasLapsed(
  booked: BookedOrder,
  all: readonly BookedOrder[],
  { nowMs, lapsesMs }: { readonly nowMs: number; readonly lapsesMs: number },
): boolean {
  const { order, officer, supervisor } = booked;
  const orderedMs = Date.parse(order.ordered_at);
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
