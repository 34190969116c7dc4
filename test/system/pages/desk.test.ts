// The office's desk as a file on disk in Debian's Chromium, at a real store over mutual TLS: it finds recordings, plays a film that ffmpeg made, jumps
// in it, says what it cannot play, and leaves no clear byte in the browser's profile.
import { execFileSync } from 'node:child_process';
import { appendFile, mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { chromium, type BrowserContext, type Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Manifest } from '../../../protocol/documents/manifest.ts';
import { lacksTools, requireTool } from '../../fakes/stock-tools.ts';
import { VaultBuilder } from '../../fakes/vault-builder.ts';
import { DeskSample, storeOf } from '../../unit/desk/desk-sample.ts';
import { faultsShown } from './page-judge.ts';

const pictures = fileURLToPath(new URL('../../../out/pages', import.meta.url));
const desk = fileURLToPath(new URL('../../../dist/desk.html', import.meta.url));
const WIDTHS = [480, 1280];
const FILM_S = 60;

let root: string;
let builder: VaultBuilder;
let sample: DeskSample;
let context: BrowserContext;
let page: Page;
let film: Uint8Array;
const faults: string[] = [];

function made(at: string, durationMs: number | null) {
  return (manifest: Manifest): Manifest => ({
    ...manifest,
    capture: { earliest_at: at, latest_at: at, basis: 'clock-measured' },
    media: manifest.media && { ...manifest.media, duration_ms: durationMs },
  });
}

/** As a camera leaves it: no fragments, the index at the end. */
async function filmed(name: string, ...words: readonly string[]): Promise<Uint8Array> {
  const path = join(root, name);
  const size = 'size=640x360:rate=25';
  const inputs = ['-f', 'lavfi', '-i', `testsrc2=${size}`, '-f', 'lavfi', '-i', 'sine=frequency=440'];
  execFileSync(requireTool('ffmpeg'), ['-v', 'error', '-y', ...inputs, ...words, path]);
  return readFile(path);
}

const shown = (text: string): Promise<void> => page.locator('#shown', { hasText: text }).waitFor();
const currentS = (): Promise<number> =>
  page.evaluate<number>(
    'document.getElementById("film").readyState > 1 ? document.getElementById("film").currentTime : -1',
  );

async function look(title: RegExp, reason = 'case-17', identity = builder.identityFile): Promise<void> {
  await page.getByRole('button', { name: title }).click();
  await page.locator('#identity').setInputFiles(identity);
  await page.locator('#reason').fill(reason);
  await page.locator('#reason').press('Enter');
}

describe.skipIf(lacksTools('chromium', 'ffmpeg', 'openssl'))("the office's desk in a browser", () => {
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'bodydock-desk-page-'));
    await mkdir(pictures, { recursive: true });
    builder = await VaultBuilder.create(root);
    const codecs = [
      '-c:v',
      'libx264',
      '-preset',
      'ultrafast',
      '-b:v',
      '2M',
      '-g',
      '50',
      '-bf',
      '2',
      '-c:a',
      'aac',
    ];
    film = await filmed('a.mp4', '-t', String(FILM_S), ...codecs, '-pix_fmt', 'yuv420p');
    await builder.record({
      path: 'A.MP4',
      camera: 'kamera-3',
      original: film,
      change: made('2026-11-30T21:41:00.000Z', FILM_S * 1000),
    });
    const avi = await filmed('b.avi', '-t', '2', '-c:v', 'mjpeg', '-c:a', 'pcm_s16le');
    await builder.record({ path: 'B.AVI', original: avi, change: made('2026-11-29T10:00:00.000Z', null) });
    const picture = await filmed('c.jpg', '-frames:v', '1');
    await builder.record({
      path: 'C.JPG',
      original: picture,
      change: made('2026-11-28T10:00:00.000Z', null),
    });
    const altered = await builder.record({ path: 'D.MP4' });
    await appendFile(join(altered.folder, 'manifest.json'), ' ');
    await builder.close();
    sample = await DeskSample.make(join(root, 'tls'), { viewer: 'viewer' });
    await sample.serve(storeOf(builder), { origins: ['null'] });
    const origin = `https://localhost:${sample.desk.port}`;
    const certificate = { origin, certPath: sample.certFile('viewer'), keyPath: sample.keyFile('viewer') };
    context = await chromium.launchPersistentContext(join(root, 'profile'), {
      executablePath: requireTool('chromium'),
      args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--no-first-run'],
      clientCertificates: [certificate],
      ignoreHTTPSErrors: true, // the authority of this test is in no store of certificates
      locale: 'de-DE',
      timezoneId: 'Europe/Berlin',
    });
    page = await context.newPage();
    page.on('request', (request) => {
      const isOwn = [pathToFileURL(desk).href, origin, 'blob:', 'data:'].some((each) =>
        request.url().startsWith(each),
      );
      if (!isOwn) faults.push(`asks for ${request.url()}`);
    });
    page.on('console', (message) => faults.push(`console: ${message.text()}`));
    page.on('pageerror', (error) => faults.push(`script: ${error.message}`));
  });
  afterAll(async () => {
    await context?.close();
    await sample?.desk.close();
    await rm(root, { recursive: true, force: true });
  });
  beforeEach(async () => {
    faults.length = 0;
    await page.goto('about:blank');
    await page.goto(`${pathToFileURL(desk).href}#https://localhost:${sample.desk.port}`);
    await page.locator('li').first().waitFor();
  });

  test.each([
    ['de', null, 'Video, 30.11.2026, 22:41, kamera-3, 1 min', 'Der Grund kommt in das Verwahrprotokoll'],
    ['en', 'English', 'Video, 30/11/2026, 22:41, kamera-3, 1 min', 'The reason goes into the log'],
  ])('%s: finds a film, plays it and jumps in it', async (language, button, title, goes) => {
    if (button !== null) await page.getByRole('button', { name: button }).press('Enter');
    expect(await page.locator('li strong').first().textContent()).toBe(title);
    expect(await faultsShown(page, join(pictures, `desk-list-${language}`), WIDTHS)).toEqual([]);
    await look(/^Video/);
    await shown(goes);
    await expect.poll(currentS, { timeout: 20_000 }).toBeGreaterThanOrEqual(0);
    for (const atS of [60, 2, 30, 12, 45]) {
      await page.evaluate(`document.getElementById("film").currentTime = ${atS}`);
      await expect
        .poll(() => page.evaluate('document.getElementById("film").readyState'), { timeout: 20_000 })
        .toBeGreaterThanOrEqual(2);
    }
    await expect.poll(currentS, { timeout: 20_000 }).toBeGreaterThanOrEqual(45);
    await page.evaluate(
      '(document.getElementById("film").muted = true, document.getElementById("film").play())',
    );
    await expect.poll(currentS, { timeout: 20_000 }).toBeGreaterThan(46);
    await page.evaluate('document.getElementById("film").pause()');
    expect(await page.evaluate('document.getElementById("film").duration')).toBeCloseTo(FILM_S, 0);
    // What played before the jump ended with it, and nothing of that is a failure.
    expect(await page.getByText('--with-original').count()).toBe(0);
    expect(await faultsShown(page, join(pictures, `desk-film-${language}`), WIDTHS)).toEqual([]);
    expect(faults).toEqual([]);
    const left = await readdir(join(builder.vault, '.disclosures'));
    expect(left.length).toBeGreaterThan(0);
  });

  test('shows a picture, and says of what it cannot play how to get it', async () => {
    await look(/28\.11\.2026/);
    await shown('Der Grund kommt');
    expect(await page.evaluate('document.getElementById("picture").width')).toBe(640);
    await look(/29\.11\.2026/);
    await shown('bodydock export KIT --with-original');
    expect(faults).toEqual([]);
  });

  test('says in words what is wrong with a reason or an identity, before a byte is asked for', async () => {
    await look(/^Video/, 'case-1', desk);
    await shown('Das ist keine Datei mit einer Identität');
    await look(/^Video/, 'Frau Muster');
    expect(await page.evaluate('document.getElementById("reason").validity.patternMismatch')).toBe(true);
    expect(faults).toEqual([]);
  });

  test('finds by day and time of the office, by keys alone', async () => {
    await page.locator('#day').fill('2026-11-30');
    await page.locator('#from').fill('22:41');
    await page.locator('#to').fill('22:41');
    await page.locator('#to').press('Enter');
    await page.getByText('1 bis 1 von 1').waitFor();
    await page.getByText('weil die Prüfung sie nicht bestätigt: 1.').waitFor();
    await page.locator('#from').fill('22:42');
    await page.locator('#to').fill('23:00');
    await page.locator('#to').press('Enter');
    await page.getByText('Nichts gefunden').waitFor();
    expect(faults).toEqual([]);
  });

  test('no clear byte of a film is in the profile of the browser', async () => {
    await look(/^Video/);
    await shown('Der Grund kommt');
    await expect.poll(currentS, { timeout: 20_000 }).toBeGreaterThanOrEqual(0);
    const places = [1, 2, 3, 4].map((part) => Math.floor((film.length * part) / 5));
    const marks = places.map((place) => Buffer.from(film.subarray(place, place + 32)));
    for (const each of await readdir(join(root, 'profile'), { recursive: true, withFileTypes: true })) {
      if (!each.isFile()) continue;
      const bytes = await readFile(join(each.parentPath, each.name));
      expect(
        marks.some((mark) => bytes.includes(mark)),
        each.name,
      ).toBe(false);
    }
  });
});
