// One expiration of a vault (SPEC 10): looks at all of it, warns, deletes what is due or ordered, finishes what was cut off.
//
// Invariants:
// 1. While the store's clock is doubtful nothing is deleted, warned of or entered into the log.
// 2. Whatever fails for one recording, the others go on, until FAILURES_MAX failed; the first error is told at the end.
// 3. Two expirations at one time are safe: what matters is decided again under the lock (deletion.ts).
import type { CustodyEvent } from '../../../protocol/custody/custody-entry.ts';
import { isDockError } from '../../../protocol/format/errors.ts';
import { appendStoreEvents } from '../custody/store-log.ts';
import type { RecordingName } from '../vault/vault.ts';
import { behindReceipt, type ClockDoubt, judge } from './clock-trust.ts';
import { type Deleted, deleteRecordings } from './deletion.ts';
import { BATCH, CHECKED_MS, FAILURES_MAX, type RetentionDeps, ROUND_MAX } from './deps.ts';
import { dropDocuments, type DroppedDocuments } from './documents.ts';
import {
  clockReading,
  type LogMemory,
  missingAnnouncement,
  missingOrderEvents,
  readMemory,
} from './log-memory.ts';
import { storeKeys } from './store-keys.ts';
import {
  type RetentionTotals,
  survey,
  type SurveyContext,
  type SurveyedRecording,
  type SurveyVisitor,
  TotalsSum,
} from './survey.ts';

/** What was found, before anything was done. */
export interface Surveyed {
  readonly context: SurveyContext;
  readonly totals: RetentionTotals;
  readonly doubt: ClockDoubt | null;
  /** Recordings that may go, or whose deletion was begun: the first ROUND_MAX. */
  readonly going: readonly RecordingName[];
  /** There are more of them. */
  readonly more: boolean;
  /** What the log is to be told before anything else: warnings, orders, lapses. */
  readonly events: readonly CustodyEvent[];
  readonly newestReceiptMs: number | undefined;
}

/** What was done. */
export interface Expired {
  readonly totals: RetentionTotals;
  readonly doubt: ClockDoubt | null;
  readonly warned: number;
  readonly deleted: number;
  readonly deletedBytes: number;
  /** More is due than one round deletes: another one goes on. */
  readonly more: boolean;
  /** The first thing that failed, or undefined. */
  readonly failure: unknown;
}

/** Looks at the whole vault; `onRecording` is told of each recording on the way. Errors: the system's; the signal's reason. */
export async function surveyVault(
  deps: RetentionDeps,
  onRecording: (found: SurveyedRecording) => void = () => undefined,
): Promise<Surveyed> {
  const context: SurveyContext = { memory: await readMemory(deps), store: await storeKeys(deps) };
  const sum = new TotalsSum();
  const going: RecordingName[] = [];
  const events: CustodyEvent[] = missingAnnouncement(deps.retention, context.memory);
  let more = false;
  let newestReceiptMs: number | undefined;
  const visitor: SurveyVisitor = {
    recording: (found) => {
      const { station, recording, state, facts } = found;
      sum.recording(found, deps.clock.wallMs());
      newestReceiptMs = Math.max(newestReceiptMs ?? 0, Date.parse(facts.receipt.received_at));
      const goes = state === 'due' || state === 'ordered' || state === 'unfinished';
      if (goes && going.length < ROUND_MAX) going.push({ station, recording });
      else more ||= goes;
      if (state === 'to-warn') events.push(warning(found));
      onRecording(found);
    },
    unreceipted: (name) => sum.unreceipted(name),
    deleted: () => sum.deleted(),
    finding: (finding) => sum.finding(finding),
    orders: (orders) => events.push(...missingOrderEvents(orders, context.memory, deps.clock.wallMs())),
  };
  await survey(deps, context, visitor);
  const doubt = await clockDoubt(deps, context.memory, newestReceiptMs);
  return { context, totals: sum.totals(), doubt, going, more, events, newestReceiptMs };
}

/** Looks at the vault and does what is due. Errors: those of surveyVault. */
export async function expire(
  deps: RetentionDeps,
  onDeleted: (deleted: Deleted) => void = () => undefined,
): Promise<Expired> {
  const surveyed = await surveyVault(deps);
  const { totals, doubt } = surveyed;
  const nothing = { totals, doubt, warned: 0, deleted: 0, deletedBytes: 0, more: false, failure: undefined };
  return doubt === null ? new Expiration(deps, surveyed, onDeleted).run() : nothing;
}

