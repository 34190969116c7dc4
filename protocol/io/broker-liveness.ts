// Tells a dead connection from a slow one, by our own pings. Knows no socket: it is told what was heard and asks what was sent.
//
// Invariants:
// 1. A ping goes out at least every half keepalive, so the broker never misses us while its link works.
// 2. Silence ends the connection within one and a half keepalives of the last byte (acceptance NET-02).
// 3. A slow link is not a dead one: while the system takes our bytes, a ping that still waits behind them is no reason, and bytes that
//    arrive put the end off, but not for ever: an answer must come within four keepalives.
// Why not the library's own: it counts from the call, so an upload that fills a slow uplink for 20 s ends its own connection.
import type { Clock } from '../ports.ts';

/** The slowest link that is served, with room: each received piece of this size puts the end off by a second. */
const SLOWEST_BYTES_PER_S = 8 * 1024;
const STEPS = 8;
const PING_STEPS = 3;
const ANSWER_STEPS = 7;
const ANSWER_STEPS_MAX = 4 * STEPS;

export interface LivenessOptions {
  readonly clock: Clock;
  readonly keepaliveMs: number;
  /** Sends a ping; calls back when the system has taken its bytes. */
  readonly ping: (flushed: () => void) => void;
  /** Bytes of this connection that the system has taken so far. */
  readonly takenBytes: () => number;
  /** Called once. */
  readonly dead: (detail: string) => void;
}

/** Watches one connection from construction of `start` to `stop`. */
export class Liveness {
  readonly #options: LivenessOptions;
  readonly #stepMs: number;
  #cancel: () => void = () => undefined;
  #pingedAtMs = 0;
  /** A ping is on its way; undefined once anything was answered. */
  #waiting: { sinceMs: number; flushed: boolean; heardBytes: number; takenBytes: number } | undefined;

  constructor(options: LivenessOptions) {
    this.#options = options;
    this.#stepMs = options.keepaliveMs / STEPS;
  }

  start(): void {
    this.#pingedAtMs = this.#options.clock.monotonicMs();
    this.#arm();
  }

  /** Idempotent. */
  stop(): void {
    this.#cancel();
    this.#cancel = () => undefined;
    this.#waiting = undefined;
  }

  /** Bytes came in, of whatever kind. */
  heard(bytes: number): void {
    if (this.#waiting !== undefined) this.#waiting.heardBytes += bytes;
  }

  /** A packet came that answers one of ours: both directions work. */
  answered(): void {
    this.#waiting = undefined;
  }

  #arm(): void {
    this.#cancel = this.#options.clock.after(this.#stepMs, () => this.#step());
  }

  #step(): void {
    this.#arm();
    const nowMs = this.#options.clock.monotonicMs();
    const waiting = this.#waiting;
    if (waiting === undefined) {
      if (nowMs - this.#pingedAtMs >= PING_STEPS * this.#stepMs) this.#ping(nowMs);
      return;
    }
    const takenBytes = this.#options.takenBytes();
    if (!waiting.flushed && takenBytes !== waiting.takenBytes) {
      Object.assign(waiting, { takenBytes, sinceMs: nowMs });
      return;
    }
    const waitedMs = nowMs - waiting.sinceMs;
    if (waitedMs >= this.#patienceMs(waiting.heardBytes)) this.#end(waiting.flushed, waitedMs);
  }

  #patienceMs(heardBytes: number): number {
    const creditMs = (heardBytes / SLOWEST_BYTES_PER_S) * 1000;
    return Math.min(ANSWER_STEPS_MAX * this.#stepMs, ANSWER_STEPS * this.#stepMs + creditMs);
  }

  #ping(nowMs: number): void {
    this.#pingedAtMs = nowMs;
    const takenBytes = this.#options.takenBytes();
    const waiting = { sinceMs: nowMs, flushed: false, heardBytes: 0, takenBytes };
    this.#waiting = waiting;
    this.#options.ping(() => {
      Object.assign(waiting, { flushed: true, sinceMs: this.#options.clock.monotonicMs() });
    });
  }

  #end(flushed: boolean, waitedMs: number): void {
    this.stop();
    const seconds = Math.round(waitedMs / 100) / 10;
    this.#options.dead(
      flushed ? `no answer to a ping for ${seconds} s` : `the connection took no bytes for ${seconds} s`,
    );
  }
}
