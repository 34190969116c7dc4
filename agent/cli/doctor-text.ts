// Findings as lines for people and as one document.
import { printable } from '../../config/problems.ts';
import { fill, type Language } from '../evidence/page/language.ts';
import type { DoctorSeverity, Finding } from './doctor-finding.ts';
import { kindOf, wordsOf } from './doctor-finding.ts';

interface TextWords {
  readonly severities: Readonly<Record<DoctorSeverity, string>>;
  readonly toDo: string;
  readonly command: string;
  readonly sum: string;
  readonly good: string;
}

const WORDS: Readonly<Record<Language, TextWords>> = {
  en: {
    severities: { good: 'ok', note: 'note', warning: 'WARNING', error: 'ERROR' },
    toDo: 'To do: ',
    command: 'Command: ',
    sum: '{} errors, {} warnings, {} notes',
    good: 'Nothing is wrong.',
  },
  de: {
    severities: { good: 'gut', note: 'Hinweis', warning: 'WARNUNG', error: 'FEHLER' },
    toDo: 'Zu tun: ',
    command: 'Befehl: ',
    sum: '{} Fehler, {} Warnungen, {} Hinweise',
    good: 'Nichts ist falsch.',
  },
};
const LABEL_COLUMNS = 9;

/** Findings in their order. Those after each other with one remedy say it once, after the last of them. */
export function findingsText(findings: readonly Finding[], language: Language): string {
  return findings
    .map((finding, at) => {
      const next = findings[at + 1];
      return findingText(finding, language, next === undefined || !isSameAdvice(finding, next, language));
    })
    .join('');
}

function isSameAdvice(one: Finding, other: Finding, language: Language): boolean {
  if (one.code !== other.code) return false;
  const [first, second] = [wordsOf(one, language), wordsOf(other, language)];
  return first.remedy === second.remedy && first.command === second.command;
}

/** One finding, a line each for what, what to do, and the command. */
function findingText(finding: Finding, language: Language, isLast: boolean): string {
  const { text, remedy, command } = wordsOf(finding, language);
  const { severities, toDo, command: label } = WORDS[language];
  const { severity } = kindOf(finding);
  const indent = ' '.repeat(LABEL_COLUMNS);
  const where = finding.where === '' ? '' : `  ${finding.where}`;
  const lines = [
    printable(`${severities[severity].padEnd(LABEL_COLUMNS)}${finding.code}${where}`),
    `${indent}${text}`,
  ];
  const isOpen = severity !== 'good' && isLast;
  if (isOpen && remedy !== null) lines.push(`${indent}${toDo}${remedy}`);
  if (isOpen && command !== null) lines.push(`${indent}${label}${command}`);
  return `${lines.join('\n')}\n`;
}

/** The last line. */
export function sumText(findings: readonly Finding[], language: Language): string {
  const { sum, good } = WORDS[language];
  const { error, warning, note } = countFindings(findings);
  const counts = fill(sum, error, warning, note);
  return `${error + warning === 0 ? `${good} ` : ''}(${counts})\n`;
}

export function countFindings(findings: readonly Finding[]): Record<DoctorSeverity, number> {
  const counts = { good: 0, note: 0, warning: 0, error: 0 };
  for (const finding of findings) counts[kindOf(finding).severity]++;
  return counts;
}

/** Shape: `{good, station, file, counts, findings: [{code, severity, where, text, remedy, command}]}`. */
export function doctorDocument(
  findings: readonly Finding[],
  about: { readonly station: string | null; readonly file: string; readonly language: Language },
): object {
  const { good: _good, ...counts } = countFindings(findings);
  return {
    good: counts.error === 0,
    station: about.station,
    file: about.file,
    counts,
    findings: findings.map((finding) => ({
      code: finding.code,
      severity: kindOf(finding).severity,
      where: finding.where,
      ...wordsOf(finding, about.language),
    })),
  };
}
