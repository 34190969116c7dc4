// Space: bookkeeping before anything is written, the condition that comes and goes by itself, and the reserve file.
import { describe, expect, test } from 'vitest';
import { Space, SPOOL_HEADROOM_BYTES, type Reservation } from '../../../agent/platform/space.ts';
import { ManualClock } from '../../fakes/clock-manual.ts';
import { MemoryConditions } from '../../fakes/conditions-memory.ts';
import { MemoryLog } from '../../fakes/log-memory.ts';
import { freshDisk, openSpool, ROOT } from '../spool/scenario.ts';

const MIB = 1024 * 1024;

function spaceWith(
  freeBytes: number,
  reserveMissingBytes = 0,
): {
  space: Space;
  free: { bytes: number };
  conditions: MemoryConditions;
  clock: ManualClock;
} {
  const free = { bytes: freeBytes };
  const conditions = new MemoryConditions();
  const clock = new ManualClock();
  const space = new Space({
    root: ROOT,
    files: { freeBytes: async () => free.bytes },
    clock,
    conditions,
    log: new MemoryLog(),
    reserveMissingBytes: () => reserveMissingBytes,
  });
  return { space, free, conditions, clock };
}

function granted(given: Reservation | 'full'): Reservation {
  if (given === 'full') throw new Error('full');
  return given;
}

describe('space', () => {
  test('is reserved before it is written: two recordings never count on the same bytes', async () => {
    const { space } = spaceWith(SPOOL_HEADROOM_BYTES + 100 * MIB);
    const [first, second] = await Promise.all([space.reserve(60 * MIB), space.reserve(60 * MIB)]);
    expect([first, second].filter((each) => each === 'full')).toHaveLength(1);
  });

  test('is free again after a release, which counts once', async () => {
    const { space } = spaceWith(SPOOL_HEADROOM_BYTES + 100 * MIB);
    const first = granted(await space.reserve(60 * MIB));
    first.release();
    first.release();
    const second = granted(await space.reserve(60 * MIB));
    expect(await space.reserve(60 * MIB)).toBe('full');
    second.release();
  });

  test('that is written already is not counted twice', async () => {
    const { space, free } = spaceWith(SPOOL_HEADROOM_BYTES + 100 * MIB);
    const first = granted(await space.reserve(60 * MIB));
    free.bytes -= 60 * MIB;
    expect(await space.reserve(30 * MIB)).toBe('full');
    first.written(60 * MIB);
    granted(await space.reserve(30 * MIB));
    first.release();
    first.written(0);
  });

  test('leaves room for the file system and for a reserve that is not made yet', async () => {
    expect(await spaceWith(SPOOL_HEADROOM_BYTES + 10 * MIB, 64 * MIB).space.reserve(MIB)).toBe('full');
    expect(await spaceWith(SPOOL_HEADROOM_BYTES).space.reserve(0)).toBe('full');
  });

  test('that is missing raises the condition with numbers, and clears it by itself when it would fit', async () => {
    const { space, free, conditions, clock } = spaceWith(10 * MIB);
    expect(await space.reserve(60 * MIB)).toBe('full');
    expect(conditions.facts('spool.full')).toMatchObject({ free_bytes: 10 * MIB });
    await clock.advance(120_000);
    expect(conditions.isRaised('spool.full')).toBe(true);
    granted(await space.reserve(MIB)).release();
    expect(conditions.isRaised('spool.full')).toBe(true);
    free.bytes = 200 * MIB;
    await clock.advance(30_000);
    expect(conditions.isRaised('spool.full')).toBe(false);
    expect(clock.pending).toBe(0);
  });

  test('is looked at no more once it is stopped', async () => {
    const { space, clock } = spaceWith(0);
    await space.reserve(1);
    space.stop();
    await clock.advance(60_000);
    expect(clock.pending).toBe(0);
  });
});

describe('the reserve', () => {
  const size = 3 * MIB + 17;

  test('is written whole in the background, and what was found of another length is made anew', async () => {
    const disk = await freshDisk();
    for (const before of [undefined, 100, size]) {
      if (before !== undefined) disk.plant(`${ROOT}/reserve`, new Uint8Array(before));
      const { spool, clock, conditions } = await openSpool(disk, { reserveBytes: size });
      await clock.advance(0);
      await clock.advance(0);
      expect(disk.peek(`${ROOT}/reserve`)?.length).toBe(size);
      expect(conditions.codes()).toEqual([]);
      await spool.close();
    }
  });

  test('is given up once, and its space is not for recordings until it is made again', async () => {
    const disk = await freshDisk();
    disk.plant(`${ROOT}/reserve`, new Uint8Array(size));
    disk.capacityBytes = size + SPOOL_HEADROOM_BYTES + 2 * MIB;
    const { spool, clock, conditions } = await openSpool(disk, { reserveBytes: size });
    granted(await spool.reserve(MIB)).release();
    expect(await spool.logReserve.giveUp()).toBe(true);
    expect(await spool.logReserve.giveUp()).toBe(false);
    expect(disk.peek(`${ROOT}/reserve`)).toBeUndefined();
    expect(conditions.isRaised('spool.reserve-used')).toBe(true);
    granted(await spool.reserve(MIB)).release();
    expect(await spool.reserve(2 * MIB)).toBe('full');
    await clock.advance(30_000);
    await clock.advance(30_000);
    expect(disk.peek(`${ROOT}/reserve`)?.length).toBe(size);
    expect(conditions.isRaised('spool.reserve-used')).toBe(false);
    await spool.close();
    expect(clock.pending).toBe(0);
  });

  test('is tried again as long as the disk does not take it, and leaves no half of it', async () => {
    const disk = await freshDisk();
    disk.fail({ operation: 'write', nth: 2, code: 'ENOSPC', path: 'reserve', times: 3 });
    const { spool, clock, conditions } = await openSpool(disk, { reserveBytes: size });
    await clock.advance(0);
    for (let count = 0; count < 3; count++) {
      expect(conditions.isRaised('spool.reserve-used')).toBe(true);
      expect([...disk.tree(ROOT).keys()].filter((path) => path.includes('reserve'))).toEqual([]);
      await clock.advance(30_000);
      await clock.advance(0);
    }
    expect(disk.peek(`${ROOT}/reserve`)?.length).toBe(size);
    await spool.close();
    expect(disk.openFiles).toBe(0);
  });

  test('of no size is none', async () => {
    const disk = await freshDisk();
    const { spool, conditions } = await openSpool(disk, { reserveBytes: 0 });
    expect(await spool.logReserve.giveUp()).toBe(false);
    expect(conditions.codes()).toEqual([]);
  });
});
