// Walks a vault and says of each recording what is to be done with it (SPEC 10). Streams: in memory are the names in one station's folder
// and its orders, never more than one recording's documents. Changes nothing.
import { join } from 'node:path';
import { hasBothRoles, type Hold } from '../../../protocol/documents/order-standing.ts';
import {
  notBefore,
  type Retention,
  retentionOf,
  underOf,
  waitAfterWarning,
} from '../../../protocol/documents/retention.ts';
import { listIfThere } from '../../../protocol/format/durable.ts';
import { isMachineShort, systemCode } from '../../../protocol/format/errors.ts';
import { isRecordingId, isStationId, type StationId } from '../../../protocol/format/ids.ts';
import type { RecordingName } from '../vault/vault.ts';
import { type Finding, FINDINGS_MAX, LAPSING_MS, type RetentionDeps, REVIEW_MS, SOON_MS } from './deps.ts';
import { clockDoubt, countedFor, daysFor, type LogMemory } from './log-memory.ts';
import { type Standing, subjectOf } from './order-book.ts';
import { readOrders, type StationOrders } from './orders-read.ts';
import { type FactsKeys, type ProvenFacts, readRecording, type RecordingFacts } from './recording-facts.ts';

// What is to be done with one recording now (SPEC 10). Pure: documents and orders were verified before.

/**
 * `ordered` and `due` may be deleted now; `to-warn` must be warned of first and nobody was; `warned` waits for its due date and for the time
 * that a warning must be old; `held` is due or not, and stays.
 */
type Verdict = 'ordered' | 'due' | 'to-warn' | 'warned' | 'held' | 'kept';

interface VerdictFacts {
  readonly retention: Retention;
  /** See waitAfterWarning. */
  readonly waitMs: number;
  readonly receivedAt: string;
  readonly sealedAt: string;
  readonly standing: Standing;
  /** When the store's log says that its expiry was warned of; undefined where it does not. */
  readonly warnedMs: number | undefined;
}

/** The verdict at `nowMs`. */
function verdictOf(
  { retention, waitMs, receivedAt, sealedAt, standing, warnedMs }: VerdictFacts,
  nowMs: number,
): Verdict {
  if (standing.hold !== undefined) return 'held';
  if (standing.deletion !== undefined) return 'ordered';
  const dueMs = Math.max(Date.parse(retention.due_at), notBefore(retention, receivedAt, sealedAt, nowMs));
  if (waitMs === 0) return nowMs >= dueMs ? 'due' : 'kept';
  if (warnedMs === undefined) return 'to-warn';
  return nowMs >= dueMs && nowMs - warnedMs > waitMs ? 'due' : 'warned';
}

/** One recording that is not deleted, or not in all. */
export interface SurveyedRecording extends RecordingName {
  /** A verdict; `blocked`: it may go, but an order of its station cannot be read; `unfinished`: deleted, and something is left to do. */
  readonly state: Verdict | 'blocked' | 'unfinished';
  readonly retention: Retention;
  /** How old a warning must be before it goes, in ms; 0 where it needs none. */
  readonly waitMs: number;
  readonly warnedMs: number | undefined;
  readonly hold: Hold | undefined;
  /** The order by which it goes, with its digest. */
  readonly order: { readonly order: string; readonly sha256: string } | undefined;
  readonly facts: ProvenFacts;
}

/** Is told of everything as soon as it is known. */
export interface SurveyVisitor {
  recording(found: SurveyedRecording): void;
  /** One without a receipt. */
  unreceipted(name: RecordingName): void;
  deleted(name: RecordingName, facts: ProvenFacts & { readonly kind: 'deleted' }): void;
  finding(finding: Finding): void;
  /** Orders of a station, before its recordings. */
  orders(orders: StationOrders): void;
}

/** What one look at a recording needs. */
export interface SurveyContext {
  readonly memory: LogMemory;
  readonly store: FactsKeys['store'];
}

/** Stations that have a folder in the vault, also such as are in the file no more. Errors: the system's. */
export async function stationsIn({
  files,
  layout,
}: Pick<RetentionDeps, 'files' | 'layout'>): Promise<StationId[]> {
  const found: StationId[] = [];
  for (const name of (await files.list(layout.root)).toSorted())
    if (isStationId(name) && (await files.stat(join(layout.root, name)))?.kind === 'folder') found.push(name);
  return found;
}

/** Keys that count for a station. */
export function keysFor(
  { stations }: Pick<RetentionDeps, 'stations'>,
  store: FactsKeys['store'],
  station: StationId,
): FactsKeys {
  return { store, station: stations.get(station) ?? [] };
}

/** Walks the whole vault. Errors: the system's; the signal's reason. */
export async function survey(
  deps: RetentionDeps,
  context: SurveyContext,
  visitor: SurveyVisitor,
): Promise<void> {
  for (const station of await stationsIn(deps)) await surveyStation(deps, context, station, visitor);
}

