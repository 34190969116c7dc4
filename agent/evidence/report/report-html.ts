// The pilot report as one page for people who decide: numbers first, then charts with their tables, then the users' own words.
import { micromark } from 'micromark';
import { columnChart } from './charts.ts';
import { escapeHtml, page, table } from '../page/html-text.ts';
import { dataSize, dayWords, fill, number, type Language } from '../page/language.ts';
import { weekOf } from './calendar.ts';
import type { Spread } from './figures.ts';
import { LATENCY_BOUNDS_S, type Counts, type PilotReport } from './pilot-report.ts';
import { batteries, clocks } from './report-html-cameras.ts';
import type { Page } from './report-page.ts';
import { duration, kindWords, wordsOf, type Words } from './words.ts';

/** The report as HTML, self-contained. */
export function reportHtml(report: PilotReport, language: Language): string {
  const context = { report, language, words: wordsOf(language) };
  const ofCameras = report.cameras_are === 'without-cameras' ? [] : [cameras, clocks, batteries];
  const chapters = [head, summary, days, latency, weeks, ...ofCameras, failures, notes, method];
  return page(language, context.words.title, chapters.map((chapter) => chapter(context)).join('\n'));
}

function head({ report, language, words }: Page): string {
  const stations = report.stations.join(', ') || words.none;
  const made = new Intl.DateTimeFormat(language, {
    dateStyle: 'long',
    timeStyle: 'short',
    timeZone: report.time_zone,
  });
  return `<h1>${escapeHtml(words.title)}</h1>
<p>${escapeHtml(fill(words.period, writtenDay(report.from, language), writtenDay(report.to, language), report.time_zone))}<br>${escapeHtml(fill(words.stations, stations))}</p>
<p class="small">${escapeHtml(fill(words.made, made.format(new Date(report.made_at))))} ${escapeHtml(`${words.noName} ${handed(report, words)}`)}</p>
${unproven({ report, language, words })}${notJudged({ report, language, words })}`;
}

/** What the figures of one camera say of a person. */
function handed({ cameras_are: handing }: PilotReport, words: Words): string {
  if (handing === 'pooled') return words.pooled;
  return handing === 'without-cameras' ? words.withoutCameras : words.notPooled;
}

/** A day as the language writes it out. */
function writtenDay(day: string, language: Language): string {
  return dayWords(`${day}T00:00:00Z`, language, 'UTC');
}

function unproven({ report, words }: Page): string {
  const { count, where } = report.unproven;
  if (count === 0) return '';
  return `<p class="warn">${escapeHtml(fill(words.unproven, count))}<br><span class="small">${escapeHtml(where.join(', '))}</span></p>`;
}

function notJudged({ report: { orders_not_judged: count }, words }: Page): string {
  return count === 0 ? '' : `<p class="warn">${escapeHtml(fill(words.ordersNotJudged, count))}</p>`;
}

function summary({ report, language, words }: Page): string {
  const { total, days } = report;
  const n = (value: number): string => number(value, language);
  const rows = [
    [words.dockings, n(total.dockings)],
    [`– ${words.dockingsEmpty}`, n(total.dockings_without_recording)],
    [words.days, n(days.days)],
    [`– ${words.daysEmpty}`, n(days.proven_without_recording)],
    [`– ${words.daysRecorded}`, n(days.with_recording)],
    [`– ${words.daysOpen}`, n(days.open)],
    [`– ${words.daysUndecided}`, n(days.undecided)],
    [`– ${words.daysWithout}`, n(days.no_camera_in_use)],
    [words.recordings, n(total.recordings)],
    [words.minutes, minutes(total, language, words)],
    [words.bytes, dataSize(total.bytes, language)],
    [words.otherFiles, n(total.other_files)],
    [words.kept, n(total.kept_as_evidence)],
    [words.deleted, n(total.deleted)],
    [words.notReceipted, n(total.not_receipted)],
  ];
  const big = [rows[0], rows[3], rows[8], rows[12]].map(
    (row) =>
      `<div><b>${escapeHtml(row?.[1] ?? '')}</b>${escapeHtml(row === rows[3] ? `${words.days}, ${words.daysEmpty}` : (row?.[0] ?? ''))}</div>`,
  );
  return `<h2>${escapeHtml(words.summary)}</h2><div class="big">${big.join('')}</div>${table(['', ''], rows)}`;
}

function minutes(counts: Counts, language: Language, words: Words): string {
  const told = number(counts.duration_ms / 60_000, language, 1);
  const unknown = counts.recordings_without_duration;
  return unknown === 0 ? told : `${told} (${fill(words.minutesUnknown, unknown)})`;
}

/** What is known of each day, week by week; and who is awaited. */
function days(context: Page): string {
  const { report, words } = context;
  const states = [
    ['with_recording', words.dayRecorded],
    ['proven_without_recording', words.dayProven],
    ['undecided', words.dayUndecided],
    ['open', words.dayOpen],
  ] as const;
  const placed = report.calendar.map(({ day, state }) => ({ week: weekOf(day), state }));
  const columns = report.weeks.map(({ week }) => {
    const ofWeek = placed.filter((day) => day.week === week);
    return {
      label: week.slice(5),
      parts: states.map(([state]) => ofWeek.filter((day) => day.state === state).length),
    };
  });
  const names = states.map(([, name]) => name);
  const chart = columnChart(words.dayByDay, columns, names);
  return `<h2>${escapeHtml(words.dayByDay)}</h2><p>${escapeHtml(words.daysText)}</p>${chart}${awaited(context)}${retired(context)}`;
}

