// Looks up what is said to people. A text is data in config/texts/en and config/texts/de: a sentence by its key, with named places.
import { LANGUAGES, type Language } from './language.ts';

/** A sentence with places such as {file}; or its forms by the number in the place {count}, as Intl.PluralRules tells them apart. */
export type Text = string | { readonly one: string; readonly other: string };
export type TextTable = Readonly<Record<string, Text>>;
/** The same texts in another language. */
export type Translated<T extends TextTable> = { readonly [K in keyof T]: Text };
/** Values of places by name. */
export type Places = Readonly<Record<string, string | number>>;

type NamesIn<S> = S extends `${string}{${infer Name}}${infer Rest}` ? Name | NamesIn<Rest> : never;
type PlacesOf<T> = T extends { readonly one: infer One; readonly other: infer Other }
  ? NamesIn<One> | NamesIn<Other> | 'count'
  : NamesIn<T>;
type Given<T> = [PlacesOf<T>] extends [never]
  ? []
  : [places: { readonly [Name in PlacesOf<T>]: string | number }];

/** One text of a table, its places filled. */
export type Say<T extends TextTable> = <K extends keyof T>(key: K, ...given: Given<T[K]>) => string;

const RULES = { en: new Intl.PluralRules('en'), de: new Intl.PluralRules('de') } as const;

/** The texts of a table in each language. English decides which keys and places there are. */
export function texts<const T extends TextTable>(
  en: T,
  de: Translated<T>,
): Readonly<Record<Language, Say<T>>> {
  const tables = { en, de };
  const say =
    (language: Language): Say<T> =>
    (key, ...given) =>
      inOneForm(tables[language][key], given[0] ?? {}, language);
  return Object.fromEntries(LANGUAGES.map((language) => [language, say(language)])) as Record<
    Language,
    Say<T>
  >;
}

function inOneForm(text: Text, places: Places, language: Language): string {
  if (typeof text === 'string') return filled(text, places);
  const form = RULES[language].select(Number(places['count']));
  return filled(form === 'one' ? text.one : text.other, places);
}

/** Puts values into the places of a text. A place without a value stays as it is. */
export function filled(text: string, places: Places): string {
  return text.replaceAll(/\{([a-z][A-Za-z]*)\}/g, (all, name: string) => {
    const value = places[name];
    return value === undefined ? all : String(value);
  });
}
