// The machine as Node.js and Linux show it.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import type { Clock } from '../../protocol/format/ports.ts';
import { LoopDelay } from './loop-delay.ts';
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
