// The line of figures at the end of the fault suites.
import { expect, test } from 'vitest';
import { figuresLine } from './fault-figures.ts';

test('the line tells what was tried and what failed, in all and of each suite', () => {
  const tried = {
    file: '/p/test/faults/cuts.test.ts',
    state: 'passed',
    points: 20,
    failedPoints: 0,
  } as const;
  expect(
    figuresLine([
      tried,
      { ...tried, state: 'failed', points: 5, failedPoints: 2 },
      { ...tried, file: '/p/test/faults/disk.test.ts', state: 'skipped', points: 0 },
    ]),
  ).toBe(
    'faults: 2 suites, 1 tests passed, 1 failed, 1 skipped; 25 points tried, 2 failing (cuts 25/2, disk 0/0)',
  );
});

test('a test that failed without a count is one failing point', () => {
  const failed = { file: 'a.test.ts', state: 'failed', points: 3, failedPoints: 0 } as const;
  expect(figuresLine([failed])).toContain('3 points tried, 1 failing (a 3/1)');
});
