// The dock's screen of a real station, in a real browser: a docking is on it within a second, it says by itself that the agent is gone, and goes
// on when the agent is there again.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DockRig, STATION } from '../fakes/dock-rig.ts';
import { freePort } from '../fakes/free-port.ts';
import { seededRandom } from '../fakes/random-seeded.ts';
import { lacksTools } from '../fakes/stock-tools.ts';
import { openBrowser } from './pages/page-judge.ts';

describe.skipIf(lacksTools('chromium'))("a station's screen", () => {
  let rig: DockRig;
  let browser: Browser;
  let page: Page;
  let port: number;
  /** As the browser heard it. */
  let streamed = '';

  beforeAll(async () => {
    port = await freePort();
    rig = await DockRig.open({
      cameras: 2,
      screen: { port, phone: '02323 16-1234', questions: 'standard' },
      agentEnvironment: { LANG: 'de_DE.UTF-8', LC_ALL: 'de_DE.UTF-8' },
    });
    await rig.put(1, 'DCIM/named-by-a-person.MP4', seededRandom(5).bytes(300_000));
    await rig.takeOut(2);
    await rig.start();
    await rig.untilEmptied(1, 60_000);
    browser = await openBrowser();
    page = await browser.newPage({ viewport: { width: 800, height: 480 } });
    await page.goto(`http://127.0.0.1:${port}/`);
  });
  afterAll(async () => {
    await browser?.close();
    await rig?.close();
  });

  const bay = (number: number): Promise<string> =>
    page
      .locator('.bay')
      .nth(number - 1)
      .innerText({ timeout: 10_000 });
  const shows = (words: string, timeoutMs: number): Promise<unknown> =>
    page.getByText(words, { exact: true }).first().waitFor({ timeout: timeoutMs });

  test('shows each bay in the language of the station, and a docking within a second', async () => {
    await shows('Leer', 10_000);
    expect(await bay(1)).toMatch(/^Platz 1[\s\S]*Entnehmen\s+Camera 1/);
    expect(await bay(2)).toMatch(/^Platz 2\s+Leer/);
    expect(await page.locator('#call').innerText()).toBe('Anrufen: 02323 16-1234');
    await rig.put(2, 'A.MP4', seededRandom(6).bytes(50_000_000), rig.drawer(2));
    await rig.putBack(2);
    await rig.untilBay(2, 'taken', 20_000, ({ camera }) => camera === 'Camera 2');
    await page.locator('.bay').nth(1).getByText('Camera 2').waitFor({ timeout: 1000 });
    await rig.untilBay(2, 'done', 60_000, ({ state }) => state === 'done');
    await expect.poll(() => bay(2), { timeout: 1000 }).toMatch(/^Platz 2[\s\S]*Entnehmen/);
  });

  test('takes a report after a touch on a bay, and keeps of it station and day only', async () => {
    const touch = (name: string): Promise<void> => page.getByRole('button', { name }).click();
    for (const name of ['Bericht zu Platz 1', 'Nur getragen', 'Beruhigend', 'Akku leer']) await touch(name);
    await shows('Danke. Der Bericht ist angekommen.', 10_000);
    const given: unknown = JSON.parse(await readFile(join(rig.spool, 'given.json'), 'utf8'));
    expect(given).toEqual({
      type: 'given',
      version: 1,
      documents: [
        {
          type: 'staff-report',
          version: 1,
          record: expect.stringMatching(/^[a-z2-7]{26}$/),
          station: STATION,
          day: expect.stringMatching(/^\d{4}-\d\d-\d\d$/),
          questions_sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
          answers: { use: 'worn', effect: 'calmed', trouble: 'battery' },
        },
      ],
    });
    await touch('Schließen');
  });

  test('names a camera that was taken, and when', async () => {
    await rig.takeOut(2);
    await page
      .locator('#out', { hasText: /^Unterwegs: Camera 2 seit \d\d:\d\d$/ })
      .waitFor({ timeout: 20_000 });
    await page.getByRole('button', { name: 'English' }).click();
    expect(await page.locator('#out').innerText()).toMatch(/^Out: Camera 2 since \d\d:\d\d$/);
    expect(await bay(1)).toMatch(/^Bay 1[\s\S]*Safe to take/);
  });

  test('has no name of a file and no id of a recording in its stream', async () => {
    const ending = new AbortController();
    const answer = await fetch(`http://127.0.0.1:${port}/stream`, { signal: ending.signal });
    const reader = answer.body?.getReader();
    const decoder = new TextDecoder();
    while (!/\ndata: \{.*\n\n/.test(streamed)) streamed += decoder.decode((await reader?.read())?.value);
    ending.abort();
    const [recording = ''] = await rig.receipted();
    expect(recording).toMatch(/^[a-z2-7]{26}$/);
    for (const secret of ['named-by', recording, rig.folder]) expect(streamed).not.toContain(secret);
  });

  test('shows no bay of an agent that hangs, and shows them when it goes on', async () => {
    rig.agent.pause();
    await page.locator('#lost').waitFor({ timeout: 9000 });
    expect(await page.locator('.bay').first().isVisible()).toBe(false);
    rig.agent.resume();
    await page.locator('.bay').first().waitFor({ timeout: 5000 });
  });

  test('shows no bay while the agent is away, says so, and goes on alone', async () => {
    await rig.agent.kill();
    await page.locator('#lost').waitFor({ timeout: 3000 });
    expect(await page.locator('#lost').innerText()).toMatch(/^No word from the station\./);
    expect(await page.locator('.bay').first().isVisible()).toBe(false);
    await rig.agent.start();
    await page.locator('.bay').first().waitFor({ timeout: 30_000 });
    expect(await page.locator('#lost').isVisible()).toBe(false);
    expect(await page.locator('#out').innerText()).toMatch(/^Out: Camera 2/);
  });
});
