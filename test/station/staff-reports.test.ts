// What staff give at the dock's screen, from the touch to the vault: nothing leaves the station, and nothing is entered, before the day is over.
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { CheckedDocking } from '../../agent/evidence/verify/docking-check.ts';
import type { Remark } from '../../agent/evidence/verify/remark.ts';
import { type Totals, verifyFolder } from '../../agent/evidence/verify/verify-place.ts';
import { readQuestions, STANDARD } from '../../config/questions.ts';
import { Calendar } from '../../agent/evidence/report/calendar.ts';
import { makeReport } from '../../agent/evidence/report/make-report.ts';
import { reportHtml } from '../../agent/evidence/report/report-html.ts';
import { nodeFiles } from '../../agent/platform/files-node.ts';
import { encodeCanonical } from '../../protocol/format/canonical.ts';
import { parseReceipt } from '../../protocol/documents/receipt.ts';
import { parseStaffReport, parseStaffText } from '../../protocol/documents/staff-report.ts';
import {
  encodePublicKey,
  publicKeyOf,
  signDocument,
  verifyDocument,
} from '../../protocol/documents/minisign.ts';
import { DockAndStore, STATION } from '../fakes/dock-and-store.ts';

const DAY_MS = 86_400_000;
const report = { questions_sha256: 'a'.repeat(64), answers: { use: 'announced-on', effect: 'calmed' } };
const entered = (): Promise<string[]> =>
  dock
    .custody()
    .then((entries) =>
      entries.flatMap(({ event, facts }) => (event === 'document-recorded' ? [String(facts['record'])] : [])),
    );

let dock: DockAndStore;
/** Local days that the station is ahead of the machine. */
let days = 0;

beforeEach(async () => {
  days = 0;
  dock = await DockAndStore.open({ hasFastSigner: true, localMs: (utcMs) => utcMs + days * DAY_MS });
  await dock.startReceiver();
  await dock.startStation();
  await dock.until('done', () => dock.bay()['state'] === 'done');
});
afterEach(() => dock.close());

const give = async (given: Parameters<NonNullable<typeof dock.station>['staffReports']['give']>[0]) =>
  dock.station?.staffReports.give(given);
const inVault = async (name: string): Promise<string[]> => {
  const station = join(dock.folder, 'vault', STATION);
  const found: string[] = [];
  for (const each of await readdir(station))
    if ((await stat(join(station, each, name)).catch(() => undefined)) !== undefined)
      found.push(join(station, each));
  return found.toSorted();
};
const poll = { timeout: 15_000 };

test('documents of a day reach the vault once it is over, in the order of their ids, and say station and day only', async () => {
  for (let at = 0; at < 5; at++) expect(await give(report)).toBe(true);
  expect(await give({ text: 'It was loud.' })).toBe(true);
  expect(await entered()).toEqual([]);
  expect(await inVault('report.json')).toEqual([]);
  const today = new Date(dock.clock.wallMs()).toISOString().slice(0, 10);
  days = 1;
  await give(report); // of the next day: it stays
  await expect.poll(() => inVault('receipt.json').then(({ length }) => length), poll).toBe(6);
  const [reports, texts] = [await inVault('report.json'), await inVault('text.json')];
  expect([reports.length, texts.length]).toEqual([5, 1]);
  const ids = await entered();
  expect(ids).toEqual(ids.toSorted());
  expect(ids).toHaveLength(6);
  for (const folder of reports) {
    const bytes = await readFile(join(folder, 'report.json'));
    const record = folder.slice(-26);
    const document = { type: 'staff-report', version: 1, record, station: STATION, day: today, ...report };
    expect(JSON.parse(bytes.toString())).toEqual(document);
    const signature = await readFile(join(folder, 'report.json.minisig'), 'utf8');
    verifyDocument(bytes, signature, 'bodydock staff-report', [publicKeyOf(dock.stationKey)]);
    expect(parseReceipt(await readFile(join(folder, 'receipt.json')))).toMatchObject({
      kind: 'staff-report',
      recording: parseStaffReport(bytes).record,
    });
  }
  const text = parseStaffText(await readFile(join(texts[0] ?? '', 'text.json')));
  expect(Object.keys(text).toSorted().join(' ')).toBe('day recipients record sealed station type version');
  expect((await dock.open(Buffer.from(text.sealed, 'base64'))).toString()).toBe('It was loud.');
});

