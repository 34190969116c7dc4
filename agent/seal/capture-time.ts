// When a recording was made (SPEC 9.3 and 9.4): from the time that its file claims, what was measured of the camera's clock, and the two
// dockings between which it must have been made. Pure.
//
// Invariants:
// 1. No interval leaves the bounds that count, and its earliest end is never behind its latest.
// 2. What rests on a clock of the station that is known to be wrong, or that was stepped since, counts for nothing.
// 3. Nothing is refused: where nothing can be measured, the dockings bound it; where they do not either, nothing is said. The camera's claim
//    stands in the manifest as it is (`original.modified_at`); as an interval of no width it would be the surest of all.
import { instantMs, instantText } from '../../protocol/format/instants.ts';
import type { Manifest } from '../../protocol/documents/manifest.ts';
import type { Clock } from '../../protocol/format/ports.ts';
import type { TrackedEntry } from '../inventory/entry.ts';
import type { ClockOffset, PreviousDocking } from '../records/previous-docking.ts';

/** One reading of a camera's clock. Units: ms since 1970, integers; `offsetMs` is camera minus station. */
export interface ClockReading {
  /** Station's wall time in the middle of the reading. */
  readonly readAtMs: number;
  /** What the camera showed, taken as UTC where it tells no zone. */
  readonly claimedAtMs: number;
  readonly offsetMs: number;
  readonly uncertaintyMs: number;
  /** Minutes east of UTC where the camera tells them. */
  readonly zoneMinutes: number | null;
}

/** What came of looking whether a camera's clock is to be set. */
export interface ClockSet {
  /** Station's wall time from which on the camera may have had another time, ms since 1970; null where it surely kept the one it had. */
  readonly fromMs: number | null;
  /** Null where it was left as it is, and where nobody knows what it shows now. */
  readonly left: ClockLeft | null;
}

/** What was left after a camera's clock was set, read at `atMs` of the station. */
export interface ClockLeft {
  readonly atMs: number;
  readonly offsetMs: number;
  readonly uncertaintyMs: number;
}

/** A file system with coarser times is none; a step that is no number counts as this. */
const STEP_MS_MAX = 86_400_000;
/** Wall and monotonic clock may part by this much before a docking's times count for nothing. */
const STEPPED_MS = 1000;

/** What is known of time in one docking. */
export interface DockingTime {
  /** Station's wall time at the start of the docking, ms since 1970. */
  readonly dockedAtMs: number;
  /** Wall time minus monotonic time then, ms: shows later whether the wall clock was stepped since. */
  readonly wallAheadMs: number;
  /** The station's own clock then. */
  readonly clockSynchronised: boolean | null;
  /** The camera's clock before it was set. */
  readonly reading: ClockReading | null;
  /** What came of setting it by now; undefined where nobody tried. */
  readonly clockSet: () => ClockSet | undefined;
  readonly previous: PreviousDocking | null;
}

/** What of an entry tells when it was made. */
export type DatedEntry = Pick<TrackedEntry, 'pathSha256' | 'shownAtMs'> & {
  readonly listed: Pick<TrackedEntry['listed'], 'modifiedAt' | 'modifiedStepMs'>;
};

/** An interval in ms since 1970, both ends included; an end may be infinite. */
interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

/** The docking's times as far as they still hold now: null once the station's wall clock was stepped, or stood still in a suspend. */
export function timeThatHolds(
  time: DockingTime | null | undefined,
  clock: Pick<Clock, 'wallMs' | 'monotonicMs'>,
): DockingTime | null {
  if (time === null || time === undefined) return null;
  const steppedMs = clock.wallMs() - clock.monotonicMs() - time.wallAheadMs;
  return Math.abs(steppedMs) > STEPPED_MS ? null : time;
}

const UNKNOWN: Manifest['capture'] = { earliest_at: null, latest_at: null, basis: 'clock-unmeasured' };

