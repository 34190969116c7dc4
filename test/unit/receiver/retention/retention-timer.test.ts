// Retention while a receiver runs: when it looks, what it tells, and that it ends in order.
import { describe, expect, test } from 'vitest';
import { appendStoreEvents } from '../../../../agent/receiver/custody/store-log.ts';
import {
  AGAIN_MS,
  FIRST_ROUND_MS,
  type RetentionDeps,
  TIME_LOOK_MS,
} from '../../../../agent/receiver/retention/deps.ts';
import { RetentionTimer } from '../../../../agent/receiver/retention/retention-timer.ts';
import { encodeVaultId } from '../../../../protocol/documents/vault-document.ts';
import { makeSessionId } from '../../../../protocol/format/ids.ts';
import { MemoryConditions } from '../../../fakes/conditions-memory.ts';
import type { CrashDisk } from '../../../fakes/files-crash.ts';
import { SeededRandom } from '../../../fakes/random-seeded.ts';
import {
  DAY_MS,
  depsOn,
  entriesOf,
  namedBy,
  plantOrder,
  plantRecording,
  retentionDisk,
  START_MS,
  stateOf,
  stationSays,
  type TestDeps,
} from './retention-scenario.ts';

const HOUR_MS = 3_600_000;

interface Running {
  readonly deps: TestDeps;
  readonly conditions: MemoryConditions;
  readonly timer: RetentionTimer;
  /** Lets so much time go by, and what was begun come to its end, while somebody outside says the time by a clock that is off by `outsideMs`. */
  readonly pass: (ms: number, outsideMs?: number | null) => Promise<void>;
}

function running(disk: CrashDisk, seed: number, change: Partial<RetentionDeps> = {}): Running {
  const deps = depsOn(disk, seed, { bootId: 'one boot', ...change });
  const conditions = new MemoryConditions();
  const timer = new RetentionTimer({ deps, conditions });
  timer.start();
  const pass = async (ms: number, outsideMs: number | null = 0): Promise<void> => {
    for (let leftMs = ms; leftMs > 0; leftMs -= HOUR_MS) {
      const stepMs = Math.min(leftMs, HOUR_MS);
      if (outsideMs !== null) stationSays(disk, deps.clock.wallMs() + stepMs + outsideMs);
      await deps.clock.advance(stepMs);
      for (let turn = 0; turn < 50; turn++) await deps.clock.advance(5);
    }
    for (let turn = 0; turn < 200; turn++) await deps.clock.advance(5);
  };
  return { deps, conditions, timer, pass };
}

/** Ends it while the clock runs on. */
async function ended({ timer, deps }: Running): Promise<void> {
  const state = { done: false };
  const stopped = timer.stop().finally(() => {
    state.done = true;
  });
  while (!state.done) await deps.clock.advance(50);
  await stopped;
}

