// Watches one docking for what a person should know of while it lasts: work that stands still or crawls, files that cannot be taken,
// places that cannot be listed. It only looks: nothing of the docking waits for it.
//
// Invariants:
// 1. All of its conditions have the bay as their subject and end with the docking.
// 2. Whatever the docking shows how often, one look every LOOK_MS judges.
import type { BayId } from '../../protocol/format/ids.ts';
import type { Clock, Conditions } from '../../protocol/format/ports.ts';
import { isSetAside, type TrackedEntry } from '../inventory/entry.ts';
import { isChanging } from '../inventory/looks.ts';
import type { BayActivity } from './bay-state.ts';

const LOOK_MS = 10_000;
/**
 * Work that shows nothing new for so long is stuck. A listing of a full camera over a slow line shows nothing for minutes, and each call
 * of a driver ends by a deadline of its own well below.
 */
const STUCK_MS = 600_000;
/** A pull is measured over so long. */
const RATE_MS = 60_000;
/** A bay in which less than this part of its usual rate comes is slow. */
const SLOW_PART = 0.2;

const CONDITIONS = [
  'camera.stuck',
  'camera.slow',
  'camera.not-taken',
  'camera.set-aside',
  'camera.changing',
  'camera.listing',
] as const;

export interface DockingWatchDeps {
  readonly bay: BayId;
  readonly clock: Pick<Clock, 'monotonicMs' | 'after'>;
  readonly conditions: Conditions;
  /** What this bay usually reaches; shared by its dockings. */
  readonly rates: PullRates;
  /** Entries of the docking that are not here yet, and places that could not be listed. */
  readonly open: () => Iterable<TrackedEntry>;
  readonly problems: () => number;
  /** See DockingEntries.problemReason. */
  readonly problemReason: () => string | null;
}

/** One docking from its begin to `end`. */
export class DockingWatch {
  readonly #deps: DockingWatchDeps;
  #activity: BayActivity = 'reading';
  #pulledBytes = 0;
  #movedAtMs: number;
  /** Bytes pulled since the measuring began, and when that was. */
  #measured: { sinceMs: number; bytes: number } | undefined;
  #cancelLook: () => void = () => undefined;
  #ended = false;

  constructor(deps: DockingWatchDeps) {
    this.#deps = deps;
    this.#movedAtMs = deps.clock.monotonicMs();
    this.#lookLater();
  }

  /** The docking shows this now. */
  shows(activity: BayActivity, pulledBytes: number): void {
    const now = this.#deps.clock.monotonicMs();
    this.#movedAtMs = now;
    this.#clear('camera.stuck');
    const more = pulledBytes - this.#pulledBytes;
    this.#pulledBytes = pulledBytes;
    if (activity !== 'pulling') this.#measured = undefined;
    else {
      this.#measured ??= { sinceMs: now, bytes: 0 };
      this.#measured.bytes += Math.max(0, more);
    }
    this.#activity = activity;
    if (activity === 'resting') this.#lookAtEntries(); // behind each listing, whether or not something was done with it
  }

  /** The docking is over. Idempotent. */
  end(): void {
    this.#ended = true;
    this.#cancelLook();
    for (const code of CONDITIONS) this.#clear(code);
  }

  #lookLater(): void {
    this.#cancelLook = this.#deps.clock.after(LOOK_MS, () => {
      if (this.#ended) return;
      this.#lookAtProgress();
      this.#lookAtRate();
      this.#lookLater();
    });
  }

  #lookAtProgress(): void {
    const quietMs = this.#deps.clock.monotonicMs() - this.#movedAtMs;
    if (this.#activity === 'resting' || quietMs < STUCK_MS) return;
    const facts = { activity: this.#activity, quiet_s: Math.round(quietMs / 1000) };
    this.#deps.conditions.raise('camera.stuck', this.#deps.bay, facts);
  }

  #lookAtRate(): void {
    if (this.#measured === undefined) return;
    const { sinceMs, bytes } = this.#measured;
    const now = this.#deps.clock.monotonicMs();
    if (now - sinceMs < RATE_MS) return;
    const rate = Math.round((bytes * 1000) / (now - sinceMs));
    this.#measured = { sinceMs: now, bytes: 0 };
    const { rates, conditions, bay } = this.#deps;
    if (rate < SLOW_PART * rates.usual) conditions.raise('camera.slow', bay, { rate_bytes_per_s: rate });
    else this.#clear('camera.slow');
    rates.reached(rate);
  }

  #lookAtEntries(): void {
    const { conditions, bay } = this.#deps;
    const reasons = new Map<string, { entries: number; length: TrackedEntry['otherLength'] }>();
    let aside = 0;
    let changing = 0;
    for (const { fate, otherLength, looks } of this.#deps.open()) {
      if (isSetAside(fate)) aside++;
      if (fate.kind !== 'waiting' || isSetAside(fate)) continue;
      if (fate.reason === 'changing' && isChanging(looks)) {
        changing++;
        continue;
      }
      const alike = reasons.get(fate.reason) ?? { entries: 0, length: undefined };
      reasons.set(fate.reason, { entries: alike.entries + 1, length: alike.length ?? otherLength });
    }
    const [first] = [...reasons].sort(([, a], [, b]) => b.entries - a.entries);
    if (first === undefined) this.#clear('camera.not-taken');
    else {
      const entries = [...reasons.values()].reduce((sum, alike) => sum + alike.entries, 0);
      const [reason, { length }] = first;
      const sizes = length && { listed_bytes: length.listedBytes, read_bytes: length.readBytes };
      conditions.raise('camera.not-taken', bay, { entries, reason, ...sizes });
    }
    if (aside === 0) this.#clear('camera.set-aside');
    else conditions.raise('camera.set-aside', bay, { entries: aside });
    if (changing === 0) this.#clear('camera.changing');
    else conditions.raise('camera.changing', bay, { entries: changing });
    const places = this.#deps.problems();
    if (places === 0) this.#clear('camera.listing');
    else conditions.raise('camera.listing', bay, { places, reason: this.#deps.problemReason() });
  }

  #clear(code: (typeof CONDITIONS)[number]): void {
    this.#deps.conditions.clear(code, this.#deps.bay);
  }
}

// What rate a bay usually reaches: a bay on USB and one on a serial line differ by a factor of a thousand, so each is its own measure.

/** Rates that are kept; older ones give way. */
const RATES_MAX = 15;
/** As long as there are fewer, nothing is usual. */
const RATES_MIN = 3;

/** Rates of one bay, in bytes per second, over all its dockings of this run. */
export class PullRates {
  readonly #rates: number[] = [];

  /** The median of those reached, or 0 before there are enough. */
  get usual(): number {
    if (this.#rates.length < RATES_MIN) return 0;
    const sorted = this.#rates.toSorted((a, b) => a - b);
    return sorted[Math.floor(sorted.length / 2)] ?? 0;
  }

  reached(rate: number): void {
    this.#rates.push(rate);
    if (this.#rates.length > RATES_MAX) this.#rates.shift();
  }
}
