// What the store did with recordings, and whether it was allowed to: deletions, orders, disclosures.
import { isReceiverId } from '../../../protocol/format/ids.ts';
import { judgeDeletions } from './deletion-check.ts';
import { judgeDrops, type KeptDeletion } from './drop-check.ts';
import { disclosureRemarks, pendingDisclosures } from './disclosure-check.ts';
import { type FoundOrder, OrderBook } from './order-check.ts';
import type { PlaceFacts } from './place-facts.ts';
import type { PlaceLogs } from './place-logs.ts';
import { extentOf, type Place } from './place.ts';
import type { ReadFiles } from './read-files.ts';
import { finding, type Remark } from './remark.ts';
import type { StoreLog } from './store-log.ts';
import { kitPolicyFindings, policyFindings, type Policies } from './policy-check.ts';
import { type FoundRestored, restoredRemarks } from './restored-check.ts';
import type { TrustedKeys } from './trusted-keys.ts';
import type { Totals } from './verify-place.ts';

/** All that was read. */
export interface StoreContext {
  readonly files: ReadFiles;
  readonly place: Place;
  readonly keys: TrustedKeys;
  readonly facts: PlaceFacts;
  readonly logs: PlaceLogs;
  readonly orders: readonly FoundOrder[];
  readonly kept: readonly KeptDeletion[];
  readonly restored: readonly FoundRestored[];
  readonly policies: Policies['found'];
  /** Time of the verification, ms since 1970. */
  readonly nowMs: number;
  /** Whose changes of keys lie here, whether they count or not. */
  readonly changed: ReadonlySet<string>;
}

/** Every remark, in the order in which it is found; counts what is held and disclosed. Errors: those of the machine. */
export async function* storeFindings(
  context: StoreContext,
  totals: Totals,
): AsyncGenerator<Remark, void, undefined> {
  const { files, place, facts, logs, nowMs } = context;
  const log = logs.store;
  const book = new OrderBook(context.orders, facts, log);
  const complete = place.kind === 'vault';
  const extent = extentOf(place);
  yield* book.remarks(facts, extent);
  const drops = judgeDrops({ ...context, log, orders: book, stations: logs.stations });
  const basis = { ...context, orders: book, complete: complete || extent === 'kit', extent };
  yield* judgeDeletions({ ...basis, kept: drops.deleted });
  if (complete) yield* drops.findings;
  if (complete) for (const { kind } of log.receipts.values()) if (kind === 'recording') totals.received++;
  totals.dropped += drops.recordings;
  totals.dropped_by_order += drops.byOrder;
  totals.dropped_dockings += drops.dockings;
  totals.dropped_staff += drops.staff;
  totals.held += countHeld(book, facts, nowMs);
  totals.disclosures += log.disclosures.length;
  yield* disclosureRemarks(log.places[0] ?? '.', log.disclosures);
  if (complete) yield* await pendingDisclosures(files, place.path, nowMs);
  if (complete) yield* log.places.length === 0 ? noLog(context) : missingLogs(context);
  if (complete) yield* notKnown(log);
  if (complete) yield* restoredRemarks(context.restored, log);
  if (complete) yield* policyFindings(context.policies, log, facts);
  else if (extent === 'kit') yield* kitPolicyFindings(context.policies, log, facts);
}

function countHeld(book: OrderBook, facts: PlaceFacts, nowMs: number): number {
  const now = new Date(nowMs).toISOString();
  let held = 0;
  for (const name of book.concerned) {
    const recording = facts.recordings.get(name);
    if (recording === undefined || recording.deletion !== undefined) continue;
    if (book.holdAt(name, now) !== undefined) held++;
  }
  return held;
}

/** A receiver begins its log with its first start and never lets it go (SPEC 10.3): where it left anything, its log was taken away. */
function noLog({ facts, orders, changed }: StoreContext): Remark[] {
  let deletions = 0;
  let receipts = 0;
  for (const { deletion } of facts.recordings.values()) if (deletion !== undefined) deletions++;
  for (const held of facts.documents()) if (held.receiptSha256 !== undefined) receipts++;
  const changes = [...changed].filter(isReceiverId).length;
  if (receipts + deletions + orders.length + changes === 0) return [];
  const message = `${receipts} receipts, ${deletions} deletions, ${orders.length} orders and ${changes} receivers with changes of keys lie here without the store's own log`;
  return [finding('store-log.none', '.', message, { receipts, deletions, orders: orders.length })];
}

/** The same for each receiver of several, and for each of its keys: where it signed something, its log is here (SPEC 10.3). */
function missingLogs({ facts, logs, changed }: StoreContext): Remark[] {
  const { store } = logs;
  const named = new Map<string, ReadonlySet<string>>(facts.receivers);
  for (const holder of changed) if (isReceiverId(holder) && !named.has(holder)) named.set(holder, new Set());
  return [...named].flatMap(([receiver, keyIds]) => {
    const signedBy = store.signedBy.get(receiver);
    if (signedBy === undefined || signedBy.size === 0) {
      const message = `receiver ${receiver} signed documents that lie here, and its own log does not`;
      return [finding('store-log.none', receiver, message, { receiver })];
    }
    const [absent] = [...keyIds].filter((keyId) => !signedBy.has(keyId));
    if (absent === undefined) return [];
    const message = `receiver ${receiver} signed documents here by key ${absent}, and nothing of its own log here is signed by that key`;
    return [finding('store-log.key-missing', receiver, message, { receiver, key_id: absent })];
  });
}

/** Stations hear of the receiver that runs: a log that says what another one did meanwhile was made up, or continued in its past (SPEC 10.3.38). */
function notKnown({ receivers }: StoreLog): Remark[] {
  return receivers.notRunning().map(({ receiver, at }) => {
    const message = `the log of receiver ${receiver} says what it did at ${at}, and by the logs of the stations it did not run then`;
    return finding('store-log.not-known', receiver, message, { receiver, at });
  });
}
