// Whether the store's wall clock may decide what is due. Pure. It is judged against the store's own log, whose entries say what the clock
// and the machine's monotonic time were: a clock that ran ahead would delete too early, one that fell behind would let a warning look old.
//
// Invariants:
// 1. `floorMs` is never later than the true time, as long as the clock was right when trust began: within one boot it goes on with the
//    monotonic time, over a boot it stays, whatever the wall clock says meanwhile, until somebody outside says a later time.
// 3. For all the times that the machine was off since somebody outside, or a person, said the time, it may have been off for one day.
// 2. A clock that left what is possible stays doubtful, however often somebody writes its time down, until it comes back to what is possible
//    or a person says that it is right (event `clock-checked`).
import type { Clock } from '../../../protocol/format/ports.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
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

/** What is known of the true time at the last reading. */
export interface ClockTrust {
  readonly reading: ClockReading;
  readonly floorMs: number;
  /** Time that may have gone by unseen, while the machine was off. */
  readonly unseenMs: number;
  readonly doubt: ClockDoubt | null;
  /** A person said that the clock was right, some time in what was read. */
  readonly checked: boolean;
}

/**
 * Why the wall clock may not decide. `ahead` and `behind`: against what the log allows, by so much at least. `unsynchronised`: the system says
 * so. `unknown`: the log has no entry yet and the system does not tell. `byMs` is 0 for these two.
 */
export interface ClockDoubt {
  readonly kind: 'ahead' | 'behind' | 'unsynchronised' | 'unknown';
  readonly byMs: number;
}

/** The first reading of a log, or one that a person called right. */
export function trusted(reading: ClockReading, checked: boolean): ClockTrust {
  return { reading, floorMs: reading.wallMs, unseenMs: 0, doubt: null, checked };
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

/** The newest receipt of the vault was given by this store as well; one that lies in the future shows a clock that fell behind. */
export function behindReceipt(nowMs: number, newestReceiptMs: number | undefined): ClockDoubt | null {
  const behindMs = (newestReceiptMs ?? nowMs) - nowMs;
  return behindMs > BEHIND_MS ? { kind: 'behind', byMs: behindMs } : null;
}

/** Monotonic time between two readings of one boot; undefined over a boot, or where nobody can tell. */
function passedBetween(before: ClockReading, after: ClockReading): number | undefined {
  if (before.boot === null || before.boot !== after.boot) return undefined;
  const passedMs = after.monotonicMs - before.monotonicMs;
  return passedMs >= 0 ? passedMs : undefined;
}

/** What a person does about it. */
export const DOUBT_REMEDY =
  'compare the clock, set it, let a station of another machine connect, or type: bodydock-receiver expire --clock-checked';

/** In words, for a person who has to look. */
export function describeDoubt({ kind, byMs }: ClockDoubt): string {
  if (kind === 'unsynchronised') return 'this machine says that its clock is not synchronised';
  if (kind === 'unknown')
    return 'this machine does not tell whether its clock is synchronised, and the store’s log has no entry to compare it with';
  const hours = Math.round(byMs / HOUR_MS);
  const much = hours < 48 ? `${hours} hours` : `${Math.round(hours / 24)} days`;
  return `the store's clock is ${much} or more ${kind === 'ahead' ? 'ahead of' : 'behind'} what its log and its receipts allow`;
}

// Asks the system whether its clock is synchronised, at most once in a while: each question starts a process.

/** An answer counts so long. */
const ANSWER_MS = 60_000;

/** The question with a memory. Shape: `ask` gives null where the system does not tell, and never rejects; calls at one time share it. */
export function rememberedAnswer(
  clock: Pick<Clock, 'monotonicMs'>,
  ask: () => Promise<boolean | null>,
): () => Promise<boolean | null> {
  let askedMs = Number.NEGATIVE_INFINITY;
  let answer: Promise<boolean | null> = Promise.resolve(null);
  return () => {
    const nowMs = clock.monotonicMs();
    if (nowMs - askedMs >= ANSWER_MS) {
      askedMs = nowMs;
      answer = ask();
    }
    return answer;
  };
}
