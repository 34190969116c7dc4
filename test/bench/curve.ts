// One curve: what a unit of work costs as there is more of it. What it is made of, how it reads as a table, and how it is drawn.
import { isDisturbed } from './load.ts';
import type { Figures } from './outcome.ts';
import { renderChart } from './svg.ts';
import { figure, renderTable } from './table.ts';

/** What was measured at one amount of work. */
export interface CurveValue {
  /** In the unit of the curve. */
  readonly time: number;
  /** What came after that, in the same unit, where the curve has a `thenLabel`. */
  readonly thenTime?: number;
  /** Largest memory by process. */
  readonly peakMib: Readonly<Record<string, number>>;
  readonly othersShare: number;
}

export interface CurvePoint extends CurveValue {
  readonly x: number;
}

/** How one curve is measured. */
export interface CurveKind {
  /** As in `--only`, and in names of files. */
  readonly name: string;
  readonly title: string;
  /** What there is more of, with its unit. */
  readonly xLabel: string;
  /** Unit of `time`. */
  readonly timeLabel: string;
  /** What came after it. */
  readonly thenLabel?: string;
  readonly sizes: readonly number[];
  readonly quickSizes: readonly number[];
  /** Begins with nothing; the sizes come in ascending order, each once. */
  open(): Promise<CurveMeasure>;
}

export interface CurveMeasure {
  /** Errors: what failed; the signal's reason. */
  at(x: number, signal: AbortSignal): Promise<CurveValue>;
  close(): Promise<void>;
}

/** A curve as far as it came. */
export interface Curve {
  readonly kind: CurveKind;
  readonly points: readonly CurvePoint[];
  readonly error: string | undefined;
}

function processes(points: readonly CurvePoint[]): string[] {
  return [...new Set(points.flatMap(({ peakMib }) => Object.keys(peakMib)))];
}

/** For people. */
export function curveText({ kind, points, error }: Curve): string {
  const names = processes(points);
  const { thenLabel } = kind;
  const times = thenLabel === undefined ? [kind.timeLabel] : [kind.timeLabel, `then, ${thenLabel}`];
  const head = [kind.xLabel, ...times, ...names.map((name) => `${name}, MiB`), 'others used'];
  const rows = points.map(({ x, time, thenTime, peakMib, othersShare }) => [
    `${x}`,
    timeText(time),
    ...(thenLabel === undefined ? [] : [timeText(thenTime ?? Number.NaN)]),
    ...names.map((name) => figure(peakMib[name] ?? Number.NaN, 0)),
    `${figure(othersShare * 100, 0)} %${isDisturbed(othersShare) ? ' (disturbed)' : ''}`,
  ]);
  const failed = error === undefined ? '' : `\nFAILED: ${kind.name}: ${error}`;
  return `${kind.title}\n\n${renderTable([head, ...rows])}${failed}`;
}

function timeText(time: number): string {
  return figure(time, time < 10 ? 2 : 0);
}

/** Documents by name of file; none where nothing was measured that can be drawn. */
export function curveDrawings({ kind, points }: Curve): Map<string, string> {
  const drawn = points.filter(({ x }) => x > 0); // no logarithmic axis has a 0
  if (drawn.length === 0) return new Map();
  const { name, title, xLabel, timeLabel, thenLabel } = kind;
  const times = [{ name: 'time', points: drawn.map(({ x, time }) => [x, time] as const) }];
  if (thenLabel !== undefined)
    times.push({
      name: `then, ${thenLabel}`,
      points: drawn.map(({ x, thenTime }) => [x, thenTime ?? Number.NaN] as const),
    });
  const memory = processes(drawn).map((process) => ({
    name: process,
    points: drawn.map(({ x, peakMib }) => [x, peakMib[process] ?? Number.NaN] as const),
  }));
  return new Map([
    [
      `${name}-time.svg`,
      renderChart({
        title: `${title}: time`,
        xLabel,
        yLabel: timeLabel,
        isLogarithmic: true,
        series: times,
      }),
    ],
    [
      `${name}-memory.svg`,
      renderChart({
        title: `${title}: memory`,
        xLabel,
        yLabel: 'peak MiB',
        isLogarithmic: false,
        series: memory,
      }),
    ],
  ]);
}

/** For `--json`. */
export function curveDocument({ kind, points, error }: Curve): Record<string, unknown> {
  return {
    name: kind.name,
    x: kind.xLabel,
    time_unit: kind.timeLabel,
    ...(kind.thenLabel === undefined ? {} : { then_label: kind.thenLabel }),
    error: error ?? null,
    points: points.map(({ x, time, thenTime, peakMib, othersShare }) => ({
      x,
      time: finiteOrNull(time),
      ...(kind.thenLabel === undefined ? {} : { then_time: finiteOrNull(thenTime) }),
      peak_mib: peakMib,
      others_share: othersShare,
    })),
  };
}

function finiteOrNull(value = Number.NaN): number | null {
  return Number.isFinite(value) ? value : null;
}

/** Of the largest amount of work: how many times the time and the memory of the smallest one that is not nothing. */
export function curveFigures({ kind, points }: Curve): Figures {
  const [first, ...rest] = points.filter(({ x }) => x > 0);
  const last = rest.at(-1);
  if (first === undefined || last === undefined) return {};
  const name = `curves.${kind.name}`;
  return Object.fromEntries([
    [`${name}.time_growth_to_${last.x}`, last.time / first.time],
    ...processes(points).map((process) => [
      `${name}.${process}.memory_growth_to_${last.x}`,
      (last.peakMib[process] ?? Number.NaN) / (first.peakMib[process] ?? Number.NaN),
    ]),
  ]);
}
