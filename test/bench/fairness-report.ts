// What the group `fairness` says, for people, for machines and for targets.
import { offPercent, type RateHeld } from './fairness-rate.ts';
import { spread } from './figures.ts';
import { heldUp, without, type HeldUp, type Look, type Span } from './held-up.ts';
import type { LoadReport } from './load.ts';
import type { Figures } from './outcome.ts';
import { figure, renderTable } from './table.ts';

const MIB = 1024 * 1024;

export interface FairnessResult {
  /** ms from a camera's coming to the message that names it, of several trials. */
  readonly identifiedRestMs: readonly number[];
  readonly identifiedBusyMs: readonly number[];
  /** Of the agent's main thread. */
  readonly looks: readonly Look[];
  /** Of the whole machine, meanwhile; undefined where nobody could tell. */
  readonly standstills: readonly Span[] | undefined;
  /** The agent's own word in each heartbeat: the longest time of the minute before. */
  readonly agentLoopMs: readonly number[];
  readonly heartbeats: number;
  /** NaN before there were two. */
  readonly healthLateMs: number;
  readonly receipted: number;
  readonly receiptedBytes: number;
  readonly elapsedMs: number;
  readonly peakBytes: Readonly<Record<string, number>>;
  readonly load: LoadReport;
  /** `before`: recordings of the backlog that were receipted before the locked one. */
  readonly locked: { readonly backlog: number; readonly before: number; readonly afterMs: number };
  /** At a station of its own, with a limit. */
  readonly rate: RateHeld;
}

interface Loop {
  readonly all: HeldUp;
  /** Without the machine's standstills. */
  readonly own: HeldUp;
  readonly standstillsMs: readonly number[];
}

function loopOf({ looks, standstills }: FairnessResult): Loop {
  return {
    all: heldUp(looks),
    own: heldUp(standstills === undefined ? [] : without(standstills, looks)),
    standstillsMs: (standstills ?? []).map(([fromMs, toMs]) => toMs - fromMs),
  };
}

/** For people. */
export function fairnessText(result: FairnessResult): string {
  const { all, own, standstillsMs } = loopOf(result);
  const { locked, identifiedRestMs: rest, identifiedBusyMs: busy } = result;
  const ms = (value: number): string => figure(value, value < 10 ? 1 : 0);
  return `${renderTable([
    ['eight cameras busy, a ninth comes', 'figure', 'unit'],
    ['delivered meanwhile', figure(result.receiptedBytes / 1e3 / result.elapsedMs, 0), 'MB/s'],
    ['ninth camera named, others at rest: median', ms(spread(rest).median), 'ms'],
    ['... longest', ms(spread(rest).max), 'ms'],
    ['ninth camera named, others busy: median', ms(spread(busy).median), 'ms'],
    ['... longest', ms(spread(busy).max), 'ms'],
    ['main thread held up: median', ms(all.p50Ms), 'ms'],
    ['... 99 %', ms(all.p99Ms), 'ms'],
    ['... 99.9 %', ms(all.p999Ms), 'ms'],
    ['... longest', ms(all.longestMs), 'ms'],
    ['... 99.9 %, without standstills of the machine', ms(own.p999Ms), 'ms'],
    ['... longest', ms(own.longestMs), 'ms'],
    [
      `standstills of all processors: ${standstillsMs.length}, the longest`,
      ms(spread(standstillsMs).max),
      'ms',
    ],
    ["main thread held up, longest, by the agent's health", ms(Math.max(...result.agentLoopMs)), 'ms'],
    [`heartbeat late, of ${result.heartbeats}`, ms(result.healthLateMs), 'ms'],
    [`of ${locked.backlog} waiting, before the locked one`, `${locked.before}`, 'recordings'],
    ['... receipted after', ms(locked.afterMs), 'ms'],
    [
      `limit of ${figure(result.rate.setBytesPerS / 1e6, 2)} MB/s: off over any 10 s, at most`,
      figure(offPercent(result.rate), 1),
      '%',
    ],
    ['others used', figure(result.load.othersShare * 100, 0), '% of the machine'],
  ])}

A folder's bay is looked at every 500 ms where the system does not tell sooner that it came; that is in the time of naming. Not measured: the hours of recordings, which are the clock's.
`;
}

/** For `--json`. */
export function fairnessDocument(result: FairnessResult): Record<string, unknown> {
  const { locked, load } = result;
  const { all, own, standstillsMs } = loopOf(result);
  return {
    identified_rest_ms: result.identifiedRestMs,
    identified_busy_ms: result.identifiedBusyMs,
    loop_held_up_ms: heldUpDocument(all),
    loop_held_up_without_standstills_ms: result.standstills === undefined ? null : heldUpDocument(own),
    standstills_ms: standstillsMs,
    health_event_loop_delay_ms: result.agentLoopMs,
    heartbeats: result.heartbeats,
    health_late_ms: Number.isFinite(result.healthLateMs) ? result.healthLateMs : null,
    receipted_recordings: result.receipted,
    receipted_bytes: result.receiptedBytes,
    elapsed_ms: result.elapsedMs,
    peak_bytes: result.peakBytes,
    locked: { backlog: locked.backlog, receipted_before: locked.before, after_ms: locked.afterMs },
    rate: {
      set_bytes_per_s: result.rate.setBytesPerS,
      most_bytes_per_s: result.rate.mostBytesPerS,
      least_bytes_per_s: result.rate.leastBytesPerS,
      bytes: result.rate.bytes,
      elapsed_ms: result.rate.elapsedMs,
    },
    others_share: load.othersShare,
  };
}

function heldUpDocument({ looks, p50Ms, p99Ms, p999Ms, longestMs }: HeldUp): Record<string, number> {
  return { looks, p50: p50Ms, p99: p99Ms, p99_9: p999Ms, longest: longestMs };
}

/** For targets and the comparison. */
export function fairnessFigures(result: FairnessResult): Figures {
  const { all, own } = loopOf(result);
  return {
    'fairness.rate_mb_per_s': result.receiptedBytes / 1e3 / result.elapsedMs,
    'fairness.identified_ms': spread(result.identifiedBusyMs).max,
    'fairness.identified_rest_ms': spread(result.identifiedRestMs).max,
    'fairness.loop_p999_ms': all.p999Ms,
    'fairness.loop_own_p999_ms': own.p999Ms,
    'fairness.health_late_ms': result.healthLateMs,
    'fairness.before_locked': result.locked.before,
    'fairness.rate_off_percent': offPercent(result.rate),
    'fairness.agent.peak_mib': (result.peakBytes['agent'] ?? Number.NaN) / MIB,
  };
}
