// Walks a vault and says of each recording what is to be done with it (SPEC 10). Streams: in memory are the names in one station's folder
// and its orders, never more than one recording's documents. Changes nothing.
import { join } from 'node:path';
import { listIfThere } from '../../../protocol/format/durable.ts';
import { isMachineShort, systemCode } from '../../../protocol/format/errors.ts';
import { isRecordingId, isStationId, type StationId } from '../../../protocol/format/ids.ts';
import type { Hold } from '../../../protocol/documents/order-standing.ts';
import { retentionOf, waitAfterWarning, type Retention } from '../../../protocol/documents/retention.ts';
import type { RecordingName } from '../vault/vault.ts';
import type { Finding, RetentionDeps } from './deps.ts';
import type { LogMemory } from './log-memory.ts';
import { subjectOf } from './order-book.ts';
import { readOrders, type StationOrders } from './orders-read.ts';
import { readRecording, type FactsKeys, type ProvenFacts, type RecordingFacts } from './recording-facts.ts';
import { verdictOf, type Verdict } from './verdict.ts';

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
export async function stationsIn({ files, layout }: RetentionDeps): Promise<StationId[]> {
  const found: StationId[] = [];
  for (const name of (await files.list(layout.root)).toSorted())
    if (isStationId(name) && (await files.stat(join(layout.root, name)))?.kind === 'folder') found.push(name);
  return found;
}

/** Keys that count for a station. */
export function keysFor(
  { stations }: RetentionDeps,
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
  else if (facts.kind !== 'other') visitor.recording(judgeRecording(deps, context, orders, name, facts));
}

/** What is to be done with a recording whose documents hold. Pure. */
export function judgeRecording(
  { retention: { days }, clock }: Pick<RetentionDeps, 'retention' | 'clock'>,
  { memory }: SurveyContext,
  orders: StationOrders,
  name: RecordingName,
  facts: ProvenFacts,
): SurveyedRecording {
  const { manifest, receipt } = facts;
  const receivedAt = receipt.received_at;
  const retention = retentionOf(manifest, receivedAt, days);
  const standing = orders.book.standing(subjectOf(manifest, receivedAt), clock.wallMs());
  const warnedMs = memory.warnedMs.get(`${name.station}/${name.recording}`);
  const waitMs = waitAfterWarning(retention, receivedAt);
  const verdict = verdictOf(
    { retention, waitMs, receivedAt, sealedAt: manifest.sealed_at, standing, warnedMs },
    clock.wallMs(),
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
