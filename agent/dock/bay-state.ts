// What a bay shows (SPEC 7): the state and the light, from the numbers of its docking. Pure.
import type { BayDocument } from '../../protocol/transfer/messages.ts';
import type { BayCounts } from '../inventory/entry.ts';

/** What the bay is doing with the camera at this moment. */
export type BayActivity = 'empty' | 'reading' | 'pulling' | 'resting' | 'erasing' | 'failed';

/** The state word of the bay document. "done": every entry is receipted, and erased or meant to stay. */
export function bayState(activity: BayActivity, counts: BayCounts): BayDocument['state'] {
  if (activity !== 'resting') return activity;
  if (counts.waiting > 0) return 'failed';
  return counts.settled < counts.entries ? 'pushing' : 'done';
}

/**
 * The light: safe only when every entry is durable in the spool; "do not take" only while the camera is read or erased;
 * "call someone" where an entry cannot be taken or the camera cannot be read.
 */
export function bayLight(activity: BayActivity, counts: BayCounts, problems: number): BayDocument['light'] {
  if (activity === 'empty') return 'off';
  if (activity === 'failed') return 'call-someone';
  if (activity !== 'resting') return 'do-not-take';
  return counts.waiting > 0 || problems > 0 || counts.spooled < counts.entries
    ? 'call-someone'
    : 'safe-to-take';
}

/** Bytes per second over the last seconds, from (monotonic ms, bytes) samples. */
export class RateMeter {
  #samples: [number, number][] = [];

  /** Adds a sample and returns the rate over at most ten seconds, or null before there is one. */
  sample(atMs: number, bytes: number): number | null {
    const last = this.#samples.at(-1);
    if (last !== undefined && bytes < last[1]) this.#samples = []; // another phase counts from its own start
    this.#samples.push([atMs, bytes]);
    while (this.#samples.length > 2 && atMs - (this.#samples[0]?.[0] ?? 0) > 10_000) this.#samples.shift();
    const first = this.#samples[0];
    if (first === undefined || atMs <= first[0]) return null;
    return Math.round(((bytes - first[1]) * 1000) / (atMs - first[0]));
  }

  reset(): void {
    this.#samples = [];
  }
}
