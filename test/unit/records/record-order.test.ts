// Records go in any order once the store has all parts of a docking: the ledger says which docking came last, however the wall clock stood.
import { beforeEach, expect, test } from 'vitest';
import { RecordChain } from '../../../agent/records/record-chain.ts';
import type { EndedDocking } from '../../../agent/records/ended-docking.ts';
import { StoredRecord } from '../../../agent/records/stored-record.ts';
import { keyIdHex, makeSecretKey, publicKeyOf } from '../../../protocol/documents/minisign.ts';
import { makeDockingId } from '../../../protocol/format/ids.ts';
import type { CrashDisk } from '../../fakes/files-crash.ts';
import { seededRandom } from '../../fakes/random-seeded.ts';
import { CAMERA, freshDisk } from '../spool/scenario.ts';
import {
  endedOf,
  inventoryOf,
  openDockings,
  openingOf,
  plan,
  receiptRecord,
  type OpenedDockings,
  startDockings,
} from './life.ts';

/** The third one began before the clock was set. */
const DOCKED_AT = ['2026-11-26T06:00:00.000Z', '2026-11-26T06:10:00.000Z', '2026-11-26T00:07:00.000Z'];
const planned = DOCKED_AT.map((_, at) => plan(at + 1, 0, 2));
let disk: CrashDisk;
/** Of the three dockings, in their order. */
let made: StoredRecord[];

const ended = (at: number): EndedDocking => ({
  ...endedOf(planned[at] ?? plan(at + 1, 0, 2)),
  docked_at: DOCKED_AT[at] ?? '2026-11-26T06:20:00.000Z',
  stay_docked_at: DOCKED_AT[at] ?? '2026-11-26T06:20:00.000Z',
});
const later = (): EndedDocking => ended(3);

/** Records of dockings that end one after the other; `parts` of all of them together, one each unless it says. */
async function record(
  dock: OpenedDockings,
  all: readonly EndedDocking[],
  parts = all.length,
): Promise<StoredRecord[]> {
  const made: StoredRecord[] = [];
  let heard: () => void = () => undefined;
  startDockings(dock, (part) => {
    made.push(part);
    if (part.facts.part === part.facts.parts) heard();
  });
  for (const each of all) {
    const recorded = new Promise<void>((resolve) => (heard = resolve));
    dock.dockings.end(each);
    await recorded;
  }
  expect(made).toHaveLength(parts);
  return made;
}

async function opened<T>(use: (opened: OpenedDockings) => Promise<T>): Promise<T> {
  const each = await openDockings(disk, 2);
  try {
    return await use(each);
  } finally {
    await each.close();
  }
}

beforeEach(async () => {
  disk = await freshDisk();
  made = await opened(async (first) => {
    const parts = await record(first, [0, 1, 2].map(ended));
    for (const part of parts) await receiptRecord(first, part);
    return parts;
  });
});

test('a docking keeps its first part until the store has all of them, and what a log tells of is no unfinished record', async () => {
  disk = await freshDisk();
  const big = plan(1, 0, 300);
  const parts = await opened(async (first) => {
    const journal = await first.dockings.begin(openingOf(big));
    await journal.inventoryTaken(inventoryOf(big));
    await journal.close();
    disk.fail({ operation: 'unlink', nth: 1, code: 'EIO', path: '/docked/' });
    const all = await record(first, [endedOf(big), endedOf(plan(2, 0, 2))], 3);
    const [one, two] = all;
    if (one === undefined || two === undefined) throw new Error('there are two parts and a third record');
    await receiptRecord(first, one);
    await expect(first.dockings.records.store.reclaim(one.recording)).rejects.toMatchObject({
      code: 'spool.not-yet',
    });
    await receiptRecord(first, two);
    await first.dockings.records.store.reclaim(one.recording);
    return [two, all[2]];
  });
  const left = parts.map((part) => part?.recording ?? '').sort();
  await opened(async ({ dockings }) => {
    const here = (): string[] =>
      [...dockings.records.store.recordings()].map(({ recording }) => recording).sort();
    expect(here()).toEqual(left);
    dockings.start();
    await dockings.settle(); // its journal is still there, and it has its record
    expect(here()).toEqual(left);
  });
});

test('the first part lies in the quarantine and the journal is still there: what the log tells of stays', async () => {
  disk = await freshDisk();
  const big = plan(1, 0, 300);
  const second = await opened(async (first) => {
    const journal = await first.dockings.begin(openingOf(big));
    await journal.inventoryTaken(inventoryOf(big));
    await journal.close();
    disk.fail({ operation: 'unlink', nth: 1, code: 'EIO', path: '/docked/' });
    const [one, two] = await record(first, [endedOf(big)], 2);
    if (one === undefined) throw new Error('there are two parts');
    await first.dockings.records.store.quarantine(one.recording, 'damaged');
    return two?.recording;
  });
  await opened(async ({ dockings: { records } }) => {
    expect([...records.store.recordings()].map(({ recording }) => recording)).toEqual([second]);
  });
});

test.each([0, 1, 2])(
  'behind %i that went, a start knows the newest and the next record names it',
  async (gone) => {
    await opened(async ({ dockings: { records } }) => {
      for (const { recording } of made.slice(0, gone)) await records.store.reclaim(recording);
    });
    await opened(async (next) => {
      expect(next.dockings.records.newest(CAMERA)?.docking).toBe(planned[2]?.docking);
      const [fourth] = await record(next, [later()]);
      expect(fourth?.facts.previousSha256).toBe(made[2]?.manifestSha256);
    });
  },
);

test("a record by the station's key of today is the end, and the next one names nothing of an earlier key", () => {
  const [facts] = made.map((each) => each.facts);
  if (facts === undefined) throw new Error('there are three');
  const keys = [makeSecretKey(seededRandom(9)), makeSecretKey(seededRandom(10))].map((key) =>
    publicKeyOf(key),
  );
  const [today, earlier] = keys.map(({ keyId }) => keyIdHex(keyId));
  const before = { ...facts, keyId: earlier ?? null, dockedAt: '2026-11-26T09:00:00.000Z' };
  const docking = makeDockingId(seededRandom(9));
  const first = {
    ...facts,
    docking,
    keyId: today ?? null,
    manifestSha256: 'f'.repeat(64),
    previousSha256: null,
  };
  const chain = (...all: readonly (typeof facts)[]): RecordChain =>
    new RecordChain(
      { recordings: () => all.map((each) => new StoredRecord(each, 'spooled', '/spool/dockings')) },
      () => undefined,
      keys,
    );
  expect(chain(before, first).newest(CAMERA)?.docking).toBe(docking);
  expect(chain(before).newest(CAMERA)?.docking).toBe(before.docking);
  expect(chain(before).previous(CAMERA)).toBeNull();
  expect(chain(before, first).previous(CAMERA)).toBe(first.manifestSha256);
});
