// The hours of the day in which recordings are sent (`broker.windows`), by the clock on the wall. Pure: the time and the zone come in.
//
// Round a change of summer time the wall decides: an hour that is skipped opens nothing, one that comes twice is open twice.
import { DAY_MINUTES, isInWindow, type DailyWindow } from '../../config/push-limits.ts';

const MINUTE_MS = 60_000;
/** A window that lies in the hour that summer time skips opens on the next day; an hour for the change itself. */
const AHEAD_MINUTES = 2 * DAY_MINUTES + 60;

/** Whether recordings may go. `localMs`: the local time of the moment, taken as UTC, in ms since 1970. */
export function isOpenAt(windows: readonly DailyWindow[], localMs: number): boolean {
  if (windows.length === 0) return true;
  const minutes = Math.floor(localMs / MINUTE_MS);
  const minute = ((minutes % DAY_MINUTES) + DAY_MINUTES) % DAY_MINUTES;
  return windows.some((window) => isInWindow(window, minute));
}

/**
 * When they may go again, in ms since 1970; null where they may now. Looks minute by minute, since one local time may come twice or not at
 * all. `toLocalMs`: gives the local time of an instant, taken as UTC.
 */
export function opensAtMs(
  windows: readonly DailyWindow[],
  wallMs: number,
  toLocalMs: (utcMs: number) => number,
): number | null {
  if (isOpenAt(windows, toLocalMs(wallMs))) return null;
  const minuteMs = wallMs - (wallMs % MINUTE_MS);
  for (let ahead = 1; ahead <= AHEAD_MINUTES; ahead++) {
    const atMs = minuteMs + ahead * MINUTE_MS;
    if (isOpenAt(windows, toLocalMs(atMs))) return atMs;
  }
  return null;
}
