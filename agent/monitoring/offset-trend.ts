// How a camera's clock goes, from its docking records alone: its offset at each docking, and what it gained or lost between two of them.
// Pure; the station's condition of a camera, monitoring and a store's report may use it alike.
//
// A clock that was set, or jumped, says nothing of its drift: a run of readings ends there and another begins.
import type { DockingRecord } from '../../protocol/documents/docking-record.ts';

/** What of a docking record tells of the camera's clock. */
export type ClockRecord = Pick<DockingRecord, 'docked_at' | 'clock_synchronised' | 'camera_clock'>;

/** One reading. Units: ms since 1970 of the station, ms that the camera is ahead. */
export interface OffsetPoint {
  readonly atMs: number;
  readonly offsetMs: number;
  readonly uncertaintyMs: number;
  /** Left after the station had set the clock; a reading of its own, a moment later. */
  readonly isSet: boolean;
}

/** What a camera's clock does. `driftPpm` in millionths that it gains, rounded to one decimal. */
export interface OffsetTrend {
  /** All readings of a station that knew the time, in the order of their instants. */
  readonly points: readonly OffsetPoint[];
  /** The median over all pairs of readings between which the clock ran by itself, or null where there are none. */
  readonly driftPpm: number | null;
  /** How far that may be off, from the uncertainty of the two readings. */
  readonly uncertaintyPpm: number | null;
  /** How often the clock jumped between two dockings: set by somebody else, or begun again at its factory date. */
  readonly resets: number;
}

/** Quartz is within 100; a clock that leaves its last reading faster than this was changed, not slow. */
const DRIFT_PPM_MAX = 500;
/** A jump smaller than this cannot be told from readings of whole seconds. */
const RESET_MS_MIN = 5000;
/** Over shorter times a clock of whole seconds shows only its seconds. */
const PAIR_MS_MIN = 6 * 3_600_000;
/** Readings of one run that are paired with each other: some 2,000 pairs, spread over all of it. */
const RUN_POINTS_MAX = 64;

/** Two readings of one run. */
interface Pair {
  readonly driftPpm: number;
  readonly uncertaintyPpm: number;
}

/** The trend of one camera, from its records in any order. Records of other cameras are the caller's to leave out. Errors: none. */
export function offsetTrend(records: Iterable<ClockRecord>): OffsetTrend {
  const points = [...records].flatMap(pointsOf).sort(inOrder);
  const { runs, resets } = runsOf(points);
  return { points, resets, ...middle(runs.flatMap(pairsOf)) };
}

/** A station without the time cannot tell what a camera is off by. */
function pointsOf({ clock_synchronised: synchronised, camera_clock: clock }: ClockRecord): OffsetPoint[] {
  if (clock === null || synchronised === false) return [];
  const { offset_ms: offsetMs, uncertainty_ms: uncertaintyMs, set } = clock;
  const read = { atMs: Date.parse(clock.read_at), offsetMs, uncertaintyMs, isSet: false };
  if (set === null) return [read];
  return [
    read,
    { atMs: Date.parse(set.at), offsetMs: set.offset_ms, uncertaintyMs: set.uncertainty_ms, isSet: true },
  ];
}

/** A setting in the same millisecond comes after what it set. */
function inOrder(a: OffsetPoint, b: OffsetPoint): number {
  return a.atMs - b.atMs || Number(a.isSet) - Number(b.isSet);
}

/** Stretches in which the clock ran by itself. */
function runsOf(points: readonly OffsetPoint[]): { runs: OffsetPoint[][]; resets: number } {
  const runs: OffsetPoint[][] = [];
  let resets = 0;
  let last: OffsetPoint | undefined;
  for (const point of points) {
    const jumped = last !== undefined && !point.isSet && isReset(last, point);
    if (jumped) resets++;
    const run = runs.at(-1);
    if (run === undefined || jumped || point.isSet) runs.push([point]);
    else run.push(point);
    last = point;
  }
  return { runs, resets };
}

function isReset(from: OffsetPoint, to: OffsetPoint): boolean {
  const movedMs = Math.abs(to.offsetMs - from.offsetMs);
  const byDriftMs = ((to.atMs - from.atMs) * DRIFT_PPM_MAX) / 1_000_000;
  return movedMs > byDriftMs + RESET_MS_MIN + from.uncertaintyMs + to.uncertaintyMs;
}

function pairsOf(run: readonly OffsetPoint[]): Pair[] {
  const step = Math.max(1, (run.length - 1) / (RUN_POINTS_MAX - 1));
  const count = Math.min(run.length, RUN_POINTS_MAX);
  const points = Array.from({ length: count }, (_, at) => run[Math.round(at * step)]).filter(
    (point) => point !== undefined,
  );
  return points.flatMap((from, at) =>
    points
      .slice(at + 1)
      .filter((to) => to.atMs - from.atMs >= PAIR_MS_MIN)
      .map((to) => pairOf(from, to)),
  );
}

function pairOf(from: OffsetPoint, to: OffsetPoint): Pair {
  const perMillion = (ms: number): number => (ms / (to.atMs - from.atMs)) * 1_000_000;
  return {
    driftPpm: perMillion(to.offsetMs - from.offsetMs),
    uncertaintyPpm: perMillion(from.uncertaintyMs + to.uncertaintyMs),
  };
}

/** The median, in which pairs that lie further apart, whose readings blur less, weigh more: no single odd one moves it (Theil and Sen). */
function middle(pairs: Pair[]): Pick<OffsetTrend, 'driftPpm' | 'uncertaintyPpm'> {
  pairs.sort((a, b) => a.driftPpm - b.driftPpm);
  let left = pairs.reduce((sum, pair) => sum + weightOf(pair), 0) / 2;
  for (const pair of pairs) {
    left -= weightOf(pair);
    if (left <= 0) return { driftPpm: tenth(pair.driftPpm), uncertaintyPpm: tenth(pair.uncertaintyPpm) };
  }
  return { driftPpm: null, uncertaintyPpm: null };
}

function weightOf({ uncertaintyPpm }: Pair): number {
  return 1 / Math.max(uncertaintyPpm, 0.01);
}

function tenth(value: number): number {
  return Math.round(value * 10) / 10;
}