test('what was given is durable, and a station that was off at the end of the day makes it at its next start', async () => {
  await give(report);
  await dock.stopStation();
  expect(await entered()).toEqual([]);
  await dock.startStation();
  await dock.stopStation();
  expect(await entered()).toEqual([]);
  days = 1;
  await dock.startStation();
  await expect.poll(() => inVault('report.json').then(({ length }) => length), poll).toBe(1);
  expect(await entered()).toHaveLength(1);
});

test('one that a cut left made is not made twice, and one without its entry gets it', async () => {
  await give(report);
  const given = join(dock.folder, 'spool/given.json');
  const before = await readFile(given);
  days = 1;
  await dock.stopStation();
  await dock.startStation();
  await expect.poll(() => inVault('report.json').then(({ length }) => length), poll).toBe(1);
  await dock.stopStation();
  await writeFile(given, before);
  await dock.startStation();
  await expect.poll(() => readFile(given, 'utf8'), poll).not.toContain('staff-report');
  expect(await entered()).toHaveLength(1);
});

test('a file of what was given that cannot be read goes to the quarantine, and the station goes on', async () => {
  await dock.stopStation();
  await writeFile(join(dock.folder, 'spool/given.json'), '{"documents":[]');
  await dock.startStation();
  expect(await give(report)).toBe(true);
  expect(
    (await readdir(join(dock.folder, 'spool/quarantine'))).some((name) => name.startsWith('given.json')),
  ).toBe(true);
});

/** Findings of `verify` on vault or spool, and its counts. */
async function verified(place: 'vault' | 'spool'): Promise<{ codes: string[]; totals: Totals }> {
  const keysFolder = join(dock.folder, 'keys');
  await mkdir(keysFolder, { recursive: true });
  const keys = { 'station-kod-1.pub': dock.stationKey, 'store.pub': dock.storeKey };
  for (const [name, key] of Object.entries(keys))
    await writeFile(join(keysFolder, name), encodePublicKey(publicKeyOf(key)));
  const said: Remark[] = [];
  const take = (checked: Pick<CheckedDocking, 'remarks'>): void => void said.push(...checked.remarks);
  const report = { recording: take, docking: take, remark: (each: Remark) => void said.push(each) };
  const { signal } = new AbortController();
  const nowMs = dock.clock.wallMs() + DAY_MS;
  const asked = { files: nodeFiles(), keysFolder, identities: [], nowMs, signal };
  const { totals } = await verifyFolder(join(dock.folder, place), asked, report);
  return { codes: said.flatMap(({ kind, code }) => (kind === 'finding' ? [code] : [])), totals };
}

/** Two reports and a text in the vault, the log of the station with them, and everything stopped. */
async function delivered(): Promise<{ reports: string[]; text: string }> {
  for (let at = 0; at < 2; at++) await give(report);
  await give({ text: 'It was loud.' });
  days = 1;
  await give(report);
  await expect.poll(() => inVault('receipt.json').then(({ length }) => length), poll).toBe(3);
  await dock.stopStation();
  await dock.stopReceiver();
  const [text = ''] = await inVault('text.json');
  return { reports: await inVault('report.json'), text };
}

test('vault and spool verify, and count them', async () => {
  await delivered();
  for (const place of ['vault', 'spool'] as const) {
    const { codes, totals } = await verified(place);
    expect(codes).toEqual([]);
    expect(totals).toMatchObject({ staff_reports: 2, staff_texts: 1 });
  }
});

