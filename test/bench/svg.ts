// Draws one chart with lines through measured points as SVG: logarithmic to the right, linear or logarithmic upwards. Pure; no script, no style sheet.

/** One line. Points in the order of x; both coordinates of each are above 0 where their axis is logarithmic. */
export interface Series {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

export interface Chart {
  readonly title: string;
  readonly xLabel: string;
  readonly yLabel: string;
  /** Upwards; to the right it always is. */
  readonly isLogarithmic: boolean;
  readonly series: readonly Series[];
}

const WIDTH = 880;
const HEIGHT = 440;
const LEFT = 80;
/** With the names of the lines in it. */
const RIGHT = 184;
const TOP = 48;
const BOTTOM = 64;
const TICK = 5;
const TICKS = 5;
/** Told apart without colour vision, and from white. */
const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7'];
const LINE_HEIGHT = 18;

/** Where a value lies on an axis, and which values are written at it. */
interface Axis {
  readonly ticks: readonly number[];
  place(value: number): number;
}

/** The document. Points that are not finite, or cannot lie on their axis, are left out. Errors: RangeError where none is left. */
export function renderChart(chart: Chart): string {
  const series = chart.series.map(({ name, points }) => ({
    name,
    points: points.filter((point) => canLie(point, chart)),
  }));
  const all = series.flatMap(({ points }) => points);
  if (all.length === 0) throw new RangeError(`${chart.title}: no point to draw`);
  const xAxis = logarithmic(
    all.map(([x]) => x),
    LEFT,
    WIDTH - RIGHT,
  );
  const yAxis = (chart.isLogarithmic ? logarithmic : linear)(
    all.map(([, y]) => y),
    HEIGHT - BOTTOM,
    TOP,
  );
  const body = [
    text(WIDTH / 2, TOP / 2, chart.title, 'middle', 16),
    text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 16, chart.xLabel, 'middle'),
    `<text transform="translate(18 ${(TOP + HEIGHT - BOTTOM) / 2}) rotate(-90)" text-anchor="middle">${escape(chart.yLabel)}</text>`,
    ...xAxis.ticks.map((tick) => xTick(xAxis.place(tick), tick)),
    ...yAxis.ticks.map((tick) => yTick(yAxis.place(tick), tick)),
    ...series.flatMap((line, at) => drawSeries(line, at, xAxis, yAxis)),
  ];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}" font-family="sans-serif" font-size="12">`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#ffffff"/>`,
    ...body,
    '</svg>\n',
  ].join('\n');
}

function canLie([x, y]: readonly [number, number], { isLogarithmic }: Chart): boolean {
  return Number.isFinite(x) && Number.isFinite(y) && x > 0 && (isLogarithmic ? y > 0 : y >= 0);
}

/** From the power of ten below the smallest value to that above the largest. */
function logarithmic(values: readonly number[], from: number, to: number): Axis {
  const low = Math.floor(Math.log10(Math.min(...values)));
  const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(...values))));
  const ticks = Array.from({ length: high - low + 1 }, (_, at) => 10 ** (low + at));
  return { ticks, place: (value) => from + ((Math.log10(value) - low) / (high - low)) * (to - from) };
}

/** From 0 to a round number above the largest value. */
function linear(values: readonly number[], from: number, to: number): Axis {
  const most = Math.max(...values, Number.MIN_VALUE);
  const raw = most / TICKS;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = ([1, 2, 5, 10].find((factor) => factor * power >= raw) ?? 10) * power;
  const count = Math.ceil(most / step);
  const ticks = Array.from({ length: count + 1 }, (_, at) => at * step);
  return { ticks, place: (value) => from + (value / (count * step)) * (to - from) };
}

function drawSeries({ name, points }: Series, at: number, xAxis: Axis, yAxis: Axis): string[] {
  const colour = COLOURS[at % COLOURS.length];
  const places = points.map(([x, y]) => [round(xAxis.place(x)), round(yAxis.place(y))] as const);
  const legend = TOP + 9 + at * LINE_HEIGHT;
  return [
    `<polyline points="${places.map((place) => place.join(',')).join(' ')}" fill="none" stroke="${colour}" stroke-width="2"/>`,
    ...places.map(([x, y]) => `<circle cx="${x}" cy="${y}" r="3" fill="${colour}"/>`),
    `<rect x="${WIDTH - RIGHT + 16}" y="${legend - 9}" width="10" height="10" fill="${colour}"/>`,
    text(WIDTH - RIGHT + 32, legend, name, 'start'),
  ];
}

function xTick(place: number, value: number): string {
  const bottom = HEIGHT - BOTTOM;
  const line = `<path d="M${round(place)} ${TOP}V${bottom + TICK}" stroke="#dddddd"/>`;
  return `${line}${text(place, bottom + TICK + 14, short(value), 'middle')}`;
}

function yTick(place: number, value: number): string {
  const line = `<path d="M${LEFT - TICK} ${round(place)}H${WIDTH - RIGHT}" stroke="#dddddd"/>`;
  return `${line}${text(LEFT - TICK - 4, place + 4, short(value), 'end')}`;
}

function text(x: number, y: number, words: string, anchor: string, size = 12): string {
  return `<text x="${round(x)}" y="${round(y)}" text-anchor="${anchor}" font-size="${size}">${escape(words)}</text>`;
}

/** 1000000 as "1M", 0.0100000001 as "0.01". */
function short(value: number): string {
  for (const [unit, word] of [
    [1e9, 'G'],
    [1e6, 'M'],
    [1e3, 'k'],
  ] as const)
    if (value >= unit) return `${Number((value / unit).toPrecision(6))}${word}`;
  return `${Number(value.toPrecision(6))}`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function escape(words: string): string {
  return words
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
