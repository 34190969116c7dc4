// Dropping the oldest segments of a log: when it may be, and that a cut at any call leaves a log that is whole as far as it goes.
import { describe, expect, test } from 'vitest';
import { CustodyDropping } from '../../../agent/custody/custody-drop.ts';
import type { CustodyLog } from '../../../agent/custody/custody-log.ts';
import { TrustedWallClock } from '../../../agent/platform/trusted-wall-clock.ts';
import type { CustodyEvent } from '../../../protocol/custody/custody-entry.ts';
import { makeDockingId, makeRecordingId, type BayId, type SegmentId } from '../../../protocol/format/ids.ts';
import type { ManualClock } from '../../fakes/clock-manual.ts';
import { settle } from '../../fakes/clock-manual.ts';
import type { CrashDisk } from '../../fakes/files-crash.ts';
import { MemoryLog } from '../../fakes/log-memory.ts';
import { seededRandom } from '../../fakes/random-seeded.ts';
import { chainsOn, eventsOn, FOLDER, logDisk, numbered, openLog } from './custody-scenario.ts';

const INDEX = '/spool/ledger.jsonl';
const DAY_MS = 86_400_000;
const cut = (disk: CrashDisk): CrashDisk => disk.crash(disk.steps, 'nothing');
const pathOf = (segment: string): string => `${FOLDER}/${segment}.jsonl`;

interface Rig {
  readonly custody: CustodyLog;
  readonly clock: ManualClock;
  readonly dropping: CustodyDropping;
  readonly log: MemoryLog;
  readonly codes: () => string[];
}

/** The run with that seed, 500 days later than the one before; the store holds everything that has ended. */
async function run(
  disk: CrashDisk,
  seed: number,
  synchronised: () => boolean | null = () => true,
): Promise<Rig> {
  const { custody, clock, conditions } = await openLog(disk, seed, { ledgerFile: INDEX });
  clock.jumpWall(seed * 500 * DAY_MS);
  custody.append(numbered(seed));
  await custody.checkpoint();
  for (const { segment } of custody.segments()) custody.storeHolds(segment);
  const log = new MemoryLog();
  const wall = new TrustedWallClock(clock, synchronised);
  const dropping = new CustodyDropping({
    custody,
    folder: FOLDER,
    files: disk,
    clock,
    wall,
    log,
  });
  return { custody, clock, dropping, log, codes: () => conditions.codes() };
}

/** A log of three ended runs: days 500, 1000 and 1500. */
async function threeRuns(): Promise<{ disk: CrashDisk; ids: SegmentId[] }> {
  const disk = logDisk();
  const ids: SegmentId[] = [];
  for (const seed of [1, 2, 3]) {
    const { custody } = await run(disk, seed);
    ids.push(custody.segments().at(-1)?.segment as SegmentId);
    await custody.close();
  }
  return { disk, ids };
}

/** Confirms and drops until there is no candidate; returns what went. */
async function dropAll({ dropping }: Rig): Promise<SegmentId[]> {
  const gone: SegmentId[] = [];
  for (let next = dropping.candidate(); next !== undefined; next = dropping.candidate()) {
    dropping.confirmed(next, () => undefined);
    await dropping.stop();
    gone.push(next);
  }
  return gone;
}

