import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { HealthWatch } from '../../../agent/monitoring/health-watch.ts';
import { RetainedTopics } from '../../../agent/monitoring/status.ts';
import { SendLimits } from '../../../agent/push/send-limits.ts';
import type { HealthDocument } from '../../../protocol/transfer/monitoring.ts';
import { ManualClock, settle } from '../../fakes/clock-manual.ts';
import { MemoryConditions } from '../../fakes/conditions-memory.ts';
import { MemoryLog } from '../../fakes/log-memory.ts';
import { FixedMachine } from '../../fakes/machine-fixed.ts';

const GIB = 1024 ** 3;
let clock: ManualClock;
let conditions: MemoryConditions;
let machine: FixedMachine;
let freeBytes: number | Error;
let believes: boolean;
let isConnected: boolean;
let shown: string[];
let waiting: { state: string; locked: boolean; sealedAtMs: number; sealedSizeBytes: number }[];
let records: { state: string; endedAtMs: number | null }[];
let limits: SendLimits;
let said: { at: number; document: HealthDocument; expires: number | undefined }[];
let watch: HealthWatch;
let ending: AbortController;

beforeEach(() => {
  clock = new ManualClock();
  conditions = new MemoryConditions();
  machine = new FixedMachine();
  ending = new AbortController();
  said = [];
  shown = ['spool.low'];
  waiting = [];
  records = [];
  freeBytes = 100 * GIB;
  believes = true;
  isConnected = true;
  const log = new MemoryLog();
  limits = new SendLimits({ clock, log, localMs: (utcMs) => utcMs });
  const retained = new RetainedTopics({
    clock,
    log,
    broker: {
      connected: true,
      publish: async (_topic, payload, { expiresSeconds }) => {
        const document = JSON.parse(Buffer.from(payload).toString()) as HealthDocument;
        said.push({ at: clock.monotonicMs(), document, expires: expiresSeconds });
      },
    },
  });
  watch = new HealthWatch({
    session: 'abcdefghijklmnopqrstuvwxye',
    topic: 'health',
    retained,
    clock,
    conditions,
    log,
    machine,
    freeBytes: async () => {
      if (freeBytes instanceof Error) throw freeBytes;
      return freeBytes;
    },
    recordings: () => waiting,
    dockingRecords: () => records,
    quarantinedEntries: () => 2,
    clockSynchronised: () => true,
    believedMs: () => (believes ? clock.wallMs() : undefined),
    limits,
    isConnected: () => isConnected,
    shownConditions: () => ({ info: 0, warning: 1, error: 0, critical: 0 }),
    shownCodes: () => shown,
    onLook: () => undefined,
  });
});

/** Waits one for a receipt since so many seconds before now. */
function waits(seconds: number, locked = false): void {
  const sealedAtMs = clock.wallMs() - seconds * 1000;
  waiting = [...waiting, { state: 'spooled', locked, sealedAtMs, sealedSizeBytes: 10 }];
}

async function minutes(count: number): Promise<void> {
  for (let minute = 0; minute < count; minute++) {
    await clock.advance(60_000);
    await settle();
  }
}

describe('the heartbeat', () => {
  test('comes once a minute with the time at which it was measured, and a broker may forget it after ten', async () => {
    await watch.look();
    const running = watch.run(ending.signal);
    await minutes(3);
    expect(said.map(({ at }) => at)).toEqual([0, 60_000, 120_000, 180_000]);
    expect(said.map(({ document }) => Date.parse(document.at) - Date.UTC(2026, 10, 25, 8))).toEqual(
      said.map(({ at }) => at),
    );
    expect(said[0]?.expires).toBe(600);
    expect(said[0]?.document).toMatchObject({
      interval_seconds: 60,
      quarantined_entries: 2,
      conditions_warning: 1,
    });
    ending.abort();
    await running;
  });

  test('says at once which condition came or went, with the time of its measuring, and nothing where only its facts changed', async () => {
    await watch.look();
    await clock.advance(5000);
    watch.conditionChanged();
    await clock.advance(5000);
    expect(said).toHaveLength(1);
    shown = ['broker.tls', 'spool.low'];
    expect((await watch.glance())?.conditions).toEqual(shown); // a look of somebody else is not what was said
    watch.conditionChanged();
    await clock.advance(1000);
    expect(said).toHaveLength(2);
    expect(said[1]?.document).toMatchObject({ conditions: shown, at: said[0]?.document.at });
  });

  test('says null where the disk answers with an error', async () => {
    freeBytes = new Error('EIO');
    await watch.look();
    await clock.advance(1000);
    expect(said.at(-1)?.document.free_bytes).toBeNull();
  });

  test('tells how long the oldest has waited, and null where its clock may be wrong', async () => {
    waits(50);
    waits(7200);
    waits(60);
    await watch.look();
    await clock.advance(1000);
    expect(said.at(-1)?.document).toMatchObject({
      spooled_recordings: 3,
      spooled_bytes: 30,
      oldest_unstored_seconds: 7200,
    });
    believes = false;
    await watch.look();
    await minutes(1);
    expect(said.at(-1)?.document.oldest_unstored_seconds).toBeNull();
  });
});

