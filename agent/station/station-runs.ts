// Runs a station for as long as the process lives, with the configuration as its file says: a good change is taken over without anybody
// restarting anything, a bad one leaves what runs as it is and is told.
//
// Invariants:
// 1. A file that does not pass every check changes nothing.
// 2. The station is put down in order before it is put up with another configuration, and not while a camera is read or erased, for at most
//    BUSY_MS_MAX.
// 3. Where it cannot be put up with the new one, it goes on with the old one; that file is not tried again before it is edited again.
import { isDeepStrictEqual } from 'node:util';
import { LIVE_OPTIONS } from '../../config/live-options.ts';
import { type Problem, renderProblem } from '../../config/problems.ts';
import type { StationConfig } from '../../config/station-config.ts';
import { describeError } from '../../protocol/format/errors.ts';
import type { Clock, Conditions, Log } from '../../protocol/format/ports.ts';
import type { GoodConfig, JudgedConfig } from './judged-config.ts';

/** A card of 128 GB takes an hour; who edits the file waits no longer. What is being read then is read anew. */
const BUSY_MS_MAX = 3_600_000;
const BUSY_LOOK_MS = 1000;
/** A spool that is read anew takes minutes: who asks for the end meanwhile is not kept for all of it. The next start reads it again. */
const START_ENDS_MS = 10_000;
/** What the file names may lie on a mount that does not answer: somebody is told then, and what is in force stays. */
const JUDGE_MS = 60_000;
const CONDITION = 'configuration.refused';
/** Lines of the log for one refused file; `bodydock check` says all of it. */
const PROBLEMS_LOGGED_MAX = 10;

/** A station that was put up. */
export interface RunningStation {
  /** Of this station: what it says of its configuration goes the way of all its conditions. */
  readonly conditions: Conditions;
  /** A camera is being read or erased. */
  isBusy(): boolean;
  /** This is in force from now on, without a new start. Errors: those of entering it into the log; nothing is taken over then. */
  takeOver(good: GoodConfig): void;
  /** Puts it down in order, within its deadlines. Never rejects. */
  stop(): Promise<void>;
}

export interface StationRunsDeps {
  /** Errors: whatever keeps a station from being put up. */
  readonly putUp: (good: GoodConfig) => Promise<RunningStation>;
  /** What the file says now. */
  readonly judge: (inForce: GoodConfig) => Promise<JudgedConfig>;
  /** Resolves when the file may have changed; rejects with the signal's reason. */
  readonly maybeChanged: (signal: AbortSignal) => Promise<void>;
  readonly setLogLevel: (level: GoodConfig['config']['log']['level']) => void;
  readonly clock: Pick<Clock, 'monotonicMs' | 'sleep' | 'after'>;
  readonly log: Pick<Log, 'info' | 'warn' | 'error'>;
}

/** One station after the other in one process. */
export class StationRuns {
  readonly #deps: StationRunsDeps;
  #inForce: GoodConfig;
  /** Digest of a file with which no station could be put up, and why. */
  #failed: { readonly sha256: string; readonly error: unknown } | undefined;
  /** What the log was told of a refused file; it is looked at again and again. */
  #told = '';

  constructor(first: GoodConfig, deps: StationRunsDeps) {
    this.#inForce = first;
    this.#deps = deps;
  }

  /** Runs until the signal is aborted; a station that is not up in time then is left alone. Errors: those of the first start, and of a start with what was in force before. */
  async run(signal: AbortSignal): Promise<void> {
    let station = await this.#upInTime(this.#deps.putUp(this.#inForce), signal);
    while (station !== undefined) {
      this.#tellFailed(station);
      const next = await this.#nextConfig(station, signal);
      await station.stop();
      if (next === undefined || signal.aborted) return;
      station = await this.#upInTime(this.#putUp(next), signal);
    }
  }

