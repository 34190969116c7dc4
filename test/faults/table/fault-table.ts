// The table of faults as text: each line of the acceptance list with the tests that show it, how many points they tried, and the result.
import { filesOf, isCommand, type AcceptanceLine, type AcceptanceList } from './acceptance-lines.ts';
import type { FileResult } from './test-results.ts';

export interface TableParts {
  readonly list: AcceptanceList;
  /** Paths below test/. */
  readonly files: readonly string[];
  /** Results by those paths; of what was not run there is none. */
  readonly results: ReadonlyMap<string, FileResult>;
  /** Suites whose long lists were tried only in the shares that CI takes. */
  readonly shared: readonly string[];
}

const NOTHING: FileResult = { passed: 0, failed: 0, skipped: 0, points: 0 };

const HEAD = `# Faults, and what was tried of them

Made by \`npm run fault-table\` of what the quick, end-to-end and fault suites reported; do not edit. What each fault is and what must come of it stands in
[acceptance.md](acceptance.md). "tests" are those of the files that the line names; "points" are the cuts, failing calls, kills and generated inputs
among them, as the suites counted them. Files that end in \`.rig\` run in a guest (\`npm run test:rig\`), \`station-life\` in a container (\`npm run test:package\`):
they are not in the numbers, and a line that names them says "own command" or "some not run".
`;

export function faultTable({ list, files, results, shared }: TableParts): string {
  const rows = list.lines.map((line) => rowOf(line, files, results));
  const all = [...results.values()].reduce(plus, NOTHING);
  const not = list.lines.filter(({ standing }) => standing !== 'proven');
  return [
    HEAD,
    ...(shared.length > 0
      ? [`Of long lists, the ${shared.join(', ')} suites took the share that CI takes in a day.\n`]
      : []),
    `${results.size} files with ${all.passed} tests passed, ${all.failed} failed, ${all.skipped} skipped; ${all.points.toLocaleString('en')} points.\n`,
    '| id | fault or input | covered | tests | points | result |',
    '|---|---|---|---|---|---|',
    ...rows,
    '',
    '## Not covered, or not whole',
    '',
    ...not.map((line) => `- **${line.id}** ${line.fault}: ${notCovered(line)}`),
    '',
  ].join('\n');
}

function rowOf(
  { id, fault, standing, shownBy }: AcceptanceLine,
  files: readonly string[],
  results: TableParts['results'],
): string {
  const named = shownBy.filter((name) => !isCommand(name) && !name.endsWith('.rig'));
  const found = named.flatMap((name) => filesOf(name, files)).map((file) => results.get(file));
  const sum = found.reduce<FileResult>((total, each) => plus(total, each ?? NOTHING), NOTHING);
  const result = resultOf(sum, found.includes(undefined));
  return `| ${id} | ${fault} | ${standing} | ${sum.passed + sum.failed} | ${sum.points.toLocaleString('en')} | ${shownBy.length === 0 ? '' : result} |`;
}

function resultOf({ failed, passed, skipped }: FileResult, isPart: boolean): string {
  if (failed > 0) return `**${failed} failed**`;
  const parts = [
    ...(passed > 0 ? ['passed'] : []),
    ...(skipped > 0 ? [`${skipped} skipped`] : []),
    ...(isPart ? ['some not run'] : []),
  ];
  return parts.length === 0 ? 'own command' : parts.join(', ');
}

function notCovered({ standing, reach }: AcceptanceLine): string {
  return reach === '' ? standing : `${standing}: ${reach}`;
}

function plus(one: FileResult, other: FileResult): FileResult {
  return {
    passed: one.passed + other.passed,
    failed: one.failed + other.failed,
    skipped: one.skipped + other.skipped,
    points: one.points + other.points,
  };
}
