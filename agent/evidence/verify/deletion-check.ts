// Checks the deletion record in a recording's folder (SPEC 4.7): its signature, what it says of the documents beside it, and when the
// recording was due. Whether orders, holds and the store's log agree needs more than one folder: judgeDeletions.
import { join } from 'node:path';
import type { DeletionRecord } from '../../../protocol/documents/deletion-record.ts';
import type { Manifest } from '../../../protocol/documents/manifest.ts';
import { hasBothRoles } from '../../../protocol/documents/order-standing.ts';
import { ROLES } from '../../../protocol/documents/order.ts';
import type { Receipt } from '../../../protocol/documents/receipt.ts';
import {
  notBefore,
  RETENTION_DAYS_MIN,
  retentionOf,
  waitAfterWarning,
} from '../../../protocol/documents/retention.ts';
import { sha256Hex } from '../../../protocol/format/bytes.ts';
import { DELETION, SIGNATURE_SUFFIX } from '../../../protocol/format/file-names.ts';
import {
  type FoundOrder,
  type OrderBook,
  type ProvenDeletion,
  type RecordingFacts,
  rolesWithoutKey,
} from './order-check.ts';
import { heldUnder } from './log-account.ts';
import type { PlaceLogs } from './place-logs.ts';
import type { PlaceFacts } from './place-facts.ts';
import type { Extent } from './place.ts';
import { type ReadFiles, statFile } from './read-files.ts';
import { below, finding, note, type Remark } from './remark.ts';
import { checkDocument, type CheckedDocument } from './signed-document.ts';
import { DELETION_KIND } from './document-kinds.ts';
import type { StoreLog } from './store-log.ts';
import type { TrustedKeys } from './trusted-keys.ts';

const DAY_MS = 86_400_000;
/** After the time of each entry. */
const END_OF_TIME = '9999';

/** A folder in which a deletion record may lie. */
export interface DeletionQuestion {
  readonly files: ReadFiles;
  readonly folder: string;
  readonly where: string;
  readonly keys: TrustedKeys;
  readonly vault: string | undefined;
}

/** The documents that it must fit. */
export interface BesideDeletion {
  readonly manifest: CheckedDocument<Manifest>;
  readonly receipt: CheckedDocument<Receipt>;
}

const NONE: CheckedDocument<DeletionRecord> = {
  bytes: undefined,
  value: undefined,
  keyId: undefined,
  remarks: [],
};

/** Checks the deletion record of a folder, where there is one. Errors: only those of the machine. */
export async function checkDeletion(
  question: DeletionQuestion,
  names: readonly string[],
  beside: BesideDeletion,
): Promise<CheckedDocument<DeletionRecord>> {
  if (![DELETION, DELETION + SIGNATURE_SUFFIX].some((name) => names.includes(name))) return NONE;
  const { files, folder, where, keys, vault } = question;
  const checked = await checkDocument(files, folder, where, DELETION_KIND, keys);
  if (checked.value === undefined) return checked;
  const place = below(where, DELETION);
  const fields = differing(place, checked.value, beside, vault);
  return {
    ...checked,
    remarks: [...checked.remarks, ...fields, ...dueFindings(place, checked.value, beside)],
  };
}

function differing(
  place: string,
  record: DeletionRecord,
  { manifest, receipt }: BesideDeletion,
  vault: string | undefined,
): Remark[] {
  const fields: readonly (readonly [string, string | number | undefined, string | number])[] = [
    ['recording', manifest.value?.recording, record.recording],
    ['station', manifest.value?.station, record.station],
    ['manifest_sha256', manifest.bytes && sha256Hex(manifest.bytes), record.manifest_sha256],
    ['receipt_sha256', receipt.bytes && sha256Hex(receipt.bytes), record.receipt_sha256],
    ['sealed_size_bytes', manifest.value?.sealed.size_bytes, record.sealed_size_bytes],
    ['vault', vault ?? receipt.value?.vault, record.vault],
  ];
  return fields
    .filter(([, expected, found]) => expected !== undefined && expected !== found)
    .map(([field, expected = '', found]) => {
      const message = `deletion record: ${field}: expected ${expected}, found ${found}`;
      return finding('deletion.differs', place, message, { field, expected, found });
    });
}

