import { expect, test } from 'vitest';
import { judge, TARGETS, targetsText, type Target } from './targets.ts';

const fast: Target = {
  what: 'as fast as',
  figure: 'a.times_b',
  unit: 'times',
  group: 'pipeline',
  atLeast: 2,
};
const small: Target = {
  what: 'memory',
  figure: 'a.peak_mib',
  unit: 'MiB',
  group: 'memory',
  atMost: 100,
  goal: 80,
};

test('a figure above a lower bound is reached, by the share that it is above', () => {
  expect(judge(fast, { 'a.times_b': 3 })).toEqual({ kind: 'reached', value: 3, margin: 0.5 });
});

test('a figure below a lower bound is missed, by the share that it lacks', () => {
  expect(judge(fast, { 'a.times_b': 1 })).toEqual({ kind: 'missed', value: 1, margin: -0.5 });
});

test('an upper bound is reached at the bound itself and missed above it', () => {
  expect(judge(small, { 'a.peak_mib': 100 })).toMatchObject({ kind: 'reached', margin: 0 });
  expect(judge(small, { 'a.peak_mib': 150 })).toEqual({ kind: 'missed', value: 150, margin: -0.5 });
});

test('what was not measured is neither reached nor missed, and its line names the group that measures it', () => {
  expect(judge(fast, {})).toEqual({ kind: 'not-measured' });
  expect(judge(fast, { 'a.times_b': Number.NaN })).toEqual({ kind: 'not-measured' });
  expect(targetsText([small], {})).toMatch(
    /memory +at most 100 \(goal 80\) MiB +- +- +not measured here: group memory$/,
  );
});

test('a line says by how much, and whether the goal beyond the bound is reached as well', () => {
  const lines = targetsText([fast, small], { 'a.times_b': 1.5, 'a.peak_mib': 75 }).split('\n');
  expect(lines[2]).toMatch(/at least 2 times +1\.50 +- +NOT REACHED, by 25 %$/);
  expect(lines[3]).toMatch(/ 75\.00 +- +goal reached, by 25 %$/);
  expect(targetsText([small], { 'a.peak_mib': 90 })).toMatch(/ 90\.00 +- +reached, by 10 %$/);
});

test('beside ours stands what the bare way reached, with TLS where ours has it', () => {
  const ofFour: Target = { ...fast, figure: 'bodydock-tls-4.times_https' };
  const figures = { 'bodydock-tls-4.times_https': 1, 'bare.times_https': 3, 'bare-tls.times_https': 1.25 };
  expect(targetsText([ofFour], figures)).toMatch(/times +1\.00 +1\.25 +NOT REACHED, by 50 %$/);
});

test('each target has one bound, a goal on its better side, and a figure of its own', () => {
  for (const { atLeast, atMost, goal } of TARGETS) {
    expect([atLeast, atMost].filter((bound) => bound !== undefined)).toHaveLength(1);
    if (goal !== undefined) expect(atLeast === undefined ? goal < (atMost ?? 0) : goal > atLeast).toBe(true);
  }
  expect(new Set(TARGETS.map(({ figure }) => figure)).size).toBe(TARGETS.length);
});
