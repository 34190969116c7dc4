// Two persons in two browsers hold and delete a recording by the desk's page, at a real store over mutual TLS, each with a key that minisign made; and
// what a store that lies, a wrong password or another file comes to.
import { execFileSync } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openPolicyCommand } from '../../../agent/receiver/cli/store-command.ts';
import { LeftDocuments } from '../../../agent/receiver/retention/left-documents.ts';
import { loadReceiverConfig } from '../../../config/load.ts';
import { encodeSecretKey, publicKeyLine, publicKeyOf } from '../../../protocol/documents/minisign.ts';
import type { Manifest } from '../../../protocol/documents/manifest.ts';
import { parseEvaluation } from '../../../protocol/documents/evaluation.ts';
import { ROLES, type Role } from '../../../protocol/documents/order.ts';
import { BODYDOCK, runProgram } from '../../fakes/program.ts';
import { entersAs } from '../../fakes/outside-time.ts';
import { lacksTools, requireTool } from '../../fakes/stock-tools.ts';
import { type BuiltRecording, VaultBuilder } from '../../fakes/vault-builder.ts';
import { DeskSample } from '../../unit/desk/desk-sample.ts';
import { faultsShown, openBrowser } from './page-judge.ts';

const pictures = fileURLToPath(new URL('../../../out/pages', import.meta.url));
const desk = fileURLToPath(new URL('../../../dist/desk.html', import.meta.url));
const WIDTHS = [480, 1280];
const PASSWORD = 'Grüne Wiese 7';
/** scrypt of minisign takes 1 GiB, and seconds of a fast machine. */
const SIGNING = { timeout: 150_000 };

let root: string;
let builder: VaultBuilder;
let recordings: BuiltRecording[];
let sample: DeskSample;
let receiver: LeftDocuments;
let browser: Browser;
const pages = {} as Record<Role | 'viewer' | 'evaluator', Page>;
const contexts: BrowserContext[] = [];
const faults: string[] = [];

/** Two files of one key, as minisign leaves them: with a password, and without one. */
async function makeKey(role: Role | 'evaluator' | 'second'): Promise<string> {
  const [key, plain, pub] = ['.key', '-plain.key', '.pub'].map((end) => join(root, role + end)) as [
    string,
    string,
    string,
  ];
  const minisign = (...words: string[]): Buffer =>
    execFileSync(requireTool('minisign'), words, { input: `${PASSWORD}\n${PASSWORD}\n`, stdio: 'pipe' });
  minisign('-G', '-p', pub, '-s', key);
  await copyFile(key, plain);
  minisign('-C', '-W', '-s', plain);
  return (await readFile(pub, 'utf8')).split('\n')[1] ?? '';
}

async function receiverFile(): Promise<string> {
  const file = join(root, 'receiver.yaml');
  await writeFile(join(builder.keys, 'store.key'), encodeSecretKey(builder.storeKey), { mode: 0o600 });
  const [officer, supervisor] = [await makeKey('officer'), await makeKey('supervisor')];
  const [evaluator, second] = [await makeKey('evaluator'), await makeKey('second')];
  const text = `version: 1
receiver: ${builder.receiver.receiver}
vault: { path: vault, quota_bytes: 100000000000 }
keys: { signing_file: keys/store.key }
stations: [{ id: ${builder.station}, public_keys: [${publicKeyLine(publicKeyOf(builder.stationKey))}] }]
roles: { officers: [${officer}], supervisors: [${supervisor}], evaluators: [${evaluator}, ${second}] }
broker: { url: "mqtt://127.0.0.1:1883", base: test }
`;
  await writeFile(file, text);
  return file;
}

async function openPage(as: string, locale = 'de-DE'): Promise<Page> {
  const origin = `https://localhost:${sample.desk.port}`;
  const context = await browser.newContext({
    clientCertificates: [{ origin, certPath: sample.certFile(as), keyPath: sample.keyFile(as) }],
    ignoreHTTPSErrors: true, // the authority of this test is in no store of certificates
    locale,
    timezoneId: 'Europe/Berlin',
  });
  contexts.push(context);
  const page = await context.newPage();
  page.on('request', (request) => {
    if (![pathToFileURL(desk).href, origin].some((each) => request.url().startsWith(each)))
      faults.push(`asks for ${request.url()}`);
    if (/AAAA|Wiese|untrusted comment: minisign/.test(request.postData() ?? '')) faults.push('sends a key');
  });
  page.on('console', (message) => faults.push(`console: ${message.text()}`));
  page.on('pageerror', (error) => faults.push(`script: ${error.message}`));
  await home(page);
  return page;
}

