// Reads the orders of one station (SPEC 4.8) and says whose signatures hold.
//
// Invariants:
// 1. An `unhold` or a `delete` counts only with signatures that verify with a key of the role, and about the manifest that the vault holds.
// 2. A signature of a `hold` that does not verify (its key is gone from the file, a byte was altered) keeps the recording all the same, and
//    is told: nothing is deleted on the strength of a doubt.
// 3. An order that cannot be read, or lies there by another name, may be a hold of anything: then nothing of the station is deleted, and it is
//    told. The same for a hold of a recording whose manifest is not the one that it names.
import { join } from 'node:path';
import { parseUtf8, sha256Hex } from '../../../protocol/format/bytes.ts';
import { listIfThere, readIfThere } from '../../../protocol/format/durable.ts';
import { describeError, DockError, isMachineShort, systemCode } from '../../../protocol/format/errors.ts';
import { isRecordingId, isSessionId, type StationId } from '../../../protocol/format/ids.ts';
import { MANIFEST_BYTES_MAX, SIGNATURE_FILE_BYTES_MAX } from '../../../protocol/format/limits.ts';
import { holdDaysAt } from '../../../protocol/documents/retention.ts';
import { parseManifest } from '../../../protocol/documents/manifest.ts';
import { keyIdHex, verifyDocument, type PublicKey } from '../../../protocol/documents/minisign.ts';
import {
  ORDER_BYTES_MAX,
  ORDER_TRUSTED_COMMENT,
  parseOrder,
  ROLES,
  roleSignature,
  type Order,
  type Role,
} from '../../../protocol/documents/order.ts';
import type { Finding, RetentionView } from './deps.ts';
import { MANIFEST } from '../vault/vault-layout.ts';
import type { RecordingName } from '../vault/vault.ts';
import { OrderBook, subjectOf, WRONG, type BookedOrder, type Subject } from './order-book.ts';
import { readRecording, type FactsKeys } from './recording-facts.ts';
import { DELETION, ORDER } from '../../../protocol/format/file-names.ts';

export const ORDER_FILE = ORDER;
/** Orders about the recordings of one station, which stay for ever: ten on each day of ten years would be fewer. */
const ORDERS_MAX = 50_000;

/** The keys of a role. */
export function keysOf({ roles }: Pick<RetentionView, 'roles'>, role: Role): readonly PublicKey[] {
  return role === 'officer' ? roles.officers : roles.supervisors;
}

/** An order as it lies in a folder: who signed it, and which signatures do not hold. */
export interface ReadOrder {
  readonly order: Order;
  readonly bytes: Uint8Array;
  readonly sha256: string;
  readonly signatures: Readonly<Record<Role, SignatureState>>;
}

export type SignatureState =
  | { readonly kind: 'absent' }
  | { readonly kind: 'good'; readonly keyId: string; readonly text: string }
  | { readonly kind: 'wrong'; readonly reason: string };

/** The orders of a station, and what is wrong with some. */
export interface StationOrders {
  readonly book: OrderBook;
  readonly orders: readonly (BookedOrder & { readonly read: ReadOrder })[];
  readonly findings: readonly Finding[];
  /** One of them cannot be read: see invariant 3. */
  readonly blocked: boolean;
}

/** Reads them all. Errors: those of a machine that is short of something; what the disk does not show may be a hold of anything. */
export async function readOrders(
  deps: RetentionView,
  station: StationId,
  keys: FactsKeys,
): Promise<StationOrders> {
  const folder = deps.layout.orders(station);
  const names = await listIfThere(deps.files, folder).catch(codeOfDisk);
  if (typeof names === 'string')
    return noneRead(station, `its orders cannot be listed (${names}); ${REMEDY}`);
  names.sort();
  if (names.length > ORDERS_MAX) return noneRead(station, tooMany(names.length));
  const findings: Finding[] = [];
  let blocked = false;
  const unplaced: BookedOrder[] = [];
  const orders: (BookedOrder & { read: ReadOrder })[] = [];
  for (const name of names) {
    const found = await readOne(deps, station, name, keys);
    for (const what of found.faults)
      findings.push({
        station,
        recording: found.booked?.order.recording ?? null,
        what: `order ${name.slice(0, 40)}: ${what}`,
      });
    if (found.booked !== undefined) orders.push(found.booked);
    if (found.booked !== undefined && found.unplaced === true) unplaced.push(found.booked);
    blocked ||= found.unreadable === true;
  }
  const book = new OrderBook(orders);
  for (const { order } of unplaced.filter((each) => book.isHolding(each, deps.clock.wallMs()))) {
    findings.push({
      station,
      recording: order.recording,
      what: `order ${order.order}: ${UNPLACED}; ${REMEDY}`,
    });
    blocked = true;
  }
  return { book, orders, findings, blocked };
}

