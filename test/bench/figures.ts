// From what was measured to what is said: rates, medians, ratios. Pure; MB is a million bytes and GB a thousand of them.
import type { LoadReport } from './load.ts';
import type { Measured } from './parties/party.ts';

const BYTES_PER_MB = 1e6;
const BYTES_PER_GB = 1e9;

/** One repetition of one party. */
export interface Sample {
  readonly measured: Measured;
  readonly load: LoadReport;
}

/** The outcome of one party: samples in the order of repetition; an error where it failed. */
export interface PartyResult {
  readonly name: string;
  readonly title: string;
  readonly samples: readonly Sample[];
  readonly error?: string;
}

/** Lowest, middle and highest. */
export interface Spread {
  readonly min: number;
  readonly median: number;
  readonly max: number;
}

/** NaN throughout where there is nothing. */
export function spread(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  const [low, high] = [sorted[Math.floor(middle)], sorted[Math.ceil(middle)]];
  const median = ((low ?? Number.NaN) + (high ?? Number.NaN)) / 2;
  return { min: sorted[0] ?? Number.NaN, median, max: sorted.at(-1) ?? Number.NaN };
}

export function megabytesPerSecond({ measured }: Sample, sizeBytes: number): number {
  return sizeBytes / BYTES_PER_MB / (measured.elapsedMs / 1000);
}

/** CPU seconds per GB of one process, or of all. */
export function cpuPerGigabyte({ measured }: Sample, sizeBytes: number, process?: string): number {
  const seconds = process === undefined ? sum(measured.cpuSeconds) : (measured.cpuSeconds[process] ?? 0);
  return seconds / (sizeBytes / BYTES_PER_GB);
}

export function sum(values: Readonly<Record<string, number>>): number {
  return Object.values(values).reduce((total, value) => total + value, 0);
}

/** How many times as fast as the other, repetition by repetition: both of a pair met the same machine. */
export function speedRatio(one: PartyResult, other: PartyResult): Spread {
  const pairs = Math.min(one.samples.length, other.samples.length);
  const ratios = Array.from({ length: pairs }, (_, at) => {
    const [ours, theirs] = [one.samples[at], other.samples[at]];
    if (ours === undefined || theirs === undefined) return Number.NaN;
    return theirs.measured.elapsedMs / ours.measured.elapsedMs;
  });
  return spread(ratios);
}
