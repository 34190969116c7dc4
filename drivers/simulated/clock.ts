// The clock inside a simulated camera: set at the factory or by a station, with or without a zone, drifting, forgetting, refusing.
// It goes by monotonic time: what happens to the station's wall clock is nothing to a camera.
import type { CameraTime, ClockSetting } from '../driver.ts';

/** A clock inside a simulated camera. */
export interface SettableClock {
  read(): CameraTime;
  set(to: { readonly utcMs: number; readonly localMs: number }): ClockSetting;
  /** The camera left the bay, which fed it. */
  powerLost?(): void;
}

/** Where such clocks begin, and begin again without power. */
export const FACTORY_MS = Date.UTC(2015, 0, 1);

/** What the clock is like; what is left out is that of a clock without faults that has no zone. */
export interface SimulatedClockWish {
  /** What it shows at first, ms since 1970 taken as UTC. */
  readonly shownMs: number;
  /** Minutes east of UTC, for a camera that knows its zone; `shownMs` is UTC then. */
  readonly zoneMinutes?: number | null;
  /** Gains so many millionths; negative loses. */
  readonly driftPpm?: number;
  /** Smallest step that it shows, ms; what is finer is cut off. */
  readonly resolutionMs?: number;
  /** Without power it starts again at the factory date: the battery is dead. */
  readonly forgets?: boolean;
  /** What a station's attempt to set it is answered with. */
  readonly setting?: ClockSetting;
}

/** Shape: one per camera; `monotonicMs` is any steady time in ms. */
export class SimulatedClock implements SettableClock {
  readonly #monotonicMs: () => number;
  readonly #wish: SimulatedClockWish;
  #shownMs: number;
  #sinceMs: number;

  constructor(monotonicMs: () => number, wish: SimulatedClockWish) {
    this.#monotonicMs = monotonicMs;
    this.#wish = wish;
    this.#shownMs = wish.shownMs;
    this.#sinceMs = monotonicMs();
  }

  /** What it shows now in full resolution, ms since 1970: also the time that a file gets, once it is cut to the file's steps. */
  shownMs(): number {
    const passedMs = this.#monotonicMs() - this.#sinceMs;
    return this.#shownMs + passedMs * (1 + (this.#wish.driftPpm ?? 0) / 1_000_000);
  }

  read(): CameraTime {
    const { zoneMinutes = null, resolutionMs = 1000 } = this.#wish;
    return { claimedMs: cut(this.shownMs(), resolutionMs), zoneMinutes, resolutionMs };
  }

  set({ utcMs, localMs }: { readonly utcMs: number; readonly localMs: number }): ClockSetting {
    const { zoneMinutes = null, resolutionMs = 1000, setting = 'set' } = this.#wish;
    if (setting === 'set') this.#show(cut(zoneMinutes === null ? localMs : utcMs, resolutionMs));
    return setting;
  }

  powerLost(): void {
    if (this.#wish.forgets === true) this.#show(FACTORY_MS);
  }

  #show(shownMs: number): void {
    this.#shownMs = shownMs;
    this.#sinceMs = this.#monotonicMs();
  }
}

function cut(ms: number, stepMs: number): number {
  return Math.floor(ms / stepMs) * stepMs;
}
