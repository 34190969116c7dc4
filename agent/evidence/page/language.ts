// How values stand in texts that are written for people.
import type { Language } from '../../../config/language.ts';

export { LANGUAGES, type Language } from '../../../config/language.ts';

/** Puts values into the places of a text, in order. */
export function fill(text: string, ...values: readonly (string | number)[]): string {
  let at = 0;
  return text.replaceAll('{}', () => String(values[at++] ?? ''));
}

/** A number in the way of the language. */
export function number(value: number, language: Language, digits = 0): string {
  return new Intl.NumberFormat(language, { maximumFractionDigits: digits }).format(value);
}

/** Bytes in MB or GB (10^6, 10^9). */
export function dataSize(bytes: number, language: Language): string {
  return bytes < 1e9 ? `${number(bytes / 1e6, language, 1)} MB` : `${number(bytes / 1e9, language, 1)} GB`;
}

/** The day of an instant (RFC 3339) in a time zone, as the language writes it out. */
export function dayWords(at: string, language: Language, timeZone: string): string {
  return new Intl.DateTimeFormat(language, { dateStyle: 'long', timeZone }).format(new Date(at));
}

/** An instant as people read it: without the T, to the second, UTC. */
export function shownAt(at: string): string {
  return at.replace('T', ' ').slice(0, 19);
}
