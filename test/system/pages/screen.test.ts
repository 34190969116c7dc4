// The dock's screen with everything that it can show at once, in both languages, at the sizes of touch screens.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { nodeClock } from '../../../agent/platform/clock-node.ts';
import { nodeRandom } from '../../../agent/platform/random-node.ts';
import type { Given } from '../../../agent/records/staff-reports.ts';
import { readQuestions, STANDARD } from '../../../config/questions.ts';
import { ReportDesk } from '../../../agent/screen/report-desk.ts';
import type { OpenServer } from '../../../agent/platform/http-serve.ts';
import { openScreen } from '../../../agent/screen/screen-server.ts';
import { type ScreenFacts, screenView } from '../../../agent/screen/screen-view.ts';
import { MemoryLog } from '../../fakes/log-memory.ts';
import { lacksTools } from '../../fakes/stock-tools.ts';
import { bay } from '../../unit/monitoring/station-says.ts';
import { openBrowser, screenFaults } from './page-judge.ts';

const pictures = fileURLToPath(new URL('../../../out/pages', import.meta.url));
const NOW = Date.now();
const ago = (minutes: number): string => new Date(NOW - minutes * 60_000).toISOString();

const done = { state: 'done', light: 'safe-to-take', docked_at: ago(600) } as const;
const pulling = {
  state: 'pulling',
  light: 'do-not-take',
  bytes: 9e9,
  bytes_spooled: 4e9,
  remaining_s: 190,
} as const;
const BAYS: ScreenFacts['bays'] = [
  { document: bay({ ...done, bay: 'bay-1', camera: 'Kamera 1' }), chargePercent: 63 },
  { document: bay({ ...pulling, bay: 'bay-2', camera: 'Kamera 2' }), chargePercent: 80 },
  {
    document: bay({ state: 'failed', light: 'call-someone', bay: 'bay-3', camera: 'Kamera 3' }),
    chargePercent: null,
  },
  { document: bay({ state: 'empty', light: 'off', bay: 'bay-4', camera: null }), chargePercent: null },
  { document: bay({ ...done, bay: 'wand-links', camera: 'Kamera am Bahnhof' }), chargePercent: 100 },
  {
    document: bay({ state: 'failed', light: 'call-someone', bay: 'bay-16', camera: null }),
    chargePercent: null,
  },
];
const standing = (subject: string | null): ScreenFacts['conditions'][number]['standing'] => [
  { subject, sinceMs: NOW, facts: {}, isDue: true, cancel: undefined },
];

const given: Given[] = [];
let screen: OpenServer;
let browser: Browser;

describe.skipIf(lacksTools('chromium'))("the dock's screen in a browser", () => {
  beforeAll(async () => {
    await mkdir(pictures, { recursive: true });
    const view = (): ReturnType<typeof screenView> =>
      screenView({
        bays: BAYS,
        conditions: [
          { code: 'spool.full', standing: standing(null) },
          { code: 'camera.not-taken', standing: standing('bay-3') },
        ],
        lastSeen: [
          ['Kamera 7', NOW - 7e6],
          ['Kamera 8', NOW - 27e7],
        ],
        nowMs: NOW,
      });
    const log = new MemoryLog();
    const stays = (): Map<string, null> => new Map(BAYS.map(({ document }) => [document.bay, null]));
    const give = async (each: Given): Promise<boolean> => given.push(each) > 0;
    const desk = new ReportDesk({ questions: readQuestions(STANDARD), reports: { give }, stays, log });
    const random = nodeRandom();
    const wish = { port: 0, phone: '02323 16-1234', version: '1', desk, random, clock: nodeClock(), log };
    screen = await openScreen({ ...wish, language: 'de', view });
    browser = await openBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await screen?.close();
  });

  test.each([
    ['de', null],
    ['en', 'English'],
  ])('%s: all has its place and can be read, light and dark', async (language, button) => {
    const address = `http://127.0.0.1:${screen.port}/`;
    expect(await screenFaults(browser, address, join(pictures, `screen-${language}`), button)).toEqual([]);
  });

  const touch = (page: Page, name: string | RegExp): Promise<void> =>
    page.getByRole('button', { name }).click();

  test.each([
    [
      'de',
      null,
      'Bericht zu Platz 2',
      ['Angekündigt, nicht eingeschaltet', 'Keine Wirkung', 'Etwas anderes'],
      'Text schreiben',
    ],
    [
      'en',
      'English',
      'Report on bay 2',
      ['Announced, not switched on', 'No effect', 'Something else'],
      'Add a text',
    ],
  ] as const)('%s: each step of a report has its place', async (language, button, begin, answers, words) => {
    const address = `http://127.0.0.1:${screen.port}/`;
    const faults: string[] = [];
    for (let steps = 0; steps <= answers.length + 1; steps++) {
      const before = async (page: Page): Promise<void> => {
        await touch(page, begin);
        for (const answer of answers.slice(0, steps)) await touch(page, answer);
        if (steps > answers.length) await touch(page, words);
      };
      const picture = join(pictures, `report-${steps}-${language}`);
      faults.push(
        ...(await screenFaults(browser, address, picture, button, before)).map(
          (fault) => `${steps}: ${fault}`,
        ),
      );
    }
    expect(faults).toEqual([]);
  });

  test('a report takes four touches, and comes with keys alone, too; skipping takes one', async () => {
    const page = await browser.newPage({ viewport: { width: 480, height: 320 } });
    await page.goto(`http://127.0.0.1:${screen.port}/`);
    given.length = 0;
    for (const name of ['Bericht zu Platz 3', 'Nicht getragen', 'Nicht zu beurteilen', 'Keine'])
      await touch(page, name);
    await page.getByText('Danke. Der Bericht ist angekommen.').waitFor();
    expect(given).toMatchObject([{ answers: { use: 'not-worn', effect: 'cannot-say', trouble: 'none' } }]);
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Bericht', exact: true }).focus();
    await page.keyboard.press('Enter');
    for (let question = 0; question < 3; question++) {
      await page.keyboard.press('Tab');
      await page.keyboard.press('Enter');
    }
    await expect.poll(() => given.length).toBe(2);
    await touch(page, 'Text schreiben');
    await page.keyboard.type('Es war laut.');
    await touch(page, 'Absenden');
    await page.getByText('Danke. Der Text ist angekommen.').waitFor();
    expect(given.at(-1)).toEqual({ text: 'Es war laut.' });
    await touch(page, 'Schließen');
    await touch(page, 'Bericht zu Platz 3');
    await touch(page, 'Kein Bericht');
    expect(await page.locator('dialog').isVisible()).toBe(false);
    expect(given).toHaveLength(3);
    await page.close();
  });
});
