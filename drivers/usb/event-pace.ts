// How fast packets are taken from an interrupt pipe: what is more waits in the device, which is not asked until the time is over. Pure.

/** A camera sends an event for each file that it writes or erases; a bus would carry 8,000 a second, from each of them. */
const PACKETS_MAX = 200;
const WINDOW_MS = 1000;

export class EventPace {
  #sinceMs = -Infinity;
  #packets = 0;

  /** A packet came; for so long none is asked for. */
  pauseMs(nowMs: number): number {
    if (nowMs - this.#sinceMs >= WINDOW_MS) {
      this.#sinceMs = nowMs;
      this.#packets = 0;
    }
    this.#packets++;
    return this.#packets < PACKETS_MAX ? 0 : this.#sinceMs + WINDOW_MS - nowMs;
  }
}
