// Whether the store was allowed to drop what its log says it dropped (SPEC 10.3.16 to 10.3.30): documents of deleted recordings, docking
// records, segments of stations' logs. The word of the store's key alone excuses nothing.
import { dirname } from 'node:path';
import type { DeletionRecord } from '../../../protocol/documents/deletion-record.ts';
import {
  DOCUMENTS_DAYS_MIN,
  LOG_DAYS_LATER,
  type SignedUnder,
} from '../../../protocol/documents/retention.ts';
import { DELETION, signed } from '../../../protocol/format/file-names.ts';
import { sha256Hex } from '../../../protocol/format/bytes.ts';
import { isRecordingId } from '../../../protocol/format/ids.ts';
import type { Deleted } from './deletion-check.ts';
import { DELETION_KIND } from './document-kinds.ts';
import type { LoggedDocking, StationLog } from './docking-log.ts';
import type { FoundKept } from './found-folders.ts';
import type { LoggedDocument } from './log-account.ts';
import type { OrderBook } from './order-check.ts';
import type { PlaceFacts } from './place-facts.ts';
import { listFolder, type ReadFiles, unexpected } from './read-files.ts';
import { below, finding, note, type Finding, type RemarkCode as Code } from './remark.ts';
import { checkDocument } from './signed-document.ts';
import type { DroppedSegment, LoggedDrop, LoggedHead, StoreLog } from './store-log.ts';
import type { TrustedKeys } from './trusted-keys.ts';

const DAY_MS = 86_400_000;
/** Of the days that documents stay: an entry comes a moment after the time in a record, and days have leap seconds. */
const SLACK_MS = DAY_MS;
/** Of segments of a station's log, where a policy that says how many is not judged. */
const LOG_DAYS_OPEN = DOCUMENTS_DAYS_MIN + LOG_DAYS_LATER;

/** A deletion record of which the other documents were dropped; its signature holds. */
export interface KeptDeletion {
  readonly station: string;
  readonly name: string;
  readonly where: string;
  readonly record: DeletionRecord;
  readonly sha256: string;
  readonly keyId: string;
}

/** Checks the folder of one. Errors: only those of the machine. */
export async function checkKept(
  files: ReadFiles,
  { folder, where, name, station }: FoundKept,
  keys: TrustedKeys,
): Promise<{ readonly kept: KeptDeletion | undefined; readonly findings: readonly Finding[] }> {
  if (!isRecordingId(name)) return { kept: undefined, findings: [unexpected(dirname(where), name)] };
  const names = await listFolder(files, folder, where);
  if (names === undefined) return { kept: undefined, findings: [] };
  if (!Array.isArray(names)) return { kept: undefined, findings: [names] };
  const checked = await checkDocument(files, folder, where, DELETION_KIND, keys);
  const { bytes, value: record, keyId } = checked;
  const foreign = names.filter((each) => !signed(DELETION).includes(each));
  const findings = [...foreign.map((each) => unexpected(where, each)), ...checked.remarks];
  if (bytes === undefined || record === undefined || keyId === undefined)
    return { kept: undefined, findings };
  return { kept: { station, name, where, record, sha256: sha256Hex(bytes), keyId }, findings };
}

/** What a judgement rests on. */
export interface DropsContext {
  readonly log: StoreLog;
  readonly facts: PlaceFacts;
  readonly kept: readonly KeptDeletion[];
  readonly orders: OrderBook;
  readonly stations: readonly StationLog[];
  /** Time of the verification, ms since 1970. */
  readonly nowMs: number;
}

/** What was dropped, in order or not. */
export interface JudgedDrops {
  readonly findings: readonly Finding[];
  /** Deletions that are judged like those of which all documents are here (deletion-check.ts). */
  readonly deleted: readonly Deleted[];
  /** So many recordings and parts of docking records. */
  readonly recordings: number;
  readonly byOrder: number;
  readonly dockings: number;
  /** Reports and texts of the staff. */
  readonly staff: number;
}

