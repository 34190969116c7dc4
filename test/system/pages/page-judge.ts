// What a reader of a page would see to be wrong, looked for in Debian's Chromium: text that runs out of its box or off the sheet, labels of a
// chart over each other, too little contrast, what a screen reader cannot name, and anything that the page asks of another host.
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import type * as Axe from 'axe-core';
import { chromium, type Browser, type Page } from 'playwright-core';
import { requireTool } from '../../fakes/stock-tools.ts';

const run = promisify(execFile);

/** How a page is looked at. */
interface Look {
  readonly name: string;
  /** CSS pixels. */
  readonly width: number;
  readonly media: 'screen' | 'print';
}

/** 178 mm: what a sheet of A4 leaves between margins of 16 mm, at 96 pixels an inch. */
const SHEET_PX = 672;
const LOOKS: readonly Look[] = [
  { name: '480', width: 480, media: 'screen' },
  { name: '794', width: 794, media: 'screen' },
  { name: '1280', width: 1280, media: 'screen' },
  { name: 'a4', width: SHEET_PX, media: 'print' },
];

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
/** Its value in a page is what it found. */
const OUT_OF_PLACE = new URL('out-of-place.js', import.meta.url);

/** A browser that asks nobody for anything of its own. */
export function openBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: requireTool('chromium'),
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--no-first-run'],
  });
}

/** Every fault of the page as one sentence, in each look and in print; pictures of it go to `<picture>-<look>.png`, the print to `<picture>.pdf`. Errors: the browser's; those of poppler's tools. */
export async function faultsOf(browser: Browser, file: string, picture: string): Promise<string[]> {
  const page = await browser.newPage({ bypassCSP: true });
  const own = pathToFileURL(file).href;
  const faults: string[] = [];
  page.on('request', (request) => {
    if (request.url() !== own) faults.push(`asks for ${request.url()}`);
  });
  page.on('console', (message) => {
    if (message.type() === 'error') faults.push(`console: ${message.text()}`);
  });
  page.on('pageerror', (error) => faults.push(`script: ${error.message}`));
  try {
    await page.goto(own);
    await page.evaluate(await readFile(AXE, 'utf8'));
    for (const { name, width, media } of LOOKS) {
      await page.setViewportSize({ width, height: 1000 });
      await page.emulateMedia({ media });
      await page.screenshot({ path: `${picture}-${name}.png`, fullPage: true, animations: 'disabled' });
      const found = await page.evaluate<string[]>(await readFile(OUT_OF_PLACE, 'utf8'));
      faults.push(...[...found, ...(await accessFaults(page))].map((fault) => `${name}: ${fault}`));
    }
    return [...faults, ...(await printFaults(page, `${picture}.pdf`))];
  } finally {
    await page.close();
  }
}

/** The same of what a page shows now, in windows of these widths. */
export async function faultsShown(page: Page, picture: string, widths: readonly number[]): Promise<string[]> {
  const faults: string[] = [];
  await page.evaluate(await readFile(AXE, 'utf8'));
  for (const width of widths) {
    await page.setViewportSize({ width, height: 900 });
    await page.screenshot({ path: `${picture}-${width}.png`, fullPage: true, animations: 'disabled' });
    const found = await page.evaluate<string[]>(await readFile(OUT_OF_PLACE, 'utf8'));
    faults.push(...[...found, ...(await accessFaults(page))].map((fault) => `${width}: ${fault}`));
  }
  return faults;
}

/** Touch screens beside a dock, the smallest ones and a large one. */
const SCREENS = [
  [480, 320],
  [794, 480],
  [1280, 720],
  [1920, 1080],
] as const;

/** The same of the dock's screen at that address, in the language of its button where `button` is given, light and dark, after `before`: also what a card or the screen has no room for, and what its own policy forbids. */
export async function screenFaults(
  browser: Browser,
  address: string,
  picture: string,
  button: string | null = null,
  before: (page: Page) => Promise<void> = async () => undefined,
): Promise<string[]> {
  const page = await browser.newPage();
  const faults: string[] = [];
  page.on('request', (request) => {
    if (!request.url().startsWith(address) && !request.url().startsWith('data:'))
      faults.push(`asks for ${request.url()}`);
  });
  page.on('console', (message) => faults.push(`console: ${message.text()}`));
  page.on('pageerror', (error) => faults.push(`script: ${error.message}`));
  try {
    await page.goto(address);
    await page.locator('.bay').first().waitFor();
    if (button !== null) await page.getByRole('button', { name: button }).press('Enter');
    await before(page);
    await page.evaluate(await readFile(AXE, 'utf8'));
    for (const [width, height] of SCREENS)
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.setViewportSize({ width, height });
        await page.emulateMedia({ colorScheme });
        await page.screenshot({ path: `${picture}-${width}-${colorScheme}.png`, animations: 'disabled' });
        const found = [
          ...(await page.evaluate<string[]>(await readFile(OUT_OF_PLACE, 'utf8'))),
          ...(await page.evaluate<string[]>(NO_ROOM)),
          ...(await accessFaults(page)),
        ];
        faults.push(...found.map((fault) => `${width} ${colorScheme}: ${fault}`));
      }
    return faults;
  } finally {
    await page.close();
  }
}

