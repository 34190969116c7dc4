// The machine as Node.js and Linux show it.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import type { Clock } from '../../protocol/format/ports.ts';
import type { Machine } from './machine.ts';

const THERMAL_FOLDER = '/sys/class/thermal';
/** Sensors that are read; a computer has one to some twenty. */
const SENSORS_MAX = 64;
/** A sensor that says more or less than this says nothing. */
const DEGREES_MIN = -50;
const DEGREES_MAX = 200;

/** Source: Documentation/ABI/testing/sysfs-class-thermal (millidegrees). */
export function nodeMachine(clock: Clock, thermalFolder = THERMAL_FOLDER): Machine {
  const delay = new LoopDelay(clock, () => performance.eventLoopUtilization().active);
  return {
    nodeVersion: process.version,
    temperatureC: () => warmest(thermalFolder),
    memoryBytes: () => process.memoryUsage.rss(),
    run: (signal) => delay.run(signal),
    loopDelayMs: () => delay.take(),
  };
}

async function warmest(folder: string): Promise<number | null> {
  const names = await readdir(folder).catch(() => []);
  const zones = names.filter((name) => name.startsWith('thermal_zone')).slice(0, SENSORS_MAX);
  const found = await Promise.all(zones.map((zone) => degrees(join(folder, zone, 'temp'))));
  const told = found.filter((value) => value !== null);
  return told.length === 0 ? null : Math.max(...told);
}

/** Null where a sensor is switched off, as its file then refuses to be read. */
async function degrees(path: string): Promise<number | null> {
  const text = await readFile(path, 'utf8').catch(() => '');
  if (!/^-?\d{1,7}\s*$/.test(text)) return null;
  const value = Math.round(Number(text) / 1000);
  return value >= DEGREES_MIN && value <= DEGREES_MAX ? value : null;
}

// How long the main thread was held up: a timer that comes late tells it. A timer of 20 ms for ever was two thirds of what a station cost
// that has nothing to do; so it comes often only while the thread is busy.

/** While the thread works. What is held up for less than this need not be seen. */
const BUSY_MS = 20;
/** While it rests. */
const RESTING_MS = 250;
/** Part of a period that the thread worked, from which on it counts as busy. */
const BUSY_SHARE = 0.1;

/** Watches the thread that it runs in. */
export class LoopDelay {
  readonly #clock: Clock;
  readonly #activeMs: () => number;
  #longestMs = 0;

  /** `activeMs`: what the thread worked since it began, in ms. */
  constructor(clock: Clock, activeMs: () => number) {
    this.#clock = clock;
    this.#activeMs = activeMs;
  }

  /** Until the signal is aborted; never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    let periodMs = BUSY_MS;
    while (!signal.aborted) {
      const dueMs = this.#clock.monotonicMs() + periodMs;
      const before = this.#activeMs();
      await this.#clock.sleep(periodMs, signal).catch(() => undefined);
      const lateMs = this.#clock.monotonicMs() - dueMs;
      const workedMs = this.#activeMs() - before;
      this.#longestMs = Math.max(this.#longestMs, heldUpMs(periodMs, lateMs, workedMs));
      periodMs = workedMs >= periodMs * BUSY_SHARE ? BUSY_MS : RESTING_MS;
    }
  }

  /** The longest time since the last call, in whole ms. */
  take(): number {
    const ms = Math.round(this.#longestMs);
    this.#longestMs = 0;
    return ms;
  }
}

/** A long period hides what began and ended in it: then all that the thread worked may have been one piece. */
function heldUpMs(periodMs: number, lateMs: number, workedMs: number): number {
  return periodMs > BUSY_MS && workedMs > BUSY_MS ? Math.max(lateMs, workedMs) : Math.max(0, lateMs);
}
