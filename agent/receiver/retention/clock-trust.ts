// Whether the store's wall clock may decide. Pure.
//
// What removes needs a word from outside of this machine that agrees with the clock (SPEC 10.5): `doubtOf`. Whether a day is over, for its
// witness, is judged against the store's own log alone (SPEC 4.10.2), whose entries say what the clock and the machine's monotonic time were:
// `judge`.
//
// Invariants of `judge`:
// 1. `floorMs` is never later than the true time, as long as the clock was right when trust began: within one boot it goes on with the
//    monotonic time, over a boot it stays, whatever the wall clock says meanwhile, until somebody outside says a later time.
// 2. A clock that left what is possible stays doubtful, however often somebody writes its time down, until it comes back to what is possible
//    or somebody outside says that it is right.
// 3. For all the times that the machine was off since somebody outside said the time, it may have been off for one day.

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** A word from outside counts so long, by the monotonic clock. */
export const WORD_MS = DAY_MS;
/** The clock may be so far from what somebody outside said. */
export const AGREES_MS = 10 * 60_000;
/** Small steps and rounding, all together; a running receiver is on for months. */
const AHEAD_MS = HOUR_MS;
/** The machine may have been off for so long, where nobody outside said the time since. */
const UNSEEN_MS = DAY_MS;
/** A clock that is behind deletes later, so it may be wrong by more. */
const BEHIND_MS = DAY_MS;

/** What the machine's clocks said at one moment. `boot` is null where the system does not tell. */
export interface ClockReading {
  readonly wallMs: number;
  readonly boot: string | null;
  readonly monotonicMs: number;
}

/** What somebody outside said in this boot, and when, by the monotonic clock. */
export interface WordOutside {
  readonly saidMs: number;
  readonly monotonicMs: number;
}

/** What is known of the true time at the last reading. */
export interface ClockTrust {
  readonly reading: ClockReading;
  readonly floorMs: number;
  /** Time that may have gone by unseen, while the machine was off. */
  readonly unseenMs: number;
  readonly doubt: ClockDoubt | null;
}

/**
 * Why the wall clock may not decide. `alone`: nobody outside said the time, in this boot and within a day; `byMs` is 0. `apart`: it is so far from
 * what somebody outside said. `ahead` and `behind`: against what the log allows, by so much at least.
 */
export interface ClockDoubt {
  readonly kind: 'alone' | 'apart' | 'ahead' | 'behind';
  readonly byMs: number;
}

/** Null where the clock may decide what goes. */
export function doubtOf(
  word: WordOutside | undefined,
  { wallMs, monotonicMs }: Omit<ClockReading, 'boot'>,
): ClockDoubt | null {
  const passedMs = monotonicMs - (word?.monotonicMs ?? 0);
  if (word === undefined || passedMs < 0 || passedMs > WORD_MS) return { kind: 'alone', byMs: 0 };
  const byMs = Math.abs(wallMs - word.saidMs - passedMs);
  return byMs > AGREES_MS ? { kind: 'apart', byMs } : null;
}

/** The first reading of a log. */
export function trusted(reading: ClockReading): ClockTrust {
  return { reading, floorMs: reading.wallMs, unseenMs: 0, doubt: null };
}

/** The next reading. `outsideMs`: what somebody outside of this machine said that it was at least; a time that is still to come counts as now. */
export function judge(trust: ClockTrust, reading: ClockReading, outsideMs?: number): ClockTrust {
  const passedMs = passedBetween(trust.reading, reading);
  const floorMs = Math.max(trust.floorMs + (passedMs ?? 0), Math.min(outsideMs ?? -Infinity, reading.wallMs));
  const unseenMs = passedMs === undefined ? UNSEEN_MS : trust.unseenMs;
  const aheadMs = reading.wallMs - (floorMs + unseenMs);
  const behindMs = floorMs - reading.wallMs;
  if (aheadMs > AHEAD_MS)
    return { ...trust, reading, floorMs, unseenMs, doubt: { kind: 'ahead', byMs: aheadMs } };
  if (behindMs > BEHIND_MS)
    return { ...trust, reading, floorMs, unseenMs, doubt: { kind: 'behind', byMs: behindMs } };
  // The wall clock is believed, and does not move what is known: else each boot would allow another day, and each small step another hour.
  return { ...trust, reading, floorMs, unseenMs, doubt: null };
}

/** Monotonic time between two readings of one boot; undefined over a boot, or where nobody can tell. */
function passedBetween(before: ClockReading, after: ClockReading): number | undefined {
  if (before.boot === null || before.boot !== after.boot) return undefined;
  const passedMs = after.monotonicMs - before.monotonicMs;
  return passedMs >= 0 ? passedMs : undefined;
}

/** What a person does about it. */
export const DOUBT_REMEDY =
  'let a station of another machine, a witness or a time-stamp authority be reached, and compare the clock of this machine with another one';

/** In words, for a person who has to look. */
export function describeDoubt({ kind, byMs }: ClockDoubt): string {
  if (kind === 'alone')
    return 'nobody outside of this machine has said the same time since it was started and within the last day';
  const minutes = Math.round(byMs / 60_000);
  const hours = Math.round(byMs / HOUR_MS);
  const much =
    hours < 2 ? `${minutes} minutes` : hours < 48 ? `${hours} hours` : `${Math.round(hours / 24)} days`;
  if (kind === 'apart') return `the store's clock is ${much} away from what was said outside of this machine`;
  return `the store's clock is ${much} or more ${kind === 'ahead' ? 'ahead of' : 'behind'} what its log allows`;
}
