// All codes of `bodydock doctor`, and the words of one finding.
import { printable } from '../../config/problems.ts';
import type { Language } from '../evidence/page/language.ts';
import type { DoctorKind, DoctorTable, DoctorValues, Finding } from './doctor-finding.ts';
import { BROKER_TABLE } from './doctor-words-broker.ts';
import { DISK_TABLE } from './doctor-words-disk.ts';
import { FILES_TABLE } from './doctor-words-files.ts';
import { MACHINE_TABLE } from './doctor-words-machine.ts';

export const DOCTOR_TABLE: DoctorTable = { ...FILES_TABLE, ...DISK_TABLE, ...MACHINE_TABLE, ...BROKER_TABLE };

/** Names and paths that need no quotes for a shell. */
const PLAIN = /^[A-Za-z0-9@%+=:,./_-]+$/;

/** A finding in one language. */
export interface FindingWords {
  readonly text: string;
  readonly remedy: string | null;
  /** One line for a shell, or null. */
  readonly command: string | null;
}

/** The entry of a code. */
export function kindOf({ code, kind }: Finding): DoctorKind {
  const known = kind ?? DOCTOR_TABLE[code];
  if (known === undefined) throw new Error(`no words for ${code}`);
  return known;
}

export function wordsOf(finding: Finding, language: Language): FindingWords {
  const { text, remedy, command } = kindOf(finding);
  const values = { ...finding.values, where: finding.where };
  const filled = (words: string): string => printable(fillNamed(words, values, language));
  return {
    text: filled(text[language]),
    remedy: remedy === undefined ? null : filled(remedy[language]),
    command: command === undefined ? null : printable(fillNamed(command, values, language, shellWord)),
  };
}

function fillNamed(
  text: string,
  values: DoctorValues,
  language: Language,
  shown: (value: string) => string = (value) => value,
): string {
  return text.replaceAll(/\{([a-z]+)\}/g, (all, name: string) => {
    const value = values[name];
    if (value === undefined) return all;
    return shown(typeof value === 'object' ? value[language] : String(value));
  });
}

function shellWord(value: string): string {
  return PLAIN.test(value) ? value : `'${value.replaceAll("'", `'\\''`)}'`;
}
