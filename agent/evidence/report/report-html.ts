// The pilot report as one page for people who decide: numbers first, then charts with their tables, then the users' own words.
import { micromark } from 'micromark';
import { filled } from '../../../config/texts.ts';
import { FAILURES_DE } from '../../../config/texts/de/codes.ts';
import { REPORT_DE } from '../../../config/texts/de/report.ts';
import { REPORT_EN, type ReportWords } from '../../../config/texts/en/report.ts';
import {
  type Block,
  blocksHtml,
  escapeHtml,
  heading,
  numbers,
  paragraph,
  small,
  subheading,
  warning,
} from '../page/blocks.ts';
import { codeWords, dataSize, dayWords, type Language, monthWords, number } from '../page/language.ts';
import { weekOf } from './calendar.ts';
import type { Spread } from './gather.ts';
import type { StaffQuestion } from './staff.ts';
import { type CameraReport, type Counts, LATENCY_BOUNDS_S, type PilotReport } from './pilot-report.ts';

const WORDS: Readonly<Record<Language, ReportWords>> = { en: REPORT_EN, de: REPORT_DE };

/** Everything that the chapters need. */
interface Page {
  readonly report: PilotReport;
  readonly language: Language;
  readonly words: ReportWords;
}

/** The report as HTML, self-contained. */
export function reportHtml(report: PilotReport, language: Language): string {
  const context = { report, language, words: WORDS[language] };
  const ofCameras = report.cameras_are === 'without-cameras' ? [] : [cameras, clocks, batteries];
  const chapters = [
    head,
    summary,
    days,
    latency,
    weeks,
    ...ofCameras,
    failures,
    staff,
    evaluations,
    notes,
    method,
  ];
  return blocksHtml(
    language,
    context.words.title,
    chapters.flatMap((chapter) => chapter(context)),
  );
}

function head({ report, language, words }: Page): Block[] {
  const { from, to, time_zone: timeZone, unproven, orders_not_judged: notJudged } = report;
  const form = new Intl.DateTimeFormat(language, { dateStyle: 'long', timeStyle: 'short', timeZone });
  const period = { from: writtenDay(from, language), to: writtenDay(to, language), zone: timeZone };
  const made = filled(words.made, { at: form.format(new Date(report.made_at)) });
  return [
    paragraph(filled(words.period, period)),
    paragraph(filled(words.stations, { stations: report.stations.join(', ') || words.none })),
    small(`${made} ${words.noName} ${handed(report, words)}`),
    ...(unproven.count === 0
      ? []
      : [warning(filled(words.unproven, { count: unproven.count })), small(unproven.where.join(', '))]),
    ...(notJudged === 0 ? [] : [warning(filled(words.ordersNotJudged, { count: notJudged }))]),
    ...(report.times_fixed_from_outside ? [] : [warning(words.timesNotFixed)]),
  ];
}

/** What the figures of one camera say of a person. */
function handed({ cameras_are: handing }: PilotReport, words: ReportWords): string {
  if (handing === 'pooled') return words.pooled;
  return handing === 'without-cameras' ? words.withoutCameras : words.notPooled;
}

/** A day as the language writes it out. */
function writtenDay(day: string, language: Language): string {
  return dayWords(`${day}T00:00:00Z`, language, 'UTC');
}

