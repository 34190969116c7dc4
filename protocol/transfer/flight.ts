// Units of one transfer that left the station and that the receiver did not say it has: which of them are lost, and when the station asks
// by sending one again (SPEC 6.5). No I/O, no timers, time comes in. transfer-state.ts decides what is sent.
//
// Invariants:
// 1. Silence makes no unit lost: one is lost because another one that left later arrived, or because the receiver said so.
// 2. After a time-out one unit alone is sent again, and the next time-out is twice as long, until a unit arrives that was sent once.
// 3. A unit that is still leaving is neither lost nor sent again.
import type { RoundTrip } from '../format/round-trip.ts';
import type { UnitSet } from './unit-set.ts';

/** As long as a unit took to leave, at most: what the systems still hold of it then leaves as slowly. */
const LEAVE_MS_MAX = 120_000;
/** A receiver checks several units at a time: one that is overtaken may come so much later. */
const REORDER_MS_MIN = 250;

interface Sent {
  readonly sizeBytes: number;
  leftAtMs: number;
  /** Counts what left: the later, the higher. */
  order: number;
  /** How often it was the one that was sent again after a time-out. */
  probes: number;
  /** When a unit that left later had arrived. */
  overtakenAtMs: number | undefined;
}

/** What is on its way. */
export class Flight {
  readonly #roundTrip: RoundTrip;
  readonly #sent = new Map<number, Sent>();
  /** Being handed to the connection, and since when. Outlives a claim: what is on its way is not sent a second time. */
  readonly #leaving = new Map<number, number>();
  /** Sent more than once and not arrived: their arrival measures nothing. */
  readonly #repeated = new Set<number>();
  #bytes = 0;
  /** How long the last unit took to leave. */
  #leaveMs = 0;
  /** The last arrival or time-out. */
  #newsAtMs = 0;
  /** In a row. */
  #timeouts = 0;
  #orders = 0;

  constructor(roundTrip: RoundTrip) {
    this.#roundTrip = roundTrip;
  }

  /** Bytes that are on their way. */
  get bytes(): number {
    return this.#bytes;
  }

  /** True where the unit is on its way, or is still leaving for an earlier claim. */
  has(unit: number): boolean {
    return this.#sent.has(unit) || this.#leaving.has(unit);
  }