/** The due time follows from manifest and receipt; an order may come before it, expiry may not. */
function dueFindings(place: string, record: DeletionRecord, { manifest, receipt }: BesideDeletion): Remark[] {
  if (manifest.value === undefined || receipt.value === undefined) return [];
  const { days, basis, from_at, due_at } = record.retention;
  const due = retentionOf(manifest.value, receipt.value.received_at, days);
  const found: Remark[] = [];
  if (basis !== due.basis || from_at !== due.from_at || due_at !== due.due_at) {
    const message = `deletion record: ${days} days by ${basis} from ${from_at} to ${due_at}; manifest and receipt make it ${due.basis} from ${due.from_at} to ${due.due_at}`;
    found.push(finding('deletion.wrong-due', place, message, { expected: due.due_at, found: due_at }));
  }
  const { received_at: receivedAt } = receipt.value;
  if (Date.parse(record.deleted_at) < Date.parse(receivedAt)) {
    const message = `deletion record: deleted at ${record.deleted_at}, received at ${receivedAt}`;
    found.push(finding('deletion.before-receipt', place, message, { deleted_at: record.deleted_at }));
  }
  const { sealed_at: sealedAt } = manifest.value;
  const laterMs = notBefore(due, receipt.value.received_at, sealedAt, Date.parse(record.deleted_at));
  const dueAt = new Date(Math.max(Date.parse(due.due_at), laterMs)).toISOString();
  if (record.reason === 'expired' && record.deleted_at < dueAt) {
    const message = `deletion record: deleted at ${record.deleted_at}, due at ${dueAt}`;
    found.push(
      finding('deletion.too-early', place, message, { deleted_at: record.deleted_at, due_at: dueAt }),
    );
  }
  return found;
}

// Whether the store was allowed to delete what it deleted (SPEC 4.7, 4.8, 10): by orders, holds, warnings and its own log. Pure.

/** What a judgement rests on. */
interface JudgeContext {
  readonly facts: PlaceFacts;
  readonly orders: OrderBook;
  readonly logs: Pick<PlaceLogs, 'store' | 'wordOn'>;
  readonly keys: TrustedKeys;
  /** Whether all that the store's own log says of these recordings should be here: in a whole vault, and in a kit. */
  readonly complete: boolean;
  readonly extent: Extent;
  /** Deletion records of which the other documents were dropped. */
  readonly kept: readonly Deleted[];
  /** Time of the verification, ms since 1970. */
  readonly nowMs: number;
}

/** A recording that was deleted. */
export interface Deleted extends Pick<
  RecordingFacts,
  'name' | 'where' | 'receivedAt' | 'policySha256' | 'made'
> {
  readonly deletion: ProvenDeletion;
}

/** Everything that does not hold of the deletions of a place. */
export function judgeDeletions(context: JudgeContext): Remark[] {
  const deleted: Deleted[] = [];
  for (const held of context.facts.recordings.values()) if (isDeleted(held)) deleted.push(held);
  return [
    ...deleted.flatMap((each) => judged(each, context)),
    ...judgeKept(context),
    ...missingRecords(context),
  ];
}

/** Of those of which the deletion record alone is left. */
export function judgeKept(context: JudgeContext): Remark[] {
  return context.kept.flatMap((each) => judged(each, context));
}

function judged(deleted: Deleted, context: JudgeContext): Remark[] {
  const { orderSha256 } = deleted.deletion;
  const allowed =
    orderSha256 === null
      ? [shortened, warned, unheard, byNobody].flatMap((rule) => rule(deleted, context))
      : ordered(deleted, orderSha256, context);
  return [...logged(deleted, context), ...dated(deleted, context), ...held(deleted, context), ...allowed];
}

