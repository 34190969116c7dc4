import { expect, test } from 'vitest';
import { renderChart, type Chart } from './svg.ts';

const CHART: Chart = {
  title: 'memory & <size>',
  xLabel: 'MiB',
  yLabel: 'peak',
  isLogarithmic: false,
  series: [
    {
      name: 'agent',
      points: [
        [1, 50],
        [10, 50],
        [100, 100],
      ],
    },
  ],
};

/** Places of the first line, as numbers. */
function line(svg: string): number[][] {
  const [, points = ''] = /<polyline points="([^"]*)"/.exec(svg) ?? [];
  return points.split(' ').map((point) => point.split(',').map(Number));
}

test('powers of ten are as far apart as each other, and a larger value lies higher', () => {
  const [[x1, y1], [x2, y2], [x3, y3]] = line(renderChart(CHART)) as [number[], number[], number[]];
  expect([x1, x2, x3]).toEqual([80, 388, 696]);
  expect(y1).toBe(y2);
  expect(y3).toBeLessThan(y2 ?? 0);
});

test('a linear axis begins at nothing: half of the largest value lies half as high', () => {
  const [, [, half = 0], [, all = 0]] = line(renderChart(CHART)) as [number[], number[], number[]];
  expect([half, all]).toEqual([(376 + 48) / 2, 48]);
});

test('what an axis cannot show is left out, and a chart of nothing else is an error', () => {
  const odd: Chart = {
    ...CHART,
    isLogarithmic: true,
    series: [
      {
        name: 'a',
        points: [
          [0, 1],
          [1, 0],
          [10, Number.NaN],
          [10, 5],
        ],
      },
    ],
  };
  expect(line(renderChart(odd))).toHaveLength(1);
  expect(() => renderChart({ ...odd, series: [] })).toThrow(RangeError);
});

test('words are escaped, large numbers are short, and each line has its own colour and name', () => {
  const series = [
    { name: 'one', points: [[1, 1] as const] },
    { name: 'two', points: [[1_000_000, 2000] as const] },
  ];
  const svg = renderChart({ ...CHART, series });
  expect(svg).toContain('memory &amp; &lt;size&gt;');
  expect(svg).toContain('>1M</text>');
  expect(svg).toContain('>2k</text>');
  expect(new Set(svg.match(/stroke="#[0-9a-f]{6}" stroke-width="2"/g)).size).toBe(2);
  expect(svg).toContain('>one</text>');
  expect(svg).toContain('>two</text>');
});
