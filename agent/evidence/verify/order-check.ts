// Checks the orders of one station (SPEC 4.8): shape, place, and who signed. What they amount to is protocol/documents/order-standing.ts; whether the
// store kept to them is deletion-judge.ts.
import { join } from 'node:path';
import { sha256Hex } from '../../../protocol/format/bytes.ts';
import { isSessionId } from '../../../protocol/format/ids.ts';
import {
  ORDER_BYTES_MAX,
  ORDER_TRUSTED_COMMENT,
  parseOrder,
  ROLES,
  type Order,
  type Role,
} from '../../../protocol/documents/order.ts';
import { hasBothRoles } from '../../../protocol/documents/order-standing.ts';
import { ORDER, SIGNATURE_SUFFIX } from '../../../protocol/format/file-names.ts';
import { oddNames, unexpected } from './folder-names.ts';
import { listFolder, type ReadFiles } from './read-files.ts';
import { below, finding, note, type Remark } from './remark.ts';
import { checkSignature, readDocument } from './signed-document.ts';
import { roleKeys, type TrustedKeys } from './trusted-keys.ts';

const NAMES: ReadonlySet<string> = new Set([ORDER, ...ROLES.map(signatureFile)]);

/** An order with the key ids of the roles whose signatures hold. */
export interface FoundOrder {
  readonly order: Order;
  readonly sha256: string;
  readonly where: string;
  readonly officer: string | null;
  readonly supervisor: string | null;
  /** Roles whose signature file is there, whether it can be judged or not. */
  readonly signed: readonly Role[];
}

/** A folder of orders. */
export interface OrdersQuestion {
  readonly files: ReadFiles;
  readonly folder: string;
  readonly where: string;
  /** The station in whose folder it lies. */
  readonly station: string;
  readonly keys: TrustedKeys;
  readonly signal: AbortSignal;
}

/** All orders of a folder. Errors: the signal's reason; those of the machine. */
export async function checkOrders(
  question: OrdersQuestion,
): Promise<{ readonly orders: FoundOrder[]; readonly remarks: Remark[] }> {
  const { files, folder, where, signal } = question;
  const names = await listFolder(files, folder, where);
  if (names === undefined) return { orders: [], remarks: [] };
  if (!Array.isArray(names)) return { orders: [], remarks: [names] };
  const orders: FoundOrder[] = [];
  const remarks = names.filter((name) => !isSessionId(name)).map((name) => unexpected(where, name));
  for (const name of names.filter(isSessionId)) {
    signal.throwIfAborted();
    const checked = await checkOrder(question, name);
    remarks.push(...checked.remarks);
    if (checked.order !== undefined) orders.push(checked.order);
  }
  return { orders, remarks };
}

/** Keys of a role are given. */
export function canJudge(keys: TrustedKeys, role: Role): boolean {
  return roleKeys(keys, role).length > 0;
}

async function checkOrder(
  { files, folder: parent, where: above, station, keys }: OrdersQuestion,
  name: string,
): Promise<{ readonly order: FoundOrder | undefined; readonly remarks: readonly Remark[] }> {
  const folder = join(parent, name);
  const where = below(above, name);
  const names = await listFolder(files, folder, where);
  if (names === undefined) return { order: undefined, remarks: [] };
  if (!Array.isArray(names)) return { order: undefined, remarks: [names] };
  const kind = { name: 'order', file: ORDER, bytesMax: ORDER_BYTES_MAX, parse: parseOrder } as const;
  const read = await readDocument(files, folder, where, kind);
  const remarks = [...oddNames(where, names, NAMES), ...read.remarks];
  const { bytes, value } = read;
  if (bytes === undefined || value === undefined) return { order: undefined, remarks };
  remarks.push(...placeRemarks(below(where, ORDER), value, name, station));
  const signed = ROLES.filter((role) => names.includes(signatureFile(role)));
  const found = { order: value, sha256: sha256Hex(bytes), where, signed };
  const holds: Record<Role, string | null> = { officer: null, supervisor: null };
  for (const role of signed.filter((each) => canJudge(keys, each))) {
    const kindOf = {
      name: 'order',
      signatureFile: signatureFile(role),
      trustedComment: ORDER_TRUSTED_COMMENT,
    } as const;
    const checked = await checkSignature(
      files,
      folder,
      where,
      { ...kindOf, keys: roleKeys(keys, role) },
      bytes,
    );
    holds[role] = checked.keyId ?? null;
    remarks.push(...checked.remarks);
  }
  const order = { ...found, ...holds };
  return { order, remarks: [...remarks, ...signerRemarks(order, keys)] };
}

function signatureFile(role: Role): string {
  return `${ORDER}.${role}${SIGNATURE_SUFFIX}`;
}

function placeRemarks(place: string, order: Order, name: string, station: string): Remark[] {
  const remarks: Remark[] = [];
  if (order.order !== name) {
    const message = `order: the folder is named ${name}, the document names order ${order.order}`;
    remarks.push(finding('order.other-order', place, message, { expected: name, found: order.order }));
  }
  if (order.station !== station) {
    const message = `order: it lies in the folder of station ${station} and names station ${order.station}`;
    remarks.push(finding('order.other-station', place, message, { expected: station, found: order.station }));
  }
  return remarks;
}

function signerRemarks(found: FoundOrder, keys: TrustedKeys): Remark[] {
  const { where, order, signed, officer, supervisor } = found;
  const facts = { order: order.order, verb: order.verb };
  if (signed.length === 0)
    return [finding('order.unsigned', where, `order to ${order.verb}: no signature`, facts)];
  const unknown = signed.filter((role) => !canJudge(keys, role));
  if (unknown.length > 0) {
    const message = `order to ${order.verb}: no key of ${unknown.join(' and ')} is given`;
    return [note('order.not-judged', where, message, facts)];
  }
  if (officer !== null && officer === supervisor)
    return [finding('order.same-key', where, `order to ${order.verb}: key ${officer} signed twice`, facts)];
  if (hasBothRoles(found) || signed.length === ROLES.length) return [];
  const message = `order to ${order.verb} of ${order.ordered_at}: signed by the ${signed.join()} alone`;
  return [note('order.incomplete', where, message, facts)];
}
