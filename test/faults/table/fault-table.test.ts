// What the table says of results, and that the one in the project is of the list as it is.
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseAcceptance, type AcceptanceLine } from './acceptance-lines.ts';
import { faultTable } from './fault-table.ts';
import { sharedSuites } from './kept-results.ts';
import { readResults } from './test-results.ts';

const files = ['a/crash.test.ts', 'b/kills.test.ts', 'rig/pull.rig.ts'];
const line = (over: Partial<AcceptanceLine>): AcceptanceLine => ({
  id: 'CAM-01',
  fault: 'plug pulled',
  outcome: 'kept',
  standing: 'proven',
  reach: '',
  shownBy: ['crash'],
  ...over,
});
const rowsOf = (...lines: AcceptanceLine[]): string[] =>
  faultTable({
    list: { lines, counts: [] },
    files,
    shared: [],
    results: new Map([
      ['a/crash.test.ts', { passed: 3, failed: 0, skipped: 0, points: 1200 }],
      ['b/kills.test.ts', { passed: 1, failed: 1, skipped: 2, points: 5 }],
    ]),
  })
    .split('\n')
    .filter((row) => row.startsWith('| CAM') || row.startsWith('- **'));

test('a line has the numbers of all files that it names, and a failed test shows', () => {
  expect(rowsOf(line({}))).toEqual(['| CAM-01 | plug pulled | proven | 3 | 1,200 | passed |']);
  expect(rowsOf(line({ shownBy: ['crash', 'kills'] }))).toEqual([
    '| CAM-01 | plug pulled | proven | 5 | 1,205 | **1 failed** |',
  ]);
});

test('what was not run, what runs elsewhere and what nothing shows is told apart', () => {
  expect(rowsOf(line({ shownBy: ['pull.rig'] }))[0]).toMatch(/\| 0 \| 0 \| own command \|$/);
  expect(rowsOf(line({ shownBy: [], standing: 'open' }))).toEqual([
    '| CAM-01 | plug pulled | open | 0 | 0 |  |',
    '- **CAM-01** plug pulled: open',
  ]);
  expect(rowsOf(line({ standing: 'in part', reach: 'no station' }))[1]).toBe(
    '- **CAM-01** plug pulled: in part: no station',
  );
});

test('a suite counts as tried in shares where no run of all of it was kept', () => {
  const kept = ['/r/quick-12.json', '/r/faults-share-13.json', '/r/e2e-share-14.json', '/r/faults-15.json'];
  expect(sharedSuites(kept)).toEqual(['e2e']);
});

test('of a test that two runs reported the newer counts, and others of its file stay', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'bodydock-results-'));
  const report = async (startTime: number, tests: readonly object[]): Promise<string> => {
    const path = join(folder, `${startTime}.json`);
    await writeFile(
      path,
      JSON.stringify({ startTime, testResults: [{ name: '/t/a.test.ts', assertionResults: tests }] }),
    );
    return path;
  };
  const newer = await report(2, [{ fullName: 'one', status: 'passed', meta: { points: 7 } }]);
  const older = await report(1, [
    { fullName: 'one', status: 'failed', meta: { points: 3 } },
    { fullName: 'two', status: 'passed', meta: { points: 5 } },
  ]);
  const results = await readResults([newer, older], '/t');
  expect(results.get('a.test.ts')).toEqual({ passed: 2, failed: 0, skipped: 0, points: 12 });
  await rm(folder, { recursive: true });
});

test('the table in the project has every line of the list', () => {
  const textOf = (name: string): string => readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8');
  const rows = [...textOf('FAULTS.md').matchAll(/^\| ([A-Z]{3}-\d\d) /gm)].map(([, id]) => id);
  expect(rows).toEqual(parseAcceptance(textOf('acceptance.md')).lines.map(({ id }) => id));
});