const NO_ROOM = `[document.documentElement, ...document.querySelectorAll('.bay, dialog[open], #answers button')]
  .filter(({ scrollHeight, clientHeight }) => scrollHeight > clientHeight + 1)
  .map((each) => 'lacks ' + (each.scrollHeight - each.clientHeight) + ' px of height: ' + each.innerText.slice(0, 40))`;

async function printFaults(page: Page, pdf: string): Promise<string[]> {
  await page.pdf({ path: pdf, format: 'A4', preferCSSPageSize: true });
  const { text, heads } = await page.evaluate<PageWords>(PAGE_WORDS);
  const { stdout: bounds } = await run(requireTool('pdftotext'), ['-bbox', pdf, '-']);
  const sheets = await sheetsOf(pdf);
  return [
    ...boundFaults(bounds),
    ...lackingLetters(text, sheets.join('')),
    ...heads
      .filter((head) => sheets.slice(0, -1).some((sheet) => sheet.endsWith(bare(head))))
      .map((head) => `ends a sheet, and what it is about is on the next one: ${head}`),
  ];
}

/** What each sheet of a print says, in the order of the page (by columns its last words would be others), without white space. Errors: those of poppler's tools. */
export async function sheetsOf(pdf: string): Promise<string[]> {
  const { stdout } = await run(requireTool('pdftotext'), ['-raw', pdf, '-']);
  return stdout.split('\f').slice(0, -1).map(bare);
}

/** What a phone reads from the QR codes on a print, as a printer of an office puts it on paper. Errors: those of poppler's tools and of zbarimg. */
export async function codesOf(pdf: string): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'bodydock-codes-'));
  await run(requireTool('pdftoppm'), ['-png', '-r', '150', pdf, join(folder, 'sheet')]);
  const sheets = (await readdir(folder)).map((name) => join(folder, name));
  const { stdout } = await run(requireTool('zbarimg'), ['--quiet', '--raw', ...sheets]);
  await rm(folder, { recursive: true });
  return stdout.trimEnd().split('\n');
}

/** Without white space, and without what says where a line may break: pdftotext takes a hyphen at the end of a line for one of these. */
export function bare(text: string): string {
  return text.normalize('NFKC').replaceAll(/[-\s\u00ad\u200b]/g, '');
}

/** A4 in points, and the margin that a printer of an office leaves white. */
const A4_POINTS = [595, 842] as const;
const MARGIN_POINTS = 40;

function boundFaults(bounds: string): string[] {
  const sizes = [...bounds.matchAll(/<page width="([\d.]+)" height="([\d.]+)">/g)].map(
    ([, width, height]) => [Math.round(Number(width)), Math.round(Number(height))],
  );
  const words = [
    ...bounds.matchAll(/<word xMin="([-\d.]+)" yMin="([-\d.]+)" xMax="([-\d.]+)" yMax="([-\d.]+)">([^<]*)/g),
  ];
  const off = words.filter(
    ([, left, top, right, bottom]) =>
      Number(left) < MARGIN_POINTS ||
      Number(top) < MARGIN_POINTS ||
      Number(right) > A4_POINTS[0] - MARGIN_POINTS ||
      Number(bottom) > A4_POINTS[1] - MARGIN_POINTS,
  );
  return [
    ...sizes
      .filter(([width, height]) => width !== A4_POINTS[0] || height !== A4_POINTS[1])
      .map((size) => `a sheet of ${size.join(' by ')} points is not A4`),
    ...off.map(([, , , , , word]) => `off the sheet: ${word}`),
  ];
}

/** Every letter of the page is on paper at least as often: columns come out of a print in another order, letters stay. */
function lackingLetters(text: string, printed: string): string[] {
  const left = new Map<string, number>();
  for (const letter of printed) left.set(letter, (left.get(letter) ?? 0) + 1);
  for (const letter of bare(text)) left.set(letter, (left.get(letter) ?? 0) - 1);
  return [...left]
    .filter(([, count]) => count < 0)
    .map(([letter, count]) => `on the page and not in its print: ${-count} times ${letter}`);
}

/** What the page says, and what must not be the last on a sheet: headings, and what comes right before a table or chart. */
interface PageWords {
  readonly text: string;
  readonly heads: readonly string[];
}
const PAGE_WORDS = `({
  text: document.body.innerText,
  heads: [...document.querySelectorAll('h1, h2, h3, thead, p:has(+ table), p:has(+ .words), p:has(+ svg)')].map((each) => each.innerText).filter((text) => text.trim() !== ''),
})`;

/** What axe-core finds by the rules of WCAG 2 A and AA: contrast of 4.5, names, order of headings, language. */
async function accessFaults(page: Page): Promise<string[]> {
  const tags = JSON.stringify(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa']);
  const { violations } = await page.evaluate<Axe.AxeResults>(`axe.run(document, { runOnly: ${tags} })`);
  return violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes[0]?.html.slice(0, 120) ?? ''}`);
}
