// The dock's screen with everything that it can show at once, in both languages, at the sizes of touch screens.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { nodeClock } from '../../../agent/platform/clock-node.ts';
import { openScreen, type OpenScreen } from '../../../agent/screen/screen-server.ts';
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

let screen: OpenScreen;
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
    const wish = { port: 0, phone: '02323 16-1234', version: '1', clock: nodeClock(), log: new MemoryLog() };
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
});