function summary({ report, language, words }: Page): Block[] {
  const { total, days } = report;
  const n = (value: number): string => number(value, language);
  const dockings = n(total.dockings);
  const empty = n(days.proven_without_recording);
  const recordings = n(total.recordings);
  const kept = n(total.kept_as_evidence);
  const rows = [
    [words.dockings, dockings],
    [`– ${words.dockingsEmpty}`, n(total.dockings_without_recording)],
    [words.days, n(days.days)],
    [`– ${words.daysEmpty}`, empty],
    [`– ${words.daysRecorded}`, n(days.with_recording)],
    [`– ${words.daysOpen}`, n(days.open)],
    [`– ${words.daysUndecided}`, n(days.undecided)],
    [`– ${words.daysWithout}`, n(days.no_camera_in_use)],
    [words.recordings, recordings],
    [words.minutes, minutes(total, language, words)],
    [words.bytes, dataSize(total.bytes, language)],
    [words.otherFiles, n(total.other_files)],
    [words.kept, kept],
    [words.deleted, n(total.deleted)],
    [words.notReceipted, n(total.not_receipted)],
  ];
  const figures = [
    [words.dockings, dockings],
    [`${words.days}, ${words.daysEmpty}`, empty],
    [words.recordings, recordings],
    [words.kept, kept],
  ] as const;
  return [heading(words.summary), { kind: 'figures', figures }, numbers(['', ''], rows)];
}

function minutes(counts: Counts, language: Language, words: ReportWords): string {
  const told = number(counts.duration_ms / 60_000, language, 1);
  const unknown = counts.recordings_without_duration;
  return unknown === 0 ? told : `${told} (${filled(words.minutesUnknown, { count: unknown })})`;
}

/** What is known of each day, week by week; and who is awaited. */
function days(context: Page): Block[] {
  const { report, words } = context;
  const states = [
    ['with_recording', words.dayRecorded],
    ['proven_without_recording', words.dayProven],
    ['undecided', words.dayUndecided],
    ['open', words.dayOpen],
  ] as const;
  const placed = report.calendar.map(({ day, state }) => ({ week: weekOf(day), state }));
  const columns = report.weeks.map(({ week }) => ({
    label: weekText(words.weekShort, week),
    parts: states.map(([state]) => placed.filter((day) => day.week === week && day.state === state).length),
  }));
  const names = states.map(([, name]) => name);
  return [
    heading(words.dayByDay),
    paragraph(words.daysText),
    columnChart(words.dayByDay, columns, names),
    ...awaited(context),
    ...retired(context),
  ];
}

function awaited({ report, language, words }: Page): Block[] {
  const rows = report.awaited.map(({ camera, last_listed_at: last, open_days: open }) => [
    camera,
    last === null ? words.never : dayWords(last, language, report.time_zone),
    number(open, language),
  ]);
  return titledTable(words.awaited, [words.camera, words.lastListed, words.openDays], rows);
}

function retired({ report, language, words }: Page): Block[] {
  const rows = report.retired.map(({ camera, at, reason }) => [
    camera,
    dayWords(at, language, report.time_zone),
    reason,
  ]);
  return titledTable(words.retired, [words.camera, words.retiredOn, words.reason], rows);
}

/** Nothing where there is no row. */
function titledTable(title: string, heads: readonly string[], rows: readonly (readonly string[])[]): Block[] {
  if (rows.length === 0) return [];
  return [subheading(title), numbers(heads, rows)];
}

function latency(context: Page): Block[] {
  const { report, words } = context;
  const records = report.record_to_receipt_s;
  return [
    heading(words.latency),
    ...recordingLatency(context),
    ...(records === null
      ? []
      : [paragraph(filled(words.latencyRecords, { times: spreadWords(records, context) }))]),
  ];
}

function recordingLatency(context: Page): Block[] {
  const { report, language, words } = context;
  const spread = report.docking_to_receipt_s;
  if (spread === null) return [paragraph(words.latencyNone)];
  const columns = report.docking_to_receipt_histogram.map((count, at) => {
    const bound = LATENCY_BOUNDS_S[at];
    return {
      label: bound === undefined ? words.longer : filled(words.upTo, { time: duration(bound, language) }),
      parts: [count],
    };
  });
  return [paragraph(spreadWords(spread, context)), columnChart(words.latency, columns, [])];
}

function spreadWords(spread: Spread, { language, words }: Page): string {
  return [
    filled(words.median, { time: duration(spread.median, language) }),
    filled(words.p95, { time: duration(spread.p95, language) }),
    filled(words.worst, { time: duration(spread.worst, language) }),
  ].join(', ');
}

