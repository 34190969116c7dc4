// What staff give, until documents are made of it: when, in which order, and how many, whatever the disk does. The way to a vault is in test/station/staff-reports.test.ts.
import { expect, test } from 'vitest';
import { openStaffStores, STAFF_DOCUMENTS_MAX, StaffReports } from '../../../agent/records/staff-reports.ts';
import { publicKeyOf } from '../../../protocol/documents/minisign.ts';
import { ManualClock } from '../../fakes/clock-manual.ts';
import { SURVIVALS, type CrashDisk } from '../../fakes/files-crash.ts';
import { MemoryLog } from '../../fakes/log-memory.ts';
import { seededRandom } from '../../fakes/random-seeded.ts';
import { fastSigner } from '../../fakes/signer-fast.ts';
import { freshDisk, openSpool, STATION, stationKey, storeKey } from '../spool/scenario.ts';

const DAY_MS = 86_400_000;
const report = { questions_sha256: 'a'.repeat(64), answers: { effect: 'calmed' } };

async function open(disk?: CrashDisk, clock = new ManualClock()) {
  const files = disk ?? (await freshDisk());
  const { spool, conditions } = await openSpool(files);
  const log = new MemoryLog();
  const keys = { stationKeys: [publicKeyOf(stationKey)], storeKeys: [publicKeyOf(storeKey)] };
  const { stores } = await openStaffStores({ spool, files, log, conditions, ...keys });
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

const names = (files: CrashDisk): string[] =>
  [...new Set([...files.tree('/spool/reports').keys()].map((path) => path.split('/')[3] ?? ''))].toSorted();

test('whichever call fails once, all of a day is made, each once', async () => {
  for (const applied of [false, true])
    for (let nth = 1, isHit = true; isHit; nth++) {
      isHit = false;
      const { files, reports, clock, made } = await open();
      files.fail({ operation: 'any', nth, code: 'EIO', applied, onHit: () => (isHit = true) });
      for (let given = 0, tries = 0; given < 2; tries++) {
        expect(tries).toBeLessThan(4);
        if (await reports.give(report).catch(() => false)) given++;
      }
      await clock.advance(DAY_MS);
      if (!(await reports.give(report).catch(() => false))) expect(await reports.give(report)).toBe(true);
      expect(made, `call ${nth}`).toEqual(names(files));
      expect(made).toHaveLength(2);
      expect(nth).toBeLessThan(200);
    }
});

test('wherever the power goes, what somebody was thanked for is made, once', async () => {
  const { files, reports, clock } = await open();
  for (let at = 0; at < 2; at++) if (await reports.give(report)) files.claim('thanked');
  await clock.advance(DAY_MS);
  await reports.give(report);
  for (let step = 0; step <= files.steps; step++)
    for (const survival of SURVIVALS) {
      const later = await open(files.crash(step, survival), clock);
      expect(await later.reports.give(report)).toBe(true);
      const found = names(later.files);
      const thanked = files.claimsAt(step).length;
      expect(found.length, `${files.stepLabel(step)}, ${survival}`).toBeGreaterThanOrEqual(thanked);
      expect(found.length).toBeLessThanOrEqual(2);
      expect(later.files.tree('/spool/quarantine').size).toBe(0);
    }
});

test('a day has so many of a kind and no more', async () => {
  const { reports, clock } = await open();
  for (let at = 0; at < STAFF_DOCUMENTS_MAX; at++) await reports.give(report);
  expect(await reports.give(report)).toBe(false);
  expect(await reports.give({ text: 'still taken' })).toBe(true);
  await clock.advance(DAY_MS);
  expect(await reports.give(report)).toBe(true);
});
