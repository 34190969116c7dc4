// A disk that refuses: every call of a life fails once, for good, or after it took effect. No claim may break, then or after a start.
import { describe, expect, test } from 'vitest';
import type { Fault } from '../../fakes/fault-plan.ts';
import type { CrashDisk } from '../../fakes/files-crash.ts';
import { seededRandom } from '../../fakes/random-seeded.ts';
import { cast, liveRoughLife, openCustody, problems, unlogged } from './life.ts';
import { freshDisk, openSpool, prepare, receiptOne, ROOT, sealInto, spoolOne } from './scenario.ts';

const recordings = cast(2, 12);

async function roughly(fault?: Fault): Promise<CrashDisk> {
  const disk = await freshDisk();
  if (fault !== undefined) disk.fail(fault);
  await liveRoughLife(disk, recordings, (recording, claim) => disk.claim(`${recording} ${claim}`));
  return disk;
}

/** What is wrong after the fault is over and the next process has started. */
async function afterwards(disk: CrashDisk): Promise<string[]> {
  const claims = disk.claimsAt(disk.steps);
  const found = disk.openFiles > 0 ? [`${disk.openFiles} files are still open`] : [];
  disk.heal();
  for (const survival of ['nothing', 'everything'] as const) {
    const next = disk.crash(disk.steps, survival);
    const opened = await openSpool(next);
    const custody = await openCustody(next, 70);
    found.push(
      ...(await problems(next, opened, recordings, claims)),
      ...(await unlogged(custody, recordings, claims)),
    );
    await Promise.all([opened.spool.close(), custody.close()]);
  }
  return found;
}

const kinds: Record<string, Omit<Fault, 'nth'> & { every: number }> = {
  'fails once with EIO': { operation: 'change', code: 'EIO', every: 1 },
  'fails once with ENOSPC': { operation: 'change', code: 'ENOSPC', every: 2 },
  'fails from then on': { operation: 'change', code: 'EROFS', times: Number.POSITIVE_INFINITY, every: 3 },
  'takes effect and fails all the same': { operation: 'change', code: 'EIO', applied: true, every: 2 },
  'that only reads fails': { operation: 'any', code: 'EIO', every: 1 },
};

describe('no claim breaks when any call', () => {
  for (const [name, { every, ...fault }] of Object.entries(kinds))
    test(name, async () => {
      const calls = (await roughly()).calls(fault.operation);
      expect(calls).toBeGreaterThan(60);
      for (let nth = 1; nth <= calls; nth += every)
        expect(await afterwards(await roughly({ ...fault, nth })), `call ${nth}`).toEqual([]);
    });
});

describe('a failed attempt', () => {
  test('is over: a sync that fails once and then works never makes that recording durable here', async () => {
    const prepared = prepare(seededRandom(1));
    for (const [operation, syncs] of [
      ['sync', 4],
      ['syncFolder', 1],
    ] as const)
      for (let nth = 1; nth <= syncs + 1; nth++) {
        const disk = await freshDisk();
        const { spool } = await openSpool(disk);
        disk.fail({ operation, nth, code: 'EIO', path: prepared.recording });
        const durable = await spoolOne(disk, spool, prepared).then(
          () => true,
          () => false,
        );
        expect(durable).toBe(nth > syncs);
        expect(spool.get(prepared.recording) !== undefined).toBe(durable);
      }
  });

  test('behind its rename is taken out of the spool again, and the next one works', async () => {
    const disk = await freshDisk();
    const { spool } = await openSpool(disk);
    const [prepared] = recordings;
    if (!prepared) throw new Error('none');
    disk.fail({ operation: 'syncFolder', nth: 1, code: 'EIO', path: '/ready' });
    const staging = await spool.stage(prepared.recording);
    await sealInto(disk, staging, prepared);
    await expect(spool.commit(staging, prepared.documents)).rejects.toMatchObject({
      code: 'spool.write-failed',
      retry: 'later',
    });
    expect(spool.get(prepared.recording)).toBeUndefined();
    expect(disk.tree(`${ROOT}/ready`).size).toBe(0);
    await spool.discard(staging);
    expect(disk.tree(`${ROOT}/staging`).size).toBe(0);
    const another = prepare(seededRandom(77));
    await spoolOne(disk, spool, another);
    expect(spool.stateOf(another.recording)).toBe('spooled');
  });

  test('to store a receipt on a full disk gets space from the reserve', async () => {
    const disk = await freshDisk();
    disk.plant(`${ROOT}/reserve`, new Uint8Array(5000));
    const { spool, conditions, clock } = await openSpool(disk, { reserveBytes: 5000 });
    const prepared = prepare(seededRandom(1));
    await spoolOne(disk, spool, prepared);
    disk.capacityBytes = [...disk.tree().values()].reduce((sum, bytes) => sum + (bytes?.length ?? 0), 0) + 50;
    await receiptOne(spool, prepared);
    expect(spool.stateOf(prepared.recording)).toBe('receipted');
    expect(conditions.isRaised('spool.reserve-used')).toBe(true);
    disk.heal();
    await clock.advance(30_000);
    expect(disk.peek(`${ROOT}/reserve`)?.length).toBe(5000);
    expect(conditions.codes()).toEqual([]);
  });

  test('to reclaim leaves a released recording whose rest the next start removes', async () => {
    const disk = await freshDisk();
    const { spool } = await openSpool(disk);
    const prepared = prepare(seededRandom(1));
    await spoolOne(disk, spool, prepared);
    await receiptOne(spool, prepared);
    disk.fail({ operation: 'unlink', nth: 1, code: 'EIO' });
    await expect(spool.reclaim(prepared.recording)).rejects.toMatchObject({ code: 'spool.write-failed' });
    expect(spool.stateOf(prepared.recording)).toBe('released');
    await spool.close();
    expect(disk.peek(`${ROOT}/released/${prepared.recording}/payload.age`)).toBeDefined();
    const again = await openSpool(disk);
    expect(again.findings).toMatchObject([{ kind: 'reclaimed', name: prepared.recording }]);
    expect(disk.tree(`${ROOT}/released/${prepared.recording}`).size).toBe(4);
  });
});

describe('the machine', () => {
  test('being short of file handles never sends anything to the quarantine', async () => {
    const disk = await freshDisk();
    const { spool } = await openSpool(disk);
    const random = seededRandom(3);
    for (let count = 0; count < 3; count++) await spoolOne(disk, spool, prepare(random));
    const calls = disk.calls('any');
    await openSpool(disk);
    const opening = disk.calls('any') - calls;
    for (let nth = 1; nth <= opening; nth++) {
      disk.fail({ operation: 'any', nth, code: 'EMFILE' });
      await openSpool(disk).catch((error: unknown) =>
        expect(error).toMatchObject({ code: expect.anything() as string }),
      );
      disk.heal();
      expect(disk.tree(`${ROOT}/quarantine`).size, `call ${nth}`).toBe(0);
    }
    expect([...(await openSpool(disk)).spool.recordings()]).toHaveLength(3);
  });
});