describe('hours of recordings', () => {
  const night = { rateBytesPerS: null, windows: [{ fromMinute: 22 * 60, toMinute: 6 * 60 }] };
  afterEach(() => limits.stop());

  test('are told with the time at which what waits may go, where something waits for them', async () => {
    const opensAt = async (): Promise<string | null | undefined> => {
      await watch.look();
      return (await watch.glance())?.window_opens_at;
    };
    limits.set(night);
    expect(await opensAt()).toBeNull();
    waits(10, true);
    expect(await opensAt()).toBeNull();
    waits(10);
    expect(await opensAt()).toBe('2026-11-25T22:00:00.000Z');
    limits.set({ ...night, windows: [] });
    expect(await opensAt()).toBeNull();
  });

  test('make no store silent that was asked nothing, and no store loud that was silent before', async () => {
    limits.set(night);
    waits(0);
    const running = watch.run(ending.signal);
    await minutes(60);
    expect(conditions.codes()).toEqual([]);
    waits(0, true);
    await minutes(11);
    expect(conditions.facts('store.silent')).toMatchObject({ waiting: 1 });
    waiting = waiting.filter(({ locked }) => !locked);
    await minutes(60);
    expect(conditions.codes()).toEqual(['store.silent']);
    watch.storeHeard();
    expect(conditions.codes()).toEqual([]);
    clock.jumpWall(14 * 3_600_000);
    await minutes(12);
    expect(conditions.codes()).toEqual(['store.silent']);
    ending.abort();
    await running;
  });

  test('give the store as much longer as the longest of them: then a whole one has passed', async () => {
    limits.set(night);
    waits(32 * 3600 - 1);
    await watch.look();
    expect(conditions.codes()).toEqual([]);
    await clock.advance(2000);
    await watch.look();
    expect(conditions.facts('store.behind')).toMatchObject({ limit_seconds: 32 * 3600 });
  });
});

describe('a limit', () => {
  const look = async (): Promise<string[]> => {
    await watch.look();
    return conditions.codes();
  };

  test('of free space is told of, and is over only some way above it', async () => {
    freeBytes = 2 * GIB - 1;
    expect(await look()).toEqual(['spool.low']);
    freeBytes = 2.2 * GIB;
    expect(await look()).toEqual(['spool.low']);
    freeBytes = 2.5 * GIB;
    expect(await look()).toEqual([]);
  });

  test('of waiting is a day', async () => {
    waits(86_399);
    expect(await look()).toEqual([]);
    await clock.advance(2000);
    expect(await look()).toEqual(['store.behind']);
    waiting = [];
    expect(await look()).toEqual([]);
  });

  test('of waiting counts for a docking record as well: on a day without recordings there is nothing else', async () => {
    records = [
      { state: 'receipted', endedAtMs: clock.wallMs() - 10 * 86_400_000 },
      { state: 'spooled', endedAtMs: clock.wallMs() - 86_399_000 },
    ];
    expect(await look()).toEqual([]);
    expect((await watch.glance())?.oldest_unstored_seconds).toBe(86_399);
    await clock.advance(2000);
    expect(await look()).toEqual(['store.behind']);
    limits.set({ rateBytesPerS: null, windows: [{ fromMinute: 22 * 60, toMinute: 6 * 60 }] });
    expect(await look(), 'no window keeps it back').toEqual(['store.behind']);
    records = [];
    expect(await look()).toEqual([]);
    limits.stop();
  });

  test('of waiting begins with the run for a docking of which nobody saw the end', async () => {
    records = [{ state: 'spooled', endedAtMs: null }];
    expect(await look()).toEqual([]);
    await clock.advance(86_399_000);
    watch.storeHeard();
    expect(await look()).toEqual([]);
    await clock.advance(2000);
    expect(await look()).toEqual(['store.behind']);
  });

  test('of warmth is over some degrees below it, or where nobody can tell any more', async () => {
    machine.temperature = 80;
    expect(await look()).toEqual(['station.temperature']);
    machine.temperature = 76;
    expect(await look()).toEqual(['station.temperature']);
    machine.temperature = 74;
    expect(await look()).toEqual([]);
    machine.temperature = 90;
    await look();
    machine.temperature = null;
    expect(await look()).toEqual([]);
  });

  test('of silence counts while something waits and the broker is there, and ends with the first word', async () => {
    const running = watch.run(ending.signal);
    await minutes(30);
    expect(conditions.codes(), 'nothing waits').toEqual([]);
    waits(0);
    await minutes(9);
    watch.storeHeard();
    await minutes(10);
    expect(conditions.codes()).toEqual([]);
    await minutes(2);
    expect(conditions.facts('store.silent')).toMatchObject({ waiting: 1 });
    watch.storeHeard();
    expect(conditions.codes()).toEqual([]);
    isConnected = false;
    await minutes(60);
    expect(conditions.codes(), 'no broker').toEqual([]);
    ending.abort();
    await running;
  });
});
