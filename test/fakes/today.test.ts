// CI's share of a day: each thing has its day, and no two of a list have the same one in a row of as many days as there are things.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type * as Today from './today.ts';

const NAMES = ['a', 'b', 'c'];

beforeEach(() => {
  vi.resetModules();
  vi.spyOn(console, 'log').mockReturnValue();
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

/** As a process of that day has it: the day is read once. */
function onDay(day: number): Promise<typeof Today> {
  vi.stubEnv('BODYDOCK_DAY', `${day}`);
  vi.resetModules();
  return import('./today.ts');
}

test('a person runs all of a list, CI another one each day until all had their turn', async () => {
  const taken: string[] = [];
  for (let day = 20_000; day < 20_000 + NAMES.length; day++) {
    const { thoseOfToday } = await onDay(day);
    expect(thoseOfToday(NAMES, false)).toEqual(NAMES);
    taken.push(...thoseOfToday(NAMES, true));
  }
  expect(taken.sort()).toEqual(NAMES);
});

test('files that take turns in CI are left out on the days of the others, by name, and never for a person', async () => {
  const turns = [
    ['long', 'both'],
    ['other', 'both'],
  ];
  const { leftOutToday } = await onDay(20_001);
  vi.stubEnv('CI', undefined);
  expect(leftOutToday(turns)).toEqual([]);
  vi.stubEnv('CI', '1');
  expect(leftOutToday(turns)).toEqual(['long']);
  expect(console.log).toHaveBeenCalledWith('not today in CI: long');
  expect((await onDay(20_002)).leftOutToday(turns)).toEqual(['other']);
});