describe('a running receiver', () => {
  test('looks shortly after its start and then every day, and enters its start and its end', async () => {
    const disk = retentionDisk();
    const random = new SeededRandom(81);
    const due = plantRecording(disk, random, { receivedMs: START_MS - 15 * DAY_MS });
    const soon = plantRecording(disk, random, { receivedMs: START_MS - 13.5 * DAY_MS });
    const run = running(disk, 1);
    await run.pass(0);
    expect(entriesOf(disk, 'receiver-started').map(({ facts }) => facts)).toEqual([{ version: '0.1.0' }]);
    expect(stateOf(disk, due)).toBe('whole');
    await run.pass(FIRST_ROUND_MS);
    expect([stateOf(disk, due), stateOf(disk, soon)]).toEqual(['deleted', 'whole']);
    await run.pass(23 * HOUR_MS);
    expect(stateOf(disk, soon)).toBe('whole');
    await run.pass(HOUR_MS);
    expect(stateOf(disk, soon)).toBe('deleted');
    expect(run.conditions.codes()).toEqual(['retention.no-policy']);
    await ended(run);
    expect(entriesOf(disk, 'receiver-stopped')).toHaveLength(1);
    await run.deps.clock.advance(3 * DAY_MS);
    expect(run.deps.clock.pending).toBe(0);
  });

  test('does nothing below the mount point of a disk that went, nor on another vault that was mounted there', async () => {
    const disk = retentionDisk();
    const due = plantRecording(disk, new SeededRandom(88), { receivedMs: START_MS - 15 * DAY_MS });
    const run = running(disk, 1);
    await run.pass(0);
    const id = disk.peek('/vault/vault.json') ?? '';
    disk.plant('/vault/vault.json', encodeVaultId(makeSessionId(new SeededRandom(89))));
    await run.pass(FIRST_ROUND_MS);
    expect([stateOf(disk, due), entriesOf(disk, 'deleting')]).toEqual(['whole', []]);
    expect(run.conditions.codes()).toEqual(['disclosure.failed', 'retention.failed']);
    const { reason } = run.conditions.facts('retention.failed', null) ?? {};
    expect(reason).toMatch(/^vault\.[a-z-]+: .*vault/);
    disk.plant('/vault/vault.json', id);
    await run.pass(AGAIN_MS);
    expect([stateOf(disk, due), run.conditions.codes()]).toEqual(['deleted', ['retention.no-policy']]);
    await disk.rename('/vault', '/elsewhere');
    await disk.makeFolder('/vault');
    await run.pass(25 * HOUR_MS, null);
    await ended(run);
    expect(await disk.list('/vault')).toEqual([]);
  });

  test('with `timer_hours: 0` deletes nothing by itself, and takes disclosures all the same', async () => {
    const disk = retentionDisk();
    const due = plantRecording(disk, new SeededRandom(82), { receivedMs: START_MS - 20 * DAY_MS });
    const run = running(disk, 1, { retention: { days: 14, documentsDays: 730, timerHours: 0 } });
    disk.plant('/vault/.disclosures/odd.json', Buffer.from('{}'));
    await run.pass(25 * HOUR_MS);
    expect(stateOf(disk, due)).toBe('whole');
    expect(run.conditions.codes()).toEqual(['disclosure.refused']);
    await ended(run);
  });

  test('says why nothing goes while nobody outside agrees with its clock, and goes on once somebody does', async () => {
    const disk = retentionDisk();
    const due = plantRecording(disk, new SeededRandom(83), { receivedMs: START_MS - 15 * DAY_MS });
    const run = running(disk, 1);
    const severity = (): unknown => run.conditions.facts('retention.clock', null)?.['severity'];
    await run.pass(FIRST_ROUND_MS, null);
    expect([stateOf(disk, due), severity()]).toEqual(['whole', 'info']);
    await run.pass(25 * HOUR_MS, -30 * DAY_MS);
    expect([stateOf(disk, due), severity()]).toEqual(['whole', 'critical']);
    expect(entriesOf(disk, 'deleting')).toEqual([]);
    await run.pass(20 * 60_000);
    expect([stateOf(disk, due), run.conditions.codes()]).toEqual(['deleted', ['retention.no-policy']]);
    await ended(run);
  });

  test('enters the time that is said outside once the disk shows its log, and not by a station that ran here before the boot', async () => {
    const disk = retentionDisk();
    const before = depsOn(disk, 2, { bootId: 'boot before' });
    await appendStoreEvents(before, [{ event: 'receiver-stopped', facts: {} }]);
    const run = running(disk, 1, { retention: { days: 14, documentsDays: 730, timerHours: 0 } });
    await run.pass(0);
    disk.fail({
      operation: 'list',
      path: 'custody',
      nth: 1,
      code: 'EMFILE',
      times: Number.POSITIVE_INFINITY,
    });
    await run.pass(FIRST_ROUND_MS);
    disk.heal();
    stationSays(disk, run.deps.clock.wallMs(), { boot: 'boot before' });
    await run.pass(TIME_LOOK_MS, null);
    expect(entriesOf(disk, 'outside-time')).toEqual([]);
    await run.pass(TIME_LOOK_MS);
    expect(entriesOf(disk, 'outside-time')).toMatchObject([{ facts: { boot: 'another machine' } }]);
    await ended(run);
  });

  test('says nothing of a night without anybody outside where nothing is due, and of a clock that is stepped', async () => {
    const disk = retentionDisk();
    plantRecording(disk, new SeededRandom(86));
    const run = running(disk, 1);
    await run.pass(FIRST_ROUND_MS, null);
    expect(run.conditions.codes()).toEqual(['retention.no-policy']);
    await run.pass(HOUR_MS);
    run.deps.clock.jumpWall(25 * 60_000);
    await run.pass(24 * HOUR_MS, null);
    expect(run.conditions.facts('retention.clock', null)).toMatchObject({ severity: 'warning' });
    await ended(run);
  });

  test('lets many that are due at once wait for a day, says so, and goes on', async () => {
    const disk = retentionDisk();
    const random = new SeededRandom(87);
    const due = Array.from({ length: 21 }, () =>
      plantRecording(disk, random, { receivedMs: START_MS - 15 * DAY_MS }),
    );
    const run = running(disk, 1);
    await run.pass(FIRST_ROUND_MS);
    expect(run.conditions.facts('retention.many', null)).toMatchObject({ due: 21, recordings: 21 });
    await run.pass(23 * HOUR_MS);
    expect(due.every((each) => stateOf(disk, each) === 'whole')).toBe(true);
    await run.pass(HOUR_MS);
    expect(due.map((each) => stateOf(disk, each))).toEqual(due.map(() => 'deleted'));
    expect(run.conditions.codes()).toEqual(['retention.no-policy']);
    await ended(run);
  });

  test('tells of late dockings, of holds that lapse or last for long, of evidence that nobody holds, and of odd things', async () => {
    const disk = retentionDisk();
    const random = new SeededRandom(84);
    const old = { receivedMs: START_MS - 100 * DAY_MS };
    plantRecording(disk, random, { sealedMs: START_MS - 12 * DAY_MS });
    plantOrder(disk, random, plantRecording(disk, random, old), {
      verb: 'hold',
      orderedMs: START_MS - 95 * DAY_MS,
      by: ['officer', 'supervisor'],
    });
    plantOrder(disk, random, plantRecording(disk, random, old), {
      verb: 'hold',
      orderedMs: START_MS - 6 * DAY_MS,
      by: ['supervisor'],
    });
    plantRecording(disk, random, { receivedMs: START_MS - 12 * DAY_MS, manifest: { locked: true } });
    const spoilt = plantRecording(disk, random);
    disk.plant(`/vault/${spoilt.station}/${spoilt.recording}/receipt.json`, Buffer.from('{}'));
    const run = running(disk, 1);
    await run.pass(FIRST_ROUND_MS);
    expect(run.conditions.codes().toSorted()).toEqual([
      'retention.evidence-due',
      'retention.held-long',
      'retention.hold-lapsing',
      'retention.late',
      'retention.no-policy',
      'retention.odd',
    ]);
    expect(namedBy(disk, 'expiry-warned')).toHaveLength(1);
    await ended(run);
  });

  test('whose disk takes nothing tells it, and does it an hour later', async () => {
    const disk = retentionDisk();
    const due = plantRecording(disk, new SeededRandom(85), { receivedMs: START_MS - 15 * DAY_MS });
    const run = running(disk, 1);
    await run.pass(0);
    disk.fail({ operation: 'sync', nth: 1, code: 'ENOSPC', times: Number.POSITIVE_INFINITY });
    await run.pass(FIRST_ROUND_MS);
    expect(stateOf(disk, due)).toBe('whole');
    expect(run.conditions.codes()).toContain('retention.failed');
    disk.heal();
    await run.pass(AGAIN_MS);
    expect([stateOf(disk, due), run.conditions.codes()]).toEqual(['deleted', ['retention.no-policy']]);
    await ended(run);
  });
});