/** Judges each drop that is asked for, and names each recording of these; segments of logs where all is asked for. */
export function judgeDrops(context: DropsContext, isAsked?: (drop: LoggedDrop) => boolean): JudgedDrops {
  const { log, kept } = context;
  const records = new Map(kept.map((each) => [each.sha256, each]));
  const found: Finding[] = [];
  const deleted: Deleted[] = [];
  let byOrder = 0;
  let recordings = 0;
  let staff = 0;
  const drops = [...log.drops.values()].filter((drop) => isAsked?.(drop) ?? true);
  const dockings = new DockingRules(context);
  const ordered = new Set([...log.orders.values()].map(({ recording }) => recording));
  for (const drop of drops) {
    const record = records.get(drop.deletion_sha256 ?? '');
    const logged = loggedOf(drop, context);
    found.push(...inTime(drop, context), ...receiptFindings(drop, logged, log));
    // What names no deletion is a docking record, unless something knows it as a recording.
    if (
      drop.deletion_sha256 === null &&
      logged?.kind !== 'recording' &&
      !isOfRecording(drop, context, ordered)
    ) {
      const kind = droppedKind(drop, logged, log);
      if (kind === 'staff-report' || kind === 'staff-text') staff++;
      const madeAt = kind === 'staff-report' ? logged?.madeAt : undefined;
      if (kind !== 'staff-text') found.push(...dockingFindings(drop, dockings, madeAt, context)); // no evidence rests on words
    } else {
      recordings++;
      if (record?.record.reason === 'ordered') byOrder++;
      found.push(...recordingFindings(drop, record, context), droppedNote(drop, record, context));
      if (record !== undefined) deleted.push(asDeleted(record, drop, log));
    }
  }
  const rules = new SegmentRules(context);
  for (const segment of isAsked === undefined ? log.droppedSegments : [])
    found.push(...segmentFindings(segment, rules, context));
  const other = drops.length - recordings - staff;
  return { findings: found, deleted, recordings, byOrder, dockings: other, staff };
}

/** What a document without payload was (SPEC 10.3.35): its station says so, the store only of what that does not know. */
function droppedKind(
  { station, recording, manifest_sha256: sha256 }: LoggedDrop,
  logged: LoggedDocument | undefined,
  { receipts }: StoreLog,
): string | undefined {
  if (logged?.kind === undefined) return receipts.get(`${station} ${recording}`)?.kind;
  return logged.sha256 === sha256 ? logged.documentKind : undefined;
}

/** Each recording that the store's log says was dropped, with its times. */
export function droppedNote(
  { recording, received_at, deleted_at, at, receiver }: LoggedDrop,
  record: KeptDeletion | undefined,
  { log }: Pick<DropsContext, 'log'>,
): Finding {
  const why = record === undefined ? '' : ` (${record.record.reason})`;
  const message = `documents of recording ${recording} dropped at ${at}: received at ${received_at}, deleted at ${deleted_at ?? 'no time'}${why}`;
  return note('drop.recording', placeOf(log, receiver), message, { recording, received_at, deleted_at, at });
}

function placeOf({ places }: StoreLog, receiver: string): string {
  return places.find((place) => place.startsWith(`${receiver}/`)) ?? places[0] ?? '.';
}

function loggedOf(
  { station, recording }: LoggedDrop,
  { stations }: DropsContext,
): LoggedDocument | undefined {
  return stations.find((log) => log.station === station)?.documents.of(recording);
}

function refused(code: Code, { recording, receiver, at }: LoggedDrop, why: string, log: StoreLog): Finding {
  const message = `the store's log says at ${at} that the documents of ${recording} were dropped: ${why}`;
  return finding(code, placeOf(log, receiver), message, { recording });
}

/** When something went, by the times of the log, and no later than now: an entry of a time that has not come must not make it old. */
function goneMs({ time }: { readonly time: string }, { nowMs }: Pick<DropsContext, 'nowMs'>): number {
  return Math.min(Date.parse(time), nowMs + DAY_MS);
}

