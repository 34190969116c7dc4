// Results of test files, read from what vitest's json reporter wrote.
import { readFile } from 'node:fs/promises';
import { relative } from 'node:path';

/** What became of one test file. */
export interface FileResult {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** Cuts, failing calls, kills, generated inputs. */
  readonly points: number;
}

interface Reported {
  readonly startTime: number;
  readonly testResults: readonly {
    readonly name: string;
    readonly assertionResults: readonly ReportedTest[];
  }[];
}

interface ReportedTest {
  readonly fullName: string;
  readonly status: string;
  readonly meta?: { readonly points?: number };
}

/**
 * By path below `tests`. Of a test that several runs reported, the newest counts, so that a long suite can be run in parts.
 * Errors: the system's; SyntaxError for a file that is no report.
 */
export async function readResults(
  reports: readonly string[],
  tests: string,
): Promise<Map<string, FileResult>> {
  const read = await Promise.all(
    reports.map(async (report) => JSON.parse(await readFile(report, 'utf8')) as Reported),
  );
  const files = new Map<string, Map<string, ReportedTest>>();
  for (const { testResults } of read.toSorted((a, b) => a.startTime - b.startTime))
    for (const { name, assertionResults } of testResults) {
      const path = relative(tests, name);
      const file = files.get(path) ?? new Map<string, ReportedTest>();
      for (const each of assertionResults) file.set(each.fullName, each);
      files.set(path, file);
    }
  return new Map([...files].map(([path, file]) => [path, resultOf([...file.values()])]));
}

function resultOf(tests: readonly ReportedTest[]): FileResult {
  const count = (...statuses: string[]): number =>
    tests.filter(({ status }) => statuses.includes(status)).length;
  return {
    passed: count('passed'),
    failed: count('failed'),
    skipped: count('skipped', 'pending', 'todo', 'disabled'),
    points: tests.reduce((sum, { meta }) => sum + (meta?.points ?? 0), 0),
  };
}
