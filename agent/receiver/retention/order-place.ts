// Puts an order and its signatures into the vault (SPEC 4.8), durably, and enters each signature into the store's log.
//
// Invariants:
// 1. Only signatures that verify with a key of their role are placed, never two of one key, and only beside the very same order.
// 2. Under the vault's retention lock, so that a hold is seen by every deletion that is decided after it, and one that comes too late is
//    told so: it finds the deletion record.
// 3. A signature that is durable and that a cut kept out of the log is entered by the next expiration.
import { dirname, join } from 'node:path';
import { hasBothRoles, type Hold } from '../../../protocol/documents/order-standing.ts';
import {
  encodeOrder,
  type Order,
  parseOrder,
  type Role,
  ROLES,
  roleSignature,
} from '../../../protocol/documents/order.ts';
import { retentionOf, underOf } from '../../../protocol/documents/retention.ts';
import { encodeUtf8, equalBytes } from '../../../protocol/format/bytes.ts';
import { ensureFolder, writeAnew } from '../../../protocol/format/durable.ts';
import { DockError, isDockError } from '../../../protocol/format/errors.ts';
import { makeSessionId } from '../../../protocol/format/ids.ts';
import { appendStoreEvents } from '../custody/store-log.ts';
import { underLock } from '../vault/vault-lock.ts';
import type { RecordingName } from '../vault/vault.ts';
import type { RetentionDeps, RetentionView } from './deps.ts';
import { daysFor, orderEvent, readHistory } from './log-memory.ts';
import { subjectOf } from './order-book.ts';
import {
  judgeSignature,
  keysOf,
  ORDER_FILE,
  type ReadOrder,
  readOrderFolder,
  readOrders,
  type StationOrders,
} from './orders-read.ts';
import { type ProvenFacts, readRecording } from './recording-facts.ts';
import { storeKeys } from './store-keys.ts';
import { keysFor } from './survey.ts';

/** Clocks of other machines may be ahead by so much. A hold by one role would last as much longer. */
export const ORDER_AHEAD_MS = 86_400_000;

/** Texts of minisign files, by the role that signed. */
export type OrderSignatures = Readonly<Partial<Record<Role, string>>>;

/** An order that is in the vault now. */
export interface PlacedOrder {
  readonly read: ReadOrder;
  /** Signatures that were not there before. */
  readonly fresh: readonly Role[];
}

/**
 * The recording that an order would be about, with documents that hold.
 * Errors: "order.no-recording", "order.deleted", "order.doubtful"; the system's.
 */
export async function orderedRecording(deps: RetentionView, name: RecordingName): Promise<ProvenFacts> {
  const keys = keysFor(deps, await storeKeys(deps), name.station);
  const facts = await readRecording(deps, name, keys);
  if (facts.kind === 'kept') return facts;
  const shown = `recording ${name.recording} of station ${name.station}`;
  if (facts.kind === 'deleted')
    fail(
      'order.deleted',
      `${shown} is deleted since ${facts.record.deleted_at}: nothing can be ordered about it`,
    );
  if (facts.kind === 'doubtful')
    fail(
      'order.doubtful',
      `${shown}: ${facts.reason}; it is never deleted as it is, so it needs no order; \`bodydock verify\` tells more`,
    );
  if (facts.kind === 'unreceipted')
    fail('order.no-recording', `${shown} has no receipt yet: it is never deleted as it is`);
  return fail('order.no-recording', `the vault holds no ${shown}: look at both ids`);
}

/** Errors: those of orderedRecording; "order.conflict", "order.future", "order.signature", "order.one-key"; "lock.*"; those of the store's log; the system's. */
export async function placeOrder(
  deps: RetentionDeps,
  bytes: Uint8Array,
  signatures: OrderSignatures,
): Promise<PlacedOrder> {
  const order = parseOrder(bytes);
  return underLock(deps, deps.layout.retentionLock, async (workFolder) => {
    const { known, fresh } = await checkOrder(deps, bytes, signatures);
    const folder = join(deps.layout.orders(order.station), order.order);
    if (known === undefined) {
      const signed = ROLES.map((role) => [roleSignature(ORDER_FILE, role), signatures[role]] as const);
      await placeFolder(deps, workFolder, folder, [...signed, [ORDER_FILE, bytes]]);
    } else
      for (const role of fresh) await placeSignature(deps, workFolder, folder, role, signatures[role] ?? '');
    const read = await readOrderFolder(deps, folder);
    await appendStoreEvents(
      deps,
      fresh.map((role) => orderEvent(read, role)),
    );
    return { read, fresh };
  });
}

/**
 * Looks whether an order with these signatures would be placed: the order as the vault has it, and which of the signatures are new to it. Writes
 * nothing. Errors: those of placeOrder, but "lock.*" and those of the log.
 */
