// The users' own written reports: one Markdown file each, with date, shift and use on top. A line that looks like an address, a number or a
// form of address with a name is refused; any other name passes, so that a person must read them: the page says so.
//
//     ---
//     date: 2026-11-25
//     shift: late
//     use: worn, not switched on
//     ---
//     The camera was ...
import { join } from 'node:path';
import { parseUtf8 } from '../../../protocol/format/bytes.ts';
import { DockError } from '../../../protocol/format/errors.ts';
import { listSorted, readSmall, type ReadFiles } from '../verify/read-files.ts';
import { isDay, type Period } from './calendar.ts';

const NOTE_BYTES_MAX = 64 * 1024;
const NOTES_MAX = 5000;
const KEYS = ['date', 'shift', 'use'] as const;
const VALUE_CHARACTERS_MAX = 120;
/** Texts that point to a person: an address, a telephone or a staff number, a form of address. */
const PERSONAL: readonly (readonly [RegExp, string])[] = [
  [/[\w.+-]@[\w-]+\.\w/, 'an e-mail address'], // One character before it: more would be quadratic on a long word.
  [/(?:\+|\b00|\b0)\d[\d /-]{6,}\d/, 'a telephone number'],
  [/\b(?:Herrn?|Frau|Mr|Mrs|Ms)\.?\s+\p{Lu}\p{Ll}+/u, 'a form of address with a name'],
  [
    /\b(?:Name|Personalnummer|Dienstnummer|Unterschrift|gez\.|Staff no|Signature)\s*[:.]/i,
    'a line for a name or number',
  ],
];

/** One written report. */
export interface UserNote {
  readonly date: string;
  readonly shift: string;
  readonly use: string;
  /** Markdown. */
  readonly text: string;
}

/**
 * All notes of a folder whose date lies in the period, by date.
 * Errors: "report.notes" with file, line and what to do, for every file that cannot be taken, at once.
 */
export async function readNotes(files: ReadFiles, folder: string, period: Period): Promise<UserNote[]> {
  const listed = await listSorted(files, folder);
  if (listed === undefined) throw refused([`${folder} is no folder`]);
  const names = listed.filter((name) => name.endsWith('.md'));
  if (names.length > NOTES_MAX)
    throw refused([`${folder} holds ${names.length} notes, at most ${NOTES_MAX}`]);
  const problems: string[] = [];
  const notes: UserNote[] = [];
  for (const name of names) {
    const read = await readSmall(files, join(folder, name), NOTE_BYTES_MAX);
    const text = read.kind === 'bytes' ? parseUtf8(read.bytes) : undefined;
    const note =
      text === undefined
        ? [`${name}: not a text of at most ${NOTE_BYTES_MAX} bytes in UTF-8`]
        : parseNote(name, text);
    if (Array.isArray(note)) problems.push(...note);
    else notes.push(note);
  }
  if (problems.length > 0) throw refused(problems);
  const within = notes.filter(({ date }) => period.from <= date && date <= period.to);
  return within.sort((a, b) => (a.date + a.shift < b.date + b.shift ? -1 : 1));
}

/** The note in a text, or everything that keeps it from being one. */
export function parseNote(name: string, text: string): UserNote | string[] {
  const lines = text.replaceAll('\r\n', '\n').split('\n');
  const end = lines.indexOf('---', 1);
  if (lines[0] !== '---' || end < 0)
    return [`${name}:1: the first line must be "---", then date:, shift: and use:, then "---" again`];
  const problems: string[] = [];
  const head = new Map<string, string>();
  for (const [at, line] of lines.slice(1, end).entries()) readHead(line, `${name}:${at + 2}`, head, problems);
  for (const key of KEYS) if (!head.has(key)) problems.push(`${name}:1: ${key} is missing`);
  const date = head.get('date') ?? '';
  if (head.has('date') && !isDay(date))
    problems.push(`${name}: date ${JSON.stringify(date)}: write it as 2026-11-25`);
  for (const [at, line] of lines.entries())
    for (const [pattern, what] of PERSONAL)
      if (pattern.test(line)) problems.push(`${name}:${at + 1}: this looks like ${what}: take it out`);
  if (problems.length > 0) return problems;
  const body = lines
    .slice(end + 1)
    .join('\n')
    .trim();
  return { date, shift: head.get('shift') ?? '', use: head.get('use') ?? '', text: body };
}

function readHead(line: string, where: string, head: Map<string, string>, problems: string[]): void {
  if (line.trim() === '') return;
  const found = /^(?<key>[a-z]+):\s*(?<value>.*)$/.exec(line)?.groups;
  const key = found?.['key'] ?? '';
  const value = (found?.['value'] ?? '').trim();
  if (!KEYS.some((known) => known === key))
    problems.push(
      `${where}: ${JSON.stringify(line.slice(0, 40))}: only date:, shift: and use: may stand here`,
    );
  else if (value === '' || value.length > VALUE_CHARACTERS_MAX)
    problems.push(`${where}: ${key} must have 1 to ${VALUE_CHARACTERS_MAX} characters`);
  else head.set(key, value);
}

function refused(problems: readonly string[]): DockError {
  const shown = problems.slice(0, 50);
  const more = problems.length > shown.length ? [`and ${problems.length - shown.length} more`] : [];
  return new DockError(
    'report.notes',
    `the written reports cannot be taken:\n  ${[...shown, ...more].join('\n  ')}`,
    { retry: 'person' },
  );
}
