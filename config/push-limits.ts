// What a technician allows the station to take of a shared uplink: a rate, and the hours of the day for recordings. Typed form and rules.
import type { RuleReport } from './rules.ts';
import type { Good } from './schema-problems.ts';
import type { StationFile } from './station-schema.ts';
import type { Path } from './yaml-tree.ts';

/** Hours of each day by the clock on the wall; one whose end lies before its beginning passes midnight. */
export interface DailyWindow {
  /** Minutes since midnight, 0 to 1439; counts. */
  readonly fromMinute: number;
  /** ... and does not count; never the same as the beginning. */
  readonly toMinute: number;
}

export interface PushLimits {
  /** Payload bytes a second; null: no limit. */
  readonly rateBytesPerS: number | null;
  /** None: all hours. They do not overlap. */
  readonly windows: readonly DailyWindow[];
}

export const NO_LIMITS: PushLimits = { rateBytesPerS: null, windows: [] };

type BrokerFile = StationFile['broker'];
const HOUR_MINUTES = 60;
export const DAY_MINUTES = 24 * HOUR_MINUTES;

/** The limits of a group that passed checkWindows. */
export function mapPushLimits({ rate_bytes_per_s: rate, windows }: BrokerFile): PushLimits {
  return { rateBytesPerS: rate ?? null, windows: windows.map(windowOf) };
}

/** Reports windows that are empty, and those that overlap an earlier one. */
export function checkWindows({ windows = [] }: Good<BrokerFile>, report: RuleReport): void {
  for (const [at, window] of windows.entries()) {
    if (!isWhole(window)) continue;
    const path: Path = ['broker', 'windows', at];
    const found = `${window.from}-${window.to}`;
    if (window.from === window.to) {
      const message = 'is empty: it ends when it begins';
      const remedy = 'write another time; for all hours leave windows out';
      report.add(path, { code: 'config.window', message, found, remedy });
      continue;
    }
    const earlier = windows
      .slice(0, at)
      .findIndex((other) => isWhole(other) && overlap(windowOf(other), windowOf(window)));
    if (earlier < 0) continue;
    const message = `overlaps broker.windows[${earlier}]`;
    report.add(path, { code: 'config.window', message, found, remedy: 'make one window of the two' });
  }
}

type WindowFile = BrokerFile['windows'][number];

function isWhole(window: Good<WindowFile> | undefined): window is WindowFile {
  return window?.from !== undefined && window.to !== undefined;
}

function windowOf({ from, to }: WindowFile): DailyWindow {
  return { fromMinute: minuteOf(from), toMinute: minuteOf(to) };
}

/** Minutes since midnight of "HH:MM". */
export function minuteOf(text: string): number {
  return HOUR_MINUTES * Number(text.slice(0, 2)) + Number(text.slice(3));
}

/** An empty window overlaps none. */
function overlap(one: DailyWindow, other: DailyWindow): boolean {
  return isInWindow(one, other.fromMinute) || isInWindow(other, one.fromMinute);
}

/** True where the window is open in that minute of the day. */
export function isInWindow(window: DailyWindow, minute: number): boolean {
  return (minute - window.fromMinute + DAY_MINUTES) % DAY_MINUTES < windowMinutes(window);
}

/** How long a window is open on a day without a change of summer time. */
export function windowMinutes({ fromMinute, toMinute }: DailyWindow): number {
  return (toMinute - fromMinute + DAY_MINUTES) % DAY_MINUTES;
}