/** SPEC 10.2.5: fewer days than counted when it came are nobody's to set alone. */
function shortened(
  { name, where, receivedAt, deletion, policySha256, made }: Deleted,
  { logs: { store: log }, complete, extent }: JudgeContext,
): Remark[] {
  const { receiver, sha256 } = deletion;
  const naming = log.deletions.get(name)?.times.get(sha256)?.receivers ?? [];
  const under = heldUnder({ policySha256, made });
  const counted = [receiver, ...naming].map((each) => log.daysAt(each, receivedAt ?? '', under));
  const most = (of: 'days' | 'saidDays'): number => Math.max(...counted.map((each) => each[of]));
  const [days, saidDays] = [most('days'), most('saidDays')];
  const isOpen = counted.some((each) => each.isOpen);
  const isAbsent = counted.some((each) => each.isAbsent);
  const kept = deletion.retention.days;
  // In a kit, too, the part of a log may be missing that put a policy of fewer days in force (SPEC 10.2.5).
  const sure = complete && extent !== 'kit' ? days : saidDays;
  if (isAbsent) {
    const absent = `deletion record: kept for ${kept} days, and a policy that decides how many counted is not in this kit`;
    return [note('deletion.policy-not-judged', below(where, DELETION), absent, { recording: name })];
  }
  if (kept >= (isOpen || !complete ? Math.max(days, RETENTION_DAYS_MIN) : days)) return [];
  if (kept >= sure) {
    const why = isOpen ? 'no key of a role is given' : 'what is here is no whole vault';
    const open = `deletion record: kept for ${kept} days, and whether a policy allows that cannot be judged: ${why}`;
    return [note('deletion.policy-not-judged', below(where, DELETION), open, { recording: name })];
  }
  const message = `deletion record: kept for ${kept} days; ${sure} counted when it was received at ${receivedAt}`;
  return [finding('deletion.too-few-days', below(where, DELETION), message, { recording: name })];
}

/** What was dated ahead, so that it looks due: of a time that had not come, or the log names the record long before it (SPEC 4.7.6, 4.7.8, 4.7.9). */
function dated({ name, where, deletion }: Deleted, { logs, nowMs }: JudgeContext): Remark[] {
  const { deletedAt, sha256, retention, receiver } = deletion;
  const now = { atMs: nowMs, by: 'this computer' };
  for (const { atMs, by } of [now, logs.wordOn(receiver, sha256) ?? now]) {
    if (Date.parse(deletedAt) <= atMs + DAY_MS) continue;
    const ahead = `deletion record: deleted at ${deletedAt}; it was there at ${new Date(atMs).toISOString()} by the word of ${by}`;
    return [finding('deletion.in-future', below(where, DELETION), ahead, { deleted_at: deletedAt })];
  }
  const namedAt = logs.store.deletions.get(name)?.times.get(sha256)?.begunAt;
  if (namedAt === undefined || Date.parse(deletedAt) <= Date.parse(namedAt) + DAY_MS) return [];
  const message = `deletion record: deleted at ${deletedAt}, and the store's log names it at ${namedAt}`;
  const facts = { deleted_at: deletedAt, due_at: retention.due_at };
  return [finding('deletion.too-early', below(where, DELETION), message, facts)];
}

function isDeleted(facts: RecordingFacts): facts is RecordingFacts & Deleted {
  return facts.deletion !== undefined;
}

function logged({ name, where, deletion }: Deleted, { logs, complete }: JudgeContext): Remark[] {
  const log = logs.store;
  if (!complete || log.places.length === 0) return [];
  const known = log.deletions.get(name);
  const others = [...(known?.records ?? [])].filter((sha256) => sha256 !== deletion.sha256);
  if (others.length > 0) {
    // None is ever replaced, so one of the two was exchanged (SPEC 4.3.7).
    const told = `deletion record: the store's log names SHA-256 ${others.join(', ')}, found ${deletion.sha256}`;
    return [finding('deletion.not-logged', below(where, DELETION), told, { recording: name })];
  }
  if (known?.records.has(deletion.sha256) === true) return [];
  const message = `deletion record: the store's log does not name SHA-256 ${deletion.sha256}`;
  const { deletedAt, receiver } = deletion;
  if (!log.reachesBackTo(deletedAt, receiver)) return [tooOld(where, name, log.beginsAt.get(receiver))];
  return [finding('deletion.not-logged', below(where, DELETION), message, { recording: name })];
}

function tooOld(where: string, recording: string, beginsAt: string | undefined): Remark {
  const message =
    beginsAt === undefined
      ? 'deletion record: the log of the receiver that made it is not here'
      : `deletion record: older than the store's log here, which begins at ${beginsAt}`;
  return note('deletion.not-judged', below(where, DELETION), message, { recording });
}

