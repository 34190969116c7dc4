// Whether the store's wall clock may decide what goes: only where somebody outside of this machine agrees with it (SPEC 10.5). Pure.

const HOUR_MS = 3_600_000;
/** A word from outside counts so long, by the monotonic clock. */
export const WORD_MS = 24 * HOUR_MS;
/** The clock may be so far from what somebody outside said. */
export const AGREES_MS = 10 * 60_000;

/** What somebody outside said in this boot, in ms since 1970, and when, by the monotonic clock. */
export interface WordOutside {
  readonly saidMs: number;
  readonly monotonicMs: number;
}

/**
 * Why the wall clock may not decide. `alone`: nobody outside said the time, in this boot and within a day; `byMs` is 0. `apart`: it is so far from
 * what somebody outside said.
 */
export interface ClockDoubt {
  readonly kind: 'alone' | 'apart';
  readonly byMs: number;
}

/** Null where the clock may decide. */
export function doubtOf(
  word: WordOutside | undefined,
  wallMs: number,
  monotonicMs: number,
): ClockDoubt | null {
  const passedMs = monotonicMs - (word?.monotonicMs ?? 0);
  if (word === undefined || passedMs < 0 || passedMs > WORD_MS) return { kind: 'alone', byMs: 0 };
  const byMs = Math.abs(wallMs - word.saidMs - passedMs);
  return byMs > AGREES_MS ? { kind: 'apart', byMs } : null;
}

/** What a person does about it. */
export const DOUBT_REMEDY =
  'let a station of another machine, a witness or a time-stamp authority be reached, and compare the clock of this machine with another one';

/** In words, for a person who has to look. */
export function describeDoubt({ kind, byMs }: ClockDoubt): string {
  if (kind === 'alone')
    return 'nobody outside of this machine has said the same time since it was started and within the last day';
  const hours = Math.round(byMs / HOUR_MS);
  const days = Math.round(hours / 24);
  const much =
    hours < 2 ? `${Math.round(byMs / 60_000)} minutes` : hours < 48 ? `${hours} hours` : `${days} days`;
  return `the store's clock is ${much} away from what was said outside of this machine`;
}
