// A whole station and store with a station's clock that is wrong, jumps, or lives in a zone. What the manifests make of a camera's clock
// is in bay/capture-time.
import { randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { localMs } from '../../agent/platform/clock-node.ts';
import { FACTORY_MS, SimulatedClock } from '../../drivers/simulated/clock.ts';
import { type CustodyEntry, parseCustodyEntry } from '../../protocol/custody/custody-entry.ts';
import { retentionOf } from '../../protocol/documents/retention.ts';
import { instantText } from '../../protocol/format/instants.ts';
import { BelievingClock } from '../fakes/clock-believing.ts';
import { FixedClockSource } from '../fakes/clock-source-fixed.ts';
import { DockAndStore, type DockOptions } from '../fakes/dock-and-store.ts';

const DAY_MS = 86_400_000;
const YEARS_MS = 10 * 365 * DAY_MS;
/** Minutes become seconds. */
const PACE = 40;
const clip = randomBytes(900_000);

let dock: DockAndStore;
let zone: string | undefined;
afterEach(async () => {
  await dock.close();
  if (zone !== undefined) process.env['TZ'] = zone;
  zone = undefined;
});

async function open(options: DockOptions): Promise<DockAndStore> {
  dock = await DockAndStore.open(options);
  return dock;
}

async function started(): Promise<void> {
  await dock.startReceiver();
  await dock.startStation();
}

const emptied = (): Promise<void> =>
  dock.until('erased', () => dock.camera.files().length === 0 && dock.bay()['state'] === 'done');

/** The station's log, segments in the order of their making. */
async function custody(): Promise<CustodyEntry[]> {
  const folder = join(dock.folder, 'spool', 'custody');
  const names = (await readdir(folder)).filter((name) => name.endsWith('.jsonl'));
  const segments = await Promise.all(
    names.map(async (name) => {
      const lines = (await readFile(join(folder, name), 'utf8')).trimEnd().split('\n');
      return lines.map((line) => parseCustodyEntry(Buffer.from(line)));
    }),
  );
  return segments.flat();
}

describe('a station that starts in 1970 without a network', () => {
  test('pulls all the same, and says in every manifest that its time is unset', async () => {
    const clock = new BelievingClock({ pace: PACE });
    clock.aheadMs = () => -clock.trueMs() + clock.monotonicMs();
    const source = new FixedClockSource(false, clock);
    await open({ clock, clockSource: source });
    dock.camera.put('a.mp4', clip, { modifiedAt: '2026-11-25T08:00:00.000Z' });
    dock.hub.hold('station');
    await dock.startStation();
    await dock.until('safe to take', async () => (await spooledCount()) === 1);

    // The network comes, and with it the time.
    clock.aheadMs = () => 0;
    source.synchronised = true;
    dock.hub.release('station');
    await dock.startReceiver();
    await emptied();
    await dock.until('the new state', () => dock.log.messages().includes('wall clock was stepped'));
    dock.camera.put('b.mp4', randomBytes(1000));
    await dock.until('both in the vault', async () => (await dock.vault()).length === 2, 30_000);

    const [before, after] = (await dock.vault()).map(({ manifest }) => manifest);
    expect(before?.clock_synchronised).toBe(false);
    expect(before?.sealed_at).toMatch(/^1970-01-01T/);
    expect(before?.original.modified_at).toBe('2026-11-25T08:00:00.000Z');
    expect(after?.clock_synchronised).toBe(true);
    expect(after?.previous_manifest_sha256).not.toBeNull();
    const receivedAt = '2026-11-25T09:00:00.000Z';
    expect(before && retentionOf(before, receivedAt, 14)).toMatchObject({
      basis: 'received',
      from_at: receivedAt,
    });

    const states = (await custody()).filter(({ event }) => event.startsWith('clock-'));
    expect(states.map(({ event }) => event)).toEqual(['clock-state', 'clock-stepped', 'clock-state']);
    expect(states[1]?.facts['step_ms']).toBeGreaterThan(50 * 365 * DAY_MS);
    expect(states.map(({ facts }) => facts['synchronised'])).toEqual([false, undefined, true]);
  });

  async function spooledCount(): Promise<number> {
    return (await readdir(join(dock.folder, 'spool', 'ready')).catch(() => [])).length;
  }
});

describe('a wall clock that is another one at every look', () => {
  test('delivers, erases and keeps as any other, and loses no entry of the log', async () => {
    const clock = new BelievingClock({ pace: PACE });
    clock.aheadMs = () => (Math.random() - 0.5) * 2 * YEARS_MS;
    await open({ clock });
    dock.camera.clock = new SimulatedClock(() => clock.monotonicMs(), { shownMs: clock.trueMs() });
    for (const name of ['a.mp4', 'b.mp4', 'c.log']) dock.camera.put(name, clip);
    await started();
    await emptied();
    // Long enough for keep-alives, custody batches, leases and the watch to come round.
    await new Promise((resolve) => setTimeout(resolve, 1000));
    expect(await dock.vault()).toHaveLength(3);
    expect(await readdir(join(dock.folder, 'spool', 'ready'))).toHaveLength(3);
    await dock.stopStation();
    const entries = await custody();
    entries.forEach((entry, at) => expect(entry.sequence).toBe(at + 1));
    expect(entries.filter(({ event }) => event === 'spool-reclaimed')).toEqual([]);
    expect(entries.filter(({ event }) => event === 'clock-stepped').length).toBeGreaterThan(0);
    expect(dock.conditions.codes()).toEqual([]);
  });
});

describe('summer time, zones and a leap second', () => {
  const moments: Readonly<Record<string, { tz: string; startMs: number; backMs?: number }>> = {
    'when the clocks go forward in Berlin': {
      tz: 'Europe/Berlin',
      startMs: Date.UTC(2026, 2, 29, 0, 59, 55),
    },
    'when the clocks go back in Berlin': { tz: 'Europe/Berlin', startMs: Date.UTC(2026, 9, 25, 0, 59, 55) },
    'in a leap second on the other side of the date line': {
      tz: 'Pacific/Apia',
      startMs: Date.UTC(2016, 11, 31, 23, 59, 55),
      backMs: 1000,
    },
    'when somebody sets the clock back by an hour': {
      tz: 'Europe/Berlin',
      startMs: Date.UTC(2026, 10, 25),
      backMs: 3_600_000,
    },
  };

  for (const [name, { tz, startMs, backMs = 0 }] of Object.entries(moments)) {
    test(`${name} every instant is UTC and the order is that of the sequence`, async () => {
      zone = process.env['TZ'] ?? '';
      process.env['TZ'] = tz;
      const clock = new BelievingClock({ pace: 2 * PACE, startMs });
      await open({ clock, clockSource: new FixedClockSource(true, clock), localMs });
      const claimed = instantText(startMs - DAY_MS);
      dock.camera.clock = new SimulatedClock(() => clock.monotonicMs(), { shownMs: FACTORY_MS });
      dock.camera.put('a.mp4', clip, { modifiedAt: claimed });
      await started();
      await emptied();
      clock.aheadMs = () => -backMs;
      const changedMs = clock.monotonicMs();
      await dock.until('the change is over', () => clock.monotonicMs() > changedMs + 12_000);
      dock.camera.put('b.mp4', clip, { modifiedAt: claimed });
      await dock.until('both in the vault', async () => (await dock.vault()).length === 2);
      await dock.stopStation();

      const entries = await custody();
      entries.forEach((entry, at) => expect(entry.sequence).toBe(at + 1));
      const instants = entries.map(({ at }) => Date.parse(at));
      expect(Math.min(...instants)).toBeGreaterThanOrEqual(startMs - backMs);
      expect(Math.max(...instants)).toBeLessThan(startMs + 3_600_000);
      const monotonic = entries.map((entry) => entry.monotonic_ms);
      expect(monotonic).toEqual(monotonic.toSorted((a, b) => a - b));
      const [a, b] = (await dock.vault()).map(({ manifest }) => manifest);
      expect([a?.original.modified_at, b?.original.modified_at]).toEqual([claimed, claimed]);
      expect(Date.parse(a?.sealed_at ?? '')).toBeGreaterThanOrEqual(startMs - backMs);
      const steps = entries.filter(({ event }) => event === 'clock-stepped');
      const told = steps.map(({ facts }) => Math.round(Number(facts['step_ms']) / 100) * 100);
      if (backMs !== 1000 || told.length > 0) expect(told).toEqual(backMs === 0 ? [] : [-backMs]); // a second may be told
    });
  }
});
