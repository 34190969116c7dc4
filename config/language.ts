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
