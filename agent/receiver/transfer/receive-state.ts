// The receiving end of one recording's transfer (SPEC 6) as a state machine: no I/O, no timers, time comes in. Its twin is
// protocol/transfer/transfer-state.ts.
//
// Invariants:
// 1. A unit is `received` only after it was checked against its digest and written, `durable` only after a sync that began later.
// 2. Bytes are taken only while the digest list is whole or all of it is on its way to the check, and only for units that are
//    missing; units being assembled or checked never exceed the credit.
// 3. `complete` is asked for once, when every unit is received; nothing but a fault of the vault leads back.
// 4. A list with another digest than the manifest's is dropped whole, a unit with another digest alone.
import type { ReceiverId, SessionId } from '../../../protocol/format/ids.ts';
import { HAVE_RANGES_MAX, UNIT_BYTES } from '../../../protocol/format/limits.ts';
import { chunksBytes, unitBytes, unitCount } from '../../../protocol/documents/manifest.ts';
import type { HaveMessage } from '../../../protocol/transfer/messages.ts';
import { UnitSet } from '../../../protocol/transfer/unit-set.ts';
import * as limits from '../limits.ts';

/** What is known before anything of the recording came. */
export interface ReceivingSubject {
  readonly receiver: ReceiverId;
  readonly sealedSizeBytes: number;
  /** Fencing number of the lease. */
  readonly epoch: number;
}

/** What to do with a message that holds bytes: copy it to the unit's buffer, and check the unit where it is whole now. */
export type PieceVerdict =
  | { readonly kind: 'drop' }
  | { readonly kind: 'take'; readonly unit: number; readonly at: number; readonly whole: boolean };

/** One thing to do now; the caller does it and asks again. */
export type ReceivingAction =
  | { readonly kind: 'have'; readonly message: HaveMessage }
  /** Make durable what was received; `synced` follows. */
  | { readonly kind: 'sync' }
  /** Every unit is received: make all of it durable, put it in place, give the receipt. */
  | { readonly kind: 'complete' }
  /** The station keeps sending altered bytes: refuse with `pause`. */
  | { readonly kind: 'refuse' }
  /** Nothing came for the length of a lease: give it back. */
  | { readonly kind: 'expire' };

const DROP: PieceVerdict = { kind: 'drop' };

/** Receiving end of one recording. `next` is asked until it has nothing to do; `wakeAtMs` says when to ask again without news. */
export class Receiving {
  readonly subject: ReceivingSubject;
  readonly #unitCount: number;
  readonly #digestsTotal: number;
  #session: SessionId;
  #phase: 'opening' | 'receiving' | 'completing' = 'opening';
  #heardAtMs: number;
  #landedAtMs: number;
  #digestsSent = 0; // in order, on their way to the check or checked
  #assembling = new Map<number, UnitSet>(); // bytes that are there, of units that are not whole
  #checking = new Set<number>();
  #received = new UnitSet();
  #missing: number;
  #found = 0;
  #durable = new UnitSet();
  #unsynced: number[] = [];
  #unsyncedAtMs = 0;
  #syncing: number[] | undefined;
  #credit = 0; // units
  #bad: number[] = [];
  #strikes = 0;
  #haveForced = false;
  #newsUnits = 0;
  #newsAtMs: number | undefined;
  #haveAtMs = Number.NEGATIVE_INFINITY;

  constructor(subject: ReceivingSubject, session: SessionId, nowMs: number) {
    this.subject = subject;
    this.#session = session;
    this.#unitCount = unitCount(subject.sealedSizeBytes);
    this.#digestsTotal = chunksBytes(subject.sealedSizeBytes);
    this.#missing = this.#unitCount;
    this.#heardAtMs = nowMs;
    this.#landedAtMs = nowMs;
  }

  get session(): SessionId {
    return this.#session;
  }

  /** Units that are not received. */
  get missingUnits(): number {
    return this.#missing;
  }

  /** Units that came and were not there before. */
  get gainedUnits(): number {
    return this.#unitCount - this.#missing - this.#found;
  }

  /** True where this recording may hold buffers and nothing came for that long. */
  silentFor(ms: number, nowMs: number): boolean {
    return this.#missing > 0 && nowMs - this.#heardAtMs >= ms;
  }

  /** True where this recording may hold buffers and no unit of it was received for that long, whatever came. */
  stuckFor(ms: number, nowMs: number): boolean {
    return this.#missing > 0 && nowMs - this.#landedAtMs >= ms;
  }

