// Tells a dead connection from a slow one, by our own pings. Knows no socket: it is told what was heard and asks what was sent.
//
// Invariants:
// 1. A ping goes out at least every half keepalive, so the broker never misses us while its link works.
// 2. Silence ends the connection within one and a half keepalives of the last answer (acceptance NET-02), and so do bytes that wait and
//    that the system does not take.
// 3. A slow link is not a dead one: a ping that still waits behind an upload does not count, what lies in the systems' buffers in front of it
//    is given the time that it takes at the rate last seen, and bytes that arrive put the end off. An answer must come within four keepalives.
// Why not the library's own: it counts from the call, so an upload that fills a slow uplink for 20 s ends its own connection.
import type { Clock } from '../../protocol/format/ports.ts';

/** The slowest link that is served, with room: each received piece of this size puts the end off by a second. */
const SLOWEST_BYTES_PER_S = 8 * 1024;
/** What two Linux systems buffer for one direction at most (tcp_wmem and tcp_rmem). */
const BUFFERED_BYTES_MAX = 10 * 1024 * 1024;
/** Everything is counted in eighths of a keepalive. */
const STEPS = 8;
const PING_STEPS = 3;
const PATIENCE_STEPS = 7;
const PATIENCE_STEPS_MAX = 4 * STEPS;

export interface LivenessOptions {
  readonly clock: Clock;
  readonly keepaliveMs: number;
  /** Sends a ping; calls back when the system has taken its bytes. */
  readonly ping: (flushed: () => void) => void;
  /** Bytes of this connection that the system has taken so far, and that still wait for it. */
  readonly sent: () => { readonly takenBytes: number; readonly waitingBytes: number };
  /** Called once. */
  readonly dead: (detail: string) => void;
}

/** A ping that was not answered yet. */
interface Ping {
  readonly takenBytes: number;
  flushedAtMs: number | undefined;
  heardBytes: number;
}

/** Watches one connection, from `start` to `stop`. */
export class Liveness {
  readonly #options: LivenessOptions;
  readonly #stepMs: number;
  #cancel: () => void = () => undefined;
  #pingedAtMs = 0;
  #ping: Ping | undefined;
  /** As of the last step. */
  #seen = { atMs: 0, takenBytes: 0, waitingBytes: 0 };
  #movedAtMs = 0;
  /** Bytes that were in front of the last answered ping: they have arrived. */
  #arrivedBytes = 0;
  /** Of the last step that had bytes waiting all the time: what the link carries. */
  #bytesPerMs = Infinity;

  constructor(options: LivenessOptions) {
    this.#options = options;
    this.#stepMs = options.keepaliveMs / STEPS;
  }

  start(): void {
    this.#pingedAtMs = this.#options.clock.monotonicMs();
    this.#movedAtMs = this.#pingedAtMs;
    this.#seen = { atMs: this.#pingedAtMs, ...this.#options.sent() };
    this.#arm();
  }

  /** Idempotent. */
  stop(): void {
    this.#cancel();
    this.#cancel = () => undefined;
    this.#ping = undefined;
  }

  /** Bytes came in, of whatever kind. */
  heard(bytes: number): void {
    if (this.#ping !== undefined) this.#ping.heardBytes += bytes;
  }

  /** A packet came that answers one of ours: both directions work. */
  answered(): void {
    this.#arrivedBytes = this.#ping?.takenBytes ?? this.#arrivedBytes;
    this.#ping = undefined;
  }

  #arm(): void {
    this.#cancel = this.#options.clock.after(this.#stepMs, () => this.#step());
  }

  #step(): void {
    this.#arm();
    const nowMs = this.#options.clock.monotonicMs();
    this.#measure(nowMs);
    const stoodMs = nowMs - this.#movedAtMs;
    const waitedMs = nowMs - (this.#ping?.flushedAtMs ?? nowMs);
    if (stoodMs >= PATIENCE_STEPS * this.#stepMs) this.#end(`took no bytes for ${seconds(stoodMs)} s`);
    else if (waitedMs >= this.#patienceMs()) this.#end(`did not answer a ping for ${seconds(waitedMs)} s`);
    else if (this.#ping === undefined && nowMs - this.#pingedAtMs >= PING_STEPS * this.#stepMs) {
      this.#send(nowMs);
    }
  }

  #measure(nowMs: number): void {
    const before = this.#seen;
    const now = { atMs: nowMs, ...this.#options.sent() };
    const movedBytes = now.takenBytes - before.takenBytes;
    if (movedBytes > 0 || now.waitingBytes === 0) this.#movedAtMs = nowMs;
    if (movedBytes > 0 && before.waitingBytes > 0 && now.waitingBytes > 0) {
      this.#bytesPerMs = movedBytes / Math.max(1, nowMs - before.atMs);
    }
    this.#seen = now;
  }

  /** From the moment when the system has taken the ping. */
  #patienceMs(): number {
    const ping = this.#ping;
    if (ping?.flushedAtMs === undefined) return Infinity;
    const bufferedBytes = Math.min(BUFFERED_BYTES_MAX, ping.takenBytes - this.#arrivedBytes);
    const creditMs = bufferedBytes / this.#bytesPerMs + (ping.heardBytes / SLOWEST_BYTES_PER_S) * 1000;
    return Math.min(PATIENCE_STEPS_MAX * this.#stepMs, PATIENCE_STEPS * this.#stepMs + creditMs);
  }

  #send(nowMs: number): void {
    const { takenBytes, waitingBytes } = this.#seen;
    const ping: Ping = { takenBytes: takenBytes + waitingBytes, flushedAtMs: undefined, heardBytes: 0 };
    this.#pingedAtMs = nowMs;
    this.#ping = ping;
    this.#options.ping(() => (ping.flushedAtMs = this.#options.clock.monotonicMs()));
  }

  #end(what: string): void {
    this.stop();
    this.#options.dead(`the connection ${what}`);
  }
}

function seconds(ms: number): number {
  return Math.round(ms / 100) / 10;
}
