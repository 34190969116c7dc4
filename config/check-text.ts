// What both `check` commands say of a file that is not good, and of what works and yet must be meant.
import type { Warning } from './file-finds.ts';
import type { Language } from './language.ts';
import { inLanguage, printable, problemIn, renderProblems, type Problem } from './problems.ts';

/** Everything that one look at a configuration and its files found. */
export interface CheckFinds {
  readonly problems: readonly Problem[];
  readonly warnings: readonly Warning[];
}

const WORDS = {
  en: { warning: 'warning', one: 'not good: 1 problem with {}', many: 'not good: {} problems with {}' },
  de: {
    warning: 'Warnung',
    one: 'nicht in Ordnung: 1 Fehler in {}',
    many: 'nicht in Ordnung: {} Fehler in {}',
  },
} as const;

/** The remarks, a line each. */
export function warningsText(warnings: readonly Warning[], language: Language): string {
  const label = WORDS[language].warning;
  return warnings
    .map(({ file, message }) => `${printable(`${label}: ${file}: ${inLanguage(message, language)}`)}\n`)
    .join('');
}

/** Remarks and problems, a line each, and how many there are. */
export function refusedText({ problems, warnings }: CheckFinds, file: string, language: Language): string {
  const { one, many } = WORDS[language];
  const count = problems.length === 1 ? one : many.replace('{}', String(problems.length));
  const sum = count.replace('{}', () => file);
  return `${warningsText(warnings, language)}${renderProblems(problems, language)}${sum}\n`;
}

/** The same as parts of a document. */
export function findsIn({ problems, warnings }: CheckFinds, language: Language): CheckFinds {
  return {
    problems: problems.map((find) => problemIn(find, language)),
    warnings: warnings.map((found) => ({ ...found, message: inLanguage(found.message, language) })),
  };
}
