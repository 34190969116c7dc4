// All recordings that are being received at one time: bounded, with the buffers shared among them, and messages handed to theirs.
import type { StationId } from '../../../protocol/format/ids.ts';
import type { Clock } from '../../../protocol/format/ports.ts';
import { ACTIVE_FURTHER_MAX, ACTIVE_MAX, ACTIVE_PER_STATION_MAX, STALL_MS } from '../limits.ts';
import type { RecordingName } from '../vault/vault.ts';
import { keyOf } from './sending.ts';
import { SlabShares } from './slabs.ts';
import type { Transfer } from './transfer.ts';

/** The active transfers. */
export class Transfers {
  readonly #clock: Clock;
  readonly #shares: SlabShares<string>;
  readonly #active = new Map<string, Transfer>();
  readonly #perStation = new Map<StationId, number>();
  #cancelCheck: (() => void) | undefined;

  /** `slabs` is the number of buffers to share. */
  constructor(slabs: number, clock: Clock) {
    this.#clock = clock;
    this.#shares = new SlabShares(slabs);
  }

  get size(): number {
    return this.#active.size;
  }

  /** Bytes that are still to come, of each station of which something is. */
  missingBytes(): Map<StationId, number> {
    const sums = new Map<StationId, number>();
    for (const { subject, missingBytes } of this.#active.values())
      if (missingBytes > 0) sums.set(subject.station, (sums.get(subject.station) ?? 0) + missingBytes);
    return sums;
  }

  /** Ends the one of that station that misses most; what came of it is kept. False where it has none. Never rejects. */
  async yieldOne(station: StationId): Promise<boolean> {
    const own = [...this.#active.values()].filter(({ subject }) => subject.station === station);
    const [largest] = own.toSorted((a, b) => b.missingBytes - a.missingBytes);
    if (largest === undefined || largest.missingBytes === 0) return false;
    await largest.yieldRoom();
    return true;
  }

  get(name: RecordingName): Transfer | undefined {
    return this.#active.get(keyOf(name));
  }

  /** Whether one more of this station may begin, beside so many that may be about to, in all and of this station. */
  hasPlace(station: StationId, beginning = { all: 0, own: 0 }): boolean {
    const all = this.#active.size + beginning.all;
    const own = (this.#perStation.get(station) ?? 0) + beginning.own;
    return own === 0 ? all < ACTIVE_MAX : all < ACTIVE_FURTHER_MAX && own < ACTIVE_PER_STATION_MAX;
  }

  add(name: RecordingName, transfer: Transfer): void {
    this.#active.set(keyOf(name), transfer);
    this.#perStation.set(name.station, (this.#perStation.get(name.station) ?? 0) + 1);
  }

  /** A transfer ended. */
  remove(name: RecordingName): void {
    if (!this.#active.delete(keyOf(name))) return;
    const left = (this.#perStation.get(name.station) ?? 1) - 1;
    if (left > 0) this.#perStation.set(name.station, left);
    else this.#perStation.delete(name.station);
    this.#shares.leave(keyOf(name));
    this.#settle();
  }

  /** So many units of that recording are missing: the first time it begins to take part in the sharing. */
  missing(name: RecordingName, units: number): void {
    const key = keyOf(name);
    const before = this.#shares.granted(key);
    this.#shares.landed(key, units);
    if (!this.#shares.has(key)) this.#shares.join(key, name.station, units);
    this.#settle();
    const granted = this.#shares.granted(key);
    if (granted < before) this.#active.get(key)?.grant(granted);
  }

  /** Stops all; resolves when their work is ended. */
  async stop(): Promise<void> {
    this.#cancelCheck?.();
    await Promise.all([...this.#active.values()].map((transfer) => transfer.stop()));
  }

  #settle(): void {
    for (const key of this.#shares.settle()) this.#active.get(key)?.grant(this.#shares.granted(key));
    if (this.#shares.starving || this.#shares.isOwed)
      this.#cancelCheck ??= this.#clock.after(STALL_MS / 3, () => this.#check());
  }

  /**
   * While some wait for their first buffer, those that have one and send nothing go to the end of the line. While some have less than their share,
   * those that have more and bring no unit to its end, whatever they send, are brought down to theirs.
   */
  #check(): void {
    this.#cancelCheck = undefined;
    const { starving, isOwed } = this.#shares;
    for (const [key, transfer] of this.#active) {
      if (this.#shares.granted(key) === 0) continue;
      if (starving && transfer.silentFor(STALL_MS)) this.#shares.stalled(key);
      else if (isOwed && this.#shares.isAbove(key) && transfer.stuckFor(STALL_MS)) this.#shares.lowered(key);
      else continue;
      const granted = this.#shares.granted(key);
      transfer.grant(granted);
      transfer.dropFilling(granted);
    }
    this.#settle();
  }
}