function inTime(drop: LoggedDrop, { log, nowMs }: DropsContext): Finding[] {
  if (Date.parse(drop.at) <= nowMs + DAY_MS) return [];
  return [refused('drop.in-future', drop, 'that is in the future', log)];
}

/** What was dropped cannot say what it named: the entry of its receipt does (SPEC 4.16.29). */
function droppedUnder(
  { station, recording }: Pick<LoggedDrop, 'station' | 'recording'>,
  { receipts }: StoreLog,
): SignedUnder {
  return { policySha256: receipts.get(`${station} ${recording}`)?.policySha256, signedAt: undefined };
}

/** Documents that go before their days are over; `since` is when these began (RFC 3339), `what` says so in words. */
function earlyFindings(drop: LoggedDrop, since: string, what: string, context: DropsContext): Finding[] {
  const { log } = context;
  const { documentsDays, isOpen } = log.daysAt(drop.receiver, drop.received_at, droppedUnder(drop, log));
  const stayedMs = goneMs(drop, context) - Date.parse(since) + SLACK_MS;
  // What a policy allows that cannot be judged is not taken for granted.
  if (stayedMs >= (isOpen ? Math.max(documentsDays, DOCUMENTS_DAYS_MIN) : documentsDays) * DAY_MS) return [];
  if (isOpen && stayedMs >= documentsDays * DAY_MS) {
    const open = `documents of ${drop.recording} were dropped after fewer than ${DOCUMENTS_DAYS_MIN} days, which a policy allows that cannot be judged: no key of a role is given`;
    return [note('drop.policy-not-judged', placeOf(log, drop.receiver), open, { recording: drop.recording })];
  }
  return [
    refused('drop.too-early', drop, `it was ${what}, and documents stay for ${documentsDays} days`, log),
  ];
}

function recordingFindings(
  drop: LoggedDrop,
  kept: KeptDeletion | undefined,
  context: DropsContext,
): Finding[] {
  const { log } = context;
  const { deletion_sha256: sha256, recording, time } = drop;
  const times = log.deletions.get(recording)?.times.get(sha256 ?? '');
  if (times?.overAt === undefined || times.overAt > time)
    return [refused('drop.not-deleted', drop, 'no entry before says that it was deleted', log)];
  const deleted = `deleted at ${times.begunAt} by the times of the log`;
  return [
    ...earlyFindings(drop, times.begunAt, deleted, context),
    ...heldFindings(drop, context),
    ...keptFindings(drop, kept, log),
  ];
}

/** Whether the store's log, or an order, knows what was dropped as a recording (SPEC 10.3.31); `ordered` are those of which the log names orders. */
function isOfRecording(
  { station, recording }: LoggedDrop,
  { log: { receipts, deletions }, orders }: DropsContext,
  ordered: ReadonlySet<string>,
): boolean {
  if (receipts.get(`${station} ${recording}`)?.kind === 'recording') return true;
  return deletions.has(recording) || ordered.has(recording) || orders.holdsOf(recording).length > 0;
}

/** A signature of a role of which no key is given counts for a hold; that such an `unhold` lifted it cannot be judged. */
function heldFindings(drop: LoggedDrop, { orders, log }: DropsContext): Finding[] {
  const { recording, time, receiver } = drop;
  if (orders.holdAt(recording, time, ['hold'])?.until !== null) return [];
  if (orders.holdAt(recording, time, ['hold', 'unhold'])?.until === null)
    return [refused('drop.held', drop, 'a hold with both signatures stood', log)];
  const open = `documents of ${recording} were dropped, which both roles held: whether both lifted that cannot be judged`;
  return [note('drop.hold-not-judged', placeOf(log, receiver), open, { recording })];
}

