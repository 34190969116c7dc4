// What is wrong with a file that a technician writes: one shape for all finds, rendered for people and for programs.
import { DockError } from '../protocol/format/errors.ts';
import type { Language } from './language.ts';
import { germanOf } from './texts/de/problems.ts';

/** One find. Lines and columns start at 1; null where the find has no place or value. Never holds a secret. */
export interface Problem {
  /** Stable, such as "config.missing". */
  readonly code: string;
  readonly file: string;
  readonly line: number | null;
  readonly column: number | null;
  /** Place in the document, such as "bays[1].folder". */
  readonly path: string | null;
  readonly message: string;
  /** The value as it is in the file, shortened. */
  readonly found: string | null;
  /** What could stand there instead. */
  readonly allowed: string | null;
  readonly remedy: string | null;
}

/** Problems that are shown of one file; a longer list helps nobody. */
export const PROBLEMS_MAX = 100;
const FOUND_CHARACTERS_MAX = 60;
/** Private keys and passwords that somebody put into the wrong field must not travel on in an error text. */
const SECRET = /AGE-SECRET-KEY|untrusted comment|PRIVATE KEY|\/\/[^/\s]*@|^RWQAAEIy/i;

/** A problem from the parts that are known; the rest is null. */
export function problem(
  parts: Pick<Problem, 'code' | 'file' | 'message'> & Partial<Omit<Problem, 'code' | 'file' | 'message'>>,
): Problem {
  return { line: null, column: null, path: null, found: null, allowed: null, remedy: null, ...parts };
}

/** A value as it may be shown: as JSON, shortened, with secrets left out. */
export function showFound(value: unknown): string {
  if (typeof value === 'number' || value === undefined) return String(value);
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === 'object' && value !== null) return 'a group of keys';
  if (typeof value !== 'string') return JSON.stringify(value) ?? '';
  if (SECRET.test(value)) return '(not shown: looks like a secret)';
  const shown = value.length > FOUND_CHARACTERS_MAX ? `${value.slice(0, FOUND_CHARACTERS_MAX)}...` : value;
  return JSON.stringify(shown);
}

/** "bays[1].folder" of ["bays", 1, "folder"]; null for the whole document. */
export function showPath(path: readonly (string | number)[]): string | null {
  if (path.length === 0) return null;
  return path
    .map((part, at) => (typeof part === 'number' ? `[${part}]` : at === 0 ? part : `.${part}`))
    .join('');
}

/** In the order of the file, at most PROBLEMS_MAX; what is left out is told in a last entry. */
export function orderProblems(problems: readonly Problem[]): Problem[] {
  const ordered = problems.toSorted(
    (a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0),
  );
  const more = ordered.length - PROBLEMS_MAX;
  const first = ordered[0];
  if (more <= 0 || first === undefined) return ordered;
  const rest = problem({
    code: 'config.more',
    file: first.file,
    message: `${more} more problems are not shown`,
  });
  return [...ordered.slice(0, PROBLEMS_MAX), rest];
}

/** The text of a problem or a remark in a language; English where there are no other words. */
export function inLanguage(text: string, language: Language): string {
  return language === 'de' ? (germanOf(text) ?? text) : text;
}

/** A problem whose texts are in a language. */
export function problemIn(find: Problem, language: Language): Problem {
  const text = (english: string | null): string | null =>
    english === null ? null : inLanguage(english, language);
  const { message, found, allowed, remedy } = find;
  return {
    ...find,
    message: inLanguage(message, language),
    found: text(found),
    allowed: text(allowed),
    remedy: text(remedy),
  };
}

const LABELS: Readonly<Record<Language, { readonly found: string; allowed: string; remedy: string }>> = {
  en: { found: 'found', allowed: 'allowed', remedy: 'do' },
  de: { found: 'gefunden', allowed: 'erlaubt', remedy: 'zu tun' },
};

/** One line: `file:line:column: path: message (found: ...; allowed: ...; do: ...)`. */
export function renderProblem(find: Problem, language: Language = 'en'): string {
  const { file, line, column, path, message, ...told } = problemIn(find, language);
  const place = [file, line, column].filter((part) => part !== null).join(':');
  const hints = (['found', 'allowed', 'remedy'] as const)
    .filter((name) => told[name] !== null)
    .map((name) => `${LABELS[language][name]}: ${told[name]}`);
  const tail = hints.length === 0 ? '' : ` (${hints.join('; ')})`;
  return printable(`${place}: ${path === null ? '' : `${path}: `}${message}${tail}`);
}

/** A text of one line: a file can hold any character, and a terminal must not obey it. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '?');
}

/** All finds as text, a line each. */
export function renderProblems(problems: readonly Problem[], language: Language = 'en'): string {
  return problems.map((find) => `${renderProblem(find, language)}\n`).join('');
}

/**
 * Tells the problems of a file on standard error. What it gives is to be thrown, and ends a command of that program as any other error does:
 * with --json there is a document, too.
 */
export function refusedFile(
  file: string,
  problems: readonly Problem[],
  program: 'bodydock' | 'bodydock-receiver',
  io: { readonly err: (text: string) => void },
): DockError {
  io.err(renderProblems(problems));
  const message = `${file} is not good: \`${program} check\``;
  return new DockError('config.refused', message, { retry: 'person' });
}