/** The same for one station. */
export async function surveyStation(
  deps: RetentionDeps,
  context: SurveyContext,
  station: StationId,
  visitor: SurveyVisitor,
): Promise<void> {
  const keys = keysFor(deps, context.store, station);
  const orders = await readOrders(deps, station, keys);
  visitor.orders(orders);
  for (const finding of orders.findings) visitor.finding(finding);
  for (const recording of await recordingsOf(deps, station, visitor)) {
    if (!isRecordingId(recording)) continue;
    deps.signal.throwIfAborted();
    const name = { station, recording };
    visit(deps, context, orders, name, await looked(deps, name, keys), visitor);
  }
}

/** Names in its folder. What the disk does not show keeps no other station. */
async function recordingsOf(
  { files, layout }: RetentionDeps,
  station: StationId,
  visitor: SurveyVisitor,
): Promise<string[]> {
  try {
    return (await listIfThere(files, layout.station(station))).toSorted();
  } catch (error) {
    const code = systemCode(error);
    if (code === undefined || isMachineShort(error)) throw error;
    visitor.finding({ station, recording: null, what: `its folder cannot be listed (${code})` });
    return [];
  }
}

/** What the disk does not show is a finding about this one folder. */
async function looked(deps: RetentionDeps, name: RecordingName, keys: FactsKeys): Promise<RecordingFacts> {
  try {
    return await readRecording(deps, name, keys);
  } catch (error) {
    const code = systemCode(error);
    if (code === undefined) throw error;
    return { kind: 'doubtful', reason: `its folder cannot be read (${code})` };
  }
}

/** A deletion that another receiver began after fewer days than count here: only that one may go on with it (SPEC 10.2.5). */
export function isBegunTooSoon(
  { receiver }: Pick<RetentionDeps, 'receiver'>,
  { memory: { history } }: SurveyContext,
  facts: ProvenFacts,
): boolean {
  if (facts.kind !== 'deleted' || facts.record.order_sha256 !== null) return false;
  const { record, receipt, manifest } = facts;
  const days = countedFor(history, receipt.received_at, underOf(manifest));
  return record.receiver !== receiver && record.retention.days < days;
}

function visit(
  deps: RetentionDeps,
  context: SurveyContext,
  orders: StationOrders,
  name: RecordingName,
  facts: RecordingFacts,
  visitor: SurveyVisitor,
): void {
  if (facts.kind === 'unreceipted') visitor.unreceipted(name);
  else if (facts.kind === 'doubtful') visitor.finding({ ...name, what: facts.reason });
  else if (facts.kind === 'deleted' && facts.unfinished === 'no') visitor.deleted(name, facts);
  else if (facts.kind === 'deleted' && isBegunTooSoon(deps, context, facts))
    visitor.finding({
      ...name,
      what: `${facts.record.receiver} began to delete it, and here more days count`,
    });
  else if (facts.kind !== 'other') {
    const { policy_sha256: named } = facts.manifest;
    const isKnown = context.memory.history.policies.some(({ sha256 }) => sha256 === named);
    if (named !== undefined && !isKnown)
      visitor.finding({
        ...name,
        what: 'its manifest names a policy that no log of the store names: it stays',
      });
    visitor.recording(judgeRecording(deps, context, orders, name, facts));
  }
}

/** When both roles signed an order last: so late it is at least, where nobody says the time (SPEC 10.5.4). */
function orderedLastMs({ orders }: StationOrders, nowMs: number): number {
  const times = orders.filter(hasBothRoles).map(({ order }) => Date.parse(order.ordered_at));
  return Math.max(0, ...times.filter((ms) => ms <= nowMs));
}

/** What is to be done with a recording whose documents hold. Pure. */
export function judgeRecording(
  deps: Pick<RetentionDeps, 'retention' | 'clock'>,
  { memory }: SurveyContext,
  orders: StationOrders,
  name: RecordingName,
  facts: ProvenFacts,
): SurveyedRecording {
  const { manifest, receipt } = facts;
  const receivedAt = receipt.received_at;
  const retention = retentionOf(
    manifest,
    receivedAt,
    daysFor(deps, memory.history, receivedAt, underOf(manifest)),
  );
  const nowMs = deps.clock.wallMs();
  const isTimeKnown = clockDoubt(deps, memory) === null;
  const orderMs = isTimeKnown ? nowMs : orderedLastMs(orders, nowMs);
  const standing = orders.book.standing(subjectOf(manifest, receivedAt), orderMs);
  const warnedMs = memory.warnedMs.get(`${name.station}/${name.recording}`);
  const waitMs = waitAfterWarning(retention, receivedAt);
  const verdict = verdictOf(
    { retention, waitMs, receivedAt, sealedAt: manifest.sealed_at, standing, warnedMs },
    nowMs,
  );
  const goes = verdict === 'due' || verdict === 'ordered';
  return {
    ...name,
    state: facts.kind === 'deleted' ? 'unfinished' : goes && orders.blocked ? 'blocked' : verdict,
    retention,
    waitMs,
    warnedMs,
    hold: standing.hold,
    order: standing.deletion && { order: standing.deletion.order.order, sha256: standing.deletion.sha256 },
    facts,
  };
}