/** A hold forbids every deletion, no matter who ordered it. */
function held(
  { name, where, deletion }: Deleted,
  { orders, keys, logs: { store: log } }: JudgeContext,
): Remark[] {
  const place = below(where, DELETION);
  // A record that was dated back, to before a hold, is named by the log when the hold stands already.
  const namedAt = log.deletions.get(name)?.times.get(deletion.sha256)?.begunAt ?? deletion.deletedAt;
  const times = [deletion.deletedAt, namedAt];
  for (const at of times) {
    const hold = orders.holdAt(name, at);
    if (hold === undefined) continue;
    const until = hold.until === null ? '' : ` until ${hold.until}`;
    const message = `deletion record: deleted at ${deletion.deletedAt}, named by the store's log at ${namedAt}; order ${hold.order.order} held it${until}`;
    return [finding('deletion.held', place, message, { order: hold.order.order })];
  }
  const open = orders.holdsOf(name);
  const unknown = rolesWithoutKey(keys);
  if (unknown.length === 0) {
    if (times.every((at) => orders.holdAt(name, at, [], 'most') === undefined)) return [];
    const absent =
      'deletion record: a hold by one role, and the policy that says when it lapsed is not in this kit';
    return [note('deletion.hold-not-judged', place, absent, { recording: name })];
  }
  if (open.length === 0) return [];
  const message = `deletion record: ${open.length} orders to hold, and no key of ${unknown.join(' and ')} is given`;
  const code = open.some((each) => times.some((at) => mayHold(each, at, log)))
    ? 'deletion.hold-not-judged'
    : 'deletion.not-judged';
  return [note(code, place, message, { recording: name })];
}

/** Whether a hold would have counted at that time (RFC 3339), were each signature beside it good and nothing lifted it. */
function mayHold({ order, signed }: FoundOrder, at: string, log: StoreLog): boolean {
  const lapsesMs = Date.parse(order.ordered_at) + log.holdDaysAt(order.ordered_at).most * DAY_MS;
  return order.ordered_at <= at && (signed.length > 1 || Date.parse(at) < lapsesMs);
}

/** SPEC 4.13.5.19: in a vault the times of its receivers are judged. */
function byNobody({ name, where, deletion }: Deleted, { facts, logs, extent }: JudgeContext): Remark[] {
  const { receiver } = deletion;
  if (extent !== 'kit' || facts.receipting.has(receiver) || logs.store.receivers.isNamed(receiver)) return [];
  const message = `deletion record: by receiver ${receiver}, which nothing else in this kit names: no receipt, and no log of a station`;
  return [
    note('deletion.receiver-not-known', below(where, DELETION), message, { recording: name, receiver }),
  ];
}

/** SPEC 10.2: what is due soon after it came is warned of a day before, and what a clock that had lost its time received much longer. */
function warned({ name, where, receivedAt, deletion }: Deleted, { logs, complete }: JudgeContext): Remark[] {
  const log = logs.store;
  const waitMs = receivedAt === undefined ? 0 : waitAfterWarning(deletion.retention, receivedAt);
  if (waitMs === 0 || !complete || log.places.length === 0) return [];
  const at = log.deletions.get(name)?.warnedAt;
  if (at !== undefined && Date.parse(at) + waitMs < Date.parse(deletion.deletedAt)) return [];
  if (!log.reachesBackTo(receivedAt ?? '')) return []; // reported with the entry of the deletion, or the warning was dropped
  const message = `deletion record: due at ${deletion.retention.due_at}, received at ${receivedAt}, deleted at ${deletion.deletedAt}, warned of ${at === undefined ? 'never' : `at ${at}`}`;
  return [finding('deletion.not-warned', below(where, DELETION), message, { recording: name })];
}

/** SPEC 10.5.9: time that removes comes from outside of the store. A log of 0.1.0, which is no tree, says nothing of that. */
function unheard(
  { name, where, deletion }: Deleted,
  { logs: { store: log }, complete, extent }: JudgeContext,
): Remark[] {
  const { receiver, deletedAt, sha256 } = deletion;
  const begins = log.treeTimes.get(receiver)?.begins;
  if (!complete || extent !== 'vault' || begins === undefined || deletedAt < begins) return [];
  const namedAt = log.deletions.get(name)?.times.get(sha256)?.begunAt ?? END_OF_TIME;
  if (log.heardOutside(receiver, deletedAt, namedAt)) return [];
  const message = `deletion record: deleted at ${deletedAt} by its time, and the store's log has no word from outside that said that time before`;
  return [finding('deletion.no-outside-time', below(where, DELETION), message, { deleted_at: deletedAt })];
}

