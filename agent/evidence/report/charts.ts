// Charts as SVG text that stands in the page: no script, no font from elsewhere, readable in grey on paper. Every value is also in a table.
import { escapeHtml } from '../page/html-text.ts';

/** One column: what stands below it, and the parts that stand on each other, the first one at the bottom. */
export interface Column {
  readonly label: string;
  readonly parts: readonly number[];
}

const WIDTH = 680;
const HEIGHT = 180;
const LEFT = 40;
const BOTTOM = 36;
const TOP = 10;
/** Dark, light, middle, nearly white: apart in grey and for people who do not see all colours. */
const FILLS = ['#1f4e79', '#9cc3e6', '#5b8db8', '#e3e3e3'];
/** Room that a letter of a label takes at the most. */
const LETTER = 7;
/** More labels than this run into each other. */
const LABELS_MAX = 14;

/** Columns side by side. `legend` names the parts; with one part none is drawn. */
export function columnChart(title: string, columns: readonly Column[], legend: readonly string[]): string {
  const top = Math.max(1, ...columns.map(({ parts }) => parts.reduce((sum, part) => sum + part, 0)));
  const scale = niceTop(top);
  const step = (WIDTH - LEFT) / Math.max(1, columns.length);
  const y = (value: number): number => TOP + (HEIGHT - TOP - BOTTOM) * (1 - value / scale);
  const every = Math.ceil(columns.length / LABELS_MAX);
  const bars = columns.map(({ label, parts }, at) => {
    const x = LEFT + at * step;
    const shown = at % every === 0 ? columnLabel(x + step / 2, label) : '';
    return stack(x + step * 0.15, step * 0.7, parts, y) + shown;
  });
  const body = [axis(scale, y), ...bars, legend.length > 1 ? legendRow(legend) : ''].join('');
  return svg(title, HEIGHT, body);
}

/** One line of points per call, in a frame of its own; `range` is the smallest and largest value of the frame. */
export function pointChart(
  title: string,
  points: readonly { readonly atMs: number; readonly value: number }[],
  period: { readonly fromMs: number; readonly toMs: number },
  range: readonly [number, number],
  unit: string,
): string {
  const height = 90;
  const [low, high] = range;
  const x = (atMs: number): number =>
    LEFT + ((atMs - period.fromMs) / Math.max(1, period.toMs - period.fromMs)) * (WIDTH - LEFT - 10);
  const y = (value: number): number =>
    TOP + (height - 2 * TOP) * (1 - (value - low) / Math.max(1, high - low));
  const path = points
    .map(({ atMs, value }, at) => `${at === 0 ? 'M' : 'L'}${round(x(atMs))} ${round(y(value))}`)
    .join('');
  const dots = points.map(
    ({ atMs, value }) => `<circle cx="${round(x(atMs))}" cy="${round(y(value))}" r="2" fill="${FILLS[0]}"/>`,
  );
  const labels =
    text(LEFT - 4, y(high) + 4, `${high} ${unit}`, 'end') +
    text(LEFT - 4, y(low) + 4, `${low} ${unit}`, 'end');
  const frame = `<path d="M${LEFT} ${TOP}V${height - TOP}H${WIDTH - 10}" fill="none" stroke="#888"/>`;
  const line = `<path d="${path}" fill="none" stroke="${FILLS[0]}" stroke-width="1.2"/>`;
  return svg(title, height, frame + labels + line + dots.join(''));
}

function stack(x: number, width: number, parts: readonly number[], y: (value: number) => number): string {
  let sum = 0;
  return parts
    .map((part, at) => {
      const above = y(sum + part);
      const height = y(sum) - above;
      sum += part;
      if (part <= 0) return '';
      return `<rect x="${round(x)}" y="${round(above)}" width="${round(width)}" height="${round(height)}" fill="${FILLS[at % FILLS.length]}"/>`;
    })
    .join('');
}

function axis(scale: number, y: (value: number) => number): string {
  return [0, scale / 2, scale]
    .map((value) => {
      const at = round(y(value));
      const label = Number.isInteger(value) ? text(LEFT - 4, y(value) + 4, String(value), 'end') : '';
      return `<path d="M${LEFT} ${at}H${WIDTH}" stroke="#ccc"/>${label}`;
    })
    .join('');
}

/** Below the middle of its column; one that would be cut at the right ends there. */
function columnLabel(middle: number, label: string): string {
  const isCut = middle + (label.length * LETTER) / 2 > WIDTH;
  return text(isCut ? WIDTH : middle, HEIGHT - BOTTOM + 18, label, isCut ? 'end' : 'middle');
}

function legendRow(legend: readonly string[]): string {
  const step = Math.min(200, (WIDTH - LEFT) / legend.length);
  return legend
    .map((name, at) => {
      const x = LEFT + at * step;
      return `<rect x="${x}" y="${HEIGHT - 12}" width="10" height="10" fill="${FILLS[at % FILLS.length]}"/>${text(x + 14, HEIGHT - 3, name, 'start')}`;
    })
    .join('');
}

function text(x: number, y: number, words: string, anchor: 'start' | 'middle' | 'end'): string {
  return `<text x="${round(x)}" y="${round(y)}" text-anchor="${anchor}">${escapeHtml(words)}</text>`;
}

function svg(title: string, height: number, body: string): string {
  const label = escapeHtml(title);
  return `<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${label}"><title>${label}</title>${body}</svg>`;
}

/** The next of 2, 4, 6, 10 and their tens. */
function niceTop(value: number): number {
  const tens = 10 ** Math.floor(Math.log10(value));
  return ([1, 2, 4, 6, 10].find((step) => step * tens >= value) ?? 10) * tens;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