function keptFindings(drop: LoggedDrop, kept: KeptDeletion | undefined, log: StoreLog): Finding[] {
  const { recording, receiver } = drop;
  if (kept === undefined) {
    const words = `the deletion record with SHA-256 ${drop.deletion_sha256} of recording ${recording}, of which the documents were dropped, is not here`;
    if (!drop.isEarlier) return [finding('deletion.missing', placeOf(log, receiver), words, { recording })];
    return [
      note('drop.unrecorded', placeOf(log, receiver), `${words}: the store did not keep it then`, {
        recording,
      }),
    ];
  }
  const { record, where } = kept;
  const fields = [
    ['station', drop.station, record.station],
    ['station', kept.station, record.station],
    ['recording', recording, record.recording],
    ['recording', kept.name, record.recording],
    ['manifest_sha256', drop.manifest_sha256, record.manifest_sha256],
    ['receipt_sha256', drop.receipt_sha256, record.receipt_sha256],
    ['deleted_at', drop.deleted_at, record.deleted_at],
  ] as const;
  const place = below(where, DELETION);
  const found = fields
    .filter(([, expected, found]) => expected !== found)
    .map(([field, expected, found]) => {
      const message = `deletion record: ${field}: expected ${expected}, found ${found}`;
      return finding('deletion.differs', place, message, { field, expected, found });
    });
  return [...found, ...dueFindings(place, record, drop)];
}

/** The manifest is gone: what is left says that it was due, and from what time on. */
function dueFindings(
  place: string,
  { retention, reason, deleted_at }: DeletionRecord,
  drop: LoggedDrop,
): Finding[] {
  const { days, basis, from_at: fromAt, due_at: dueAt } = retention;
  const found: Finding[] = [];
  const isDue = Date.parse(dueAt) === Date.parse(fromAt) + days * DAY_MS;
  const isFrom = basis === 'received' ? fromAt === drop.received_at : fromAt <= drop.received_at;
  if (!isDue || !isFrom) {
    const message = `deletion record: ${days} days by ${basis} from ${fromAt} to ${dueAt}, received at ${drop.received_at}`;
    found.push(finding('deletion.wrong-due', place, message, { expected: drop.received_at, found: fromAt }));
  }
  if (deleted_at < drop.received_at) {
    const message = `deletion record: deleted at ${deleted_at}, received at ${drop.received_at}`;
    found.push(finding('deletion.before-receipt', place, message, { deleted_at }));
  }
  if (reason !== 'expired' || deleted_at >= dueAt) return found;
  const message = `deletion record: deleted at ${deleted_at}, due at ${dueAt}`;
  return [...found, finding('deletion.too-early', place, message, { deleted_at, due_at: dueAt })];
}

function asDeleted({ name, where, record, sha256 }: KeptDeletion, drop: LoggedDrop, log: StoreLog): Deleted {
  const { receiver, deleted_at: deletedAt, retention, order_sha256: orderSha256 } = record;
  return {
    name,
    where,
    receivedAt: drop.received_at,
    policySha256: droppedUnder(drop, log).policySha256,
    deletion: { sha256, receiver, deletedAt, retention, orderSha256 },
  };
}

/** Which docking a dropped record was of, and which dockings records are still needed of; by station, found once for all drops. */
class DockingRules {
  readonly #dockings = new Map<string, LoggedDocking>();
  readonly #needed = new Map<string, string>();

  constructor({ stations, facts }: DropsContext) {
    for (const { station, dockings } of stations)
      for (const docking of dockings.all())
        for (const { record } of docking.records.values())
          this.#dockings.set(`${station} ${record}`, docking);
    for (const { station, name, proven, listed } of facts.recordings.values())
      if (proven !== undefined && !listed) this.#needed.set(`${station} ${proven.docking}`, name);
  }

  /** A recording of the docking of that record that no other part of the record names. */
  neededFor({ station, recording }: LoggedDrop): string | undefined {
    return this.#needed.get(`${station} ${this.#dockings.get(`${station} ${recording}`)?.docking}`);
  }

