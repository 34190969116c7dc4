// Puts an order and its signatures into the vault (SPEC 4.8), durably, and enters each signature into the store's log.
//
// Invariants:
// 1. Only signatures that verify with a key of their role are placed, never two of one key, and only beside the very same order.
// 2. Under the vault's retention lock, so that a hold is seen by every deletion that is decided after it, and one that comes too late is
//    told so: it finds the deletion record.
// 3. A signature that is durable and that a cut kept out of the log is entered by the next expiration.
import { dirname, join } from 'node:path';
import { encodeUtf8, equalBytes } from '../../../protocol/format/bytes.ts';
import { ensureFolder, writeAnew } from '../../../protocol/format/durable.ts';
import { DockError, isDockError } from '../../../protocol/format/errors.ts';
import { hasBothRoles } from '../../../protocol/documents/order-standing.ts';
import { parseOrder, ROLES, type Order, type Role } from '../../../protocol/documents/order.ts';
import { underLock } from '../vault/locks.ts';
import { appendStoreEvents } from '../custody/store-log.ts';
import type { RecordingName } from '../vault/vault.ts';
import type { RetentionDeps } from './deps.ts';
import { orderEvent } from './order-events.ts';
import { judgeSignature, ORDER_FILE, readOrderFolder, signatureFile, type ReadOrder } from './orders-read.ts';
import { readRecording, type ProvenFacts } from './recording-facts.ts';
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
export async function orderedRecording(deps: RetentionDeps, name: RecordingName): Promise<ProvenFacts> {
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
export function placeOrder(
  deps: RetentionDeps,
  bytes: Uint8Array,
  signatures: OrderSignatures,
): Promise<PlacedOrder> {
  const order = parseOrder(bytes);
  return underLock(deps, deps.layout.retentionLock, async (workFolder) => {
    const facts = await orderedRecording(deps, { station: order.station, recording: order.recording });
    if (facts.manifestSha256 !== order.manifest_sha256)
      fail('order.conflict', 'the order is about another manifest of that recording: make it anew');
    if (Date.parse(order.ordered_at) > deps.clock.wallMs() + ORDER_AHEAD_MS)
      fail(
        'order.future',
        `the order says that it was given at ${order.ordered_at}, which is more than a day ahead of this machine's clock: set the clock, or make the order anew`,
      );
    const folder = join(deps.layout.orders(order.station), order.order);
    const known = await knownOrder(deps, folder, bytes);
    const fresh = ROLES.filter((role) => isFresh(known, signatures, role));
    checkSignatures(deps, bytes, signatures, known);
    if (known === undefined) await placeFolder(deps, workFolder, folder, bytes, signatures);
    else
      for (const role of fresh) await placeSignature(deps, workFolder, folder, role, signatures[role] ?? '');
    const read = await readOrderFolder(deps, folder);
    await appendStoreEvents(
      deps,
      fresh.map((role) => orderEvent(read, role)),
    );
    return { read, fresh };
  });
}

/** The order of that folder; undefined where there is none. Errors: "order.conflict" for another one. */
async function knownOrder(
  deps: RetentionDeps,
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
  deps: RetentionDeps,
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

/** All of a new order at once: no half of it is ever seen. */
async function placeFolder(
  { files, layout }: RetentionDeps,
  workFolder: string,
  folder: string,
  bytes: Uint8Array,
  signatures: OrderSignatures,
): Promise<void> {
  const work = join(workFolder, 'order');
  await ensureFolder(files, work);
  for (const role of ROLES) {
    const text = signatures[role];
    if (text !== undefined) await writeAnew(files, join(work, signatureFile(role)), encodeUtf8(text));
  }
  await writeAnew(files, join(work, ORDER_FILE), bytes);
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
  const name = signatureFile(role);
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
