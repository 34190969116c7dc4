import { expect, test } from 'vitest';
import { parseOptions } from './options.ts';

test('without a group the three that belong to the daily comparison run, and a group can be named in two ways', () => {
  expect(parseOptions([])).toMatchObject({
    groups: ['stages', 'pipeline', 'syncs'],
    workMib: 1024,
    repetitions: 3,
  });
  expect(parseOptions(['station'])?.groups).toEqual(['station']);
  expect(parseOptions(['--group', 'curves'])?.groups).toEqual(['curves']);
});

test('quick means less work unless it is named', () => {
  expect(parseOptions(['--quick'])).toMatchObject({ quick: true, workMib: 256, repetitions: 1 });
  expect(parseOptions(['--quick', '--mib', '8'])).toMatchObject({ workMib: 8, recordings: 200 });
  expect(parseOptions(['verify', '--recordings', '100000'])).toMatchObject({ recordings: 100_000 });
});

test('what is no group or no number is told with what there is', () => {
  expect(() => parseOptions(['nothing'])).toThrow(/"nothing" is no group: pipeline or /);
  expect(() => parseOptions(['usb', '--group', 'serial'])).toThrow(RangeError);
  expect(() => parseOptions(['--mib', '1e3'])).toThrow('--mib "1e3": a whole number from 1 to 65536');
  expect(parseOptions(['--help'])).toBeUndefined();
});
