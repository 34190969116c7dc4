import { expect, test } from 'vitest';
import { figure, renderTable } from './table.ts';

test('columns are as wide as their widest cell, the first to the left and the others to the right', () => {
  const rows = [
    ['party', 'MB/s'],
    ['a', '1234567'],
    ['long name', '1'],
  ];
  expect(renderTable(rows).split('\n')).toEqual([
    'party         MB/s',
    '---------  -------',
    'a          1234567',
    'long name        1',
  ]);
});

test('a row that lacks cells is as short as it is', () => {
  expect(renderTable([['a', 'b'], ['c']]).split('\n')).toEqual(['a  b', '-  -', 'c']);
});

test('what was not measured is a dash', () => {
  expect([figure(1.005, 1), figure(Number.NaN, 2), figure(Infinity, 2)]).toEqual(['1.0', '-', '-']);
});
