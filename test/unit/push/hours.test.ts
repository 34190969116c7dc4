// Hours of the day by the clock on the wall: over midnight, and on the days on which summer time begins and ends in Berlin.
import { expect, test } from 'vitest';
import { isOpenAt, opensAtMs } from '../../../agent/push/send-limits.ts';
import type { DailyWindow } from '../../../config/push-limits.ts';

const MINUTE_MS = 60_000;
const BERLIN = new Intl.DateTimeFormat('en-GB', {
  timeZone: 'Europe/Berlin',
  hourCycle: 'h23',
  year: 'numeric',
  month: '2-digit',
  day: '2-digit',
  hour: '2-digit',
  minute: '2-digit',
});

/** Local time of Berlin taken as UTC, by the zone data of the machine. */
function berlinMs(utcMs: number): number {
  const parts = Object.fromEntries(
    BERLIN.formatToParts(utcMs).map(({ type, value }) => [type, Number(value)]),
  );
  const { year = 0, month = 0, day = 0, hour = 0, minute = 0 } = parts;
  return Date.UTC(year, month - 1, day, hour, minute);
}

const window = (from: string, to: string): DailyWindow => {
  const minute = (text: string): number => 60 * Number(text.slice(0, 2)) + Number(text.slice(3));
  return { fromMinute: minute(from), toMinute: minute(to) };
};

/** Minutes of that UTC day's 24 hours in which it is open. */
function openMinutes(windows: readonly DailyWindow[], fromUtc: string, hours = 24): number {
  const fromMs = Date.parse(fromUtc);
  let count = 0;
  for (let at = 0; at < 60 * hours; at++) if (isOpenAt(windows, berlinMs(fromMs + at * MINUTE_MS))) count++;
  return count;
}

const opens = (windows: readonly DailyWindow[], atUtc: string): string | null => {
  const atMs = opensAtMs(windows, Date.parse(atUtc), berlinMs);
  return atMs === null ? null : new Date(atMs).toISOString();
};

test('no window at all is every hour', () => {
  expect(isOpenAt([], 0)).toBe(true);
  expect(opens([], '2026-11-25T12:00:00Z')).toBeNull();
});

test('a window that passes midnight counts from its beginning up to its end on the next day', () => {
  const night = [window('22:00', '05:30')];
  const at = (time: string): boolean => isOpenAt(night, Date.parse(`2026-11-25T${time}Z`));
  expect(
    ['21:59:59', '22:00:00', '23:59:59', '00:00:00', '05:29:59', '05:30:00', '12:00:00'].map(at),
  ).toEqual([false, true, true, true, true, false, false]);
  expect(openMinutes(night, '2026-11-25T11:00:00Z')).toBe(450);
  expect(opens(night, '2026-11-25T11:00:30.500Z')).toBe('2026-11-25T21:00:00.000Z');
  expect(opens(night, '2026-11-25T23:00:00Z')).toBeNull();
});

test('the first of several windows is the one that opens next', () => {
  const two = [window('19:00', '06:00'), window('12:00', '13:00')];
  expect(opens(two, '2026-11-25T09:00:00Z')).toBe('2026-11-25T11:00:00.000Z');
  expect(opens(two, '2026-11-25T12:30:00Z')).toBe('2026-11-25T18:00:00.000Z');
});

test('a time before 1970 is a time of day as well', () => {
  expect(isOpenAt([window('22:00', '05:30')], -30 * MINUTE_MS)).toBe(true);
  expect(isOpenAt([window('22:00', '05:30')], -3 * 60 * MINUTE_MS)).toBe(false);
});

test('a night in which summer time begins is an hour shorter, one in which it ends an hour longer', () => {
  const night = [window('22:00', '06:00')];
  expect(openMinutes(night, '2026-03-28T12:00:00Z')).toBe(7 * 60);
  expect(openMinutes(night, '2026-10-24T12:00:00Z')).toBe(9 * 60);
  expect(opens(night, '2026-03-28T12:00:00Z')).toBe('2026-03-28T21:00:00.000Z');
  expect(opens(night, '2026-03-29T12:00:00Z')).toBe('2026-03-29T20:00:00.000Z');
});

test('an hour that summer time skips opens nothing on that day, and one that comes twice is open twice', () => {
  const short = [window('02:10', '02:50')];
  expect(openMinutes(short, '2026-03-28T12:00:00Z')).toBe(0);
  expect(opens(short, '2026-03-28T12:00:00Z')).toBe('2026-03-30T00:10:00.000Z');
  expect(openMinutes(short, '2026-10-24T12:00:00Z')).toBe(80);
  expect(opens(short, '2026-10-25T00:55:00Z')).toBe('2026-10-25T01:10:00.000Z');
});

test('a window that begins in the hour that is skipped opens when the clock has passed it', () => {
  expect(opens([window('02:30', '04:00')], '2026-03-29T00:30:00Z')).toBe('2026-03-29T01:00:00.000Z');
});
