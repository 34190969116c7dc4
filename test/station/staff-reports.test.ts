// What staff give at the dock's screen, from the touch to the vault: nothing leaves the station, and nothing is entered, before the day is over.
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { STAFF_DOCUMENTS_MAX } from '../../agent/records/staff-reports.ts';
import { parseReceipt } from '../../protocol/documents/receipt.ts';
import { parseStaffReport, parseStaffText } from '../../protocol/documents/staff-report.ts';
import { publicKeyOf, verifyDocument } from '../../protocol/documents/minisign.ts';
import { DockAndStore, STATION } from '../fakes/dock-and-store.ts';

const DAY_MS = 86_400_000;
const QUESTIONS = 'a'.repeat(64);
const answers = { use: 'announced-on', effect: 'calmed' };
const report = { questions_sha256: QUESTIONS, answers };
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
    expect(JSON.parse(bytes.toString())).toEqual({
      type: 'staff-report',
      version: 1,
      record,
      station: STATION,
      day: today,
      questions_sha256: QUESTIONS,
      answers,
    });
    const signature = await readFile(join(folder, 'report.json.minisig'), 'utf8');
    verifyDocument(bytes, signature, 'bodydock staff-report', [publicKeyOf(dock.stationKey)]);
    expect(parseReceipt(await readFile(join(folder, 'receipt.json')))).toMatchObject({
      kind: 'staff-report',
      recording: parseStaffReport(bytes).record,
    });
  }
  const text = parseStaffText(await readFile(join(texts[0] ?? '', 'text.json')));
  expect(Object.keys(text).toSorted()).toEqual([
    'day',
    'recipients',
    'record',
    'sealed',
    'station',
    'type',
    'version',
  ]);
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

test('a day has so many of a kind and no more', async () => {
  for (let at = 0; at < STAFF_DOCUMENTS_MAX; at++) await give(report);
  expect(await give(report)).toBe(false);
  expect(await give({ text: 'still taken' })).toBe(true);
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
