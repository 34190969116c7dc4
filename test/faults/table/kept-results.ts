// Where the suites keep their results for the table of faults, if they are asked to: part of each vitest configuration.
import { basename, join } from 'node:path';
import { isQuick } from '../quick.ts';

/** Names a folder for the results; set by `npm run fault-table`. */
export const RESULTS_VARIABLE = 'BODYDOCK_RESULTS';

/** In the name of a report of which long lists were tried in shares. */
const SHARE = '-share';

/** Suites of which only shares were tried, by the names of the reports. */
export function sharedSuites(reports: readonly string[]): string[] {
  const names = reports.map((report) => basename(report).replace(/-\d+\.json$/, ''));
  const isWhole = (suite: string): boolean => names.includes(suite);
  const shared = names.filter((name) => name.endsWith(SHARE)).map((name) => name.slice(0, -SHARE.length));
  return [...new Set(shared)].filter((suite) => !isWhole(suite));
}

/** Settings of vitest for a suite of that name; none where no results are kept. */
export function keptResults(suite: string): {
  setupFiles?: string[];
  reporters?: ['default', ['json', { outputFile: string }]];
} {
  const folder = process.env[RESULTS_VARIABLE];
  if (folder === undefined) return {};
  return {
    setupFiles: ['test/faults/table/count-points.ts'],
    reporters: [
      'default',
      ['json', { outputFile: join(folder, `${suite}${isQuick ? SHARE : ''}-${process.pid}.json`) }],
    ],
  };
}
