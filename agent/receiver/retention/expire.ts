// One expiration of a vault (SPEC 10): looks at all of it, warns, deletes what is due or ordered, finishes what was cut off.
//
// Invariants:
// 1. While nobody outside of this machine agrees with its clock nothing is warned of, and nothing deleted but by order of both roles.
// 2. What was found is in the log before anything goes. Whatever fails for one recording, the others go on, until FAILURES_MAX failed; the first
//    error is told at the end.
// 3. Two expirations at one time are safe: what matters is decided again under the lock (deletion.ts).
import type { CustodyEvent } from '../../../protocol/custody/custody-entry.ts';
import { isDockError } from '../../../protocol/format/errors.ts';
import { appendStoreEvents } from '../custody/store-log.ts';
import type { RecordingName } from '../vault/vault.ts';
import { type Deleted, deleteRecordings } from './deletion.ts';
import {
  BATCH,
  FAILURES_MAX,
  MANY,
  MANY_OVER_MS,
  MANY_PART,
  MANY_WAIT_MS,
  type RetentionDeps,
  ROUND_MAX,
  WORD_YOUNG_MS,
} from './deps.ts';
import { dropDocuments, type DroppedDocuments } from './documents.ts';
import {
  clockDoubt,
  type LogMemory,
  missingAnnouncement,
  missingOrderEvents,
  readMemory,
} from './log-memory.ts';
import { agreeingWord, type ClockDoubt } from './outside-time.ts';
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
  /** So many are due at once that they wait (SPEC 10.6.4); null where they do not. */
  readonly waits: ManyDue | null;
  /** Recordings that may go now, or whose deletion was begun: the first ROUND_MAX. */
  readonly going: readonly RecordingName[];
  /** There are more of them. */
  readonly more: boolean;
  /** What the log is to be told before anything else: warnings, orders, lapses. */
  readonly events: readonly CustodyEvent[];
}

/** So many of so many recordings are due at once, and go from then on, in ms since 1970. */
export interface ManyDue {
  readonly due: number;
  readonly recordings: number;
  readonly fromMs: number;
  /** The log does not say so yet. */
  readonly isNew: boolean;
}

/** What was done. */
export interface Expired {
  readonly totals: RetentionTotals;
  readonly doubt: ClockDoubt | null;
  readonly waits: ManyDue | null;
  /** When somebody outside said the time last, in ms since 1970, or the log begins; undefined where there is none. */
  readonly heardMs: number | undefined;
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
  const { memory, heard } = await readHearing(deps);
  const context: SurveyContext = { memory, store: await storeKeys(deps) };
  const sum = new TotalsSum();
  const [due, going]: [RecordingName[], RecordingName[]] = [[], []];
  const events: CustodyEvent[] = [...heard, ...missingAnnouncement(deps.retention, memory)];
  const visitor: SurveyVisitor = {
    recording: (found) => {
      const { station, recording, state } = found;
      sum.recording(found, deps.clock.wallMs());
      const list = state === 'due' ? due : going;
      if (GOING.has(state) && list.length < ROUND_MAX) list.push({ station, recording });
      if (state === 'to-warn') events.push(warning(found));
      onRecording(found);
    },
    unreceipted: (name) => sum.unreceipted(name),
    deleted: () => sum.deleted(),
    finding: (finding) => sum.finding(finding),
    orders: (orders) => events.push(...missingOrderEvents(orders, memory, deps.clock.wallMs())),
  };
  await survey(deps, context, visitor);
  const totals = sum.totals();
  const { states, recordings } = totals;
  const waits = manyDue(memory, { due: states.due, recordings }, deps.clock.wallMs());
  if (waits?.isNew === true) events.push({ event: 'expiry-waits', facts: { due: states.due, recordings } });
  const doubt = clockDoubt(deps, memory);
  const isFree = doubt === null && waits === null;
  const all = isFree ? [...going, ...due] : going;
  return {
    context,
    totals,
    doubt,
    waits: doubt === null ? waits : null,
    going: all.slice(0, ROUND_MAX),
    more: states.ordered + states.unfinished + (isFree ? states.due : 0) > ROUND_MAX,
    events: doubt === null ? events : [],
  };
}

