// Every page and print that the product makes, of a real vault with odd and long names in it, in German and English, at the widths of a telephone,
// a sheet and a screen, and as print on A4.
import { copyFile, cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BODYDOCK, runProgram } from '../../fakes/program.ts';
import { seededRandom } from '../../fakes/random-seeded.ts';
import { lacksTools } from '../../fakes/stock-tools.ts';
import type { PilotReport } from '../../../agent/evidence/report/pilot-report.ts';
import { reportHtml } from '../../../agent/evidence/report/report-html.ts';
import {
  checkpointLine,
  checkpointSheet,
  parseCheckpointLines,
} from '../../../agent/evidence/page/checkpoint-sheet.ts';
import { bare, codesOf, faultsOf, openBrowser, sheetsOf } from './page-judge.ts';

const project = fileURLToPath(new URL('../../../', import.meta.url));
const pictures = join(project, 'out/pages');
const LANGUAGES = ['de', 'en'] as const;
/** Each in both languages; `damaged` pages are of a vault where documents do not hold. */
const PAGES = [
  'custody',
  'custody-docking',
  'custody-damaged',
  'kit',
  'kit-docking',
  'kit-damaged',
  'certificate',
  'report',
  'report-year',
  'checkpoint',
  'data-handling',
  'lights',
].flatMap((page) => LANGUAGES.map((language) => [page, language] as const));
const lacking = lacksTools('chromium', 'pdftotext', 'pdftoppm', 'zbarimg');

const CHECKPOINTS = [
  { origin: `bodydock/${'a'.repeat(26)}/r-first-run`, size: 4711, root: seededRandom(4).bytes(32) },
  {
    origin: `bodydock/${'a'.repeat(26)}/r-${'n'.repeat(30)}`,
    size: 123_456_789,
    root: seededRandom(5).bytes(32),
  },
];

let root: string;
let browser: Browser;

/** Runs one of our commands; the run is over with an exit code that says nothing worse than unusual files, or `findings` where some are expected. */
async function bodydock(args: readonly string[], expected: readonly number[] = [0, 3]): Promise<string> {
  const { exitCode, stderr, stdout } = await runProgram(BODYDOCK, args, { cwd: root });
  expect(expected, `${args.join(' ')}: ${stderr}`).toContain(exitCode);
  return stdout;
}

beforeAll(async () => {
  if (lacking) return;
  await mkdir(pictures, { recursive: true });
  root = await mkdtemp(join(tmpdir(), 'bodydock-pages-'));
  const camera = join(root, 'camera');
  await mkdir(join(camera, 'DCIM', 'x'.repeat(120)), { recursive: true });
  for (const [name, size] of [
    ['A.MP4', 900_000],
    ['A.GPS', 300],
    [`${'n'.repeat(200)}.MP4`, 5],
    ['odd\u202e.exe', 9],
  ] as const)
    await writeFile(join(camera, 'DCIM', 'x'.repeat(120), name), seededRandom(1).bytes(size));
  await bodydock(['first-run', '--camera', camera, '--erase', '--out', join(root, 'out')]);
  await makePages();
  browser = await openBrowser();
});
afterAll(async () => {
  await browser?.close();
  if (root !== undefined) await rm(root, { recursive: true, force: true });
});

/** `<root>/<page>-<language>.html` of each. */
async function makePages(): Promise<void> {
  const vault = join(root, 'out/vault');
  const damaged = join(root, 'damaged');
  const recording = await folderWith(vault, 'manifest.json', '"role":"media"');
  const docking = await folderWith(vault, 'docking.json', '');
  await damage(vault, damaged, recording);
  const keys = ['--keys', join(root, 'out/keys')];
  const year = new Date().getFullYear();
  const period = ['--from', `${year - 1}-12-28`, '--to', `${year}-12-31`, '--zone', 'Europe/Berlin'];
  const pilot = await bodydock(['report', '--vault', vault, ...period, '--json'], [0, 1]);
  for (const lang of LANGUAGES) {
    const file = (page: string): string => join(root, `${page}-${lang}.html`);
    const custody = async (page: string, id: string, of: string): Promise<unknown> =>
      bodydock(
        ['custody', id, '--vault', of, ...keys, '--format', 'html', '--lang', lang, '--out', file(page)],
        [0, 1],
      );
    const kit = async (page: string, id: string, of: string, ...more: readonly string[]): Promise<void> => {
      const folder = join(root, `${page}-${lang}`);
      const wish = ['--vault', of, ...keys, '--out', folder, '--reason', 'court', '--lang', lang];
      await bodydock(['export', id, ...wish, ...more], [0, 1]);
      await copyFile(join(folder, 'INDEX.html'), file(page));
    };
    await custody('custody', recording, vault);
    await custody('custody-docking', docking, vault);
    await custody('custody-damaged', recording, damaged);
    await kit('kit', recording, vault);
    await kit('kit-docking', docking, vault);
    await kit('kit-damaged', recording, damaged, '--with-findings');
    const handed = join(root, `handed-${lang}`);
    const opened = ['--with-original', '--identity', join(root, 'out/keys/store.identity')];
    await bodydock([
      'export',
      join(root, `kit-${lang}`),
      ...keys,
      ...opened,
      '--out',
      handed,
      '--reason',
      'court',
    ]);
    const certificate = lang === 'de' ? 'BESCHEINIGUNG' : 'CERTIFICATE';
    await copyFile(join(handed, `${certificate}.html`), file('certificate'));
    const report = join(root, `report-${lang}`);
    await bodydock(['report', '--vault', vault, ...period, '--out', report, '--lang', lang], [0, 1]);
    await copyFile(join(report, 'report.html'), file('report'));
    await writeFile(file('report-year'), reportHtml(aYear(JSON.parse(pilot) as PilotReport), lang));
    await writeFile(file('checkpoint'), checkpointSheet(CHECKPOINTS, '2026-11-26T08:00:00.000Z', lang));
    const configs = ['--config', join(root, 'out/station.yaml')];
    const both = [...configs, '--receiver-config', join(root, 'out/receiver.yaml')];
    await bodydock(['export', '--data-handling', ...both, '--html', file('data-handling'), '--lang', lang]);
    await copyFile(join(project, `config/lights.${lang}.html`), file('lights'));
  }
}

