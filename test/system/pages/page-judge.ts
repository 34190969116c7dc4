// What a reader of a page would see to be wrong, looked for in Debian's Chromium: text that runs out of its box or off the sheet, labels of a
// chart over each other, too little contrast, what a screen reader cannot name, and anything that the page asks of another host.
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import type * as Axe from 'axe-core';
import { chromium, type Browser, type Page } from 'playwright-core';
import { requireTool } from '../../fakes/stock-tools.ts';

/** How a page is looked at. */
export interface Look {
  readonly name: string;
  /** CSS pixels. */
  readonly width: number;
  readonly media: 'screen' | 'print';
}

/** 178 mm: what a sheet of A4 leaves between margins of 16 mm, at 96 pixels an inch. */
const SHEET_PX = 672;
export const LOOKS: readonly Look[] = [
  { name: '480', width: 480, media: 'screen' },
  { name: '794', width: 794, media: 'screen' },
  { name: '1280', width: 1280, media: 'screen' },
  { name: 'a4', width: SHEET_PX, media: 'print' },
];

/** Its value in a page is what it found. */
const OUT_OF_PLACE = new URL('out-of-place.js', import.meta.url);

/** A browser that asks nobody for anything of its own. */
export function openBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: requireTool('chromium'),
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--no-first-run'],
  });
}

/** Every fault of the page as one sentence; a picture of it goes to `picture`. Errors: the browser's. */
export async function faultsOf(
  browser: Browser,
  file: string,
  look: Look,
  picture: string,
): Promise<string[]> {
  const context = await browser.newContext({
    viewport: { width: look.width, height: 1000 },
    bypassCSP: true,
  });
  const page = await context.newPage();
  const asked: string[] = [];
  page.on('request', (request) => {
    if (!request.url().startsWith('file:')) asked.push(`asks ${request.url()}`);
  });
  page.on('console', (message) => {
    if (message.type() === 'error') asked.push(`console: ${message.text()}`);
  });
  page.on('pageerror', (error) => asked.push(`script: ${error.message}`));
  try {
    await page.emulateMedia({ media: look.media });
    await page.goto(pathToFileURL(file).href);
    await page.screenshot({ path: picture, fullPage: true, animations: 'disabled' });
    return [
      ...asked,
      ...(await page.evaluate<string[]>(await readFile(OUT_OF_PLACE, 'utf8'))),
      ...(await accessFaults(page)),
    ];
  } finally {
    await context.close();
  }
}

/** The pages of the print, as a PDF in A4. Errors: the browser's. */
export async function printToPdf(browser: Browser, file: string, pdf: string): Promise<void> {
  const page = await browser.newPage();
  try {
    await page.goto(pathToFileURL(file).href);
    await page.pdf({ path: pdf, format: 'A4', preferCSSPageSize: true });
  } finally {
    await page.close();
  }
}

/** What axe-core finds by the rules of WCAG 2 A and AA: contrast of 4.5, names, order of headings, language. */
async function accessFaults(page: Page): Promise<string[]> {
  const script = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
  await page.evaluate(await readFile(script, 'utf8'));
  const tags = JSON.stringify(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa']);
  const { violations } = await page.evaluate<Axe.AxeResults>(`axe.run(document, { runOnly: ${tags} })`);
  return violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes[0]?.html.slice(0, 120) ?? ''}`);
}
