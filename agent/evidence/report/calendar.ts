// Days and weeks as people count them: in one time zone, weeks by ISO 8601 (Monday first, the week that holds Thursday names the year).
import type { Language } from '../../../config/language.ts';
import { DockError } from '../../../protocol/format/errors.ts';

const DAY_MS = 86_400_000;
/** Zones differ by whole quarters of an hour. */
const QUARTER_MS = 900_000;
/** A report over more days than this is a mistake in its dates. */
const DAYS_MAX = 3660;

/** Days of one report, both ends included. */
export interface Period {
  /** As in 2026-11-25, in the zone of the calendar. */
  readonly from: string;
  readonly to: string;
}

/** A period from what was typed. Errors: "usage" for no date, an end before its beginning, more than ten years. */
export function parsePeriod(from: string, to: string): Period {
  const days = (dayNumber(to) - dayNumber(from)) / DAY_MS + 1;
  if (days >= 1 && days <= DAYS_MAX) return { from, to };
  throw usage(
    `from ${from} to ${to} is no period of 1 to ${DAYS_MAX} days: --from is the first day, --to the last one`,
  );
}

/** Every day of a period in order. */
export function daysOf({ from, to }: Period): string[] {
  const days: string[] = [];
  for (let at = dayNumber(from); at <= dayNumber(to); at += DAY_MS)
    days.push(new Date(at).toISOString().slice(0, 10));
  return days;
}

/** The ISO week of a day, as in 2026-W48. */
export function weekOf(day: string): string {
  const at = dayNumber(day);
  const weekday = (new Date(at).getUTCDay() + 6) % 7;
  const thursday = new Date(at + (3 - weekday) * DAY_MS);
  const first = Date.UTC(thursday.getUTCFullYear(), 0, 1);
  const week = Math.floor((thursday.getTime() - first) / (7 * DAY_MS)) + 1;
  return `${thursday.getUTCFullYear()}-W${String(week).padStart(2, '0')}`;
}

/** The days of one time zone. */
export class Calendar {
  readonly zone: string;
  readonly #format: Intl.DateTimeFormat;

  /** `zone` is an IANA name such as Europe/Berlin, that of this machine unless given. Errors: "usage" for one that this machine does not know. */
  constructor(zone: string = Intl.DateTimeFormat().resolvedOptions().timeZone) {
    this.zone = zone;
    try {
      const day = { year: 'numeric', month: '2-digit', day: '2-digit' } as const;
      const time = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const;
      this.#format = new Intl.DateTimeFormat('en-u-ca-gregory-nu-latn', { timeZone: zone, ...day, ...time });
    } catch (error) {
      throw usage(
        `${JSON.stringify(zone)} is no time zone that is known here: name one such as Europe/Berlin`,
        error,
      );
    }
  }

  /** The day of an instant (RFC 3339), as in 2026-11-25. */
  dayOf(instant: string): string {
    const { year, month, day } = this.#parts(instant);
    return `${year}-${month}-${day}`;
  }

  /** The same as a list shows it, in German as in 25.11.2026. */
  shownDay(instant: string, language: Language): string {
    const { year, month, day } = this.#parts(instant);
    return language === 'de' ? `${day}.${month}.${year}` : `${year}-${month}-${day}`;
  }

  /** With hour and minute. */
  shownMinute(instant: string, language: Language): string {
    const { hour, minute } = this.#parts(instant);
    return `${this.shownDay(instant, language)} ${hour}:${minute}`;
  }

  #parts(instant: string): Readonly<Record<string, string>> {
    // By its parts: how a language puts them together changes from one release of ICU to the next.
    const parts = this.#format.formatToParts(new Date(instant));
    return Object.fromEntries(parts.map(({ type, value }) => [type, value]));
  }

  /** The last millisecond of a day (RFC 3339 UTC). */
  endOf(day: string): string {
    let atMs = dayNumber(day) + 2 * DAY_MS; // after its end in every zone
    while (this.dayOf(new Date(atMs).toISOString()) > day) atMs -= QUARTER_MS;
    return new Date(atMs + QUARTER_MS - 1).toISOString();
  }

  /** Whether an instant lies on a day of the period. */
  isWithin(instant: string, { from, to }: Period): boolean {
    const day = this.dayOf(instant);
    return from <= day && day <= to;
  }
}

/** True for a day that the calendar has, as in 2026-11-25. Never throws. */
export function isDay(text: string): boolean {
  const at = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN;
  return !Number.isNaN(at) && new Date(at).toISOString().startsWith(text);
}

function dayNumber(day: string): number {
  if (isDay(day)) return Date.parse(`${day}T00:00:00Z`);
  throw usage(`${JSON.stringify(day)} is no day: write it as 2026-11-25`);
}

function usage(message: string, cause?: unknown): DockError {
  return new DockError('usage', message, { retry: 'person', cause });
}