function ordered(
  { name, where, deletion }: Deleted,
  orderSha256: string,
  { facts: { recordings }, orders, keys, logs: { store: log }, extent }: JudgeContext,
): Remark[] {
  const place = below(where, DELETION);
  const found = orders.bySha256(orderSha256);
  if (found === undefined) {
    const message = `deletion record: the order with SHA-256 ${orderSha256} is not here`;
    const told = log.places.length > 0 || orders.orders.length > 0 ? finding : note;
    return [told('deletion.order-missing', place, message, { order_sha256: orderSha256 })];
  }
  const { order } = found;
  // Which recordings belong together, only their manifests say: of one whose documents were dropped, or are not in a kit, that is not known.
  const isApart = extent === 'kit' && !recordings.has(order.recording) && hasKin(recordings.get(name));
  const isReached = !recordings.has(name) || isApart || orders.reaches(found, name);
  const elsewhere = isReached ? undefined : `it is about recording ${order.recording}`;
  const unknown = rolesWithoutKey(keys);
  const lacking = ROLES.some((role) =>
    unknown.includes(role) ? !found.signed.includes(role) : found[role] === null,
  );
  const isOfBoth = unknown.length > 0 ? !lacking : hasBothRoles(found);
  const why =
    (order.verb === 'delete' ? undefined : `it orders to ${order.verb}`) ??
    elsewhere ??
    (order.ordered_at <= deletion.deletedAt ? undefined : `it was given at ${order.ordered_at}`) ??
    (isOfBoth ? undefined : 'it lacks the signature of a role') ??
    (unknown.length > 0 || orders.hadBothRoles(found, deletion.deletedAt)
      ? undefined
      : 'the store took up the signature of a role only later');
  const facts = { recording: name, order: order.order };
  if (why !== undefined) {
    const message = `deletion record: order ${order.order} does not allow it: ${why}`;
    return [finding('deletion.order-invalid', place, message, facts)];
  }
  if (unknown.length === 0) return [];
  const message = `deletion record: no key of ${unknown.join(' and ')} is given, which should have signed order ${order.order}`;
  return [note('deletion.order-not-judged', place, message, facts)];
}

/** A sidecar, or a recording that has some. */
function hasKin(facts: RecordingFacts | undefined): boolean {
  const { sidecarOf = null, sidecars = [] } = facts?.proven ?? {};
  return sidecarOf !== null || sidecars.length > 0;
}

/** What the store's log says it deleted or was about to, without the record of that: it is durable before the log names it (SPEC 4.7). */
function missingRecords({ facts, logs: { store: log }, complete, extent }: JudgeContext): Remark[] {
  if (!complete) return [];
  return [...log.deletions].flatMap(([name, { records }]) => {
    if (records.size === 0 || log.dropped.has(name)) return [];
    const held = facts.recordings.get(name);
    if (extent === 'kit' && held === undefined) return [];
    if (held?.deletion !== undefined) return [];
    const message = `the store's log says that recording ${name} was deleted by a record with SHA-256 ${[...records].join(', ')}, which is not here`;
    return [finding('deletion.missing', held?.where ?? log.places[0] ?? '.', message, { recording: name })];
  });
}

// What of a payload lies beside its deletion record (SPEC 4.7): a deletion that was cut off, or, where the store's log says that it was
// over, bytes that somebody put back.

/** What is looked at. `path` is the folder that is verified. */
interface LeftoversQuestion {
  readonly files: ReadFiles;
  readonly path: string;
  readonly facts: PlaceFacts;
  readonly log: StoreLog;
}

/** A remark for each recording with such bytes. The log was read after the folders, so that they are looked at again. Errors: those of the machine. */
export async function leftoverRemarks({ files, path, facts, log }: LeftoversQuestion): Promise<Remark[]> {
  const found: Remark[] = [];
  for (const { name, where, leftovers } of facts.recordings.values()) {
    if (leftovers.length === 0) continue;
    const left: string[] = [];
    for (const file of leftovers)
      if ((await statFile(files, join(path, where, file))).kind !== 'missing') left.push(file);
    if (left.length === 0) continue; // a running receiver finished it meanwhile
    const words = `${left.join(' and ')} there beside a deletion record`;
    const over = log.deletions.get(name)?.deleted === true;
    found.push(
      over
        ? finding('deletion.put-back', where, `${words}; the store's log says that the deletion was over`, {
            recording: name,
          })
        : note('deletion.unfinished', where, words, { recording: name }),
    );
  }
  return found;
}