describe('the oldest segment', () => {
  test('goes once it is old enough, and the next one after it; the rest is a whole log', async () => {
    const { disk, ids } = await threeRuns();
    const rig = await run(disk, 4); // day 2000
    expect(await dropAll(rig)).toEqual(ids.slice(0, 2));
    expect(rig.custody.segments().map(({ segment }) => segment)).toEqual([
      ids[2],
      rig.custody.segments().at(-1)?.segment,
    ]);
    await rig.custody.close();
    const after = cut(disk);
    expect([...chainsOn(after).keys()].sort()).toEqual(
      [ids[2] as SegmentId, rig.custody.segments().at(-1)?.segment as SegmentId].sort(),
    );
    const next = await run(after, 5);
    expect(next.codes()).toEqual([]);
    expect(await dropAll(next)).toEqual([ids[2]]); // day 2500, older than 730 days
  });

  test('goes once what it says and what still holds is entered again: the ledger is the same without snapshot', async () => {
    const disk = logDisk();
    const random = seededRandom(3);
    const [docking, recording] = [makeDockingId(random), makeRecordingId(random)];
    const first = await openLog(disk, 1);
    for (const event of [
      { event: 'docked', facts: { bay: 'bay-3', camera: 'cam-1', docking } },
      { event: 'pulled', facts: { recording, docking } },
      { event: 'spooled', facts: { recording, manifest_sha256: 'a'.repeat(64) } },
      { event: 'receipted', facts: { recording, receiver: 'store', receipt_sha256: 'b'.repeat(64) } },
    ] as const)
      first.custody.append(event);
    await first.custody.close();
    const known = first.custody.ledger;
    await (await run(disk, 2)).custody.close();
    const late = await run(disk, 4); // the day is far enough
    expect(await dropAll(late)).toHaveLength(2);
    await late.custody.close();
    const after = cut(disk);
    await after.unlink(INDEX);
    const { custody } = await openLog(after, 5, { ledgerFile: INDEX });
    expect([...custody.ledger.manifests]).toEqual([...known.manifests]);
    expect(custody.ledger.bits(recording)).toBe(known.bits(recording));
    expect([...custody.ledger.dockings.keys()]).toEqual([docking]);
    expect(custody.ledger.bays.has('bay-3' as BayId)).toBe(true);
  });

  test('stays while a recording of one of its cameras is on its way', async () => {
    const disk = logDisk();
    const random = seededRandom(3);
    const docked = (docking: string): CustodyEvent => ({
      event: 'docked',
      facts: { bay: 'bay-3', camera: 'cam-1', docking },
    });
    const first = await openLog(disk, 1);
    first.custody.append(docked(makeDockingId(random)));
    await first.custody.close();
    const rig = await run(disk, 4);
    const docking = makeDockingId(random);
    const recording = makeRecordingId(random);
    rig.custody.append(docked(docking));
    rig.custody.append({ event: 'pulled', facts: { recording, docking } });
    await rig.custody.checkpoint();
    const [oldest] = rig.custody.segments();
    rig.dropping.confirmed(oldest?.segment as SegmentId, () => undefined);
    await rig.dropping.stop();
    expect(rig.custody.segments()[0]).toEqual(oldest);
    expect(rig.dropping.candidate()).toBeUndefined();
    rig.custody.append({ event: 'spooled', facts: { recording, manifest_sha256: 'a'.repeat(64) } });
    await rig.custody.checkpoint();
    await rig.clock.advance(3_600_000);
    expect(await dropAll(rig)).toEqual([oldest?.segment]);
  });

  test('goes although a docking of one of its cameras was cut off, and never got a record', async () => {
    const disk = logDisk();
    const random = seededRandom(3);
    for (const isCutOff of [false, true]) {
      const { custody } = await openLog(disk, isCutOff ? 2 : 1, { ledgerFile: INDEX });
      const docking = makeDockingId(random);
      custody.append({ event: 'docked', facts: { bay: 'bay-3', camera: 'cam-1', docking } });
      if (isCutOff)
        custody.append({ event: 'pulled', facts: { recording: makeRecordingId(random), docking } });
      await custody.close();
    }
    const rig = await run(disk, 4);
    expect(rig.custody.ledger.pulled.size).toBe(1);
    expect(await dropAll(rig)).toHaveLength(2);
    expect(rig.custody.ledger.pulled.size).toBe(0);
  });

  test('that the disk does not show goes once all that is known is entered again', async () => {
    const { disk, ids } = await threeRuns();
    const rig = await run(disk, 4);
    rig.custody.append({ event: 'camera-retired', facts: { camera: 'cam-9', reason: 'lost' } });
    await rig.custody.checkpoint();
    disk.fail({ operation: 'open', path: `${ids[0]}.jsonl`, nth: 1, times: Infinity, code: 'EIO' });
    expect(await dropAll(rig)).toEqual(ids.slice(0, 2));
    expect(eventsOn(disk, 'carried').map(({ facts }) => facts)).toContainEqual({
      what: 'retired',
      camera: 'cam-9',
    });
  });

  test('is named with its head before it goes', async () => {
    const { disk, ids } = await threeRuns();
    const rig = await run(disk, 4);
    const { lastSequence, lastSha256 } = rig.custody.segments()[0] ?? {};
    await dropAll(rig);
    expect(eventsOn(cut(disk), 'segment-dropped')[0]?.facts).toEqual({
      segment: ids[0],
      last_sequence: lastSequence,
      last_sha256: lastSha256,
    });
  });

  test('stays where the store has not said that it holds it, and where it goes on', async () => {
    const { disk, ids } = await threeRuns();
    const rig = await run(disk, 9);
    rig.custody.storeLost(ids[0] as SegmentId);
    expect(rig.dropping.candidate()).toBeUndefined();
    for (const segment of ids) rig.custody.storeHolds(segment);
    expect(rig.dropping.candidate()).toBe(ids[0]);
    expect(await dropAll(rig)).toEqual(ids);
    rig.clock.jumpWall(1000 * DAY_MS);
    expect(rig.dropping.candidate()).toBeUndefined(); // only the open one is left
  });

  test('stays where another one was confirmed, or the store did not confirm; then it is asked for again in an hour', async () => {
    const { disk, ids } = await threeRuns();
    const rig = await run(disk, 4);
    rig.dropping.confirmed(ids[1] as SegmentId, () => undefined);
    await rig.dropping.stop();
    expect(rig.dropping.candidate()).toBe(ids[0]);
    rig.dropping.refused(ids[0] as SegmentId);
    expect(rig.dropping.candidate()).toBeUndefined();
    await rig.clock.advance(3_600_000);
    expect(rig.dropping.candidate()).toBe(ids[0]);
  });

  test('stays by a clock that is not synchronised, or that jumped where nobody can tell', async () => {
    const { disk, ids } = await threeRuns();
    let synchronised: boolean | null = false;
    const rig = await run(disk, 1, () => synchronised);
    rig.clock.jumpWall(3650 * DAY_MS);
    expect(rig.dropping.candidate()).toBeUndefined();
    synchronised = null;
    expect(rig.dropping.candidate()).toBeUndefined();
    synchronised = true;
    expect(rig.dropping.candidate()).toBe(ids[0]);
  });
});