/** A week as a person of that language writes it; `isoWeek` is "2026-W48". */
function weekText(text: string, isoWeek: string): string {
  const [year = '', week = ''] = isoWeek.split('-W');
  return filled(text, { year, week });
}

function weeks({ report, language, words }: Page): Block[] {
  const named = report.weeks.map((week) => ({ week, label: weekText(words.weekShort, week.week) }));
  const docked = named.map(({ week: { dockings, dockings_without_recording: without }, label }) => ({
    label,
    parts: [dockings - without, without],
  }));
  const recorded = named.map(({ week, label }) => ({ label, parts: [week.recordings] }));
  const rows = report.weeks.map((week) => [
    weekText(words.weekOfYear, week.week),
    ...countCells(week, language),
  ]);
  return [
    heading(words.perWeek),
    subheading(words.dockings),
    columnChart(words.dockings, docked, [words.withRecording, words.withoutRecording]),
    subheading(words.recordings),
    columnChart(words.recordings, recorded, []),
    numbers([words.week, ...countHeads(words)], rows),
  ];
}

function cameras({ report, language, words }: Page): Block[] {
  const rows = report.cameras.map((camera) => [camera.camera, ...countCells(camera, language)]);
  const columns = report.cameras.map(({ camera, recordings }) => ({ label: camera, parts: [recordings] }));
  const chart: Block[] = [subheading(words.recordings), columnChart(words.recordings, columns, [])];
  return [
    heading(words.perCamera),
    ...(columns.length === 0 ? [] : chart),
    numbers([words.camera, ...countHeads(words)], rows),
  ];
}

