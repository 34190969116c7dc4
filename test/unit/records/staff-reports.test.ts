// What staff give, until documents are made of it: when, in which order, and how many. The way to a vault is in test/station/staff-reports.test.ts.
import { expect, test } from 'vitest';
import { openStaffStores, STAFF_DOCUMENTS_MAX, StaffReports } from '../../../agent/records/staff-reports.ts';
import { publicKeyOf } from '../../../protocol/documents/minisign.ts';
import { ManualClock } from '../../fakes/clock-manual.ts';
import { MemoryLog } from '../../fakes/log-memory.ts';
import { seededRandom } from '../../fakes/random-seeded.ts';
import { fastSigner } from '../../fakes/signer-fast.ts';
import { freshDisk, openSpool, STATION, stationKey, storeKey } from '../spool/scenario.ts';

const DAY_MS = 86_400_000;
const report = { questions_sha256: 'a'.repeat(64), answers: { effect: 'calmed' } };

async function open() {
  const files = await freshDisk();
  const { spool, conditions } = await openSpool(files);
  const log = new MemoryLog();
  const keys = { stationKeys: [publicKeyOf(stationKey)], storeKeys: [publicKeyOf(storeKey)] };
  const { stores } = await openStaffStores({ spool, files, log, conditions, ...keys });
  const clock = new ManualClock();
  const made: string[] = [];
  const reports = await StaffReports.open({
    station: STATION,
    recipients: [`age1${'q'.repeat(58)}`],
    stores,
    spool,
    items: { spooled: (_, record) => void made.push(record) },
    custody: { isEntered: () => false },
    bulk: { sealSmall: async (bytes) => bytes },
    signer: fastSigner(stationKey),
    files,
    random: seededRandom(1),
    clock,
    localMs: (utcMs) => utcMs,
    log,
  });
  return { files, reports, clock, made };
}

test('documents of a day are made once it is over, in the order of their ids', async () => {
  const { reports, clock, made } = await open();
  for (let at = 0; at < 5; at++) expect(await reports.give(report)).toBe(true);
  expect(await reports.give({ text: 'It was loud.' })).toBe(true);
  expect(made).toEqual([]);
  await clock.advance(DAY_MS);
  expect(await reports.give(report)).toBe(true); // of the next day: it stays
  expect(made).toHaveLength(6);
  expect(made).toEqual(made.toSorted());
});

test.each(['rename', 'syncFolder'] as const)(
  'a day is made although the disk refused one %s',
  async (operation) => {
    const { files, reports, clock, made } = await open();
    await reports.give(report);
    await reports.give(report);
    files.fail({ operation, nth: 1, code: 'EIO', path: '/reports' });
    await clock.advance(DAY_MS);
    await expect(reports.give(report)).rejects.toThrow(/EIO/);
    expect(made).toEqual([]);
    expect(await reports.give(report)).toBe(true);
    expect(made).toHaveLength(2);
  },
);

test('a day has so many of a kind and no more', async () => {
  const { reports, clock } = await open();
  for (let at = 0; at < STAFF_DOCUMENTS_MAX; at++) await reports.give(report);
  expect(await reports.give(report)).toBe(false);
  expect(await reports.give({ text: 'still taken' })).toBe(true);
  await clock.advance(DAY_MS);
  expect(await reports.give(report)).toBe(true);
});
