// Every page and print that the product makes, of a real vault with odd and long names in it, in German and English, at the widths of a telephone,
// a sheet and a screen, and as print on A4.
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BODYDOCK, runProgram } from '../../fakes/program.ts';
import { seededRandom } from '../../fakes/random-seeded.ts';
import { lacksTools, requireTool } from '../../fakes/stock-tools.ts';
import { witnessSheet } from '../../../agent/evidence/witness/witness-sheet.ts';
import { encodeWitness, parseWitness, witnessRoot, type Witness } from '../../../protocol/custody/witness.ts';
import { faultsOf, LOOKS, openBrowser, printToPdf } from './page-judge.ts';

const project = fileURLToPath(new URL('../../../', import.meta.url));
const pictures = join(project, 'out/pages');
const LANGUAGES = ['de', 'en'] as const;
const PAGES = ['custody', 'kit', 'report', 'witness', 'data-handling', 'lights'].flatMap((page) =>
  LANGUAGES.map((language) => [page, language] as const),
);
const lacking = lacksTools('chromium', 'pdftotext');

/** Made up: a store makes one only when the day is over. */
const KEEPERS = [{ keeper: 'first-run', documents: 12, custody_head: null, root: 'c1'.repeat(32) }];
const WITNESS = parseWitness(
  encodeWitness({
    type: 'witness',
    version: 1,
    receiver: 'r-first-run',
    vault: 'a'.repeat(26),
    day: '2026-11-25',
    previous_sha256: '5f'.repeat(32),
    keepers: KEEPERS,
    root: witnessRoot(KEEPERS),
    made_at: '2026-11-26T00:20:00.000Z',
  } as Witness),
);

let root: string;
let browser: Browser;

/** Runs one of our commands; the run is over with an exit code that tells nothing worse than odd files. */
async function bodydock(...args: string[]): Promise<void> {
  const { exitCode, stderr } = await runProgram(BODYDOCK, args, { cwd: root });
  expect([0, 3], `${args.join(' ')}: ${stderr}`).toContain(exitCode);
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
  const first = ['first-run', '--camera', camera, '--erase', '--out', join(root, 'out')];
  await bodydock(...first);
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
  const recording = await recordingOf(vault);
  const year = new Date().getFullYear();
  const configuration = [
    '--config',
    join(root, 'out/station.yaml'),
    '--receiver-config',
    join(root, 'out/receiver.yaml'),
  ];
  for (const language of LANGUAGES) {
    const file = (page: string): string => join(root, `${page}-${language}.html`);
    const life = ['custody', recording, '--vault', vault, '--format', 'html'];
    await bodydock(...life, '--language', language, '--out', file('custody'));
    const kit = join(root, `kit-${language}`);
    await bodydock(
      'export',
      recording,
      '--vault',
      vault,
      '--out',
      kit,
      '--reason',
      'court',
      '--lang',
      language,
    );
    await writeFile(file('kit'), await readFile(join(kit, 'INDEX.html')));
    const report = join(root, `report-${language}`);
    const period = ['--from', `${year - 1}-12-28`, '--to', `${year}-12-31`, '--zone', 'Europe/Berlin'];
    await bodydock('report', '--vault', vault, ...period, '--out', report, '--lang', language);
    await writeFile(file('report'), await readFile(join(report, 'report.html')));
    await writeFile(file('witness'), witnessSheet([WITNESS], language));
    await bodydock(
      'export',
      '--data-handling',
      ...configuration,
      '--html',
      file('data-handling'),
      '--lang',
      language,
    );
    await writeFile(file('lights'), await readFile(join(project, `config/lights.${language}.html`)));
  }
}

async function recordingOf(vault: string): Promise<string> {
  const station = join(vault, 'first-run');
  for (const name of await readdir(station)) {
    const manifest = await readFile(join(station, name, 'manifest.json'), 'utf8').catch(() => '');
    if (manifest.includes('"role":"media"')) return name;
  }
  throw new Error('no recording in the vault');
}

describe.skipIf(lacking)('a page in a browser', () => {
  describe.each(PAGES)('%s in %s', (page, language) => {
    test.each(LOOKS)('at $name: nothing leaves its place, all can be read', async (look) => {
      const picture = join(pictures, `${page}-${language}-${look.name}.png`);
      expect(await faultsOf(browser, join(root, `${page}-${language}.html`), look, picture)).toEqual([]);
    });

    test('prints on A4 with all its words', async () => {
      const pdf = join(pictures, `${page}-${language}.pdf`);
      await printToPdf(browser, join(root, `${page}-${language}.html`), pdf);
      const { stdout } = await promisify(execFile)(requireTool('pdftotext'), ['-layout', pdf, '-']);
      expect(stdout.trim().length).toBeGreaterThan(100);
    });
  });

  test.each([
    ['de', 'Vom Andocken bis zur Quittung', 'bis 60 s'],
    ['en', 'From docking to the receipt', 'up to 60 s'],
  ])('a chart is printed on the sheet of its heading: %s', async (language, heading, label) => {
    const pdf = join(pictures, `report-${language}.pdf`);
    await printToPdf(browser, join(root, `report-${language}.html`), pdf);
    const { stdout } = await promisify(execFile)(requireTool('pdftotext'), ['-layout', pdf, '-']);
    const sheets = stdout.split('\f');
    const sheetOf = (words: string): number => sheets.findIndex((sheet) => sheet.includes(words));
    expect(sheetOf(heading)).toBeGreaterThanOrEqual(0);
    expect(sheetOf(label)).toBe(sheetOf(heading));
  });
});
