// The languages of what is written for people, and which of them this machine is set to.

/** Languages of texts; the first one is the default. */
export const LANGUAGES = ['en', 'de'] as const;
export type Language = (typeof LANGUAGES)[number];

/** The language of a locale as the environment names it (LC_ALL, LC_MESSAGES, LANG, in this order); English for all others. */
export function languageOfLocale(environment: Readonly<Record<string, string | undefined>>): Language {
  const { LC_ALL: all, LC_MESSAGES: messages, LANG: lang } = environment;
  const locale = [all, messages, lang].find((name) => name !== undefined && name !== '') ?? '';
  return LANGUAGES.find((language) => /^[a-z]+/.exec(locale)?.[0] === language) ?? 'en';
}

/** What was typed after `--lang`; undefined where it is none of them. */
export function parseLanguage(text: string): Language | undefined {
  return LANGUAGES.find((language) => language === text);
}

// How values stand in texts that are written for people.

/** A number in the way of the language. */
export function number(value: number, language: Language, digits = 0): string {
  return new Intl.NumberFormat(language, { maximumFractionDigits: digits }).format(value);
}

/** Bytes in MB or GB (10^6, 10^9). */
export function dataSize(bytes: number, language: Language): string {
  if (bytes > 0 && bytes < 1e5) return `${number(bytes / 1e3, language, 1)} kB`;
  return bytes < 1e9 ? `${number(bytes / 1e6, language, 1)} MB` : `${number(bytes / 1e9, language, 1)} GB`;
}

/** An instant as people read it: without the T, to the second, UTC. */
export function shownAt(at: string): string {
  return at.replace('T', ' ').slice(0, 19);
}
