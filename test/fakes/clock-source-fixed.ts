// What a system says of its clock, as a test wants it. Set the fields at any time.
import type { ClockSource } from '../../agent/monitoring/clock-watch.ts';
import type { Clock } from '../../protocol/format/ports.ts';

/** Answers at once. A suspend is wall time that passes without monotonic time: `suspend` lets the clock jump and counts it. */
export class FixedClockSource implements ClockSource {
  synchronised: boolean | null;
  /** Set for a system that does not answer: `isSynchronised` waits for it. */
  answering: Promise<void> = Promise.resolve();
  /** False for a system that does not tell its boot time. */
  tellsBoot = true;
  asked = 0;
  readonly #clock: Clock | undefined;
  #suspendedMs = 0;

  /** Without a clock there is no boot time. */
  constructor(synchronised: boolean | null, clock?: Clock) {
    this.synchronised = synchronised;
    this.#clock = clock;
  }

  async isSynchronised(): Promise<boolean | null> {
    this.asked++;
    await this.answering;
    return this.synchronised;
  }

  async bootMs(): Promise<number | null> {
    if (this.#clock === undefined || !this.tellsBoot) return null;
    return Math.round(this.#clock.monotonicMs()) + this.#suspendedMs;
  }

  suspend(clock: { jumpWall(ms: number): void }, ms: number): void {
    this.#suspendedMs += ms;
    clock.jumpWall(ms);
  }
}