export async function checkOrder(
  deps: RetentionView,
  bytes: Uint8Array,
  signatures: OrderSignatures,
): Promise<{ readonly known: ReadOrder | undefined; readonly fresh: readonly Role[] }> {
  const { station, order, recording, manifest_sha256: manifest, ordered_at: at } = parseOrder(bytes);
  const facts = await orderedRecording(deps, { station, recording });
  if (facts.manifestSha256 !== manifest)
    fail('order.conflict', 'the order is about another manifest of that recording: make it anew');
  if (Date.parse(at) > deps.clock.wallMs() + ORDER_AHEAD_MS)
    fail(
      'order.future',
      `the order says that it was given at ${at}, which is more than a day ahead of this machine's clock: set the clock, or make the order anew`,
    );
  const known = await knownOrder(deps, join(deps.layout.orders(station), order), bytes);
  checkSignatures(deps, bytes, signatures, known);
  return { known, fresh: ROLES.filter((role) => isFresh(known, signatures, role)) };
}

/** The order of that folder; undefined where there is none. Errors: "order.conflict" for another one. */
async function knownOrder(
  deps: RetentionView,
  folder: string,
  bytes: Uint8Array,
): Promise<ReadOrder | undefined> {
  const known = await readOrderFolder(deps, folder).catch((error: unknown) => {
    if (isDockError(error, 'order.missing')) return undefined;
    throw error;
  });
  if (known === undefined || equalBytes(known.bytes, bytes)) return known;
  return fail('order.conflict', `${folder} holds another order of that id: one id must not name two`);
}

function isFresh(known: ReadOrder | undefined, signatures: OrderSignatures, role: Role): boolean {
  return signatures[role] !== undefined && known?.signatures[role].kind !== 'good';
}

function checkSignatures(
  deps: RetentionView,
  bytes: Uint8Array,
  signatures: OrderSignatures,
  known: ReadOrder | undefined,
): void {
  const keyIds = ROLES.map((role) => {
    const text = signatures[role];
    const before = known?.signatures[role];
    if (text === undefined) return before?.kind === 'good' ? before.keyId : null;
    const state = judgeSignature(deps, role, bytes, text);
    if (state.kind === 'good') return state.keyId;
    const why = state.kind === 'wrong' ? state.reason : 'it is empty';
    return fail(
      'order.signature',
      `the signature of the ${role} does not hold: ${why}; it needs a key of roles.${role}s and the trusted comment "bodydock order"`,
    );
  });
  if (keyIds[0] !== null && keyIds[0] === keyIds[1])
    fail('order.one-key', 'both roles signed with one key: two persons with a key each must sign');
}

/** All of a new document and its signatures at once: no half of it is ever seen. What is undefined is left out. */
export async function placeFolder(
  { files, layout }: RetentionDeps,
  workFolder: string,
  folder: string,
  parts: readonly (readonly [string, Uint8Array | string | undefined])[],
): Promise<void> {
  const work = join(workFolder, 'signed');
  await ensureFolder(files, work);
  for (const [name, content] of parts)
    if (content !== undefined)
      await writeAnew(files, join(work, name), typeof content === 'string' ? encodeUtf8(content) : content);
  await files.syncFolder(work);
  const orders = dirname(folder);
  await ensureFolder(files, orders);
  await files.rename(work, folder);
  await files.syncFolder(orders);
  await files.syncFolder(dirname(orders));
  await files.syncFolder(layout.root);
}

async function placeSignature(
  { files }: RetentionDeps,
  workFolder: string,
  folder: string,
  role: Role,
  text: string,
): Promise<void> {
  const name = roleSignature(ORDER_FILE, role);
  await writeAnew(files, join(workFolder, name), encodeUtf8(text));
  await files.rename(join(workFolder, name), join(folder, name));
  await files.syncFolder(folder);
}

function fail(code: string, message: string): never {
  throw new DockError(code, message, { retry: 'person' });
}

/** Who signed, as orderStanding wants it: only what holds. */
export function signedBy({ order, signatures }: ReadOrder): {
  readonly order: Order;
  readonly officer: string | null;
  readonly supervisor: string | null;
  readonly both: boolean;
} {
  const keyId = (role: Role): string | null => {
    const state = signatures[role];
    return state.kind === 'good' ? state.keyId : null;
  };
  const signed = { order, officer: keyId('officer'), supervisor: keyId('supervisor') };
  return { ...signed, both: hasBothRoles(signed) };
}

// Makes the text of an order, for two persons to sign. Nothing is written into the vault: without a signature it is only a text.

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
  deps: RetentionView,
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
  const days = daysFor(deps, await readHistory(deps), receivedAt, underOf(facts.manifest));
  const dueAt = retentionOf(facts.manifest, receivedAt, days).due_at;
  return { order, bytes: encodeOrder(order), facts, dueAt, hold, deletion };
}

/** An `unhold` lifts what was ordered before it: a clock that fell behind must not make a new hold older than the one that lifted the last. */
function behindOthers(nowMs: number, { orders }: StationOrders): number {
  const latestMs = Math.max(0, ...orders.map(({ order }) => Date.parse(order.ordered_at)));
  return Math.max(nowMs, Math.min(latestMs + 1, nowMs + ORDER_AHEAD_MS));
}

/** An order that nobody could sign in full would only look like one. A hold counts for seven days with one signature. */
function checkRoles(deps: RetentionView, verb: Order['verb']): void {
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