  /** When its docking began, by the log of the station (RFC 3339). */
  begunAt({ station, recording }: LoggedDrop): string | undefined {
    return this.#dockings.get(`${station} ${recording}`)?.begunAt;
  }
}

/** `madeAt`: of a staff report, by the log of its station. */
function dockingFindings(
  drop: LoggedDrop,
  rules: DockingRules,
  madeAt: string | undefined,
  context: DropsContext,
): Finding[] {
  const { received_at: receivedAt } = drop;
  const beganAt = madeAt ?? rules.begunAt(drop) ?? receivedAt;
  const [since, what] =
    beganAt > receivedAt
      ? [beganAt, `of ${beganAt} by the log of its station`]
      : [receivedAt, `received at ${receivedAt}`];
  const found = earlyFindings(drop, since, what, context);
  const needed = rules.neededFor(drop);
  if (needed === undefined) return found;
  const why = `recording ${needed} of that docking is here`;
  return [...found, refused('drop.docking-needed', drop, why, context.log)];
}

/** The receipt is one that the station had, and its time fits the station's log, or else the entry of that receipt. */
function receiptFindings(drop: LoggedDrop, logged: LoggedDocument | undefined, log: StoreLog): Finding[] {
  if (logged === undefined) return [];
  const found: Finding[] = [];
  const { receipts, madeAt, receiptedAt } = logged;
  if (receipts.length > 0 && !receipts.includes(drop.receipt_sha256))
    found.push(refused('drop.other-receipt', drop, 'the log of the station names another receipt', log));
  const receivedMs = Date.parse(drop.received_at);
  const isEarly = madeAt !== undefined && receivedMs < Date.parse(madeAt) - DAY_MS;
  const isLate = receiptedAt !== undefined && receivedMs > Date.parse(receiptedAt) + DAY_MS;
  if ((isEarly || isLate) && !isEnteredThen(drop, log)) {
    const why = `received at ${drop.received_at}, and the station made it at ${madeAt ?? '-'} and had the receipt at ${receiptedAt ?? '-'}`;
    found.push(refused('drop.other-time', drop, why, log));
  }
  return found;
}

/** Whether the store entered that receipt within a day of its time (SPEC 10.3.27). */
function isEnteredThen(
  { station, recording, receipt_sha256, received_at }: LoggedDrop,
  log: StoreLog,
): boolean {
  const entered = log.receipts.get(`${station} ${recording}`);
  if (entered?.receipts[0] !== receipt_sha256) return false;
  return Math.abs(Date.parse(entered.time) - Date.parse(received_at)) <= DAY_MS;
}

/** What the dropping of segments is judged by; of each station, by its name. */
class SegmentRules {
  readonly #context: DropsContext;
  readonly #dropped: ReadonlyMap<string, DroppedSegment>;
  readonly #heads = new Map<string, LoggedHead[]>();
  /** When the oldest document that is here was received. */
  readonly #oldestHere = new Map<string, string>();
  /** Documents that were dropped, the last one first, each with when the oldest of all up to it was received. */
  readonly #gone = new Map<string, { readonly time: string; readonly receivedAt: string }[]>();
  /** Whose log a segment is of, by all that name it: an entry of one log lets no segment of another go. */
  readonly #owners = new Map<string, Set<string>>();