  /** The claim goes out (again), to this session of the station; a `have` follows. */
  claimed(session: SessionId, nowMs: number): void {
    this.#session = session;
    this.#heardAtMs = nowMs;
    this.#haveForced = true;
    if (this.#phase === 'opening') this.#phase = 'receiving';
  }

  /** The digest list was found whole on disk. */
  digestsFound(): void {
    this.#digestsSent = this.#digestsTotal;
    this.#haveForced = true;
  }

  /** A unit was found on disk with the right digest. It counts as durable after the next sync. */
  unitFound(unit: number, nowMs: number): void {
    if (this.#received.has(unit)) return;
    this.#found++;
    this.#land(unit, nowMs);
  }

  /** This many units may be in flight from now on. What is assembled beyond it is kept. */
  grant(units: number, nowMs: number): void {
    if (units > this.#credit) this.#haveForced = true;
    else if (units < this.#credit) this.#news(0, nowMs);
    if (this.#credit === 0) this.#heardAtMs = this.#landedAtMs = nowMs; // only now can it be expected to send
    this.#credit = units;
  }

  /**
   * A message with bytes of `chunks.bin`. Returns how many of its first bytes are known already, or undefined where it is of no
   * use: the list is assembled in order only.
   */
  digests(offset: number, sizeBytes: number, nowMs: number): number | undefined {
    this.#heardAtMs = nowMs;
    const skip = this.#digestsSent - offset;
    if (this.#phase !== 'receiving' || skip < 0 || skip >= sizeBytes) return undefined;
    if (offset + sizeBytes > this.#digestsTotal) return undefined;
    this.#digestsSent = offset + sizeBytes;
    this.#news(0, nowMs);
    return skip;
  }

  /** The list was compared with the manifest. A wrong one is forgotten whole. */
  digestsChecked(good: boolean, nowMs: number): void {
    if (good) return;
    this.#digestsSent = 0;
    this.#strikes += limits.STRIKES_PER_LIST;
    this.#news(0, nowMs);
  }

  /** True while bytes are of use. */
  get takesBytes(): boolean {
    return this.#phase === 'receiving' && this.#digestsSent === this.#digestsTotal;
  }

  /** A message with bytes of `payload.age`, inside one unit. What is taken counts as copied. */
  piece(offset: number, sizeBytes: number, nowMs: number): PieceVerdict {
    this.#heardAtMs = nowMs;
    const unit = Math.floor(offset / UNIT_BYTES);
    const at = offset % UNIT_BYTES;
    if (!this.takesBytes || unit >= this.#unitCount || sizeBytes === 0) return DROP;
    const wholeBytes = unitBytes(this.subject.sealedSizeBytes, unit);
    if (at + sizeBytes > wholeBytes || this.#received.has(unit) || this.#checking.has(unit)) return DROP;
    const covered = this.#assembling.get(unit);
    if (covered === undefined && !this.#hasRoom(unit)) return DROP;
    return this.#take(unit, { at, sizeBytes, wholeBytes, covered });
  }

  /** What was assembled of a unit is lost, or no buffer was free for it. */
  forget(unit: number): void {
    this.#assembling.delete(unit);
    this.#checking.delete(unit);
  }

  /** Units whose buffers hold something. */
  get assembling(): number[] {
    return [...this.#assembling.keys()];
  }

  /** A whole unit was compared with its digest and, where it is good, written. */
  checked(unit: number, good: boolean, nowMs: number): void {
    if (!this.#checking.delete(unit)) return;
    if (good) {
      this.#strikes = 0;
      this.#land(unit, nowMs);
      return;
    }
    this.#strikes++;
    if (this.#bad.length < HAVE_RANGES_MAX && !this.#bad.includes(unit)) this.#bad.push(unit);
    this.#haveForced = true;
  }

  /** The last `have` could not be sent. */
  haveUnsaid(): void {
    this.#haveForced = true;
  }

  /** The sync that was asked for is done. */
  synced(nowMs: number): void {
    for (const unit of this.#syncing ?? []) this.#durable.add(unit);
    this.#syncing = undefined;
    this.#news(0, nowMs);
  }

  /** The station says that it sent everything. An older epoch is not ours. */
  fin(epoch: number, nowMs: number): void {
    if (epoch !== this.subject.epoch) return;
    this.#heardAtMs = nowMs;
    this.#haveForced = true;
  }

  /** Monotonic ms at which `next` may have something to do although nothing came in. */
  get wakeAtMs(): number {
    if (this.#phase === 'opening') return Number.POSITIVE_INFINITY;
    let at = this.#haveAtMs + limits.HAVE_SILENCE_MS;
    if (this.#newsAtMs !== undefined) at = Math.min(at, this.#newsAtMs + limits.HAVE_MS);
    if (this.#haveForced || this.#bad.length > 0) at = Math.min(at, this.#haveAtMs + limits.HAVE_MS_MIN);
    if (this.#phase === 'completing') return at;
    if (this.#unsynced.length > 0 && this.#syncing === undefined)
      at = Math.min(at, this.#unsyncedAtMs + limits.SYNC_MS);
    return this.#expectsBytes() ? Math.min(at, this.#heardAtMs + this.#idleMs()) : at;
  }

  /** The next thing to do, or undefined. What it returns counts as done. */
  next(nowMs: number): ReceivingAction | undefined {
    if (this.#phase === 'opening') return undefined;
    if (this.#phase === 'receiving') {
      if (this.#missing === 0 && this.#syncing === undefined) {
        this.#phase = 'completing';
        return { kind: 'complete' };
      }
      if (this.#strikes >= limits.STRIKES_MAX) return { kind: 'refuse' };
      if (this.#expectsBytes() && nowMs - this.#heardAtMs >= this.#idleMs()) return { kind: 'expire' };
      if (this.#syncDue(nowMs)) return this.#sync();
    }
    return this.#haveDue(nowMs) ? this.#have(nowMs) : undefined;
  }

  #expectsBytes(): boolean {
    return this.#missing > 0 && this.#credit > 0;
  }

  #idleMs(): number {
    return this.#assembling.size > 0 ? limits.IDLE_HALF_MS : limits.IDLE_MS;
  }

  #hasRoom(unit: number): boolean {
    if (this.#assembling.size + this.#checking.size >= this.#credit) return false;
    return unit < (this.#received.firstMissing(0, this.#unitCount) ?? 0) + limits.REACH_UNITS;
  }

  #take(
    unit: number,
    piece: { at: number; sizeBytes: number; wholeBytes: number; covered: UnitSet | undefined },
  ): PieceVerdict {
    const { at, sizeBytes, wholeBytes } = piece;
    let whole = sizeBytes === wholeBytes;
    if (!whole) {
      const covered = piece.covered ?? new UnitSet();
      covered.add(at, sizeBytes);
      whole = covered.isFull(wholeBytes);
      this.#assembling.set(unit, covered);
    }
    if (whole) {
      this.#assembling.delete(unit);
      this.#checking.add(unit);
    }
    return { kind: 'take', unit, at, whole };
  }

  #land(unit: number, nowMs: number): void {
    this.#assembling.delete(unit);
    this.#received.add(unit);
    this.#missing--;
    this.#landedAtMs = nowMs;
    if (this.#unsynced.push(unit) === 1) this.#unsyncedAtMs = nowMs;
    this.#news(1, nowMs);
  }

  #news(units: number, nowMs: number): void {
    this.#newsUnits += units;
    this.#newsAtMs ??= nowMs;
  }

  #syncDue(nowMs: number): boolean {
    if (this.#unsynced.length === 0 || this.#syncing !== undefined) return false;
    return (
      this.#unsynced.length * UNIT_BYTES >= limits.SYNC_BYTES || nowMs - this.#unsyncedAtMs >= limits.SYNC_MS
    );
  }

  #sync(): ReceivingAction {
    this.#syncing = this.#unsynced;
    this.#unsynced = [];
    return { kind: 'sync' };
  }

  /** Half the credit landed: waiting longer would let the station run dry. The last units are told by the receipt. */
  #haveDue(nowMs: number): boolean {
    const quietMs = nowMs - this.#haveAtMs;
    if (quietMs < limits.HAVE_MS_MIN) return false;
    if (this.#haveForced || quietMs >= limits.HAVE_SILENCE_MS) return true;
    if (this.#newsAtMs === undefined) return false;
    const enough = Math.min(limits.HAVE_BYTES / UNIT_BYTES, Math.max(1, this.#credit >> 1));
    return (this.#missing > 0 && this.#newsUnits >= enough) || nowMs - this.#newsAtMs >= limits.HAVE_MS;
  }

  #have(nowMs: number): ReceivingAction {
    const message: HaveMessage = {
      message: 'have',
      receiver: this.subject.receiver,
      session: this.#session,
      epoch: this.subject.epoch,
      digests_bytes: this.#digestsSent,
      received: this.#received.ranges(),
      durable: this.#durable.ranges(),
      bad: this.#bad,
      credit_bytes: this.#credit * UNIT_BYTES,
    };
    this.#bad = [];
    this.#haveForced = false;
    this.#newsUnits = 0;
    this.#newsAtMs = undefined;
    this.#haveAtMs = nowMs;
    return { kind: 'have', message };
  }
}