describe('a cut at any call of a drop', () => {
  test('leaves no segment that is gone without its entry, no signature alone, and nothing that looks broken', async () => {
    const { disk, ids } = await threeRuns();
    const rig = await run(disk, 4);
    const from = disk.steps;
    await dropAll(rig);
    await rig.custody.close();
    expect(disk.steps - from).toBeGreaterThan(8);
    for (let step = from; step <= disk.steps; step++)
      for (const survival of ['nothing', 'everything', 1] as const) {
        const after = disk.crash(step, survival);
        const there = [...after.tree(FOLDER).keys()];
        const next = await run(after, 5);
        const dropped = new Set(eventsOn(after, 'segment-dropped').map(({ facts }) => facts['segment']));
        for (const id of ids) {
          const where = `${id} at step ${step}, ${survival}`;
          if (!there.includes(pathOf(id))) expect(dropped, where).toContain(id);
          if (there.includes(`${pathOf(id)}.minisig`)) expect(there, where).toContain(pathOf(id));
        }
        expect(next.codes()).toEqual([]);
        await dropAll(next); // day 2500: all three are old now, whatever was left of them
        expect(next.custody.segments().map(({ segment }) => segment)).not.toContain(ids[1]);
        await next.custody.close();
        expect((await run(cut(after), 6)).codes()).toEqual([]);
      }
  });

  test('that the disk refuses leaves a whole log, and the next start goes on', async () => {
    const { disk, ids } = await threeRuns();
    const prepared = disk.crash(disk.steps, 'nothing');
    const plain = await run(prepared, 4);
    const before = prepared.calls('change');
    await dropAll(plain);
    const calls = prepared.calls('change') - before;
    expect(calls).toBeGreaterThan(6);
    for (let nth = 1; nth <= calls; nth++) {
      const at = disk.crash(disk.steps, 'nothing');
      const rig = await run(at, 4);
      at.fail({ operation: 'change', nth, code: 'EIO' });
      rig.dropping.confirmed(ids[0] as SegmentId, () => undefined);
      await rig.dropping.stop();
      await settle(20);
      at.heal();
      await rig.custody.close();
      const next = await run(cut(at), 5);
      expect(next.codes(), `call ${nth}`).toEqual([]);
      await dropAll(next);
      expect(next.custody.segments().map(({ segment }) => segment)).not.toContain(ids[0]);
    }
  });
});