async function home(page: Page): Promise<void> {
  await page.goto('about:blank');
  await page.goto(`${pathToFileURL(desk).href}#https://localhost:${sample.desk.port}`);
  await page.locator('#list li').first().waitFor();
}

async function prepare(page: Page, at: number, verb: string): Promise<void> {
  await page.locator('#list li button').nth(at).click();
  await page.locator('#verb').selectOption(verb);
  await page.locator('#order-reason').fill('case-17');
  await page.locator('#order-reason').press('Enter');
  await page.locator('#sheet dd').first().waitFor();
}

async function sign(page: Page, role: Role, password?: string): Promise<void> {
  await page
    .locator('#key')
    .setInputFiles(join(root, `${role}${password === undefined ? '-plain' : ''}.key`));
  await page.locator('#password').fill(password ?? '');
  await page.locator('#sign button[type=submit]').click();
}

const said = (page: Page, text: string): Promise<void> =>
  page.locator('#ordered', { hasText: text }).waitFor(SIGNING);
const ordersOf = (page: Page): Promise<string[]> => page.locator('#orders-list p').allTextContents();

describe.skipIf(lacksTools('chromium', 'ffmpeg', 'openssl', 'minisign'))(
  'orders at the desk in a browser',
  () => {
    beforeAll(async () => {
      root = await mkdtemp(join(tmpdir(), 'bodydock-desk-orders-'));
      await mkdir(pictures, { recursive: true });
      builder = await VaultBuilder.create(root, { startMs: Date.now() - 3 * 86_400_000 });
      const madeAt = (at: string) => (manifest: Manifest) => ({
        ...manifest,
        capture: { earliest_at: at, latest_at: at, basis: 'clock-measured' as const },
      });
      const film = join(root, 'film.mp4');
      const inputs = ['-f', 'lavfi', '-i', 'testsrc2=size=640x360:rate=25', '-t', '20', '-c:v', 'libx264'];
      execFileSync(requireTool('ffmpeg'), ['-v', 'error', ...inputs, '-pix_fmt', 'yuv420p', film]);
      const original = await readFile(film);
      recordings = [
        await builder.record({
          original,
          path: 'A.MP4',
          camera: 'kamera-3',
          change: madeAt('2026-11-30T21:41:00.000Z'),
        }),
        await builder.record({
          path: 'B.MP4',
          camera: 'kamera-3',
          change: madeAt('2026-11-29T10:00:00.000Z'),
        }),
      ];
      await builder.close();
      const file = await receiverFile();
      // Nothing goes before the log has a receipt (SPEC 10.3.39).
      const facts = { kind: 'recording', station: builder.station, recording: recordings[0]?.id ?? '' };
      await entersAs(file, { event: 'receipt', facts: { ...facts, receipt_sha256: '0'.repeat(64) } });
      const loaded = await loadReceiverConfig(file);
      if (loaded.kind === 'refused') throw new Error(JSON.stringify(loaded.problems));
      sample = await DeskSample.make(join(root, 'tls'), {
        viewer: 'viewer',
        officer: 'officer',
        supervisor: 'supervisor',
        evaluator: 'evaluator',
      });
      await sample.serve({ store: loaded.config, keys: builder.keys }, { origins: ['null'] });
      const io = { out: () => undefined, err: () => undefined, signal: new AbortController().signal };
      receiver = new LeftDocuments(await openPolicyCommand(file, io));
      receiver.start();
      browser = await openBrowser();
      for (const who of [...ROLES, 'viewer', 'evaluator'] as const) pages[who] = await openPage(who);
    });
    afterAll(async () => {
      await browser?.close();
      await receiver?.stop();
      await sample?.desk.close();
      await rm(root, { recursive: true, force: true });
    });
    beforeEach(async () => {
      faults.length = 0;
      for (const page of Object.values(pages)) await home(page);
    });

    test('one looks at a recording and evaluates it beside the player, another one too, and nobody sees the other’s answers', async () => {
      const { evaluator: page, viewer } = pages;
      await page.locator('#list li button').first().click();
      await page.locator('#identity').setInputFiles(builder.identityFile);
      await page.locator('#reason').fill('evaluation');
      await page.getByRole('button', { name: 'Ansehen' }).click();
      await expect.poll(() => page.locator('#film').isVisible(), SIGNING).toBe(true);
      const choose = async (answers: Readonly<Record<string, string>>): Promise<void> => {
        for (const [id, answer] of Object.entries(answers))
          await page.locator(`input[name=answer-${id}][value=${answer}]`).check();
      };
      const answers = { effect: 'calmed', need: 'yes', picture: 'good', sound: 'none', rule: 'kept' };
      await choose(answers);
      const signBy = async (key: string, password?: string): Promise<void> => {
        const plain = password === undefined ? '-plain' : '';
        await page.locator('#evaluator-key').setInputFiles(join(root, `${key}${plain}.key`));
        await page.locator('#evaluator-password').fill(password ?? '');
        await page.locator('#evaluate button').click();
      };
      await signBy('evaluator', PASSWORD);
      // An answer is missing: the browser asks for it, and nothing is signed.
      expect(await page.locator('#evaluated').textContent()).toBe('');
      await choose({ proceedings: 'not-known' });
      expect(await faultsShown(page, join(pictures, 'desk-evaluation-de'), WIDTHS)).toEqual([]);
      await signBy('evaluator', PASSWORD);
      await page
        .locator('#evaluated', { hasText: 'Ihre Auswertung ist beim Zentralspeicher' })
        .waitFor(SIGNING);
      await page.getByText('Auswertungen bisher: 1.').waitFor();
      expect(await page.locator('#evaluate').isHidden()).toBe(true);

      await home(page);
      await page.getByRole('button', { name: 'English' }).click();
      await page.locator('#list li button').first().click();
      await choose({ ...answers, effect: 'no-effect', proceedings: 'not-known' });
      expect(await faultsShown(page, join(pictures, 'desk-evaluation-en'), WIDTHS)).toEqual([]);
      await signBy('evaluator');
      await page.locator('#evaluated', { hasText: 'evaluation.again' }).waitFor(SIGNING);
      await signBy('officer');
      await page.locator('#evaluated', { hasText: 'evaluation.signature' }).waitFor(SIGNING);
      await signBy('second');
      await page.locator('#evaluated', { hasText: 'Your evaluation is at the store' }).waitFor(SIGNING);
      await viewer.locator('#list li button').first().click();
      await viewer.getByText('Auswertungen bisher: 2.').waitFor();
      expect(await viewer.locator('#evaluate').isHidden()).toBe(true);
      expect(faults.filter((fault) => !fault.includes('409'))).toEqual([]);

      const folder = join(builder.vault, builder.station, 'evaluations', recordings[0]?.id ?? '');
      const given = await Promise.all(
        (await readdir(folder)).map(async (key) => readFile(join(folder, key, 'evaluation.json'), 'utf8')),
      );
      expect(new Set(given.map((text) => parseEvaluation(Buffer.from(text)).answers['effect']))).toEqual(
        new Set(['calmed', 'no-effect']),
      );
      for (const key of ['evaluator', 'second'])
        await copyFile(join(root, `${key}.pub`), join(builder.keys, `evaluator-${key}.pub`));
      const verified = await runProgram(BODYDOCK, ['verify', builder.vault, '--keys', builder.keys]);
      expect(verified.stdout).toMatch(/evaluations of recordings: 2\n/);
      expect(verified.stdout).not.toMatch(/evaluation\.(?!not-logged)/);
      const day = new Date().toISOString().slice(0, 10);
      const period = ['--from', '2026-11-01', '--to', day, '--keys', builder.keys];
      const reported = await runProgram(BODYDOCK, ['report', '--vault', builder.vault, ...period, '--json']);
      expect(JSON.parse(reported.stdout)).toMatchObject({
        evaluations: { evaluations: 2, recordings: 1, recordings_twice: 1, questions: [], not_judged: 0 },
      });
    }, 600_000);

    test('one holds, the other one finds that on top, reads it in words, and signs', async () => {
      const { officer, supervisor, viewer } = pages;
      await prepare(officer, 0, 'hold');
      expect(await officer.locator('#sheet dd').allTextContents()).toEqual(
        expect.arrayContaining([
          'Löschsperre setzen',
          'case-17',
          recordings[0]?.id,
          'niemand',
          'Aufzeichnungsbeauftragte',
        ]),
      );
      expect(await faultsShown(officer, join(pictures, 'desk-order-de'), WIDTHS)).toEqual([]);
      await sign(officer, 'officer', 'another password');
      await said(officer, 'Das Passwort passt nicht');
      await sign(officer, 'officer', PASSWORD);
      await said(officer, 'Ihre Unterschrift ist beim Zentralspeicher');
      await expect
        .poll(() => ordersOf(officer))
        .toEqual([
          expect.stringMatching(/^Löschsperre setzen, Grund case-17, vom .*: gilt bis .*vorgesetzte Stelle$/),
        ]);
      await home(supervisor);
      await supervisor.locator('#waiting-list button').click();
      await supervisor.locator('#sheet dd').first().waitFor();
      expect(await supervisor.locator('#sheet dd').allTextContents()).toContain('Aufzeichnungsbeauftragte');
      expect(await faultsShown(supervisor, join(pictures, 'desk-countersign-de'), WIDTHS)).toEqual([]);
      await sign(supervisor, 'supervisor');
      await said(supervisor, 'Ihre Unterschrift ist beim Zentralspeicher');
      await expect
        .poll(() => ordersOf(supervisor))
        .toEqual([expect.stringMatching(/gilt, bis beide Rollen sie aufheben$/)]);
      expect(await supervisor.locator('#waiting').isHidden()).toBe(true);
      await viewer.locator('#list li button').first().click();
      await viewer.locator('#orders-list p').waitFor();
      expect([
        await viewer.locator('#order').isHidden(),
        await viewer.locator('#orders-list button').count(),
      ]).toEqual([true, 0]);
      expect(faults).toEqual([]);
    }, 600_000);

    test('both delete a recording, in English', async () => {
      const { officer, supervisor } = pages;
      for (const page of [officer, supervisor]) await page.getByRole('button', { name: 'English' }).click();
      await prepare(supervisor, 1, 'delete');
      await supervisor.getByText('deleted at once and for good').waitFor();
      expect(await faultsShown(supervisor, join(pictures, 'desk-order-en'), WIDTHS)).toEqual([]);
      await sign(supervisor, 'supervisor');
      await said(supervisor, 'Your signature is at the store');
      await expect
        .poll(() => ordersOf(supervisor))
        .toEqual([expect.stringMatching(/does not count before this role signs too: officer$/)]);
      await home(officer);
      await officer.getByRole('button', { name: 'English' }).click();
      await officer.getByText('These wait for your signature').waitFor();
      expect(await faultsShown(officer, join(pictures, 'desk-waiting-en'), WIDTHS)).toEqual([]);
      await officer.locator('#waiting-list button').click();
      await officer.locator('#sheet dd').first().waitFor();
      await sign(officer, 'officer');
      await said(officer, 'Your signature is at the store');
      await expect
        .poll(() => ordersOf(officer))
        .toEqual([expect.stringMatching(/over, the recording is deleted$/)]);
      const folder = recordings[1]?.folder ?? '';
      expect(await readdir(folder)).not.toContain('payload.age');
      expect(faults).toEqual([]);
    }, 600_000);

    test.each([
      ['another recording', (order: Record<string, unknown>) => ({ ...order, recording: recordings[1]?.id })],
      ['another verb', (order: Record<string, unknown>) => ({ ...order, verb: 'delete' })],
      [
        'another manifest',
        (order: Record<string, unknown>) => ({ ...order, manifest_sha256: 'a'.repeat(64) }),
      ],
      [
        'a time long ago',
        (order: Record<string, unknown>) => ({ ...order, ordered_at: '2026-01-01T00:00:00.000Z' }),
      ],
      ['words as a reason', (order: Record<string, unknown>) => ({ ...order, reason: 'Frau Muster' })],
    ])('a store that gives %s to be signed gets no signature', async (_, change) => {
      const { officer } = pages;
      await officer.route('**/order?*', async (route) => {
        const response = await route.fetch();
        const made = (await response.json()) as { order: Record<string, unknown> };
        await route.fulfill({ response, json: { ...made, order: change(made.order) } });
      });
      await officer.locator('#list li button').first().click();
      await officer.locator('#order-reason').fill('case-18');
      await officer.locator('#order-reason').press('Enter');
      await said(officer, 'Es wurde nichts unterschrieben');
      expect(await officer.locator('#sign').isHidden()).toBe(true);
      await officer.unroute('**/order?*');
    });

    test('another file is no key, and the key of the other role is refused in words', async () => {
      const { officer } = pages;
      await prepare(officer, 0, 'unhold');
      await officer.locator('#key').setInputFiles(join(root, 'officer.pub'));
      await officer.locator('#sign button[type=submit]').click();
      await said(officer, 'kein geheimer Schlüssel');
      await sign(officer, 'supervisor');
      await said(officer, 'order.signature');
      expect(faults.filter((fault) => !fault.includes('409'))).toEqual([]);
    });
  },
);
