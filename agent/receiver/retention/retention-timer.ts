// Retention of a running receiver: deletes what is due shortly after its start and then every `timer_hours`, takes disclosures into the
// store's log, and enters its own start and end there, and the time that is said outside of this machine (SPEC 10.5).
//
// Invariants:
// 1. One round at a time, each bounded (ROUND_MAX); commands beside it are kept apart by the vault's locks, not by this timer.
// 2. Times between rounds are monotonic. A wall clock that jumps makes no round come sooner, and what a round does is judged by clock-trust.
// 3. Nothing is deleted or written where the vault's id is not that of the vault that was opened.
// 4. Whatever fails is told and tried again; it never ends the receiver.
import type { CustodyEvent } from '../../../protocol/custody/custody-entry.ts';
import { describeError } from '../../../protocol/format/errors.ts';
import type { ConditionFacts, Conditions } from '../../../protocol/format/ports.ts';
import { appendStoreEvents } from '../custody/store-log.ts';
import { checkVaultThere } from '../vault/vault-id.ts';
import {
  AGAIN_MS,
  DISCLOSURES_MS,
  FIRST_ROUND_MS,
  LAST_ENTRY_MS,
  MORE_MS,
  type RetentionDeps,
  TIME_LOOK_MS,
  WORD_YOUNG_MS,
} from './deps.ts';
import { takeDisclosures } from './disclosures.ts';
import type { DroppedDocuments } from './documents.ts';
import { dropOldDocuments, expire, type Expired } from './expire.ts';
import { announcement, type LogMemory, readMemory } from './log-memory.ts';
import { agreeingWord, describeDoubt, WORD_MS } from './outside-time.ts';
import { underPolicy, type Unsettled } from './policies.ts';

const HOUR_MS = 3_600_000;

export interface RetentionTimerOptions {
  /** Without the signal: it is this object's own. */
  readonly deps: Omit<Unsettled<RetentionDeps>, 'signal'>;
  readonly conditions: Conditions;
}

/** Of one running receiver. */
export class RetentionTimer {
  readonly #options: RetentionTimerOptions;
  readonly #stop = new AbortController();
  #started = false;
  /** See LogMemory; of the time before this start. */
  #boots: LogMemory['boots'] | undefined;
  /** When a word from outside was entered last by this process, monotonic. */
  #heardMs = Number.NEGATIVE_INFINITY;
  /** The last round did nothing for the clock's sake. */
  #isDoubtful = false;
  #counted: RetentionCounts | undefined;
  readonly #cancels = new Map<string, () => void>();
  /** Everything that was begun, one behind the other. */
  #work: Promise<void> = Promise.resolve();

  constructor(options: RetentionTimerOptions) {
    this.#options = options;
  }

  /** As of the last round; undefined before it. */
  get counted(): RetentionCounts | undefined {
    return this.#counted;
  }

  /** Begins. Nothing is waited for. */
  start(): void {
    this.#started = true;
    const { retention, version } = this.#options.deps;
    const started: CustodyEvent = { event: 'receiver-started', facts: { version } };
    this.#then(() => this.#enter([started], this.#stop.signal));
    this.#then(async () => this.#enter([announcement((await this.#deps()).retention)], this.#stop.signal));
    this.#arm('disclosures', FIRST_ROUND_MS);
    this.#arm('time', FIRST_ROUND_MS); // before the round, which finds it in the log then
    if (retention.timerHours > 0) this.#arm('round', FIRST_ROUND_MS);
  }

  /**
   * Resolves when nothing of it runs any more; what is left of a round is done by the next one. `last` is entered before the end of the receiver.
   * Never rejects.
   */
  async stop(last: Promise<readonly CustodyEvent[]> = Promise.resolve([])): Promise<void> {
    if (!this.#started) return;
    this.#stop.abort(new Error('the receiver stops'));
    for (const cancel of this.#cancels.values()) cancel();
    await this.#work;
    const events = await last;
    const late = new AbortController();
    const cancel = this.#options.deps.clock.after(LAST_ENTRY_MS, () =>
      late.abort(new Error('the log was not free in time')),
    );
    const stopped: CustodyEvent = { event: 'receiver-stopped', facts: {} };
    await this.#enter([...events, stopped], late.signal).catch(() => undefined);
    cancel();
  }

  #arm(what: 'round' | 'disclosures' | 'time', ms: number): void {
    if (this.#stop.signal.aborted) return;
    this.#cancels.get(what)?.();
    const begins = {
      round: () => this.#round(),
      disclosures: () => this.#disclosures(),
      time: () => this.#time(),
    };
    const begin = begins[what];
    this.#cancels.set(
      what,
      this.#options.deps.clock.after(ms, () => this.#then(async () => this.#arm(what, await begin()))),
    );
  }

