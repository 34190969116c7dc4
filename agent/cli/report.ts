// `bodydock report`: what the pilot is judged by, from a vault alone: HTML to read and print, CSV and JSON to calculate with.
import { join, resolve } from 'node:path';
import { command, usageError, writeJson } from '../../config/command-line.ts';
import { EXIT_FAILURE, EXIT_GOOD } from '../../config/exit-codes.ts';
import { printable } from '../../config/problems.ts';
import { dayWords, fill, type Language } from '../evidence/page/language.ts';
import { Calendar, parsePeriod } from '../evidence/report/calendar.ts';
import { readIdentityFile } from '../../config/enrolment/identity-file.ts';
import { readQuestions, STANDARD } from '../../config/questions.ts';
import { makeReport } from '../evidence/report/make-report.ts';
import type { PilotReport } from '../evidence/report/pilot-report.ts';
import { reportCsv } from '../evidence/report/report-csv.ts';
import { reportHtml } from '../evidence/report/report-html.ts';
import { nodeClock } from '../platform/clock-node.ts';
import { filesAtOnce } from '../platform/files-at-once.ts';
import { makeFolders } from '../platform/make-folders.ts';
import { replacePage } from './page-file.ts';
import { realFolder } from './verify.ts';

/** What is said on a terminal; {} are values, in order. */
export const REPORT_WORDS = {
  en: {
    period: '{} to {} ({})',
    dockings: 'dockings {}, of these {} of a camera with nothing new on it',
    days: 'days {}: {} proven without recording, {} with recordings, {} open, {} undecided, {} without a camera in use',
    awaited: 'left open by {}: days {}, last complete listing {}',
    never: 'never',
    retired: 'retired {}: on {}, {}',
    recordings: '{} recordings with {} accompanying files, {} minutes, {} bytes',
    kept: 'kept as evidence {}, deleted {}, not yet receipted {}',
    noReceipt: 'no receipt in this period',
    timesNotFixed: 'times not fixed from outside: all are by the clock of the machine of the store',
    latency: 'docking to receipt: median {} s, 95th percentile {} s, worst {} s',
    written: '{}: the report; beside it {}',
    unproven:
      '{} folders, single documents or logs left out: they do not verify with these keys, or are missing ({}); "bodydock verify" says why',
  },
  de: {
    period: '{} bis {} ({})',
    dockings: 'Andockvorgänge {}, davon {} mit einer Kamera, auf der nichts Neues war',
    days: 'Tage {}: {} mit dem Nachweis, dass nichts aufgezeichnet wurde, {} mit Aufzeichnungen, {} offen, {} ungeklärt, {} ohne Kamera in Betrieb',
    awaited: 'offen wegen {}: Tage {}, zuletzt vollständig gelesen: {}',
    never: 'nie',
    retired: 'außer Betrieb {}: am {}, {}',
    recordings: '{} Aufzeichnungen mit {} Begleitdateien, {} Minuten, {} Bytes',
    kept: 'als Beweismittel aufbewahrt {}, gelöscht {}, noch nicht quittiert {}',
    noReceipt: 'keine Quittung in diesem Zeitraum',
    timesNotFixed: 'Zeiten nicht von außen bestätigt: Alle stammen von der Uhr des Zentralspeichers',
    latency: 'vom Andocken bis zur Quittung: die Hälfte in {} s, 95 von 100 in {} s, am längsten {} s',
    written: '{}: der Bericht; daneben {}',
    unproven:
      '{} Ordner, einzelne Dokumente oder Verwahrprotokolle nicht gezählt: Mit diesen Schlüsseln stimmen sie nicht, oder sie fehlen ({}); "bodydock verify" sagt, warum',
  },
} as const satisfies Readonly<Record<Language, Readonly<Record<string, string>>>>;