/** The id of a folder of the station whose file of that name holds some text. */
async function folderWith(vault: string, file: string, words: string): Promise<string> {
  const station = join(vault, 'first-run');
  for (const name of await readdir(station)) {
    const text = await readFile(join(station, name, file), 'utf8').catch(() => undefined);
    if (text?.includes(words) === true) return name;
  }
  throw new Error(`no ${file} in the vault`);
}

/** A copy of the vault in which the sealed file is another one, a receipt is gone, and the log is cut. */
async function damage(vault: string, copy: string, recording: string): Promise<void> {
  await cp(vault, copy, { recursive: true });
  const station = join(copy, 'first-run');
  await writeFile(join(station, recording, 'payload.age'), 'x'.repeat(1000));
  await rm(join(station, recording, 'receipt.json'));
  const [segment = ''] = (await readdir(join(station, 'custody'))).filter((name) => name.endsWith('.jsonl'));
  const log = await readFile(join(station, 'custody', segment), 'utf8');
  await writeFile(join(station, 'custody', segment), log.slice(0, log.length * 0.7));
}

/** The report on eight cameras in a year, with each chapter that there is. */
function aYear(pilot: PilotReport): PilotReport {
  const [of] = pilot.cameras;
  if (of === undefined) throw new Error('no camera in the report');
  const cameras = Array.from({ length: 8 }, (_, at) => ({
    ...of,
    camera: `cam-${10 + at}`,
    dockings: 1234,
    recordings: 100 * at,
    duration_ms: 123_456_789,
    bytes: 1_234_567_890_123,
    points: pilot.weeks.map((_week, week) => ({
      at: new Date(Date.parse(`${pilot.from}T12:00:00Z`) + week * 604_800_000).toISOString(),
      offset_ms: week * 100,
      uncertainty_ms: 20,
      battery_percent: 100 - week,
    })),
    battery_change_percent_per_30_days: -4.2,
    offset_ms_median: 2600,
    offset_ms_worst: 9_000_000,
    clock_drift_ppm: 11,
    clock_drift_uncertainty_ppm: 2,
    clock_resets: 3,
  }));
  return {
    ...pilot,
    stations: ['station-rathaus', 'station-nord'],
    cameras,
    weeks: pilot.weeks.map((week, at) => ({
      ...week,
      dockings: 48 + at,
      recordings: 1000 + at,
      bytes: 9e11,
    })),
    awaited: cameras.map(({ camera }) => ({ camera, last_listed_at: null, open_days: 30 })),
    retired: [{ camera: 'cam-2', at: `${pilot.from}T12:00:00Z`, reason: 'lost' }],
    failures: [...pilot.failures, { kind: 'docking cut-off', count: 12 }],
    unproven: { count: 3, where: ['first-run/custody/20261125T000000000Z-abcdefgh.jsonl', 'a'.repeat(90)] },
    orders_not_judged: 2,
    notes: [
      { date: pilot.from, shift: 'late', use: 'warned', text: '# Am Bahnhof\n\n- ruhig\n- **danach** ruhig' },
    ],
  };
}

describe.skipIf(lacking)('a page in a browser', () => {
  test.each(PAGES)(
    '%s in %s: nothing leaves its place, all can be read and printed',
    async (page, language) => {
      const name = `${page}-${language}`;
      expect(await faultsOf(browser, join(root, `${name}.html`), join(pictures, name))).toEqual([]);
    },
  );

  test.each(LANGUAGES)('a phone reads the lines of checkpoints from the sheet: %s', async (language) => {
    const read = await codesOf(join(pictures, `checkpoint-${language}.pdf`));
    expect(read.toSorted()).toEqual(CHECKPOINTS.map(checkpointLine).toSorted());
    const parsed = parseCheckpointLines(read.join('\n'));
    expect([parsed.checkpoints.length, parsed.unreadable]).toEqual([2, 0]);
  });

  test.each([
    ['de', 'Vom Andocken bis zur Quittung', 'bis 60 s'],
    ['en', 'From docking to the receipt', 'up to 60 s'],
  ])('a chart is printed on the sheet of its heading: %s', async (language, heading, label) => {
    const sheets = await sheetsOf(join(pictures, `report-${language}.pdf`));
    const sheetOf = (words: string): number => sheets.findIndex((sheet) => sheet.includes(bare(words)));
    expect(sheetOf(heading)).toBeGreaterThanOrEqual(0);
    expect(sheetOf(label)).toBe(sheetOf(heading));
  });
});
