// From a camera's wrong clock to a capture time that holds the true one, over several dockings of a whole station with its store.
import { randomBytes } from 'node:crypto';
import { afterEach, expect, test } from 'vitest';
import { FACTORY_MS, SimulatedClock, type SimulatedClockWish } from '../../drivers/simulated/clock.ts';
import type { DockingRecord } from '../../protocol/documents/docking-record.ts';
import { instantText } from '../../protocol/format/instants.ts';
import type { Manifest } from '../../protocol/documents/manifest.ts';
import { BelievingClock } from '../fakes/clock-believing.ts';
import { FixedClockSource } from '../fakes/clock-source-fixed.ts';
import { DockAndStore } from '../fakes/dock-and-store.ts';

const HOUR_MS = 3_600_000;
const NOW_MS = Date.UTC(2026, 10, 25, 15);
const STEP_MS = 1000;

/** A camera with a clock, and a station that knows the time. */
class Shift {
  readonly time = new BelievingClock({ pace: 20, startMs: NOW_MS });
  readonly source = new FixedClockSource(true, this.time);
  readonly clock: SimulatedClock;
  readonly recordedAtMs = new Map<string, number>();
  #dock: DockAndStore | undefined;

  constructor(wish: SimulatedClockWish) {
    this.clock = new SimulatedClock(() => this.time.monotonicMs(), wish);
  }

  get dock(): DockAndStore {
    if (this.#dock === undefined) throw new Error('not open');
    return this.#dock;
  }

  async start(): Promise<this> {
    const localMs = (utcMs: number): number => utcMs + HOUR_MS;
    this.#dock = await DockAndStore.open({ clock: this.time, clockSource: this.source, localMs });
    this.dock.camera.clock = this.clock;
    this.dock.camera.detach();
    await this.dock.startReceiver();
    await this.dock.startStation();
    return this;
  }

  /** What is recorded now gets the time that the camera shows, cut to its steps. */
  record(name: string): void {
    this.recordedAtMs.set(name, this.time.trueMs());
    const shownMs = Math.floor(this.clock.shownMs() / STEP_MS) * STEP_MS;
    this.dock.camera.put(name, randomBytes(2000), { modifiedAt: instantText(shownMs) });
  }

  /** Puts the camera in, and takes it out when it is empty and its clock was looked after. Returns the record of the docking. */
  async docking(): Promise<DockingRecord> {
    const before = (await this.dock.dockings()).length;
    this.dock.camera.attach();
    await this.dock.until('docked and done', () => this.dock.bay()['state'] === 'done');
    await this.dock.until('emptied', () => this.dock.camera.files().length === 0);
    this.dock.camera.detach();
    await this.dock.until('its record', async () => (await this.dock.dockings()).length > before);
    const records = (await this.dock.dockings()).sort((a, b) => (a.docked_at < b.docked_at ? -1 : 1));
    const last = records.at(-1);
    if (last === undefined) throw new Error('no record');
    return last;
  }

  async captureOf(name: string): Promise<Manifest['capture']> {
    const kept = (await this.dock.vault()).find(({ path }) => path === name);
    if (kept === undefined) throw new Error(`${name} is not in the vault`);
    return kept.manifest.capture;
  }

  async expectHeld(name: string, widthMsMax: number): Promise<void> {
    const { earliest_at: earliest, latest_at: latest, basis } = await this.captureOf(name);
    const [fromMs, toMs] = [Date.parse(earliest ?? ''), Date.parse(latest ?? '')];
    const trueMs = this.recordedAtMs.get(name);
    expect(basis).not.toBe('clock-unmeasured');
    expect(fromMs).toBeLessThanOrEqual(trueMs ?? NaN);
    expect(toMs).toBeGreaterThanOrEqual(trueMs ?? NaN);
    expect(toMs - fromMs).toBeLessThanOrEqual(widthMsMax);
  }

  async pass(ms: number): Promise<void> {
    await this.time.sleep(ms, new AbortController().signal);
  }
}

let shift: Shift;
afterEach(() => shift.dock.close());

test('a camera that is a day off is corrected, set to local time, and right the next time', async () => {
  shift = await new Shift({ shownMs: NOW_MS - 24 * HOUR_MS }).start();
  shift.record('a.mp4');
  await shift.pass(5000);
  const first = await shift.docking();
  await shift.expectHeld('a.mp4', 60_000);
  expect(first.camera_clock?.offset_ms).toBeLessThan(-23 * HOUR_MS);
  expect(Math.abs((first.camera_clock?.set?.offset_ms ?? NaN) - HOUR_MS)).toBeLessThanOrEqual(2000);

  shift.record('b.mp4');
  await shift.pass(5000);
  const second = await shift.docking();
  await shift.expectHeld('b.mp4', 60_000);
  expect((await shift.captureOf('b.mp4')).basis).toBe('clock-measured');
  expect(second.camera_clock?.set).toBeNull();
  const { earliest_at: earliest, latest_at: latest } = await shift.captureOf('b.mp4');
  expect((earliest ?? '') >= (first.ended_at ?? '') && (latest ?? '') <= second.docked_at).toBe(true);
});

test('what a camera records in its bay was made before it was listed, by the clock from before it was set or the one from behind that', async () => {
  shift = await new Shift({ shownMs: NOW_MS - 24 * HOUR_MS }).start();
  const { dock, clock, time } = shift;
  shift.record('a.mp4');
  await shift.pass(5000);
  dock.camera.attach();
  await dock.until('emptied', () => dock.camera.files().length === 0);
  await dock.until('set', () => Math.abs(clock.shownMs() - time.trueMs() - HOUR_MS) < 60_000);
  await shift.pass(10_000);
  shift.record('b.mp4');
  await dock.until('emptied again', () => dock.camera.files().length === 0);
  await shift.expectHeld('a.mp4', 60_000);
  await shift.expectHeld('b.mp4', 26 * HOUR_MS);
  expect((await shift.captureOf('b.mp4')).basis).toBe('clock-measured');
});

test('a camera whose battery is dead begins in 2015 every time, and its recordings are dated all the same', async () => {
  shift = await new Shift({ shownMs: FACTORY_MS, forgets: true }).start();
  for (const name of ['a.mp4', 'b.mp4']) {
    shift.record(name);
    await shift.pass(5000);
    const { camera_clock: clock, docked_at: docked } = await shift.docking();
    expect(clock?.claimed_at).toMatch(/^2015-01-01T/);
    expect(Date.parse((await shift.captureOf(name)).latest_at ?? '')).toBeLessThanOrEqual(Date.parse(docked));
  }
  await shift.expectHeld('a.mp4', 60_000);
  await shift.expectHeld('b.mp4', 60_000);
});

test('a station that does not know the time neither sets a camera nor corrects by its own clock', async () => {
  shift = await new Shift({ shownMs: FACTORY_MS }).start();
  await shift.dock.stopStation();
  shift.source.synchronised = false;
  await shift.dock.startStation();
  shift.record('a.mp4');
  const { camera_clock: clock, clock_synchronised: synchronised } = await shift.docking();
  expect([synchronised, clock?.set]).toEqual([false, null]);
  expect(await shift.captureOf('a.mp4')).toEqual({
    earliest_at: null,
    latest_at: null,
    basis: 'clock-unmeasured',
  });
});