const REMEDY = 'nothing of this station is deleted until it is mended or taken away';
const UNPLACED = 'the documents of what it holds do not hold, so nobody can tell which sidecars it holds';

interface FoundOrder {
  readonly booked?: BookedOrder & { readonly read: ReadOrder };
  readonly faults: readonly string[];
  readonly unreadable?: boolean;
  /** A hold of which nobody can tell what else it reaches. */
  readonly unplaced?: boolean;
}

async function readOne(
  deps: RetentionView,
  station: StationId,
  name: string,
  keys: FactsKeys,
): Promise<FoundOrder> {
  try {
    if (!isSessionId(name)) {
      if (await mayBeOrder(deps, station, name)) throw misplaced();
      return { faults: ['this is no name of an order'] };
    }
    const read = await readOrderFolder(deps, join(deps.layout.orders(station), name));
    if (read.order.order !== name || read.order.station !== station) throw misplaced();
    return await book(deps, read, keys);
  } catch (error) {
    if (!(error instanceof DockError) && systemCode(error) === undefined) throw error;
    return { faults: [`${describeError(error)}; ${REMEDY}`], unreadable: true };
  }
}

/** Whether something by another name is an order that somebody put there by hand. */
async function mayBeOrder(
  { files, layout }: RetentionView,
  station: StationId,
  name: string,
): Promise<boolean> {
  if (name === ORDER_FILE) return true;
  const path = join(layout.orders(station), name, ORDER_FILE);
  return (await files.stat(path).catch(tooLongIsNone)) !== undefined;
}

/** One order and its signatures. Errors: "order.missing", "document.*", "canonical.refused"; the system's. */
export async function readOrderFolder(
  deps: Pick<RetentionView, 'files' | 'roles'>,
  folder: string,
): Promise<ReadOrder> {
  const path = join(folder, ORDER_FILE);
  const bytes = await readIfThere(deps.files, path, ORDER_BYTES_MAX).catch(tooLongIsNone);
  if (bytes === undefined)
    throw new DockError('order.missing', `${path} is not there, or is no order`, { retry: 'person' });
  const order = parseOrder(bytes);
  const [officer, supervisor] = await Promise.all(
    ROLES.map((role) => signatureOf(deps, folder, role, bytes)),
  );
  if (officer === undefined || supervisor === undefined) throw new Error('there are two roles');
  return { order, bytes, sha256: sha256Hex(bytes), signatures: { officer, supervisor } };
}

async function signatureOf(
  deps: Pick<RetentionView, 'files' | 'roles'>,
  folder: string,
  role: Role,
  order: Uint8Array,
): Promise<SignatureState> {
  const path = join(folder, roleSignature(ORDER, role));
  const bytes = await readIfThere(deps.files, path, SIGNATURE_FILE_BYTES_MAX).catch(tooLongIsNone);
  if (bytes === undefined) return { kind: 'absent' };
  return judgeSignature(deps, role, order, parseUtf8(bytes) ?? '');
}

/** Whether a text is the signature of that role over an order. */
export function judgeSignature(
  deps: Pick<RetentionView, 'roles'>,
  role: Role,
  order: Uint8Array,
  text: string,
): SignatureState {
  try {
    const key = verifyDocument(order, text, ORDER_TRUSTED_COMMENT, keysOf(deps, role));
    return { kind: 'good', keyId: keyIdHex(key.keyId), text };
  } catch (error) {
    if (error instanceof DockError) return { kind: 'wrong', reason: describeError(error) };
    throw error;
  }
}