test('a pilot report counts them, and lists words for who can open them', async () => {
  await delivered();
  await verified('vault'); // writes the keys
  const day = new Date(dock.clock.wallMs()).toISOString().slice(0, 10);
  const wish = {
    files: nodeFiles(),
    vault: join(dock.folder, 'vault'),
    keysFolder: join(dock.folder, 'keys'),
    notesFolder: undefined,
    questions: readQuestions(STANDARD),
    identities: [dock.identity.identity],
    period: { from: day, to: day },
    calendar: new Calendar('UTC'),
    madeAt: new Date(dock.clock.wallMs()).toISOString(),
    handing: 'not-told',
    signal: new AbortController().signal,
  } as const;
  const { staff, unproven } = await makeReport(wish);
  expect(unproven.count).toBe(0);
  expect(staff).toMatchObject({ reports: 2, texts: 1, questions: [], weeks: [] });
  expect(staff.words).toEqual([{ month: day.slice(0, 7), text: 'It was loud.' }]);
  const sealed = await makeReport({ ...wish, identities: [] });
  expect(sealed.staff).toMatchObject({ words: [], words_sealed: 1 });
  for (const language of ['en', 'de'] as const)
    expect(reportHtml({ ...sealed, staff }, language)).toContain('It was loud.');
});

test('one that is altered, exchanged, moved, forged or taken away is found', async () => {
  const { reports, text } = await delivered();
  const [one = '', other = ''] = reports;
  const vault = join(dock.folder, 'vault', STATION);
  const bytes = await readFile(join(one, 'report.json'));
  const altered = Buffer.from(bytes.toString().replace('calmed', 'worse0'));
  const document = join(one, 'report.json');
  const restored = async (damage: () => Promise<void>, repair: () => Promise<void>): Promise<string[]> => {
    await damage();
    const { codes } = await verified('vault');
    await repair();
    return codes;
  };
  const put = (content: Uint8Array) => () => writeFile(document, content);
  expect(await restored(put(altered), put(bytes))).toContain('staff-report.signature-wrong');
  const signature = await readFile(document + '.minisig', 'utf8');
  const own = signDocument(dock.stationKey, altered, 'bodydock staff-report');
  const forge = async (): Promise<void> => {
    await writeFile(document, altered);
    await writeFile(document + '.minisig', own);
  };
  const repaired = async (): Promise<void> => {
    await writeFile(document, bytes);
    await writeFile(document + '.minisig', signature);
  };
  expect(await restored(forge, repaired)).toEqual(
    expect.arrayContaining(['custody.other-document', 'receipt.wrong-manifest']),
  );
  const strange = join(vault, `${'b'.repeat(25)}a`);
  const moved = await restored(
    () => rename(other, strange),
    () => rename(strange, other),
  );
  expect(moved).toEqual(expect.arrayContaining(['staff-report.other-record', 'document.missing']));
  expect((await verified('vault')).codes).toEqual([]);
  await rm(text, { recursive: true });
  expect((await verified('vault')).codes).toEqual(
    expect.arrayContaining(['document.missing', 'receipt.missing']),
  );
});

test('a report by the station key that its log does not know is found once the log goes on', async () => {
  await delivered();
  const record = `${'c'.repeat(25)}a`;
  const folder = join(dock.folder, 'vault', STATION, record);
  const forged = { type: 'staff-report', version: 1, record, station: STATION, day: '2026-01-05', ...report };
  const bytes = encodeCanonical(forged);
  await mkdir(folder);
  await writeFile(join(folder, 'report.json'), bytes);
  await writeFile(
    join(folder, 'report.json.minisig'),
    signDocument(dock.stationKey, bytes, 'bodydock staff-report'),
  );
  expect((await verified('vault')).codes).toEqual(['document.unlogged']);
});