// Adds up what a survey finds. Small whatever the vault's size.

/** Counts of a survey. Every recording that is not deleted is in exactly one of the states, or unreceipted, or a finding. */
export interface RetentionTotals {
  /** Recordings with a payload and a receipt whose documents hold, and their sealed bytes. */
  readonly recordings: number;
  readonly bytes: number;
  readonly states: Readonly<Record<SurveyedRecording['state'], number>>;
  readonly unreceipted: number;
  readonly deleted: number;
  /** Docked so late that hardly any of their time is left, and not held. */
  readonly late: number;
  /** The earliest due date of these, RFC 3339. */
  readonly firstLateDueAt: string | null;
  /** Recordings whose hold by one role lapses within two days, and the first of them. */
  readonly lapsing: number;
  readonly firstLapseAt: string | null;
  /** Not held and due within three days, or due already. */
  readonly soon: number;
  /** ... of these, those that their camera shows as evidence, and the first due date among them. */
  readonly evidenceSoon: number;
  readonly firstEvidenceDueAt: string | null;
  /** Held without an end for so long that somebody should look, and when the first such hold was ordered. */
  readonly heldLong: number;
  readonly firstHeldAt: string | null;
  /** Of the newest receipt, RFC 3339. */
  readonly newestReceivedAt: string | null;
  readonly findings: number;
  /** The first FINDINGS_MAX. */
  readonly found: readonly Finding[];
}

/** The sum as it grows. */
export class TotalsSum {
  #recordings = 0;
  #bytes = 0;
  readonly #states: Record<SurveyedRecording['state'], number> = {
    kept: 0,
    due: 0,
    held: 0,
    ordered: 0,
    'to-warn': 0,
    warned: 0,
    blocked: 0,
    unfinished: 0,
  };
  #unreceipted = 0;
  #deleted = 0;
  #late = 0;
  #firstLateDueAt: string | null = null;
  #lapsing = 0;
  #firstLapseAt: string | null = null;
  #soon = 0;
  #evidenceSoon = 0;
  #firstEvidenceDueAt: string | null = null;
  #heldLong = 0;
  #firstHeldAt: string | null = null;
  #newestReceivedAt: string | null = null;
  #findings = 0;
  readonly #found: Finding[] = [];

  recording(found: SurveyedRecording, nowMs: number): void {
    this.#recordings++;
    this.#bytes += found.facts.manifest.sealed.size_bytes;
    this.#states[found.state]++;
    const { received_at: receivedAt } = found.facts.receipt;
    if (receivedAt > (this.#newestReceivedAt ?? '')) this.#newestReceivedAt = receivedAt;
    if (found.waitMs > 0 && found.state !== 'held') {
      this.#late++;
      this.#firstLateDueAt = earlier(this.#firstLateDueAt, found.retention.due_at);
    }
    if (found.hold === undefined) this.#unheld(found, nowMs);
    else this.#held(found.hold, nowMs);
  }

  #unheld({ state, retention, facts }: SurveyedRecording, nowMs: number): void {
    if (state === 'unfinished' || Date.parse(retention.due_at) > nowMs + SOON_MS) return;
    this.#soon++;
    if (!facts.manifest.locked) return;
    this.#evidenceSoon++;
    this.#firstEvidenceDueAt = earlier(this.#firstEvidenceDueAt, retention.due_at);
  }

  #held({ order, until }: Hold, nowMs: number): void {
    if (until === null && Date.parse(order.ordered_at) <= nowMs - REVIEW_MS) {
      this.#heldLong++;
      this.#firstHeldAt = earlier(this.#firstHeldAt, order.ordered_at);
    }
    if (until === null || Date.parse(until) > nowMs + LAPSING_MS) return;
    this.#lapsing++;
    this.#firstLapseAt = earlier(this.#firstLapseAt, until);
  }

  unreceipted(_name: RecordingName): void {
    this.#unreceipted++;
  }

  deleted(): void {
    this.#deleted++;
  }

  finding(finding: Finding): void {
    this.#findings++;
    if (this.#found.length < FINDINGS_MAX) this.#found.push(finding);
  }

  totals(): RetentionTotals {
    return {
      recordings: this.#recordings,
      bytes: this.#bytes,
      states: { ...this.#states },
      unreceipted: this.#unreceipted,
      deleted: this.#deleted,
      late: this.#late,
      firstLateDueAt: this.#firstLateDueAt,
      lapsing: this.#lapsing,
      firstLapseAt: this.#firstLapseAt,
      soon: this.#soon,
      evidenceSoon: this.#evidenceSoon,
      firstEvidenceDueAt: this.#firstEvidenceDueAt,
      heldLong: this.#heldLong,
      firstHeldAt: this.#firstHeldAt,
      newestReceivedAt: this.#newestReceivedAt,
      findings: this.#findings,
      found: this.#found,
    };
  }
}

function earlier(known: string | null, at: string): string {
  return known !== null && known < at ? known : at;
}