/** Lets old documents go, as long as the clock may decide. Errors: those of dropDocuments. */
export async function dropOldDocuments(deps: RetentionDeps): Promise<DroppedDocuments> {
  const memory = await readMemory(deps);
  return dropDocuments(deps, async () => (await clockDoubt(deps, memory, undefined)) === null);
}

/** Whether the clock may decide now. Errors: none. */
export async function clockDoubt(
  deps: RetentionDeps,
  { trust, checkedMs, outsideMs }: LogMemory,
  newestReceiptMs: number | undefined,
): Promise<ClockDoubt | null> {
  const told = await deps.isSynchronised();
  const now = trust && judge(trust, clockReading(deps), outsideMs);
  if (now !== undefined && now.doubt !== null) return now.doubt;
  const checked = checkedMs !== undefined && Math.abs(deps.clock.wallMs() - checkedMs) <= CHECKED_MS;
  if (told === false && !checked) return { kind: 'unsynchronised', byMs: 0 };
  if (told !== true && trust === undefined) return { kind: 'unknown', byMs: 0 };
  return now?.checked === true ? null : behindReceipt(deps.clock.wallMs(), newestReceiptMs);
}

function warning({ station, recording, retention }: SurveyedRecording): CustodyEvent {
  return { event: 'expiry-warned', facts: { station, recording, due_at: retention.due_at } };
}

/** The second half of an expiration. */
class Expiration {
  readonly #deps: RetentionDeps;
  readonly #surveyed: Surveyed;
  readonly #onDeleted: (deleted: Deleted) => void;
  #doubt: ClockDoubt | null = null;
  #deleted = 0;
  #deletedBytes = 0;
  #failure: unknown;
  #failures = 0;

  constructor(deps: RetentionDeps, surveyed: Surveyed, onDeleted: (deleted: Deleted) => void) {
    this.#deps = deps;
    this.#surveyed = surveyed;
    this.#onDeleted = onDeleted;
  }

  async run(): Promise<Expired> {
    const { events, going, totals } = this.#surveyed;
    const told = await this.#try(async () => {
      if (events.length > 0) await appendStoreEvents(this.#deps, events);
    });
    for (let from = 0; from < going.length; from += BATCH) {
      if (await this.#mustEnd()) break;
      await this.#deleteBatch(going.slice(from, from + BATCH));
    }
    return {
      totals,
      doubt: this.#doubt,
      warned: told ? events.filter(({ event }) => event === 'expiry-warned').length : 0,
      deleted: this.#deleted,
      deletedBytes: this.#deletedBytes,
      more: this.#surveyed.more,
      failure: this.#failure,
    };
  }

  /** A batch that fails is tried one by one, so that a folder that cannot be changed keeps no other. */
  async #deleteBatch(names: readonly RecordingName[]): Promise<void> {
    if (await this.#try(() => this.#delete(names))) return;
    for (const name of names.length > 1 ? names : []) {
      if (await this.#mustEnd()) return;
      await this.#try(() => this.#delete([name]));
    }
  }

  async #delete(names: readonly RecordingName[]): Promise<void> {
    for (const each of await deleteRecordings(this.#deps, this.#surveyed.context, names)) {
      this.#deleted++;
      this.#deletedBytes += each.sealedBytes;
      this.#onDeleted(each);
    }
  }

  /** A large vault takes hours: the clock is asked again before each batch. Where the lock is not to be had, nothing is. */
  async #mustEnd(): Promise<boolean> {
    this.#deps.signal.throwIfAborted();
    const { context, newestReceiptMs } = this.#surveyed;
    this.#doubt = await clockDoubt(this.#deps, context.memory, newestReceiptMs);
    return this.#doubt !== null || this.#failures >= FAILURES_MAX || isDockError(this.#failure, 'lock.held');
  }

  async #try(run: () => Promise<void>): Promise<boolean> {
    try {
      await run();
      return true;
    } catch (error) {
      this.#deps.signal.throwIfAborted();
      this.#deps.log.error('expiry partly failed', { error });
      this.#failures++;
      this.#failure ??= error;
      return false;
    }
  }
}