/** The manifest's `capture` of an entry. Errors: none, whatever camera and clocks say. */
export function captureOf(entry: DatedEntry, time: DockingTime | null): Manifest['capture'] {
  const { modifiedAt } = entry.listed;
  if (time === null || time.clockSynchronised === false) return UNKNOWN;
  if (time.previous?.mayHaveStayed(entry.pathSha256) === true) return UNKNOWN;
  const bounds = boundsOf(time, entry.shownAtMs);
  const claimedMs = modifiedAt === null ? null : instantMs(modifiedAt);
  if (claimedMs === null) return between(bounds) ?? UNKNOWN;
  const measured = measure(claimedMs, stepOf(entry), offsetsOf(time, entry.shownAtMs));
  if (measured === undefined) return between(bounds) ?? UNKNOWN;
  return cut(measured, bounds) ?? between(bounds) ?? UNKNOWN;
}

/**
 * From the end of the previous docking to the listing that showed the file as it is: a camera may record in its bay. As far as the station's
 * clock can be trusted at each.
 */
function boundsOf({ previous, dockedAtMs }: DockingTime, shownAtMs: number): Span {
  const endedAtMs = previous?.clockSynchronised === false ? null : (previous?.endedAtMs ?? null);
  const fromMs = endedAtMs === null || endedAtMs > dockedAtMs ? -Infinity : endedAtMs;
  return { fromMs, toMs: Math.max(dockedAtMs, shownAtMs) };
}

/**
 * Offsets that were measured against a station's clock that was right as far as it can tell; without today's none counts. What was shown once
 * the camera's clock may have been set may have its time from either; where nobody knows what that shows, nothing is known.
 */
function offsetsOf({ reading, previous, clockSet }: DockingTime, shownAtMs: number): ClockOffset[] {
  if (reading === null) return [];
  const left = previous?.clockSynchronised === false ? null : (previous?.offset ?? null);
  const offsets = left === null ? [reading] : [reading, left];
  const set = clockSet();
  if (set === undefined || set.fromMs === null || shownAtMs < set.fromMs) return offsets;
  return set.left === null ? [] : [...offsets, set.left];
}

/** The camera was off by something between the offsets, so the file's time is too. Undefined where there are none. */
function measure(claimedMs: number, stepMs: number, offsets: readonly ClockOffset[]): Span | undefined {
  if (offsets.length === 0) return undefined;
  const most = Math.max(...offsets.map(({ offsetMs, uncertaintyMs }) => offsetMs + uncertaintyMs));
  const least = Math.min(...offsets.map(({ offsetMs, uncertaintyMs }) => offsetMs - uncertaintyMs));
  return { fromMs: claimedMs - most - stepMs, toMs: claimedMs - least + stepMs };
}

/** Undefined where the interval does not meet the bounds, or reaches over both: the clock tells nothing that they do not. */
function cut(measured: Span, bounds: Span): Manifest['capture'] | undefined {
  if (measured.toMs < bounds.fromMs || measured.fromMs > bounds.toMs) return undefined;
  if (measured.fromMs < bounds.fromMs && measured.toMs > bounds.toMs) return undefined;
  return {
    earliest_at: instantText(Math.max(measured.fromMs, bounds.fromMs)),
    latest_at: instantText(Math.min(measured.toMs, bounds.toMs)),
    basis: 'clock-measured',
  };
}

/** Undefined where the camera has no previous docking that bounds. */
function between({ fromMs, toMs }: Span): Manifest['capture'] | undefined {
  if (fromMs === -Infinity) return undefined;
  return { earliest_at: instantText(fromMs), latest_at: instantText(toMs), basis: 'docking-interval' };
}

function stepOf({ listed: { modifiedStepMs } }: DatedEntry): number {
  return modifiedStepMs >= 0 && modifiedStepMs <= STEP_MS_MAX ? modifiedStepMs : STEP_MS_MAX;
}