/** Errors: "usage", "verify.*", "key.*", "report.notes", "page.unwritable", the signal's reason. */
export const report = command(
  {
    name: 'bodydock report',
    usage: [
      '--vault DIR --from DAY --to DAY [--out OUT] [--notes DIR] [--questions FILE] [--identity FILE] [--keys KEYS] [--zone ZONE] [--pooled | --without-cameras] [--lang en|de] [--json]',
    ],
    about: `
The report on a pilot: dockings, days with proof that nothing was recorded, days that are open and the cameras that are awaited,
recordings, minutes, data, what was kept as evidence, what staff reported at the dock's screen, per week and per camera; times from docking to receipt, failures, clocks and batteries of the cameras. Cameras and bays have
numbers in it, no names. Counts only documents and entries of logs whose signatures hold; reads no payload; changes nothing in the vault.
`,
    options: {
      vault: { type: 'string', value: 'DIR', text: "the store's vault" },
      from: { type: 'string', value: 'DAY', text: 'the first day, as in 2026-11-25' },
      to: { type: 'string', value: 'DAY', text: 'the last day' },
      out: {
        type: 'string',
        value: 'OUT',
        text: 'folder for report.html, report.json, days.csv, weeks.csv, cameras.csv, dockings.csv, failures.csv, and evaluations.csv where there are five; made where it is missing, files of these names are replaced',
      },
      notes: {
        type: 'string',
        value: 'DIR',
        text: 'the users\' own reports, one Markdown file each: "---", date:, shift:, use:, "---", text. A line with an e-mail address, a telephone number, Herr, Frau, Mr, Mrs or Ms and a name, or one for a name, staff number or signature is refused. Other names are not found: read the reports before you pass the page on.',
      },
      questions: {
        type: 'string',
        value: 'FILE',
        text: "the questions that the dock's screen asked, for their words (default: those that come with bodydock)",
      },
      identity: {
        type: 'string',
        value: 'FILE',
        text: 'age identity file: lists what staff wrote at the screen',
      },
      keys: {
        type: 'string',
        value: 'KEYS',
        text: 'folder with station*.pub, store*.pub, officer*.pub, supervisor*.pub and evaluator*.pub (default: keys/ beside the vault)',
      },
      zone: {
        type: 'string',
        value: 'ZONE',
        text: 'time zone of days and weeks, such as Europe/Berlin (default: the one of this machine)',
      },
      pooled: {
        type: 'boolean',
        text: 'cameras are handed out again in each shift: the page says that you said so, and not that the figures of a camera may be data on a person',
      },
      'without-cameras': {
        type: 'boolean',
        text: 'leave out what is about single cameras: chapters, cameras.csv, dockings.csv, and who is awaited',
      },
      lang: {
        type: 'string',
        value: 'en|de',
        text: 'language of report.html and of what is printed (default: by LANG)',
      },
    },
    json: 'the report as one JSON document on standard output',
    notes: 'Without --out and --json a summary is printed.',
    exits:
      '0 good, 1 documents that do not hold, or that logs say were there, were left out (they are named), 2 usage, 78 keys.',
  },
  async (line, io) => {
    const { vault, from, to, out, notes, keys, zone, identity, questions } = line.values;
    const { json, language } = line;
    if (vault === undefined) throw usageError('--vault DIR is missing');
    if (from === undefined || to === undefined) throw usageError('--from DAY and --to DAY are both needed');
    const { pooled = false, 'without-cameras': withoutCameras = false } = line.values;
    if (pooled && withoutCameras) throw usageError('--pooled and --without-cameras: one of them');
    const made = await makeReport({
      files: filesAtOnce(),
      vault: await realFolder(vault),
      keysFolder: keys,
      notesFolder: notes === undefined ? undefined : resolve(notes),
      questions: readQuestions(questions === undefined ? STANDARD : resolve(questions)),
      identities:
        identity === undefined ? [] : (await readIdentityFile(identity)).map((each) => each.identity),
      period: parsePeriod(from, to),
      calendar: new Calendar(zone),
      madeAt: new Date(nodeClock().wallMs()).toISOString(),
      handing: withoutCameras ? 'without-cameras' : pooled ? 'pooled' : 'not-told',
      signal: io.signal,
    });
    if (out !== undefined)
      await writeFiles(resolve(out), made, language, (text) => (json ? io.err(text) : io.out(text)));
    if (json) writeJson(io, made);
    else if (out === undefined) io.out(summaryText(made, language));
    if (made.unproven.count > 0) io.err(unprovenText(made, language));
    return made.unproven.count === 0 ? EXIT_GOOD : EXIT_FAILURE;
  },
);

async function writeFiles(
  out: string,
  made: PilotReport,
  language: Language,
  tell: (text: string) => void,
): Promise<void> {
  await makeFolders(out);
  const texts = new Map([
    ['report.html', reportHtml(made, language)],
    ['report.json', `${JSON.stringify(made, undefined, 2)}\n`],
    ...reportCsv(made),
  ]);
  for (const [name, text] of texts) await replacePage(join(out, name), text);
  const { written } = REPORT_WORDS[language];
  tell(`${fill(written, printable(join(out, 'report.html')), [...texts.keys()].slice(1).join(', '))}\n`);
}

function summaryText(made: PilotReport, language: Language): string {
  const { from, to, time_zone: zone, total, days, docking_to_receipt_s: spread } = made;
  const words = REPORT_WORDS[language];
  const minutes = String(Math.round(total.duration_ms / 6000) / 10);
  const lines = [
    fill(words.period, from, to, zone),
    fill(words.dockings, total.dockings, total.dockings_without_recording),
    fill(
      words.days,
      days.days,
      days.proven_without_recording,
      days.with_recording,
      days.open,
      days.undecided,
      days.no_camera_in_use,
    ),
    ...made.awaited.map(({ camera, last_listed_at: last, open_days: open }) =>
      fill(words.awaited, camera, open, last === null ? words.never : dayWords(last, language, zone)),
    ),
    ...made.retired.map(({ camera, at, reason }) =>
      fill(words.retired, camera, dayWords(at, language, zone), reason),
    ),
    fill(
      words.recordings,
      total.recordings,
      total.other_files,
      language === 'de' ? minutes.replace('.', ',') : minutes,
      total.bytes,
    ),
    fill(words.kept, total.kept_as_evidence, total.deleted, total.not_receipted),
    spread === null ? words.noReceipt : fill(words.latency, spread.median, spread.p95, spread.worst),
    ...(made.times_fixed_from_outside ? [] : [words.timesNotFixed]),
  ];
  return lines.map((each) => `${each}\n`).join('');
}

function unprovenText({ unproven }: PilotReport, language: Language): string {
  const named = printable(unproven.where.slice(0, 10).join(', '));
  return `bodydock: ${fill(REPORT_WORDS[language].unproven, unproven.count, named)}\n`;
}
