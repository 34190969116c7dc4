// How values stand in texts that are written for people.
import { type Language, number, shownAt } from '../../../config/language.ts';
import { CODES_DE } from '../../../config/texts/de/codes.ts';
import { EVENTS_DE } from '../../../config/texts/de/events.ts';
import { EVENTS_EN, type EventSentences } from '../../../config/texts/en/events.ts';
import type { CustodyEntry } from '../../../protocol/custody/custody-entry.ts';

export { dataSize, LANGUAGES, type Language, number, shownAt } from '../../../config/language.ts';

/** Puts values into the places of a text, in order. */
export function fill(text: string, ...values: readonly (string | number)[]): string {
  let at = 0;
  return text.replaceAll('{}', () => String(values[at++] ?? ''));
}

/** The day of an instant (RFC 3339) in a time zone, as the language writes it out. */
export function dayWords(at: string, language: Language, timeZone: string): string {
  return new Intl.DateTimeFormat(language, { dateStyle: 'long', timeZone }).format(new Date(at));
}

/** A month (YYYY-MM), as the language writes it out. */
export function monthWords(month: string, language: Language): string {
  const form = { month: 'long', year: 'numeric', timeZone: 'UTC' } as const;
  return new Intl.DateTimeFormat(language, form).format(new Date(month));
}

// An event of a custody log as a sentence for people. `{name}` in a text is a fact of the entry, `{keeper}` whose log it is; a name with a
// unit after a colon is shown in that unit. An event without words is shown by its name and its facts.

const EVENTS: Readonly<Record<Language, EventSentences>> = { en: EVENTS_EN, de: EVENTS_DE };
const CODES: Readonly<Record<Language, Readonly<Record<string, string>>>> = {
  en: { true: 'yes', false: 'no', null: 'not known' },
  de: CODES_DE,
};

/** Facts whose texts are codes; others are names, ids and digests. */
const CODED: ReadonlySet<string> = new Set(['reason', 'verb', 'role', 'command']);

/** A code of a document or an entry in words. */
export function codeWords(code: string, language: Language): string {
  const words = CODES[language];
  return Object.hasOwn(words, code) ? (words[code] ?? code) : code;
}

/** An entry as a sentence. */
export function eventSentence(
  { event, facts, keeper }: Pick<CustodyEntry, 'event' | 'facts'> & { readonly keeper: string },
  language: Language,
): string {
  const sentence = EVENTS[language][event];
  if (sentence === undefined) {
    const told = Object.entries(facts).map(([name, value]) => `${name} ${String(value)}`);
    return [event, ...told].join(', ');
  }
  return sentence.replaceAll(/\{(\w+)(?::(\w))?\}/g, (_, name: string, unit?: string) =>
    name === 'keeper' ? keeper : valueWords(name, facts[name], unit, language),
  );
}

function valueWords(
  name: string,
  value: CustodyEntry['facts'][string] | undefined,
  unit: string | undefined,
  language: Language,
): string {
  if (typeof value === 'number') {
    if (unit === 's') return `${value < 0 ? '−' : '+'}${number(Math.abs(value) / 1000, language, 3)}`;
    if (unit === 'u') return number(value / 1000, language, 3);
    return unit === 'n' ? number(value, language) : String(value);
  }
  const text = String(value ?? null);
  if (unit === 't') return `${shownAt(text)} UTC`;
  return typeof value !== 'string' || CODED.has(name) ? codeWords(text, language) : text;
}
