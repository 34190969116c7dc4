// CI's share of the long lists: each thing is in one share, and a run's share does not depend on when it runs.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type * as ShareOfRun from './share-of-run.ts';

const NAMES = ['a', 'b', 'c'];

beforeEach(() => {
  vi.resetModules();
  vi.spyOn(console, 'log').mockReturnValue();
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** As a process with that environment has it: it is read once. */
function withEnvironment(variables: Record<string, string | undefined>): Promise<typeof ShareOfRun> {
  for (const name of ['CI', 'BODYDOCK_LISTS', 'BODYDOCK_SHARE']) vi.stubEnv(name, variables[name]);
  vi.resetModules();
  return import('./share-of-run.ts');
}

test('a run without shares takes all of a list, and all shares together are the list', async () => {
  const taken: string[] = [];
  for (let number = 0; number < NAMES.length; number++) {
    const { shareOfList } = await withEnvironment({ CI: '1', BODYDOCK_SHARE: `${number}` });
    expect(shareOfList(NAMES, false)).toEqual(NAMES);
    taken.push(...shareOfList(NAMES, true));
  }
  expect(taken.sort()).toEqual(NAMES);
});

test('the share is the same on every day', async () => {
  const shares = [];
  for (const day of ['2026-12-01', '2026-12-02', '2031-01-31']) {
    vi.useFakeTimers({ now: new Date(day), toFake: ['Date'] });
    shares.push((await withEnvironment({ CI: '1' })).shareOfRun);
  }
  expect(new Set(shares).size).toBe(1);
});

test('files of other shares are left out in CI, by name, and neither for a person nor in the nightly list', async () => {
  const groups = [
    ['long', 'both'],
    ['other', 'both'],
  ];
  expect((await withEnvironment({})).leftOut(groups)).toEqual([]);
  expect((await withEnvironment({ CI: '1', BODYDOCK_LISTS: 'whole' })).leftOut(groups)).toEqual([]);
  expect((await withEnvironment({ CI: '1', BODYDOCK_SHARE: '1' })).leftOut(groups)).toEqual(['long']);
  expect(console.log).toHaveBeenCalledWith('left to the nightly list: long');
  expect((await withEnvironment({ CI: '1', BODYDOCK_SHARE: '2' })).leftOut(groups)).toEqual(['other']);
});
