import { expect, test } from 'vitest';
import {
  curveDocument,
  curveDrawings,
  curveFigures,
  curveText,
  type Curve,
  type CurveKind,
} from './curve.ts';

const kind: CurveKind = {
  name: 'files',
  title: 'more and more files',
  xLabel: 'files',
  timeLabel: 'ms per file',
  sizes: [],
  quickSizes: [],
  open: () => Promise.reject(new Error('nothing is measured here')),
};
const curve: Curve = {
  kind,
  points: [
    { x: 0, time: 80, peakMib: { agent: 90 }, othersShare: 0 },
    { x: 10, time: 4, peakMib: { agent: 100 }, othersShare: 0.5 },
    { x: 1000, time: 6, peakMib: { agent: 110 }, othersShare: 0.01 },
  ],
  error: undefined,
};

test('a curve tells how time and memory grew from its first amount of work to its last, leaving out the start with nothing', () => {
  const { 'curves.files.time_growth_to_1000': time, 'curves.files.agent.memory_growth_to_1000': memory } =
    curveFigures(curve);
  expect([time, memory]).toEqual([1.5, 1.1]);
  expect(curveFigures({ ...curve, points: curve.points.slice(0, 2) })).toEqual({});
});

test('its table has every point, says which were disturbed, and why it ends early', () => {
  const lines = curveText({ ...curve, error: 'no disk' }).split('\n');
  expect(lines.slice(4)).toEqual([
    expect.stringMatching(/^0 +80 +90 +0 %$/),
    expect.stringMatching(/^10 +4\.00 +100 +50 % \(disturbed\)$/),
    expect.stringMatching(/^1000 +6\.00 +110 +1 %$/),
    'FAILED: files: no disk',
  ]);
});

test('time and memory are drawn apart, and a curve that never began is not drawn', () => {
  expect([...curveDrawings(curve).keys()]).toEqual(['files-time.svg', 'files-memory.svg']);
  expect(curveDrawings({ ...curve, points: [] }).size).toBe(0);
});

test('what came behind the time of a curve has a column of its own, and a line in its drawing', () => {
  const erased: Curve = {
    ...curve,
    kind: { ...kind, thenLabel: 'until the camera is empty' },
    points: curve.points.map((point) => ({ ...point, thenTime: 2 * point.time })),
  };
  const lines = curveText(erased).split('\n');
  expect(lines[2]).toContain('then, until the camera is empty');
  expect(lines.slice(4)).toEqual([
    expect.stringMatching(/^0 +80 +160 +90 +0 %$/),
    expect.stringMatching(/^10 +4\.00 +8\.00 +100 +50 % \(disturbed\)$/),
    expect.stringMatching(/^1000 +6\.00 +12 +110 +1 %$/),
  ]);
  expect(curveDrawings(erased).get('files-time.svg')).toContain('then, until the camera is empty');
  expect(curveDocument(erased)).toMatchObject({
    then_label: 'until the camera is empty',
    points: [{ then_time: 160 }, { then_time: 8 }, { then_time: 12 }],
  });
  expect(curveDocument(curve)).not.toHaveProperty('then_label');
});
