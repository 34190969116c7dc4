// Whether the vault has room for one more recording: free bytes less what active recordings still need, and the quota.
//
// Invariants:
// 1. What was admitted fits, as far as the books go: nobody is admitted on room that another one still needs.
// 2. Room that a station only names is no reason to keep another one out: where it does not suffice, whoever asks for no more than an equal part of
//    what is left gets it, and stations with more than that give way, the largest recording first. Nothing that came is lost.
import { NO_POLICY, type PolicyTerms } from '../../../protocol/documents/retention.ts';
import { isDockError, systemCode } from '../../../protocol/format/errors.ts';
import type { StationId } from '../../../protocol/format/ids.ts';
import type { Clock, Conditions, Log } from '../../../protocol/format/ports.ts';
import * as limits from '../limits.ts';
import type { Refusal } from './refusals.ts';
import type { Transfers } from './transfers.ts';
import type { RecordingName, Vault } from '../vault/vault.ts';

/** The vault is counted anew so often, since other programs delete what is due. */
const COUNT_MS = 3_600_000;
/** ... and when the quota is reached, but not more often than this. */
const COUNT_FULL_MS = 600_000;
/** While it is full, it is looked at so often whether there is room again. */
const CHECK_MS = 30_000;
/** The vault's id file is read at most so often. */
const PRESENT_MS = 5000;

export interface SpaceOptions {
  readonly vault: Pick<Vault, 'count' | 'freeBytes' | 'mayBegin' | 'unfinishedBytes' | 'isPresent'>;
  readonly quotaBytes: number;
  /** The policy in force, which may bound what one station fills (SPEC 4.16.26). */
  readonly words: { readonly inForce: Pick<PolicyTerms, 'stationBytes'> | undefined };
  readonly transfers: Pick<Transfers, 'missingBytes' | 'yieldOne'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly conditions: Conditions;
}

/** Less than this part of the room being left is said before the vault is full; it goes once there is a fifth more. */
const LOW_PART = 1 / 20;
const LOW_OVER = 1.2;

/** Keeps the books. Until the first count is done, only free bytes limit what is admitted. */
export class Space {
  readonly #options: SpaceOptions;
  readonly #stop = new AbortController();
  #usedBytes = 0;
  #isCounted = false;
  readonly #usedBy = new Map<string, number>();
  #countedAtMs: number | undefined;
  #counting: Promise<void> = Promise.resolve();
  #present = { value: true, atMs: Number.NEGATIVE_INFINITY };
  readonly #promised = new Map<StationId, number>(); // bytes for those that were admitted and did not begin yet
  #needBytes = 0; // of the last one that found no room
  #cancelCount: () => void = () => undefined;
  #cancelCheck: (() => void) | undefined;

  constructor(options: SpaceOptions) {
    this.#options = options;
  }

  /** Begins the first count. */
  start(): void {
    this.#counting = this.#count();
  }

  async stop(): Promise<void> {
    this.#stop.abort(new Error('the receiver stops'));
    this.#cancelCount();
    this.#cancelCheck?.();
    await this.#counting;
  }

  /** What the vault has; undefined before the first count. */
  get usedBytes(): number | undefined {
    return this.#isCounted ? this.#usedBytes : undefined;
  }

