// The chapters of the report's page on the cameras themselves: their clocks and their batteries.
import { escapeHtml, table } from '../page/html-text.ts';
import { number, type Language } from '../page/language.ts';
import { pointChart } from './charts.ts';
import type { CameraReport } from './pilot-report.ts';
import type { Page } from './report-page.ts';
import { duration, type Words } from './words.ts';

/** How far the cameras' clocks are off, and how they go. */
export function clocks({ report, language, words }: Page): string {
  const known = report.cameras.filter(({ offset_ms_median: median }) => median !== null);
  const title = `<h2>${escapeHtml(words.clock)}</h2>`;
  if (known.length === 0) return `${title}<p>${escapeHtml(words.clockNone)}</p>`;
  const rows = known.map((camera) => [
    camera.camera,
    signed(camera.offset_ms_median ?? 0, language),
    signed(camera.offset_ms_worst ?? 0, language).slice(1),
    driftText(camera, language, words),
    number(camera.clock_resets, language),
  ]);
  const heads = [words.camera, words.clockMedian, words.clockWorst, words.clockDrift, words.clockResets];
  return `${title}<p>${escapeHtml(words.clockText)}</p>${table(heads, rows)}`;
}

/** Seconds that a clock gains (+) or loses (-) in a day. */
function driftText(
  { clock_drift_ppm: drift, clock_drift_uncertainty_ppm: uncertainty }: CameraReport,
  language: Language,
  words: Words,
): string {
  if (drift === null || uncertainty === null) return words.unknown;
  const perDay = (ppm: number): string => number(Math.abs(ppm) * 0.0864, language, 1);
  return `${drift < 0 ? '-' : '+'}${perDay(drift)} ± ${perDay(uncertainty)} s`;
}

/** Offsets of a clock that is right are parts of a second. */
function signed(offsetMs: number, language: Language): string {
  const seconds = Math.abs(offsetMs) / 1000;
  const told = seconds < 120 ? `${number(seconds, language, 1)} s` : duration(seconds, language);
  return `${offsetMs < 0 ? '-' : '+'}${told}`;
}

/** The charge of each camera at its dockings. */
export function batteries({ report, language, words }: Page): string {
  const known = report.cameras.filter(({ points }) =>
    points.some(({ battery_percent: value }) => value !== null),
  );
  const title = `<h2>${escapeHtml(words.battery)}</h2>`;
  if (known.length === 0) return `${title}<p>${escapeHtml(words.batteryNone)}</p>`;
  const period = {
    fromMs: Date.parse(`${report.from}T00:00:00Z`),
    toMs: Date.parse(`${report.to}T23:59:59Z`),
  };
  const charts = known.map((camera) => batteryChart(camera, period, language, words));
  return `${title}<p>${escapeHtml(words.batteryText)}</p>${charts.join('')}`;
}

function batteryChart(
  { camera, points, battery_change_percent_per_30_days: change }: CameraReport,
  period: { fromMs: number; toMs: number },
  language: Language,
  words: Words,
): string {
  const told = points.flatMap(({ at, battery_percent: value }) =>
    value === null ? [] : [{ atMs: Date.parse(at), value }],
  );
  const trend = change === null ? words.unknown : `${change > 0 ? '+' : ''}${number(change, language, 1)} %`;
  return `<h3>${escapeHtml(`${camera}: ${words.batteryTrend} ${trend}`)}</h3>${pointChart(camera, told, period, [0, 100], '%')}`;
}