const GOING: ReadonlySet<string> = new Set<SurveyedRecording['state']>(['due', 'ordered', 'unfinished']);

/** Null where they may go now. Pure. */
function manyDue(
  { waits }: Pick<LogMemory, 'waits'>,
  { due, recordings }: Pick<ManyDue, 'due' | 'recordings'>,
  nowMs: number,
): ManyDue | null {
  const part = Math.max(MANY, recordings * MANY_PART);
  if (due <= part) return null;
  const passedMs = nowMs - (waits?.sinceMs ?? -Infinity);
  const isTold = waits !== undefined && passedMs < MANY_OVER_MS && due <= waits.due + part;
  if (isTold && passedMs >= MANY_WAIT_MS) return null;
  return { due, recordings, fromMs: (isTold ? waits.sinceMs : nowMs) + MANY_WAIT_MS, isNew: !isTold };
}

/** Looks at the vault and does what is due. Errors: those of surveyVault. */
export async function expire(
  deps: RetentionDeps,
  onDeleted: (deleted: Deleted) => void = () => undefined,
): Promise<Expired> {
  return new Expiration(deps, await surveyVault(deps), onDeleted).run();
}

/** Lets old documents go, as long as the clock may decide. Errors: those of dropDocuments. */
export async function dropOldDocuments(deps: RetentionDeps): Promise<DroppedDocuments> {
  const { memory, heard } = await readHearing(deps);
  if (heard.length > 0) await appendStoreEvents(deps, heard);
  return dropDocuments(deps, memory);
}

/** What the log remembers, with a word from outside that it lacks, where the last one is old or does not count. Errors: those of readMemory. */
export async function readHearing(
  deps: RetentionDeps,
): Promise<{ readonly memory: LogMemory; readonly heard: CustodyEvent[] }> {
  const memory = await readMemory(deps);
  const monotonicMs = deps.clock.monotonicMs();
  const ageMs = monotonicMs - (memory.word?.monotonicMs ?? -Infinity);
  if (clockDoubt(deps, memory) === null && ageMs < WORD_YOUNG_MS) return { memory, heard: [] };
  const heard = await agreeingWord(deps, memory.boots);
  if (heard === undefined) return { memory, heard: [] };
  const word = { saidMs: Date.parse(String(heard.facts['said_at'])), monotonicMs };
  return { memory: { ...memory, word, heardMs: deps.clock.wallMs() }, heard: [heard] };
}

function warning({ station, recording, retention }: SurveyedRecording): CustodyEvent {
  return { event: 'expiry-warned', facts: { station, recording, due_at: retention.due_at } };
}

/** The second half of an expiration. */
class Expiration {
  readonly #deps: RetentionDeps;
  readonly #surveyed: Surveyed;
  readonly #onDeleted: (deleted: Deleted) => void;
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
    const { events, going, totals, waits, context } = this.#surveyed;
    const told = await this.#try(async () => {
      if (events.length > 0) await appendStoreEvents(this.#deps, events);
    });
    // By what the log was not told, the time from outside among it, nothing goes.
    const goes = told ? going : [];
    for (let from = 0; from < goes.length; from += BATCH) {
      if (this.#mustEnd()) break;
      await this.#deleteBatch(goes.slice(from, from + BATCH));
    }
    return {
      totals,
      doubt: clockDoubt(this.#deps, context.memory),
      waits,
      heardMs: context.memory.heardMs,
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
      if (this.#mustEnd()) return;
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

  /** Where the lock is not to be had, nothing is. What a clock that was stepped meanwhile must keep, deletion.ts keeps. */
  #mustEnd(): boolean {
    this.#deps.signal.throwIfAborted();
    return this.#failures >= FAILURES_MAX || isDockError(this.#failure, 'lock.held');
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
