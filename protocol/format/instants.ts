// Instants as documents write them (SPEC 1.4) and as numbers of milliseconds since 1970. What a camera calls its time may be any number.

/** First and last instant that RFC 3339 can write: its years have four digits. */
export const INSTANT_MS_MIN = Date.UTC(-1, 12, 1);
export const INSTANT_MS_MAX = Date.UTC(10_000, 0, 1) - 1;

/** True for a finite number of ms since 1970 that a document can write. */
export function isInstantMs(ms: number): boolean {
  return ms >= INSTANT_MS_MIN && ms <= INSTANT_MS_MAX;
}

/** RFC 3339 in UTC with milliseconds; what no document can write becomes its first or last instant. NaN is the first. */
export function instantText(ms: number): string {
  const bounded = Number.isNaN(ms) ? INSTANT_MS_MIN : Math.min(Math.max(ms, INSTANT_MS_MIN), INSTANT_MS_MAX);
  return new Date(Math.round(bounded)).toISOString();
}

/** Milliseconds since 1970 of a document's instant, or null where the text is none. */
export function instantMs(text: string): number | null {
  const ms = Date.parse(text);
  return isInstantMs(ms) ? ms : null;
}
