import { afterEach, describe, expect, test } from 'vitest';
import { ClockWatch } from '../../../agent/monitoring/clock-watch.ts';
import { ManualClock, settle } from '../../fakes/clock-manual.ts';
import { FixedClockSource } from '../../fakes/clock-source-fixed.ts';
import { MemoryConditions } from '../../fakes/conditions-memory.ts';
import { MemoryCustody } from '../../fakes/custody-memory.ts';
import { MemoryLog } from '../../fakes/log-memory.ts';

const HOUR_MS = 3_600_000;
const YEARS_MS = 10 * 365 * 24 * HOUR_MS;
const CONDITION = 'station.clock-unsynchronised';

/** A station's clock that is watched, from its start on. */
class Watched {
  readonly clock = new ManualClock();
  readonly source: FixedClockSource;
  readonly custody = new MemoryCustody();
  readonly conditions = new MemoryConditions();
  readonly log = new MemoryLog();
  readonly #ending = new AbortController();
  #watch: ClockWatch | undefined;
  #running: Promise<void> | undefined;

  constructor(synchronised: boolean | null) {
    this.source = new FixedClockSource(synchronised, this.clock);
  }

  get watch(): ClockWatch {
    if (this.#watch === undefined) throw new Error('not opened');
    return this.#watch;
  }

  async open(): Promise<this> {
    this.#watch = await ClockWatch.open(this);
    return this;
  }

  async start(): Promise<this> {
    if (this.#watch === undefined) await this.open();
    this.watch.start();
    this.#running = this.watch.run(this.#ending.signal);
    await settle();
    return this;
  }

  /** Facts of all entries of the log, in order. */
  entries(): unknown[] {
    return this.custody.events.map(({ event, facts }) => [event, ...Object.values(facts)]);
  }

  async stop(): Promise<void> {
    this.#ending.abort();
    await this.#running;
    expect(this.clock.pending).toBe(0);
  }
}

let watched: Watched;
const started = (synchronised: boolean | null): Promise<Watched> =>
  (watched = new Watched(synchronised)).start();
afterEach(() => watched.stop());

describe('whether the clock is synchronised', () => {
  test('stands in the log at the start and at every change, and nowhere between', async () => {
    const { clock, source, watch } = await started(true);
    expect(watch.synchronised).toBe(true);
    await clock.advance(HOUR_MS);
    source.synchronised = false;
    await clock.advance(HOUR_MS);
    source.synchronised = null;
    await clock.advance(HOUR_MS);
    source.synchronised = true;
    await clock.advance(HOUR_MS);
    const states = [true, false, null, true].map((state) => ['clock-state', state]);
    expect(watched.entries()).toEqual(states);
  });

  test('is asked for every few minutes, and sooner as long as it is not', async () => {
    const { clock, source } = await started(true);
    const before = source.asked;
    await clock.advance(HOUR_MS);
    expect(source.asked - before).toBeGreaterThanOrEqual(11);
    expect(source.asked - before).toBeLessThanOrEqual(12);
    source.synchronised = false;
    await clock.advance(300_000);
    source.synchronised = true;
    await clock.advance(35_000);
    expect(watched.watch.synchronised).toBe(true);
  });

  test('calls somebody only after two minutes without, and no longer than it lasts', async () => {
    const { clock, source, conditions } = await started(false);
    await clock.advance(119_000);
    expect(conditions.isRaised(CONDITION)).toBe(false);
    await clock.advance(6000);
    expect(conditions.isRaised(CONDITION)).toBe(true);
    source.synchronised = true;
    await clock.advance(35_000);
    expect(conditions.isRaised(CONDITION)).toBe(false);
  });

  test('where the system cannot tell, nobody is called', async () => {
    const { clock, conditions } = await started(null);
    await clock.advance(24 * HOUR_MS);
    expect(conditions.history.filter(({ facts }) => facts !== undefined)).toEqual([]);
    expect(watched.entries()).toEqual([['clock-state', null]]);
  });

  test('a start waits two seconds for a system that does not answer, and takes the answer when it comes', async () => {
    watched = new Watched(true);
    let answer = (): void => undefined;
    watched.source.answering = new Promise((resolve) => (answer = resolve));
    const opening = watched.open();
    await settle();
    await watched.clock.advance(2000);
    await opening;
    await watched.start();
    expect(watched.watch.synchronised).toBeNull();
    answer();
    await settle();
    expect(watched.watch.synchronised).toBe(true);
    expect(watched.entries()).toEqual([
      ['clock-state', null],
      ['clock-state', true],
    ]);
  });
});

describe('a step of the wall clock', () => {
  test('is in the log once, with its sign, whatever its size, and asks again whether the clock is right', async () => {
    for (const stepMs of [1001, -1001, HOUR_MS, YEARS_MS, -YEARS_MS]) {
      const { clock, source } = await started(true);
      await clock.advance(60_000);
      const before = source.asked;
      clock.jumpWall(stepMs);
      await clock.advance(HOUR_MS / 60);
      expect(watched.entries()).toEqual([
        ['clock-state', true],
        ['clock-stepped', stepMs],
      ]);
      expect(source.asked).toBe(before + 1);
      await watched.stop();
    }
    await started(true);
  });

  test('makes unknown what was known, from that moment until the system was asked again', async () => {
    const { clock, source, watch } = await started(true);
    source.synchronised = false;
    clock.jumpWall(YEARS_MS);
    expect(watch.synchronised).toBeNull();
    await clock.advance(5000);
    expect(watch.synchronised).toBe(false);
    expect(watched.entries()).toEqual([
      ['clock-state', true],
      ['clock-stepped', YEARS_MS],
      ['clock-state', false],
    ]);
  });

  test('that comes in small pieces is told when they are more than a second', async () => {
    const { clock } = await started(true);
    for (let count = 0; count < 3; count++) {
      clock.jumpWall(400);
      await clock.advance(10_000);
    }
    expect(watched.entries()).toEqual([
      ['clock-state', true],
      ['clock-stepped', 1200],
    ]);
  });

  test('is not seen in a day of time that only goes by', async () => {
    const { clock } = await started(true);
    await clock.advance(24 * HOUR_MS);
    expect(watched.entries()).toEqual([['clock-state', true]]);
  });
});

describe('a suspend of the machine', () => {
  test('is no step', async () => {
    const { clock, source, log } = await started(true);
    await clock.advance(60_000);
    source.suspend(clock, HOUR_MS);
    await clock.advance(10_000);
    expect(watched.entries()).toEqual([['clock-state', true]]);
    expect(log.lines.find(({ message }) => message === 'station was suspended')?.fields).toEqual({
      suspended_ms: HOUR_MS,
    });
  });

  test('after which the clock was set is both', async () => {
    const { clock, source } = await started(true);
    source.suspend(clock, HOUR_MS);
    clock.jumpWall(-7000);
    await clock.advance(10_000);
    expect(watched.entries()).toEqual([
      ['clock-state', true],
      ['clock-stepped', -7000],
    ]);
  });

  test('counts as a step where the system does not tell the time since its start', async () => {
    const { clock, source } = await started(true);
    source.tellsBoot = false;
    source.suspend(clock, HOUR_MS);
    await clock.advance(10_000);
    expect(watched.entries()).toContainEqual(['clock-stepped', HOUR_MS]);
  });
});

test('a log that takes nothing ends no watch', async () => {
  const { clock, custody, source, watch, log } = await started(true);
  custody.append = () => {
    throw new Error('no entry today');
  };
  clock.jumpWall(HOUR_MS);
  source.synchronised = false;
  await clock.advance(60_000);
  expect(watch.synchronised).toBe(false);
  expect(log.lines.filter(({ level }) => level === 'error')).toHaveLength(2);
});