function tooLongIsNone(error: unknown): undefined {
  if (['EFBIG', 'EISDIR', 'ELOOP', 'ENOTDIR'].includes(systemCode(error) ?? '')) return undefined;
  throw error;
}

async function book(deps: RetentionView, read: ReadOrder, keys: FactsKeys): Promise<FoundOrder> {
  const { order, signatures, sha256 } = read;
  const { station, recording } = order;
  const name = isRecordingId(recording) ? { station, recording } : undefined;
  const facts = name && (await readRecording(deps, name, keys));
  if (name && facts?.kind === 'other' && (await isDropped(deps, name))) return { faults: [] };
  const proven = facts?.kind === 'kept' || facts?.kind === 'deleted' ? facts : undefined;
  const faults = ROLES.flatMap((role) => wrongOf(role, signatures[role]));
  if (order.verb !== 'hold' && proven?.manifestSha256 !== order.manifest_sha256)
    return { faults: [...faults, 'it is about a manifest that the vault does not hold'] };
  const keep = order.verb === 'hold';
  const named = keep && proven === undefined ? await namedSubject(deps, order) : undefined;
  const subject = proven ? subjectOf(proven.manifest, proven.receipt.received_at) : named;
  const isThere = facts?.kind === 'doubtful' || facts?.kind === 'unreceipted';
  const [officer, supervisor] = ROLES.map((role) => keyIdOf(role, signatures[role], keep));
  return {
    booked: {
      order,
      sha256,
      subject,
      officer: officer ?? null,
      supervisor: supervisor ?? null,
      holdDays: holdDaysAt(deps.policies, order.ordered_at),
      read,
    },
    faults,
    unplaced: keep && isThere && subject === undefined,
  };
}

/** Of what was deleted the deletion record alone is left: an order about it is over, whatever became of the keys since. */
async function isDropped({ files, layout }: RetentionView, name: RecordingName): Promise<boolean> {
  return (await files.stat(join(layout.keptDeletion(name), DELETION))) !== undefined;
}

/** What an order is about by the digest in it, where no receipt proves that: what a hold reaches beside it must stay all the same. */
async function namedSubject(
  { files, layout }: RetentionView,
  { station, recording, manifest_sha256: sha256 }: Order,
): Promise<Subject | undefined> {
  if (!isRecordingId(recording)) return undefined;
  const path = join(layout.recording({ station, recording }), MANIFEST);
  const bytes = await readIfThere(files, path, MANIFEST_BYTES_MAX).catch(tooLongIsNone);
  if (bytes === undefined || sha256Hex(bytes) !== sha256) return undefined;
  const manifest = parseManifest(bytes);
  return subjectOf(manifest, manifest.sealed_at);
}

function wrongOf(role: Role, state: SignatureState): string[] {
  if (state.kind !== 'wrong') return [];
  return [
    `the signature of the ${role} does not hold (${state.reason}): put its key back into roles (once there is a policy: into the next one), or take the order away`,
  ];
}

function keyIdOf(role: Role, state: SignatureState, keep: boolean): string | null {
  if (state.kind === 'good') return state.keyId;
  return state.kind === 'wrong' && keep ? WRONG + role : null;
}

function misplaced(): DockError {
  return new DockError('order.misplaced', 'it lies in a folder of another name or station', {
    retry: 'person',
  });
}

function tooMany(count: number): string {
  return `${count} orders lie in its folder, at most ${ORDERS_MAX} are read: nothing of this station is deleted until some are taken away`;
}

function noneRead(station: string, what: string): StationOrders {
  return {
    book: new OrderBook([]),
    orders: [],
    findings: [{ station, recording: null, what }],
    blocked: true,
  };
}

function codeOfDisk(error: unknown): string {
  const code = systemCode(error);
  if (code === undefined || isMachineShort(error)) throw error;
  return code;
}