  /** Undefined where the end was asked for and the station is not up in time. Errors: those of putting it up. */
  async #upInTime(
    goingUp: Promise<RunningStation>,
    signal: AbortSignal,
  ): Promise<RunningStation | undefined> {
    let cancel: () => void = () => undefined;
    let arm: () => void = () => undefined;
    const late = new Promise<undefined>((resolve) => {
      arm = () => {
        cancel = this.#deps.clock.after(START_ENDS_MS, () => resolve(undefined));
      };
    });
    if (signal.aborted) arm();
    else signal.addEventListener('abort', arm, { once: true });
    try {
      return await Promise.race([goingUp, late]);
    } finally {
      signal.removeEventListener('abort', arm);
      cancel();
    }
  }

  async #putUp(next: GoodConfig): Promise<RunningStation> {
    this.#deps.setLogLevel(next.config.log.level);
    try {
      const station = await this.#deps.putUp(next);
      this.#inForce = next;
      this.#failed = undefined;
      return station;
    } catch (error) {
      this.#deps.log.error(
        'station failed to start with the new configuration, continuing with the previous one',
        {
          error,
        },
      );
      this.#failed = { sha256: next.sha256, error };
      this.#deps.setLogLevel(this.#inForce.config.log.level);
      return this.#deps.putUp(this.#inForce);
    }
  }

  /** The configuration that the station is to be put up with next; undefined where it is to end. */
  async #nextConfig(station: RunningStation, signal: AbortSignal): Promise<GoodConfig | undefined> {
    const { clock, log } = this.#deps;
    let since: number | undefined;
    while (!signal.aborted) {
      const next = await this.#change(station, signal);
      if (next === undefined) {
        since = undefined;
        await this.#deps.maybeChanged(signal).catch(() => undefined);
        continue;
      }
      if (since === undefined) {
        since = clock.monotonicMs();
        const { parts } = changedParts(this.#inForce.config, next.config);
        log.info('configuration changed, station restarts when no camera is being read', {
          parts,
        });
      }
      if (!station.isBusy() || clock.monotonicMs() - since >= BUSY_MS_MAX) return next;
      await clock.sleep(BUSY_LOOK_MS, signal).catch(() => undefined);
    }
    return undefined;
  }

  /** What the file asks a new start for; what needs none is taken over here. */
  async #change(station: RunningStation, signal: AbortSignal): Promise<GoodConfig | undefined> {
    const judged = await this.#judged(station, signal);
    if (judged === undefined) return undefined;
    if (judged.kind === 'refused') {
      this.#refused(station, judged.problems);
      return undefined;
    }
    const { good } = judged;
    if (good.sha256 === this.#failed?.sha256) return undefined;
    this.#failed = undefined;
    station.conditions.clear(CONDITION, null);
    this.#told = '';
    if (good === this.#inForce) return undefined;
    const { parts, needsRestart } = changedParts(this.#inForce.config, good.config);
    if (parts.length === 0 && good.sha256 === this.#inForce.sha256) return undefined;
    if (needsRestart) return good;
    this.#takeOver(station, good, parts);
    return undefined;
  }

  /** Undefined where the end was asked for first. A look that lasts is waited for: another one would wait for the same, in another thread. */
  async #judged(station: RunningStation, signal: AbortSignal): Promise<JudgedConfig | undefined> {
    const { clock, judge } = this.#deps;
    const cancel = clock.after(JUDGE_MS, () => this.#tellUnanswered(station));
    try {
      return await unlessAborted(judge(this.#inForce), signal);
    } finally {
      cancel();
    }
  }

  #tellUnanswered({ conditions }: RunningStation): void {
    const reason = 'a file or folder that it names does not answer';
    this.#deps.log.warn('configuration not checked yet, previous one stays in force', { reason });
    conditions.raise(CONDITION, null, { problems: 1, line: null, key: null, reason, remedy: null });
  }

  /** What the log cannot take now, since the disk takes nothing, is tried again when the file is looked at next. */
  #takeOver(station: RunningStation, good: GoodConfig, parts: readonly string[]): void {
    const { log, setLogLevel } = this.#deps;
    try {
      station.takeOver(good);
    } catch (error) {
      log.warn('configuration changed, reload postponed', { parts, error });
      return;
    }
    this.#inForce = good;
    setLogLevel(good.config.log.level);
    log.info('configuration reloaded', { parts });
  }

  #refused({ conditions }: RunningStation, problems: readonly Problem[]): void {
    const lines = problems.map((problem) => renderProblem(problem));
    const [first] = problems;
    conditions.raise(CONDITION, null, {
      problems: problems.length,
      line: first?.line ?? null,
      key: first?.path ?? null,
      reason: first?.code ?? null,
      remedy: first?.remedy ?? null,
    });
    if (lines.join('\n') === this.#told) return;
    this.#told = lines.join('\n');
    for (const problem of lines.slice(0, PROBLEMS_LOGGED_MAX))
      this.#deps.log.error('configuration rejected, previous one stays in force', { problem });
  }

  #tellFailed({ conditions }: RunningStation): void {
    if (this.#failed === undefined) return;
    const reason = describeError(this.#failed.error);
    conditions.raise(CONDITION, null, { problems: 1, line: null, key: null, reason, remedy: null });
  }
}

/** What the work gives; undefined as soon as the signal is aborted. Errors: the work's. */
function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => resolve(undefined);
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}

// Which parts of the configuration differ, by their names in the file. Pure.

/** What a change of the file asks for. */
interface ChangedParts {
  /** First keys of the file, such as "bays", or what of one is taken over by itself, such as "broker.windows"; empty where only comments or the order changed. */
  readonly parts: readonly string[];
  readonly needsRestart: boolean;
}

/** Compares what is in force with what stands in the file now. */
export function changedParts(inForce: StationConfig, next: StationConfig): ChangedParts {
  const [before, after] = [byPart(inForce), byPart(next)];
  const parts = [...new Set([...before.keys(), ...after.keys()])]
    .filter((part) => !isDeepStrictEqual(before.get(part), after.get(part)))
    .toSorted();
  return { parts, needsRestart: parts.some((part) => !LIVE_OPTIONS.has(part)) };
}

/** Each group without those of its options that are taken over by themselves, and these. */
function byPart(config: StationConfig): Map<string, unknown> {
  const parts = new Map<string, unknown>();
  for (const [key, value] of Object.entries<unknown>({ ...config })) {
    const group = snakeCase(key);
    const isLive = (name: string): boolean => LIVE_OPTIONS.has(`${group}.${snakeCase(name)}`);
    const options = typeof value === 'object' && value !== null ? Object.entries<unknown>({ ...value }) : [];
    const live = options.filter(([name]) => isLive(name));
    for (const [name, option] of live) parts.set(`${group}.${snakeCase(name)}`, option);
    const rest = live.length === 0 ? value : Object.fromEntries(options.filter(([name]) => !isLive(name)));
    parts.set(group, rest);
  }
  return parts;
}

function snakeCase(key: string): string {
  return key.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
