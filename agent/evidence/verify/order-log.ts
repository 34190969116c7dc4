// Compares an order with what the store's log says of it (SPEC 4.3.7, 4.8): once for each signature, and where a hold lapsed. Pure.
import { HOLD_ALONE_MS } from '../../../protocol/documents/retention.ts';
import type { FoundOrder } from './order-check.ts';
import { finding, note, type Remark } from './remark.ts';
import type { LoggedOrder, LoggedSignature, StoreLog } from './store-log.ts';

type Found = Pick<FoundOrder, 'order' | 'sha256' | 'where' | 'signed'>;

/** Everything in which the two do not agree; nothing where the log is not here. */
export function orderLogRemarks(found: Found, log: StoreLog): Remark[] {
  if (log.places.length === 0) return [];
  const logged = log.orders.get(found.order.order);
  const signatures = logged?.signatures ?? [];
  const same = signatures.filter((signature) => isOf(signature, found));
  const others = signatures.filter((signature) => !same.includes(signature));
  return [
    ...others.slice(0, 1).map((signature) => otherRemark(found, signature)),
    ...(others.length === 0 ? [...notLogged(found, same), ...gone(found, same)] : []),
    ...lapsedEarly(found, logged),
  ];
}

function isOf({ sha256, verb, recording }: LoggedSignature, { order, ...found }: Found): boolean {
  return sha256 === found.sha256 && verb === order.verb && recording === order.recording;
}

function otherRemark({ order, sha256, where }: Found, logged: LoggedSignature): Remark {
  const message = `order: the store's log took up the ${logged.role}'s signature of an order to ${logged.verb} with SHA-256 ${logged.sha256}; this one, to ${order.verb}, has ${sha256}`;
  const facts = { order: order.order, expected: logged.sha256, found: sha256 };
  return finding('order.other-logged', where, message, facts);
}

function notLogged({ order, where, signed }: Found, same: readonly LoggedSignature[]): Remark[] {
  const open = signed.filter((role) => same.every((logged) => logged.role !== role));
  if (open.length === 0) return [];
  const message = `order: the store's log does not name the signature of the ${open.join(' and the ')}`;
  return [note('order.not-logged', where, message, { order: order.order })];
}

function gone({ order, where, signed }: Found, same: readonly LoggedSignature[]): Remark[] {
  const roles = same.map(({ role }) => role).filter((role) => !signed.includes(role));
  if (roles.length === 0) return [];
  const message = `order: the store's log took up a signature of the ${roles.join(' and the ')}, which is not here`;
  return [finding('order.signature-gone', where, message, { order: order.order })];
}

function lapsedEarly({ order, where }: Found, logged: LoggedOrder | undefined): Remark[] {
  const { lapsedAt } = logged ?? {};
  if (lapsedAt === undefined || Date.parse(lapsedAt) >= Date.parse(order.ordered_at) + HOLD_ALONE_MS)
    return [];
  const message = `order: ordered at ${order.ordered_at}, and the store's log calls it lapsed at ${lapsedAt}`;
  return [finding('order.lapsed-early', where, message, { order: order.order })];
}