  /** Once a minute, so that room that ends is said before anybody is turned away. Errors: the system's. */
  async look(): Promise<void> {
    if (!(await this.#isPresent())) return;
    const leftBytes = Math.min(await this.#freeBytes(), this.#quotaLeft);
    if (leftBytes <= 0 && this.#cancelCheck === undefined)
      this.#full(null, 0, leftBytes === this.#quotaLeft ? 'quota reached' : 'no space left', leftBytes);
    const limitBytes = Math.round((this.#usedBytes + Math.max(0, leftBytes)) * LOW_PART);
    const { conditions } = this.#options;
    if (leftBytes < limitBytes)
      conditions.raise('vault.low', null, { left_bytes: Math.max(0, leftBytes), limit_bytes: limitBytes });
    else if (leftBytes >= limitBytes * LOW_OVER) conditions.clear('vault.low', null);
  }

  /** Bytes were written that the last count did not see. */
  added(station: StationId, bytes: number): void {
    this.#usedBytes += bytes;
    this.#usedBy.set(station, bytes + (this.#usedBy.get(station) ?? 0));
  }

  /**
   * Undefined where a recording of that size had room and `begin` ran, else what the station is told. Until `begin` is done, which makes it one
   * of the active ones, nobody else gets that room. Errors: the system's; those of `begin`.
   */
  async admit(name: RecordingName, sealedSizeBytes: number, begin: () => void): Promise<Refusal | undefined> {
    const { vault, quotaBytes } = this.#options;
    if (sealedSizeBytes > quotaBytes) return this.#tooLarge(name.station, sealedSizeBytes);
    if (!(await vault.mayBegin(name)))
      return pause('too many unfinished recordings', limits.PAUSE_ALTERED_MS);
    // What lies here of an earlier attempt is in the books, and would else be asked for twice: on a full disk for ever.
    const sizeBytes = Math.max(0, sealedSizeBytes - (await vault.unfinishedBytes(name)));
    const { station } = name;
    const refusal = await this.#look(station, sizeBytes, () => this.#promise(station, sizeBytes));
    if (refusal !== undefined) return refusal;
    try {
      begin();
    } finally {
      this.#promise(station, -sizeBytes);
    }
    return undefined;
  }

  #promise(station: StationId, bytes: number): void {
    const promised = (this.#promised.get(station) ?? 0) + bytes;
    if (promised > 0) this.#promised.set(station, promised);
    else this.#promised.delete(station);
  }

  /** The same for so many bytes of something that comes whole in one message. Errors: the system's. */
  refusalOfBytes(station: StationId, sizeBytes: number): Promise<Refusal | undefined> {
    return this.#look(station, sizeBytes, () => undefined);
  }

  /** `take` is called where there is room, before anybody else can look. */
  async #look(station: StationId, sizeBytes: number, take: () => unknown): Promise<Refusal | undefined> {
    if (!(await this.#isPresent())) return pause('the vault is not there', limits.PAUSE_FULL_MS);
    for (;;) {
      const freeBytes = await this.#freeBytes();
      const ownBytes = sizeBytes + (this.#coming().get(station) ?? 0) + (this.#usedBy.get(station) ?? 0);
      const { stationBytes } = this.#options.words.inForce ?? NO_POLICY;
      if (ownBytes > stationBytes) return this.#stationFull(station, ownBytes, stationBytes);
      this.#options.conditions.clear('vault.station-quota', station);
      const needBytes = sizeBytes + this.#comingBytes;
      const quotaLeft = this.#quotaLeft;
      if (needBytes <= freeBytes && needBytes <= quotaLeft) break;
      if (await this.#makeRoom(station, sizeBytes, Math.min(freeBytes, quotaLeft))) continue;
      if (needBytes > freeBytes) return this.#full(station, sizeBytes, 'no space left', freeBytes);
      this.#countAgain();
      return this.#full(station, sizeBytes, 'quota reached', quotaLeft);
    }
    this.#roomAgain();
    take();
    return undefined;
  }

  /** True where a station with more than an equal part of what is left gave some of it back to one that asks for no more than that. */
  async #makeRoom(station: StationId, sizeBytes: number, leftBytes: number): Promise<boolean> {
    const coming = this.#coming().set(station, sizeBytes + (this.#coming().get(station) ?? 0));
    const shareBytes = leftBytes / coming.size;
    const [largest] = [...coming].toSorted(([, a], [, b]) => b - a);
    if (largest === undefined || (coming.get(station) ?? 0) > shareBytes) return false;
    const [greedy, greedyBytes] = largest;
    return greedy !== station && greedyBytes > shareBytes && this.#options.transfers.yieldOne(greedy);
  }

  async #freeBytes(): Promise<number> {
    return (await this.#options.vault.freeBytes()) - limits.SPACE_RESERVE_BYTES;
  }

  get #quotaLeft(): number {
    return this.#options.quotaBytes - this.#usedBytes;
  }

  get #comingBytes(): number {
    return [...this.#coming().values()].reduce((sum, bytes) => sum + bytes, 0);
  }

  /** Bytes that are promised or still to come, of each station of which something is. */
  #coming(): Map<StationId, number> {
    const coming = new Map(this.#options.transfers.missingBytes());
    for (const [station, bytes] of this.#promised) coming.set(station, bytes + (coming.get(station) ?? 0));
    return coming;
  }

  /** What a failure of ours means for the station: a pause in any case. */
  afterFailure(error: unknown): Refusal {
    const code = systemCode(error) ?? '';
    // A write found no space although the books said so.
    if (['ENOSPC', 'EDQUOT'].includes(code)) return this.#full(null, 0, 'no space left', 0);
    if (isDockError(error, 'worker.died') || isDockError(error, 'units.not-open'))
      return { verb: 'resend', reason: 'the receiver lost its worker', retryAfterMs: 0 };
    this.#options.conditions.raise('vault.write-failed', null, { system_code: code });
    return pause('the vault cannot be written', limits.PAUSE_FAILED_MS);
  }

  #tooLarge(station: StationId, sealedSizeBytes: number): Refusal {
    this.#options.conditions.raise('vault.quota', station, {
      recording_bytes: sealedSizeBytes,
      quota_bytes: this.#options.quotaBytes,
    });
    return pause('larger than the quota of the vault', 3_600_000);
  }

  /** Of one station alone: others are not kept waiting for it. */
  #stationFull(station: StationId, neededBytes: number, quotaBytes: number): Refusal {
    this.#countAgain();
    this.#options.conditions.raise('vault.station-quota', station, {
      needed_bytes: neededBytes,
      quota_bytes: quotaBytes,
    });
    return pause('the station fills what the policy allows it', limits.PAUSE_FULL_MS);
  }

  #full(station: StationId | null, needBytes: number, reason: string, leftBytes: number): Refusal {
    this.#needBytes = needBytes;
    this.#options.conditions.raise('vault.full', null, {
      reason,
      left_bytes: Math.max(0, leftBytes),
      needed_bytes: needBytes,
      station,
    });
    this.#cancelCheck ??= this.#options.clock.after(CHECK_MS, () => void this.#check());
    return pause(reason, limits.PAUSE_FULL_MS);
  }

  /** Clears the condition also where nobody offers any more. */
  async #check(): Promise<void> {
    this.#cancelCheck = undefined;
    if (this.#stop.signal.aborted) return;
    const freeBytes = await this.#freeBytes().catch(() => 0);
    const leftBytes = Math.min(freeBytes, this.#quotaLeft);
    if (leftBytes > this.#needBytes + this.#comingBytes) this.#roomAgain();
    else this.#cancelCheck = this.#options.clock.after(CHECK_MS, () => void this.#check());
  }

  #roomAgain(): void {
    this.#cancelCheck?.();
    this.#cancelCheck = undefined;
    this.#options.conditions.clear('vault.full', null);
  }

  async #isPresent(): Promise<boolean> {
    const nowMs = this.#options.clock.monotonicMs();
    if (nowMs - this.#present.atMs < PRESENT_MS) return this.#present.value;
    const value = await this.#options.vault.isPresent();
    this.#present = { value, atMs: nowMs };
    if (value) this.#options.conditions.clear('vault.lost', null);
    else this.#options.conditions.raise('vault.lost', null);
    return value;
  }

  #countAgain(): void {
    const nowMs = this.#options.clock.monotonicMs();
    if (this.#countedAtMs === undefined || nowMs - this.#countedAtMs < COUNT_FULL_MS) return;
    this.#cancelCount();
    this.#counting = this.#count();
  }

  /** Never rejects: after a failure the old number stands until the next count. */
  async #count(): Promise<void> {
    const { vault, clock, log, conditions } = this.#options;
    const before = this.#usedBytes;
    const beforeBy = new Map(this.#usedBy);
    this.#countedAtMs = undefined;
    try {
      const found = await vault.count(this.#stop.signal);
      this.#usedBytes = found.bytes + (this.#usedBytes - before);
      this.#isCounted = true;
      for (const station of new Set([...this.#usedBy.keys(), ...found.stationBytes.keys()])) {
        const since = (this.#usedBy.get(station) ?? 0) - (beforeBy.get(station) ?? 0);
        this.#usedBy.set(station, since + (found.stationBytes.get(station) ?? 0));
      }
      const { bytes, recordings, dockings, unfinished, oddCount } = found;
      log.info('vault counted', { bytes, recordings, dockings, unfinished, odd: oddCount });
      if (oddCount === 0) conditions.clear('vault.unknown-entries', null);
      else conditions.raise('vault.unknown-entries', null, { count: oddCount, first: found.odd[0] ?? null });
      if (oddCount > 0) log.warn('unexpected files in the vault', { odd: found.odd });
    } catch (error) {
      if (this.#stop.signal.aborted) return;
      log.error('vault not counted', { error });
    }
    this.#countedAtMs = clock.monotonicMs();
    this.#cancelCount = clock.after(COUNT_MS, () => {
      this.#counting = this.#count();
    });
  }
}

function pause(reason: string, retryAfterMs: number): Refusal {
  return { verb: 'pause', reason, retryAfterMs };
}
