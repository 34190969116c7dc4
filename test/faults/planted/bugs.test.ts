// The table of planted bugs against the code as it is: a place that was rewritten must be found again, or the bug planted elsewhere.
import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { PLANTED_BUGS } from './bugs.ts';
import { planted, type PlantedBug } from './planted-bug.ts';

const textOf = (path: string): string => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8');

function problem(bug: PlantedBug): string[] {
  try {
    return planted(textOf(bug.file), bug) === textOf(bug.file) ? [`${bug.id} changes nothing`] : [];
  } catch (error) {
    return [(error as Error).message];
  }
}

test('each can be planted, and names suites that are there', () => {
  expect(PLANTED_BUGS.length).toBeGreaterThanOrEqual(25);
  expect(new Set(PLANTED_BUGS.map(({ id }) => id)).size).toBe(PLANTED_BUGS.length);
  expect(
    PLANTED_BUGS.flatMap(problem),
    'find the place in the code again, or plant the bug elsewhere',
  ).toEqual([]);
  for (const bug of PLANTED_BUGS) {
    const { attack = 'system/outside-word' } = bug;
    expect(attack, bug.id).toMatch(/^(?:station|system(?:\/attacks)?)\/[a-z-]+$/);
    for (const suite of bug.suites)
      expect(suite, `${bug.id}: the quick run has no such suite`).not.toMatch(
        /^(station|system(?!\/differential)|rig)\/|\.long$/,
      );
    for (const suite of [...bug.suites, attack]) {
      expect(existsSync(new URL(`../../${suite}.test.ts`, import.meta.url)), `${bug.id}: ${suite}`).toBe(
        true,
      );
    }
    expect(bug.suites.length, bug.id).toBeGreaterThan(0);
  }
});
