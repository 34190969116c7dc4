// How `bodydock doctor` and `bodydock-receiver doctor` show what they found: as lines for people, and as parts of one document.
import type { Language } from './language.ts';
import { printable } from './problems.ts';
import { texts } from './texts.ts';

/** "good": looked at and right. "note": worth knowing. "warning": works, and should be fixed. "error": does not work, or is not safe. */
export type DoctorSeverity = 'good' | 'note' | 'warning' | 'error';

/** ... of a condition, which a program says of itself. */
export const OF_CONDITIONS = {
  info: 'note',
  warning: 'warning',
  error: 'error',
  critical: 'error',
} as const satisfies Record<string, DoctorSeverity>;

/** One finding in the language of who reads it. */
export interface ShownFinding {
  readonly code: string;
  readonly severity: DoctorSeverity;
  /** What it is about: a path, an address, a bay, a station; empty where the code says it all. */
  readonly where: string;
  readonly text: string;
  readonly remedy: string | null;
  /** One line for a shell. */
  readonly command?: string | null;
}

const SAY = texts(
  {
    good: 'ok',
    note: 'note',
    warning: 'WARNING',
    error: 'ERROR',
    toDo: 'To do: ',
    command: 'Command: ',
    sum: '({errors} errors, {warnings} warnings, {notes} notes)',
    allGood: 'Nothing is wrong. ',
  },
  {
    good: 'gut',
    note: 'Hinweis',
    warning: 'WARNUNG',
    error: 'FEHLER',
    toDo: 'Zu tun: ',
    command: 'Befehl: ',
    sum: '({errors} Fehler, {warnings} Warnungen, {notes} Hinweise)',
    allGood: 'Nichts ist falsch. ',
  },
);
const LABEL_COLUMNS = 9;

/** Findings in their order. Those after each other with one remedy say it once, after the last of them. */
export function findingsText(findings: readonly ShownFinding[], language: Language): string {
  return findings
    .map((finding, at) => findingText(finding, language, !isSameAdvice(finding, findings[at + 1])))
    .join('');
}

function isSameAdvice(one: ShownFinding, other: ShownFinding | undefined): boolean {
  return one.code === other?.code && one.remedy === other.remedy && one.command === other.command;
}

/** One finding, a line each for what, what to do, and the command. */
function findingText(finding: ShownFinding, language: Language, isLast: boolean): string {
  const { code, severity, where, text, remedy, command } = finding;
  const say = SAY[language];
  const indent = ' '.repeat(LABEL_COLUMNS);
  const lines = [
    `${say(severity).padEnd(LABEL_COLUMNS)}${code}${where === '' ? '' : `  ${where}`}`,
    `${indent}${text}`,
  ];
  const isOpen = severity !== 'good' && isLast;
  if (isOpen && remedy !== null) lines.push(`${indent}${say('toDo')}${remedy}`);
  if (isOpen && typeof command === 'string') lines.push(`${indent}${say('command')}${command}`);
  return lines.map((line) => `${printable(line)}\n`).join('');
}

/** The last line. */
export function sumText(findings: readonly ShownFinding[], language: Language): string {
  const say = SAY[language];
  const { error: errors, warning: warnings, note: notes } = countFindings(findings);
  return `${errors + warnings === 0 ? say('allGood') : ''}${say('sum', { errors, warnings, notes })}\n`;
}

/** How many there are of each severity but the good ones. */
export function countFindings(
  findings: readonly ShownFinding[],
): Record<Exclude<DoctorSeverity, 'good'>, number> {
  const count = (severity: DoctorSeverity): number =>
    findings.filter((each) => each.severity === severity).length;
  return { note: count('note'), warning: count('warning'), error: count('error') };
}