  /** Never rejects. */
  #then(run: () => Promise<void>): void {
    this.#work = this.#work.then(run).catch((error: unknown) => {
      if (!this.#stop.signal.aborted) this.#options.deps.log.error('retention skipped', { error });
    });
  }

  #deps(): Promise<RetentionDeps> {
    return underPolicy({ ...this.#options.deps, signal: this.#stop.signal });
  }

  async #enter(events: readonly CustodyEvent[], signal: AbortSignal): Promise<void> {
    await this.#checkVault();
    await appendStoreEvents({ ...this.#options.deps, signal }, events);
  }

  /** Its disk may have gone while we ran, or another one be mounted in its place. */
  #checkVault(): Promise<void> {
    const { files, layout, vault } = this.#options.deps;
    return checkVaultThere(files, layout, vault);
  }

  /** Enters the time that somebody outside says, and has a round that waits for it go on. Gives the pause behind it. */
  async #time(): Promise<number> {
    const { deps } = this.#options;
    const { signal } = this.#stop;
    if (deps.clock.monotonicMs() - this.#heardMs < WORD_YOUNG_MS) return TIME_LOOK_MS;
    try {
      this.#boots ??= (await readMemory(await this.#deps())).boots;
      const word = await agreeingWord({ ...deps, signal }, this.#boots);
      if (word === undefined) return TIME_LOOK_MS;
      await this.#enter([word], signal);
      this.#heardMs = deps.clock.monotonicMs();
      if (this.#isDoubtful) this.#arm('round', 0);
    } catch (error) {
      if (signal.aborted) throw error;
      deps.log.warn('time from outside not entered', { error });
    }
    return TIME_LOOK_MS;
  }

  /** Gives the pause behind it. */
  async #round(): Promise<number> {
    const { deps, conditions } = this.#options;
    try {
      await this.#checkVault();
      const settled = await this.#deps();
      const expired = await expire(settled, ({ station, recording, sealedBytes }) =>
        deps.log.info('recording deleted', { station, recording, sealed_bytes: sealedBytes }),
      );
      this.#isDoubtful = expired.doubt !== null;
      this.#counted = countsOf(expired);
      tellConditions(conditions, expired, deps.clock.wallMs());
      tellPolicy(conditions, settled);
      const { totals, doubt, warned, deleted, more, failure } = expired;
      const dropped = doubt === null ? await dropOldDocuments(settled) : { folders: 0, segments: 0 };
      const { recordings, soon, late, states } = totals;
      const facts = { recordings, warned, deleted, soon, late, held: states.held, findings: totals.findings };
      deps.log.info('retention looked at', {
        ...facts,
        ...droppedFacts(dropped),
        clock: doubt?.kind ?? 'good',
      });
      if (doubt !== null || failure !== undefined) return AGAIN_MS;
      if (more) return MORE_MS;
      const waitMs = expired.waits === null ? Infinity : expired.waits.fromMs - deps.clock.wallMs();
      return Math.max(MORE_MS, Math.min(waitMs, deps.retention.timerHours * HOUR_MS));
    } catch (error) {
      if (this.#stop.signal.aborted) throw error;
      deps.log.error('retention: round failed', { error });
      conditions.raise('retention.failed', null, { reason: describeError(error) });
      return AGAIN_MS;
    }
  }

  /** Gives the pause behind it. */
  async #disclosures(): Promise<number> {
    const { deps, conditions } = this.#options;
    try {
      await this.#checkVault();
      const { entered, refused, more } = await takeDisclosures({
        ...this.#options.deps,
        signal: this.#stop.signal,
      });
      if (entered > 0) deps.log.info('disclosures entered', { entered });
      if (refused.length === 0) conditions.clear('disclosure.refused', null);
      else conditions.raise('disclosure.refused', null, { count: refused.length, first: refused[0] ?? null });
      conditions.clear('disclosure.failed', null);
      return more ? 1000 : DISCLOSURES_MS;
    } catch (error) {
      if (this.#stop.signal.aborted) throw error;
      deps.log.error('disclosures not entered', { error });
      conditions.raise('disclosure.failed', null);
      return DISCLOSURES_MS;
    }
  }
}

/** What a round leaves in the vault. */
export interface RetentionCounts {
  readonly recordings: number;
  readonly held: number;
  readonly due: number;
  readonly deleted: number;
  /** Of the newest receipt that it saw, RFC 3339. */
  readonly newestReceivedAt: string | null;
}

function countsOf({
  totals: { recordings, states, deleted, newestReceivedAt },
  ...round
}: Expired): RetentionCounts {
  return {
    recordings: recordings - round.deleted,
    held: states.held,
    due: Math.max(0, states.due + states.ordered + states.unfinished + states.blocked - round.deleted),
    deleted: deleted + round.deleted,
    newestReceivedAt,
  };
}

function droppedFacts({ folders, segments }: DroppedDocuments): Record<string, number> {
  return { documents_dropped: folders, segments_dropped: segments };
}

/** Without a policy the floors of one person hold; the file must not keep longer than both roles agreed (SPEC 4.16). */
function tellPolicy(conditions: Conditions, { policies, retention: { days } }: RetentionDeps): void {
  const policy = policies.at(-1)?.policy ?? null;
  if (policy !== null) conditions.clear('retention.no-policy', null);
  else conditions.raise('retention.no-policy', null);
  if (policy === null || days <= policy.days_max) conditions.clear('retention.past-policy', null);
  else
    conditions.raise('retention.past-policy', null, {
      days,
      days_max: policy.days_max,
    });
}

// What a round of retention tells as conditions: why nothing is deleted, what came late, what is held for long, what ends soon.

/** Raises what stands behind this round and clears the rest. */
function tellConditions(conditions: Conditions, expired: Expired, nowMs: number): void {
  const { totals, doubt, waits, heardMs, failure } = expired;
  const told = (code: string, stands: boolean, facts: ConditionFacts): void =>
    stands ? conditions.raise(code, null, facts) : conditions.clear(code, null);
  const { states, found } = totals;
  const isLong = nowMs - (heardMs ?? nowMs) >= WORD_MS;
  const overdue = states.due;
  const isCalm = doubt?.kind === 'not-known' || (doubt?.kind === 'alone' && !isLong);
  told('retention.clock', doubt !== null && (!isCalm || overdue > 0), {
    severity: isCalm ? 'info' : isLong && overdue > 0 ? 'critical' : 'warning',
    reason: doubt && describeDoubt(doubt),
    overdue,
  });
  told('retention.many', waits !== null && doubt === null, {
    due: waits?.due ?? 0,
    recordings: waits?.recordings ?? 0,
    goes_from: waits && new Date(waits.fromMs).toISOString(),
  });
  told('retention.failed', failure !== undefined, { due: states.due + states.ordered + states.unfinished });
  told('retention.blocked', states.blocked > 0, {
    overdue: states.blocked,
    reason: 'an order of their station cannot be read, or nobody can tell what it holds',
  });
  told('retention.late', totals.late > 0, { count: totals.late, first_due_at: totals.firstLateDueAt });
  told('retention.evidence-due', totals.evidenceSoon > 0, {
    count: totals.evidenceSoon,
    first_due_at: totals.firstEvidenceDueAt,
  });
  told('retention.hold-lapsing', totals.lapsing > 0, {
    count: totals.lapsing,
    first_lapse_at: totals.firstLapseAt,
  });
  told('retention.held-long', totals.heldLong > 0, {
    count: totals.heldLong,
    first_ordered_at: totals.firstHeldAt,
  });
  const [first] = found;
  told('retention.odd', totals.findings > 0, {
    count: totals.findings,
    station: first?.station ?? null,
    recording: first?.recording ?? null,
    what: first?.what ?? null,
  });
}