  /** The unit is sent. */
  add(unit: number, sizeBytes: number, nowMs: number): void {
    this.#sent.set(unit, {
      sizeBytes,
      leftAtMs: nowMs,
      order: ++this.#orders,
      probes: 0,
      overtakenAtMs: undefined,
    });
    this.#bytes += sizeBytes;
  }

  /** It begins to leave; `left` must follow. Without both a unit counts as gone at once. */
  leaving(unit: number, nowMs: number): void {
    this.#leaving.set(unit, nowMs);
  }

  /**
   * The connection has all of it, or (`isSent` false) it could not be sent: from now on it can be late. `heldMs`: for so long the station
   * itself held it back meanwhile, which says nothing of the line. False where it is not counted here.
   */
  left(unit: number, isSent: boolean, nowMs: number, heldMs = 0): boolean {
    const sinceMs = this.#leaving.get(unit);
    this.#leaving.delete(unit);
    if (sinceMs !== undefined && isSent) this.#leaveMs = Math.max(0, nowMs - sinceMs - heldMs);
    const sent = this.#sent.get(unit);
    if (sent === undefined) return false;
    sent.leftAtMs = nowMs;
    sent.order = ++this.#orders;
    return true;
  }

  /** The receiver said what it has. */
  arrived(held: UnitSet, nowMs: number): void {
    const landed = [...this.#sent].filter(([unit]) => held.has(unit));
    if (landed.length === 0) return;
    this.#measure(landed, nowMs);
    this.#newsAtMs = nowMs;
    const newest = Math.max(...landed.map(([, { order }]) => order));
    for (const [unit] of landed) {
      this.#remove(unit);
      this.#repeated.delete(unit);
    }
    for (const [unit, sent] of this.#sent)
      if (!this.#leaving.has(unit) && sent.order < newest) sent.overtakenAtMs ??= nowMs;
  }

  /** The receiver got something else than what was sent, or it was lost on the way. False where it was not on its way. */
  lost(unit: number): boolean {
    const isRemoved = this.#remove(unit);
    if (isRemoved) this.#repeated.add(unit);
    return isRemoved;
  }

  /** Takes out what counts as lost by now; returns the lowest of it. */
  takeLost(nowMs: number): number | undefined {
    let lowest: number | undefined;
    for (const [unit, { overtakenAtMs }] of this.#sent) {
      if (overtakenAtMs === undefined || nowMs < overtakenAtMs + this.#reorderMs()) continue;
      this.lost(unit);
      lowest = Math.min(lowest ?? unit, unit);
    }
    return lowest;
  }

  /**
   * The unit to send again where nothing arrived for too long. It counts as sent. The last one that left: it arrives behind whatever a busy
   * receiver has before it, so that its arrival tells of the others. After it the ones before it, so that none is the only one that is tried.
   */
  takeProbe(nowMs: number): number | undefined {
    if (nowMs < this.#timeoutAtMs()) return undefined;
    const [probe] = [...this.#sent].toSorted(([, a], [, b]) => a.probes - b.probes || b.order - a.order);
    if (probe === undefined) return undefined;
    const [unit, sent] = probe;
    sent.probes++;
    sent.leftAtMs = nowMs;
    sent.order = ++this.#orders;
    sent.overtakenAtMs = undefined;
    this.#repeated.add(unit);
    this.#newsAtMs = nowMs;
    this.#timeouts = this.#timeoutsNow() + 1;
    return unit;
  }

  /** Nothing is on its way any more, but for what is still leaving. */
  clear(): void {
    this.forgetTimeouts();
    for (const unit of this.#sent.keys()) this.lost(unit);
  }

  /** The next one is as soon as the first: things are not what they were. */
  forgetTimeouts(): void {
    this.#timeouts = 0;
  }

  /** When `takeLost` or `takeProbe` has something, where nothing comes. `mayProbe`: whether something may be sent at all. */
  wakeAtMs(mayProbe: boolean): number {
    let atMs = mayProbe ? this.#timeoutAtMs() : Number.POSITIVE_INFINITY;
    for (const { overtakenAtMs } of this.#sent.values())
      if (overtakenAtMs !== undefined) atMs = Math.min(atMs, overtakenAtMs + this.#reorderMs());
    return atMs;
  }

  /** One measurement a `have`, of the unit that waited longest. */
  #measure(landed: readonly (readonly [number, Sent])[], nowMs: number): void {
    const once = landed.filter(([unit]) => !this.#repeated.has(unit) && !this.#leaving.has(unit));
    if (once.length === 0) this.#roundTrip.keep(this.#timeouts);
    else this.#roundTrip.measured(nowMs - Math.min(...once.map(([, { leftAtMs }]) => leftAtMs)));
    this.#timeouts = 0;
  }

  /** Nothing arrived and nothing left for as long as an answer to the last one may take. */
  #timeoutAtMs(): number {
    if (this.#sent.size === 0) return Number.POSITIVE_INFINITY;
    let sinceMs = this.#newsAtMs;
    for (const [unit, { leftAtMs }] of this.#sent) {
      if (this.#leaving.has(unit)) return Number.POSITIVE_INFINITY;
      sinceMs = Math.max(sinceMs, leftAtMs);
    }
    return (
      sinceMs + Math.max(this.#roundTrip.waitMs(this.#timeoutsNow()), Math.min(LEAVE_MS_MAX, this.#leaveMs))
    );
  }

  #timeoutsNow(): number {
    return Math.max(this.#timeouts, this.#roundTrip.kept);
  }

  #reorderMs(): number {
    return Math.max(REORDER_MS_MIN, this.#roundTrip.smoothedMs);
  }

  #remove(unit: number): boolean {
    const sent = this.#sent.get(unit);
    if (sent === undefined) return false;
    this.#sent.delete(unit);
    this.#bytes -= sent.sizeBytes;
    return true;
  }
}