  constructor(context: DropsContext) {
    this.#context = context;
    const { log, facts, stations } = context;
    this.#dropped = new Map(log.droppedSegments.map((each) => [each.segment, each]));
    for (const { segment, receiver } of log.ownSegments) this.#isOf(segment, receiver);
    for (const head of log.heads.values()) {
      this.#isOf(head.segment, head.station);
      this.#heads.set(head.station, [...(this.#heads.get(head.station) ?? []), head]);
    }
    for (const { station = '', segments, follows } of stations)
      for (const segment of [...segments.keys(), ...follows]) this.#isOf(segment, station);
    for (const { station, head } of facts.headsOf(undefined)) this.#isOf(head.segment, station);
    for (const { station, receivedAt } of facts.documents())
      if (station !== undefined && receivedAt !== undefined)
        this.#oldestHere.set(station, earlier(receivedAt, this.#oldestHere.get(station)));
    for (const drop of [...log.drops.values()].toSorted((a, b) => (a.time < b.time ? 1 : -1))) {
      const gone = this.#gone.get(drop.station) ?? [];
      this.#gone.set(drop.station, gone);
      gone.push({ time: drop.time, receivedAt: earlier(drop.received_at, gone.at(-1)?.receivedAt) });
    }
  }

  /** An entry of long before names the station's log in a later segment, and of nothing that old is anything left. */
  allows(dropped: DroppedSegment): boolean {
    const owners = [...(this.#owners.get(dropped.segment) ?? [])];
    return this.#context.stations.some(({ station, segments }) => {
      if (owners.some((owner) => owner !== station)) return false;
      const heads = this.#heads.get(station ?? '') ?? [];
      const oldest = this.#oldestLeft(station ?? '', dropped.time);
      return heads.some(
        (head) =>
          head.segment !== dropped.segment &&
          this.#isOldHead(head, dropped, { oldest, begunAt: segments.get(head.segment) }) &&
          (segments.has(head.segment) || this.#wentLater(head.segment, dropped)),
      );
    });
  }

  #isOf(segment: string, keeper: string): void {
    const known = this.#owners.get(segment);
    if (known === undefined) this.#owners.set(segment, new Set([keeper]));
    else known.add(keeper);
  }

  /** Entered long enough before, by a receiver that stations knew then, and begun then by the station's own time: the store's clock may be slow. */
  #isOldHead(
    { since }: LoggedHead,
    dropped: DroppedSegment,
    { oldest, begunAt }: { readonly oldest: string | undefined; readonly begunAt: string | undefined },
  ): boolean {
    const { receivers } = this.#context.log;
    return [...since].some(([receiver, enteredAt]) => {
      const times = [enteredAt, begunAt ?? enteredAt].map((at) => Date.parse(at));
      const fromMs = Math.max(receivers.knownSinceMs(receiver), ...times);
      const from = new Date(fromMs).toISOString();
      return (oldest === undefined || from < oldest) && this.#isOld(dropped, from);
    });
  }

  #isOld(dropped: DroppedSegment, enteredAt: string): boolean {
    const { logDays, isOpen } = this.#context.log.daysAt(dropped.receiver, enteredAt);
    const days = isOpen ? Math.max(logDays, LOG_DAYS_OPEN) : logDays;
    return goneMs(dropped, this.#context) - Date.parse(enteredAt) + SLACK_MS >= days * DAY_MS;
  }

  #wentLater(segment: string, { receiver, order, time }: DroppedSegment): boolean {
    const other = this.#dropped.get(segment);
    if (other === undefined) return false;
    return other.time > time || (other.receiver === receiver && other.order > order);
  }

  /** Of what is here, or was dropped after that time. */
  #oldestLeft(station: string, time: string): string | undefined {
    const gone = (this.#gone.get(station) ?? []).findLast((each) => each.time > time)?.receivedAt;
    const here = this.#oldestHere.get(station);
    return gone === undefined ? here : earlier(gone, here);
  }
}

function earlier(at: string, other: string | undefined): string {
  return other === undefined || at < other ? at : other;
}

function segmentFindings(
  dropped: DroppedSegment,
  rules: SegmentRules,
  { log, nowMs }: DropsContext,
): Finding[] {
  const { segment, receiver, at } = dropped;
  if (Date.parse(at) <= nowMs + DAY_MS && rules.allows(dropped)) return [];
  const message = `the store's log says at ${at} that custody segment ${segment} was dropped, and no entry of long enough before names a later one of that log`;
  return [finding('drop.segment', placeOf(log, receiver), message, { segment })];
}