function countHeads(words: ReportWords): string[] {
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

function failures({ report, language, words }: Page): Block[] {
  const rows = report.failures.map(({ kind, count }) => [kindWords(kind, language), number(count, language)]);
  return [
    heading(words.failures),
    rows.length === 0 ? paragraph(words.failuresNone) : numbers([words.kind, words.count], rows),
  ];
}

/** Answers at the dock's screen, over the whole period and by weeks with enough of them; and words. */
function staff({ report, language, words }: Page): Block[] {
  const { reports, texts, questions, weeks: shown, words: written, words_sealed: sealed } = report.staff;
  if (reports + texts === 0) return [];
  const said = (own: StaffQuestion['text'], id: string): string => own?.[language] ?? id;
  const tables = questions.flatMap(({ question, text, answers }) => {
    const countsIn = (all: readonly StaffQuestion[], answer: string): number =>
      all.find((each) => each.question === question)?.answers.find((each) => each.answer === answer)?.count ??
      0;
    const rows = answers.map(({ answer, text: own, count }) => [
      said(own, answer),
      number(count, language),
      ...shown.map((week) => number(countsIn(week.questions, answer), language)),
    ]);
    const heads = ['', words.staffAll, ...shown.map(({ week }) => weekText(words.weekShort, week))];
    return [subheading(said(text, question)), numbers(heads, rows)];
  });
  const counted = { reports: number(reports, language), texts: number(texts, language) };
  return [
    heading(words.staff),
    paragraph(filled(words.staffText, counted)),
    ...(questions.length === 0 ? [paragraph(words.staffFew)] : tables),
    ...(sealed === 0 ? [] : [small(filled(words.staffSealed, { count: number(sealed, language) }))]),
    ...(written.length === 0 ? [] : [subheading(words.staffWords), small(words.staffWordsText)]),
    ...written.map(({ month, text }) => {
      const html = `<article><h3>${monthWords(month, language)}</h3><p>${escapeHtml(text)}</p></article>`;
      return { kind: 'html' as const, html };
    }),
  ];
}

/** What evaluators said of recordings, and how often two said the same. */
function evaluations({ report, language, words }: Page): Block[] {
  const { questions, agreement, not_judged: notJudged, ...counts } = report.evaluations;
  if (counts.evaluations + notJudged === 0) return [];
  const said = (own: StaffQuestion['text'], id: string): string => own?.[language] ?? id;
  const shown = (count: number): string => number(count, language);
  const tables = questions.flatMap(({ question, text, answers }) => {
    const rows = answers.map(({ answer, text: own, count }) => [said(own, answer), shown(count)]);
    return [subheading(said(text, question)), numbers(['', words.count], rows)];
  });
  const rows = agreement
    .filter(({ pairs }) => pairs > 0)
    .map(({ question, text, pairs, same }) => [
      said(text, question),
      shown(pairs),
      shown(same),
      `${number((100 * same) / pairs, language)} %`,
    ]);
  const heads = ['', words.evaluatedPairs, words.evaluatedSame, words.evaluatedShare];
  const places = {
    evaluations: shown(counts.evaluations),
    recordings: shown(counts.recordings),
    twice: shown(counts.recordings_twice),
  };
  return [
    heading(words.evaluated),
    paragraph(filled(words.evaluatedText, places)),
    small(words.evaluatedLimits),
    ...(notJudged === 0 ? [] : [warning(filled(words.evaluatedNotJudged, { count: shown(notJudged) }))]),
    ...(questions.length === 0 ? [paragraph(words.evaluatedFew)] : tables),
    subheading(words.evaluatedAgreement),
    ...(rows.length === 0
      ? [paragraph(words.evaluatedFewTwice)]
      : [paragraph(words.evaluatedAgreementText), numbers(heads, rows)]),
  ];
}

/** Markdown becomes HTML without raw HTML and without links that do anything (micromark's safe default). */
function notes({ report, language, words }: Page): Block[] {
  if (report.notes.length === 0) return [];
  return [
    heading(words.notes),
    paragraph(filled(words.notesText, { count: report.notes.length })),
    ...report.notes.map(({ date, shift, use, text }) => {
      const title = escapeHtml(`${writtenDay(date, language)}, ${words.shift} ${shift}: ${use}`);
      return { kind: 'html' as const, html: `<article><h3>${title}</h3>${micromark(text)}</article>` };
    }),
  ];
}

function method({ words }: Page): Block[] {
  return [heading(words.check), small(words.checkText)];
}

/** How far the cameras' clocks are off, and how they go. */
function clocks({ report, language, words }: Page): Block[] {
  const known = report.cameras.filter(({ offset_ms_median: median }) => median !== null);
  if (known.length === 0) return [heading(words.clock), paragraph(words.clockNone)];
  const rows = known.map((camera) => [
    camera.camera,
    signed(camera.offset_ms_median ?? 0, language),
    signed(camera.offset_ms_worst ?? 0, language).slice(1),
    driftText(camera, language, words),
    number(camera.clock_resets, language),
  ]);
  const heads = [words.camera, words.clockMedian, words.clockWorst, words.clockDrift, words.clockResets];
  return [heading(words.clock), paragraph(words.clockText), numbers(heads, rows)];
}

/** Seconds that a clock gains (+) or loses (-) in a day. */
function driftText(
  { clock_drift_ppm: drift, clock_drift_uncertainty_ppm: uncertainty }: CameraReport,
  language: Language,
  words: ReportWords,
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
function batteries({ report, language, words }: Page): Block[] {
  const known = report.cameras.filter(({ points }) =>
    points.some(({ battery_percent: value }) => value !== null),
  );
  if (known.length === 0) return [heading(words.battery), paragraph(words.batteryNone)];
  const period = {
    fromMs: Date.parse(`${report.from}T00:00:00Z`),
    toMs: Date.parse(`${report.to}T23:59:59Z`),
  };
  const charts = known.flatMap((camera) => batteryChart(camera, period, language, words));
  return [heading(words.battery), paragraph(words.batteryText), ...charts];
}

function batteryChart(
  { camera, points, battery_change_percent_per_30_days: change }: CameraReport,
  period: { fromMs: number; toMs: number },
  language: Language,
  words: ReportWords,
): Block[] {
  const told = points.flatMap(({ at, battery_percent: value }) =>
    value === null ? [] : [{ atMs: Date.parse(at), value }],
  );
  const trend = change === null ? words.unknown : `${change > 0 ? '+' : ''}${number(change, language, 1)} %`;
  return [
    subheading(`${camera}: ${words.batteryTrend} ${trend}`),
    pointChart(camera, told, period, [0, 100], '%'),
  ];
}

/** A kind of failure in that language. */
export function kindWords(kind: string, language: Language): string {
  if (language === 'en') return kind;
  const [head = '', ...code] = kind.split(': ');
  return [FAILURES_DE.get(head) ?? head, ...code.map((each) => codeWords(each, language))].join(': ');
}

/** A duration in the unit that a person would use. */
function duration(seconds: number, language: Language): string {
  const words = WORDS[language];
  if (seconds < 120) return filled(words.seconds, { count: number(seconds, language) });
  if (seconds < 7200) return filled(words.minutesShort, { count: number(seconds / 60, language) });
  if (seconds < 172_800) return filled(words.hours, { count: number(seconds / 3600, language, 1) });
  return filled(words.daysShort, { count: number(seconds / 86_400, language, 1) });
}

// Charts as SVG text that stands in the page: no script, no font from elsewhere, readable in grey on paper. Every value is also in a table.

/** One column: what stands below it, and the parts that stand on each other, the first one at the bottom. */
interface Column {
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
function columnChart(title: string, columns: readonly Column[], legend: readonly string[]): Block {
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
function pointChart(
  title: string,
  points: readonly { readonly atMs: number; readonly value: number }[],
  period: { readonly fromMs: number; readonly toMs: number },
  range: readonly [number, number],
  unit: string,
): Block {
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
    label(LEFT - 4, y(high) + 4, `${high} ${unit}`, 'end') +
    label(LEFT - 4, y(low) + 4, `${low} ${unit}`, 'end');
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
      const shown = Number.isInteger(value) ? label(LEFT - 4, y(value) + 4, String(value), 'end') : '';
      return `<path d="M${LEFT} ${at}H${WIDTH}" stroke="#ccc"/>${shown}`;
    })
    .join('');
}

/** Below the middle of its column; one that would be cut at the right ends there. */
function columnLabel(middle: number, words: string): string {
  const isCut = middle + (words.length * LETTER) / 2 > WIDTH;
  return label(isCut ? WIDTH : middle, HEIGHT - BOTTOM + 18, words, isCut ? 'end' : 'middle');
}

function legendRow(legend: readonly string[]): string {
  const step = Math.min(200, (WIDTH - LEFT) / legend.length);
  return legend
    .map((name, at) => {
      const x = LEFT + at * step;
      return `<rect x="${x}" y="${HEIGHT - 12}" width="10" height="10" fill="${FILLS[at % FILLS.length]}"/>${label(x + 14, HEIGHT - 3, name, 'start')}`;
    })
    .join('');
}

function label(x: number, y: number, words: string, anchor: 'start' | 'middle' | 'end'): string {
  return `<text x="${round(x)}" y="${round(y)}" text-anchor="${anchor}">${escapeHtml(words)}</text>`;
}

function svg(title: string, height: number, body: string): Block {
  const label = escapeHtml(title);
  return {
    kind: 'html',
    html: `<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${label}"><title>${label}</title>${body}</svg>`,
  };
}

/** The next of 2, 4, 6, 10 and their tens. */
function niceTop(value: number): number {
  const tens = 10 ** Math.floor(Math.log10(value));
  return ([1, 2, 4, 6, 10].find((step) => step * tens >= value) ?? 10) * tens;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
