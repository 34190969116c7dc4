// Makes the text of an order, for two persons to sign. Nothing is written into the vault: without a signature it is only a text.
import { encodeOrder, type Order } from '../../../protocol/documents/order.ts';
import type { Hold } from '../../../protocol/documents/order-standing.ts';
import { DockError } from '../../../protocol/format/errors.ts';
import { makeSessionId } from '../../../protocol/format/ids.ts';
import { retentionOf } from '../../../protocol/documents/retention.ts';
import type { RecordingName } from '../vault/vault.ts';
import type { RetentionDeps } from './deps.ts';
import { subjectOf } from './order-book.ts';
import { ORDER_AHEAD_MS, orderedRecording } from './order-place.ts';
import { keysOf, readOrders, type StationOrders } from './orders-read.ts';
import type { ProvenFacts } from './recording-facts.ts';
import { storeKeys } from './store-keys.ts';
import { keysFor } from './survey.ts';

/** What is to be signed, and what the signers should know of it. */
export interface MadeOrder {
  readonly order: Order;
  readonly bytes: Uint8Array;
  readonly facts: ProvenFacts;
  readonly dueAt: string;
  /** A hold that counts now. */
  readonly hold: Hold | undefined;
  /** A deletion that both roles signed: it is carried out as soon as no hold counts. */
  readonly deletion: Order | undefined;
}

/** Errors: "order.no-roles"; those of orderedRecording; the system's. */
export async function makeOrder(
  deps: RetentionDeps,
  wish: RecordingName & Pick<Order, 'verb' | 'reason'>,
): Promise<MadeOrder> {
  checkRoles(deps, wish.verb);
  const { station, recording, verb, reason } = wish;
  const facts = await orderedRecording(deps, { station, recording });
  const nowMs = deps.clock.wallMs();
  const orders = await readOrders(deps, station, keysFor(deps, await storeKeys(deps), station));
  const orderedMs = behindOthers(nowMs, orders);
  const order: Order = {
    type: 'order',
    version: 1,
    order: makeSessionId(deps.random),
    verb,
    station,
    recording,
    manifest_sha256: facts.manifestSha256,
    reason,
    ordered_at: new Date(orderedMs).toISOString(),
  };
  const receivedAt = facts.receipt.received_at;
  const subject = subjectOf(facts.manifest, receivedAt);
  const { hold } = orders.book.standing(subject, nowMs);
  const deletion = orders.book.signedDeletion(subject, nowMs)?.order;
  const dueAt = retentionOf(facts.manifest, receivedAt, deps.retention.days).due_at;
  return { order, bytes: encodeOrder(order), facts, dueAt, hold, deletion };
}

/** An `unhold` lifts what was ordered before it: a clock that fell behind must not make a new hold older than the one that lifted the last. */
function behindOthers(nowMs: number, { orders }: StationOrders): number {
  const latestMs = Math.max(0, ...orders.map(({ order }) => Date.parse(order.ordered_at)));
  return Math.max(nowMs, Math.min(latestMs + 1, nowMs + ORDER_AHEAD_MS));
}

/** An order that nobody could sign in full would only look like one. A hold counts for seven days with one signature. */
function checkRoles(deps: RetentionDeps, verb: Order['verb']): void {
  const [officers, supervisors] = [keysOf(deps, 'officer').length, keysOf(deps, 'supervisor').length];
  if (verb === 'hold' ? officers + supervisors > 0 : officers > 0 && supervisors > 0) return;
  const missing =
    officers > 0
      ? 'roles.supervisors'
      : supervisors > 0
        ? 'roles.officers'
        : 'roles.officers and roles.supervisors';
  throw new DockError(
    'order.no-roles',
    `receiver.yaml has no key in ${missing}, so nobody can sign an order to ${verb}: each holder makes a key with \`minisign -G\`, and the second line of its .pub file goes there`,
    { retry: 'person' },
  );
}
