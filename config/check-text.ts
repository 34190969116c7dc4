// What both `check` commands say of a file that is not good, and of what works and yet must be meant.
import type { Warning } from './file-finds.ts';
import type { Language } from './language.ts';
import { CHECK_DE } from './texts/de/check.ts';
import { CHECK_EN } from './texts/en/check.ts';
import { texts } from './texts.ts';
import { inLanguage, printable, problemIn, renderProblems, type Problem } from './problems.ts';

/** Everything that one look at a configuration and its files found. */
export interface CheckFinds {
  readonly problems: readonly Problem[];
  readonly warnings: readonly Warning[];
}

/** What both commands say. */
export const CHECK_TEXTS = texts(CHECK_EN, CHECK_DE);

/** The warnings, a line each. */
export function warningsText(warnings: readonly Warning[], language: Language): string {
  const say = CHECK_TEXTS[language];
  return warnings
    .map(
      ({ file, message }) =>
        `${printable(say('warning', { file, message: inLanguage(message, language) }))}\n`,
    )
    .join('');
}

/** Warnings and problems, a line each, and how many there are. */
export function refusedText({ problems, warnings }: CheckFinds, file: string, language: Language): string {
  const sum = CHECK_TEXTS[language]('refused', { count: problems.length, file });
  return `${warningsText(warnings, language)}${renderProblems(problems, language)}${sum}\n`;
}

/** The same as parts of a document. */
export function findsIn({ problems, warnings }: CheckFinds, language: Language): CheckFinds {
  return {
    problems: problems.map((find) => problemIn(find, language)),
    warnings: warnings.map((found) => ({ ...found, message: inLanguage(found.message, language) })),
  };
}