function awaited({ report, language, words }: Page): string {
  if (report.awaited.length === 0) return '';
  const rows = report.awaited.map(({ camera, last_listed_at: last, open_days: open }) => [
    camera,
    last === null ? words.never : dayWords(last, language, report.time_zone),
    number(open, language),
  ]);
  return `<h3>${escapeHtml(words.awaited)}</h3>${table([words.camera, words.lastListed, words.openDays], rows)}`;
}

function retired({ report, language, words }: Page): string {
  if (report.retired.length === 0) return '';
  const rows = report.retired.map(({ camera, at, reason }) => [
    camera,
    dayWords(at, language, report.time_zone),
    reason,
  ]);
  return `<h3>${escapeHtml(words.retired)}</h3>${table([words.camera, words.retiredOn, words.reason], rows)}`;
}

function latency(context: Page): string {
  const { report, words } = context;
  const title = `<h2>${escapeHtml(words.latency)}</h2>`;
  const records = report.record_to_receipt_s;
  const told =
    records === null ? '' : `<p>${escapeHtml(fill(words.latencyRecords, spreadWords(records, context)))}</p>`;
  return title + recordingLatency(context) + told;
}

function recordingLatency(context: Page): string {
  const { report, language, words } = context;
  const spread = report.docking_to_receipt_s;
  if (spread === null) return `<p>${escapeHtml(words.latencyNone)}</p>`;
  const columns = report.docking_to_receipt_histogram.map((count, at) => {
    const bound = LATENCY_BOUNDS_S[at];
    return {
      label: bound === undefined ? words.longer : fill(words.upTo, duration(bound, language)),
      parts: [count],
    };
  });
  return `<p>${escapeHtml(spreadWords(spread, context))}</p>${columnChart(words.latency, columns, [])}`;
}

function spreadWords(spread: Spread, { language, words }: Page): string {
  return [
    fill(words.median, duration(spread.median, language)),
    fill(words.p95, duration(spread.p95, language)),
    fill(words.worst, duration(spread.worst, language)),
  ].join(', ');
}

function weeks({ report, language, words }: Page): string {
  const docked = report.weeks.map((week) => ({
    label: week.week.slice(5),
    parts: [week.dockings - week.dockings_without_recording, week.dockings_without_recording],
  }));
  const recorded = report.weeks.map((week) => ({ label: week.week.slice(5), parts: [week.recordings] }));
  const charts = [
    `<h3>${escapeHtml(words.dockings)}</h3>${columnChart(words.dockings, docked, [words.withRecording, words.withoutRecording])}`,
    `<h3>${escapeHtml(words.recordings)}</h3>${columnChart(words.recordings, recorded, [])}`,
  ];
  const rows = report.weeks.map((week) => [week.week.replace('-', '\u2011'), ...countCells(week, language)]);
  return `<h2>${escapeHtml(words.perWeek)}</h2>${charts.join('')}${table([words.week, ...countHeads(words)], rows)}`;
}

function cameras({ report, language, words }: Page): string {
  const rows = report.cameras.map((camera) => [camera.camera, ...countCells(camera, language)]);
  const columns = report.cameras.map(({ camera, recordings }) => ({ label: camera, parts: [recordings] }));
  const chart =
    columns.length === 0
      ? ''
      : `<h3>${escapeHtml(words.recordings)}</h3>${columnChart(words.recordings, columns, [])}`;
  return `<h2>${escapeHtml(words.perCamera)}</h2>${chart}${table([words.camera, ...countHeads(words)], rows)}`;
}

function countHeads(words: Words): string[] {
  return [words.dockings, words.withoutRecording, words.recordings, words.minutes, words.bytes, words.kept];
}

function countCells(counts: Counts, language: Language): string[] {
  const n = (value: number): string => number(value, language);
  return [
    n(counts.dockings),
    n(counts.dockings_without_recording),
    n(counts.recordings),
    number(counts.duration_ms / 60_000, language, 1),
    dataSize(counts.bytes, language),
    n(counts.kept_as_evidence),
  ];
}

function failures({ report, language, words }: Page): string {
  const title = `<h2>${escapeHtml(words.failures)}</h2>`;
  if (report.failures.length === 0) return `${title}<p>${escapeHtml(words.failuresNone)}</p>`;
  const rows = report.failures.map(({ kind, count }) => [kindWords(kind, language), number(count, language)]);
  return title + table([words.kind, words.count], rows);
}

/** Markdown becomes HTML without raw HTML and without links that do anything (micromark's safe default). */
function notes({ report, language, words }: Page): string {
  if (report.notes.length === 0) return '';
  const articles = report.notes.map(
    ({ date, shift, use, text }) =>
      `<article><h3>${escapeHtml(`${writtenDay(date, language)}, ${words.shift} ${shift}: ${use}`)}</h3>${micromark(text)}</article>`,
  );
  const intro = escapeHtml(fill(words.notesText, report.notes.length));
  return `<h2>${escapeHtml(words.notes)}</h2><p>${intro}</p>${articles.join('\n')}`;
}

function method({ words }: Page): string {
  return `<h2>${escapeHtml(words.check)}</h2><p class="small">${escapeHtml(words.checkText)}</p>`;
}
