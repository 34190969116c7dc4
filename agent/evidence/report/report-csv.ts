// The pilot report as CSV (RFC 4180, UTF-8, CRLF): one file a table, headings as in the JSON.
import type { Counts, PilotReport } from './pilot-report.ts';

/** Files by name. */
export function reportCsv(report: PilotReport): ReadonlyMap<string, string> {
  const tables = new Map([
    [
      'days.csv',
      csv(
        ['day', 'state', 'awaited'],
        report.calendar.map(({ day, state, awaited }) => [day, state, awaited.join(' ')]),
      ),
    ],
    [
      'weeks.csv',
      countTable(
        'week',
        report.weeks.map((week) => [week.week, week]),
      ),
    ],
    [
      'cameras.csv',
      countTable(
        'camera',
        report.cameras.map((camera) => [camera.camera, camera]),
      ),
    ],
    [
      'dockings.csv',
      csv(
        ['camera', 'at', 'offset_ms', 'uncertainty_ms', 'battery_percent'],
        report.cameras.flatMap(({ camera, points }) =>
          points.map((point) => [
            camera,
            point.at,
            point.offset_ms,
            point.uncertainty_ms,
            point.battery_percent,
          ]),
        ),
      ),
    ],
    [
      'failures.csv',
      csv(
        ['kind', 'count'],
        report.failures.map(({ kind, count }) => [kind, count]),
      ),
    ],
  ]);
  const { questions } = report.evaluations;
  const answers = questions.flatMap(({ question, answers }) =>
    answers.map(({ answer, count }) => [question, answer, count] as const),
  );
  if (answers.length > 0) tables.set('evaluations.csv', csv(['question', 'answer', 'count'], answers));
  if (report.cameras_are === 'without-cameras') for (const name of OF_CAMERAS) tables.delete(name);
  return tables;
}

/** Tables of which each row is of one camera. */
const OF_CAMERAS = ['cameras.csv', 'dockings.csv'];

const COUNTS = [
  'dockings',
  'dockings_without_recording',
  'recordings',
  'other_files',
  'duration_ms',
  'recordings_without_duration',
  'bytes',
  'kept_as_evidence',
  'deleted',
  'not_receipted',
] as const satisfies readonly (keyof Counts)[];

function countTable(name: string, rows: readonly (readonly [string, Counts])[]): string {
  return csv(
    [name, ...COUNTS],
    rows.map(([label, counts]) => [label, ...COUNTS.map((key) => counts[key])]),
  );
}

function csv(head: readonly string[], rows: readonly (readonly (string | number | null)[])[]): string {
  return [head, ...rows].map((row) => `${row.map(cell).join(',')}\r\n`).join('');
}

/** A text that a spreadsheet would take for a formula gets an apostrophe in front. */
function cell(value: string | number | null): string {
  if (value === null) return '';
  if (typeof value === 'number') return String(value);
  const harmless = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
