// Reads test/acceptance.md: its lines, what each says of how far it is shown, and the test files that it names.
import { basename } from 'node:path';

export const STANDINGS = ['proven', 'in part', 'open', 'not provoked'] as const;
export type Standing = (typeof STANDINGS)[number];

/** One line of the list. */
export interface AcceptanceLine {
  readonly id: string;
  readonly fault: string;
  readonly outcome: string;
  readonly standing: Standing;
  /** How far it is shown, or what is missing; empty where it is proven. */
  readonly reach: string;
  /** As they stand there: names of test files, and commands such as "npm run test:soak". */
  readonly shownBy: readonly string[];
}

/** The lines in their order, and the counts that stand in the head of the file. */
export interface AcceptanceList {
  readonly lines: readonly AcceptanceLine[];
  readonly counts: readonly number[];
}

/** Errors: where a line is none of the kinds that the file's head describes. */
export function parseAcceptance(text: string): AcceptanceList {
  const rows = text.split('\n').filter((line) => /^\| [A-Z]{3}-\d\d /.test(line));
  const head = /^\| (\d+) \| (\d+) \| (\d+) \| (\d+) \| (\d+) \|$/m.exec(text);
  return { lines: rows.map(parseLine), counts: (head ?? []).slice(1).map(Number) };
}

function parseLine(row: string): AcceptanceLine {
  const [id = '', fault = '', outcome = '', shown = '', ...more] = row.slice(2, -2).split(' | ');
  if (shown === '' || more.length > 0) throw new Error(`${id}: not four columns: ${row}`);
  const standing = standingOf(shown);
  // Behind what is missing the tests are in brackets.
  const named = standing === 'proven' ? shown : (/\(`.*`\)$/.exec(shown)?.[0] ?? '');
  const names = [...named.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name);
  if (standing === 'proven' && shown.replaceAll(/`[^`]+`/g, '').replaceAll(', ', '') !== '')
    throw new Error(`${id}: neither names alone nor "in part", "open" or "not provoked": ${shown}`);
  const reach = standing === 'proven' ? '' : shown.replace(/^[a-z ]+[:;]?\s*/, '').replace(/\s*\(`.*$/, '');
  return { id, fault, outcome, standing, reach, shownBy: names };
}

function standingOf(shown: string): Standing {
  if (shown.startsWith('in part: ')) return 'in part';
  if (shown.startsWith('not provoked')) return 'not provoked';
  return shown.startsWith('open') ? 'open' : 'proven';
}

/** A command in place of a test file. */
export function isCommand(name: string): boolean {
  return name.startsWith('npm run ');
}

/** Files of that name: "recovery" and "system/kills" end so, with ".test.ts", ".long.test.ts" or, with ".rig", ".ts" behind. `files`: paths below test/. */
export function filesOf(name: string, files: readonly string[]): string[] {
  const ends = name.endsWith('.rig') ? [`${name}.ts`] : [`${name}.test.ts`, `${name}.long.test.ts`];
  const found = files.filter((file) => ends.some((end) => file === end || file.endsWith(`/${end}`)));
  if (name.includes('/')) return found;
  return found.filter((file) => ends.includes(basename(file)));
}
