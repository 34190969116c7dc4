// Holds what the station sends to a rate (DESIGN 9, `broker.rate_bytes_per_s`): pieces of units wait here for their turn, the first first;
// all else passes and is counted. Without a rate nothing waits.
//
// Burst: less than 0.4 s' worth, and not a whole unit: a unit at once would be 30 s of a slow line for whoever shares it, and the
// rate would not hold over 10 s behind a pause.
import { UNIT_BYTES } from '../../protocol/format/limits.ts';
import type { Broker, Clock } from '../../protocol/format/ports.ts';
import { pacedMessageBytes, TokenBucket } from './token-bucket.ts';

interface Waiting {
  readonly bytes: number;
  readonly sinceMs: number;
  /** Gets how long it was held back, in ms. */
  readonly go: (heldMs: number) => void;
}

/** One for all that a station sends. */
export class Pace {
  readonly #clock: Pick<Clock, 'monotonicMs' | 'after'>;
  #rateBytesPerS: number | null = null;
  #bucket: TokenBucket | undefined;
  #waiting: Waiting[] = [];
  #cancel: () => void = () => undefined;

  constructor(clock: Pick<Clock, 'monotonicMs' | 'after'>) {
    this.#clock = clock;
  }

  get rateBytesPerS(): number | null {
    return this.#rateBytesPerS;
  }

  /** The rate from now on; null: none. The same rate again changes nothing: what is owed stays owed. */
  set(rateBytesPerS: number | null): void {
    if (rateBytesPerS === this.#rateBytesPerS) return;
    this.#rateBytesPerS = rateBytesPerS;
    this.#bucket =
      rateBytesPerS === null ? undefined : new TokenBucket(rateBytesPerS, this.#clock.monotonicMs());
    this.#letThrough();
  }

  /** Largest message that keeps the rate even. */
  get messageBytesMax(): number {
    return this.#rateBytesPerS === null ? UNIT_BYTES : pacedMessageBytes(this.#rateBytesPerS);
  }

  /** Monotonic ms at which so many bytes may leave at once, where nothing else leaves; Infinity while others wait for their turn. */
  freeAtMs(bytes: number): number {
    const nowMs = this.#clock.monotonicMs();
    if (this.#bucket === undefined) return nowMs;
    return this.#waiting.length > 0 ? Number.POSITIVE_INFINITY : this.#bucket.holdsAtMs(bytes, nowMs);
  }

  /** Whether that is now. */
  isFree(bytes: number): boolean {
    return this.#bucket === undefined || this.freeAtMs(bytes) <= this.#clock.monotonicMs();
  }

  /** So many bytes leave now, without waiting. */
  spend(bytes: number): void {
    this.#bucket?.spend(bytes, this.#clock.monotonicMs());
  }

  /** Resolves when so many bytes may leave, and counts them; with how long that took, in ms. Never rejects. */
  async turn(bytes: number): Promise<number> {
    if (this.isFree(0)) {
      this.spend(bytes);
      return 0;
    }
    return new Promise((go) => {
      this.#waiting.push({ bytes, sinceMs: this.#clock.monotonicMs(), go });
      if (this.#waiting.length === 1) this.#letThrough();
    });
  }

  /** The connection is gone, or the end is near: whatever waits goes on at once and finds out. Counts nothing. */
  letGo(): void {
    this.#cancel();
    const nowMs = this.#clock.monotonicMs();
    for (const { sinceMs, go } of this.#waiting.splice(0)) go(nowMs - sinceMs);
  }

  #letThrough(): void {
    this.#cancel();
    const nowMs = this.#clock.monotonicMs();
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      const atMs = this.#bucket?.holdsAtMs(0, nowMs) ?? nowMs;
      if (atMs > nowMs) {
        this.#cancel = this.#clock.after(atMs - nowMs, () => this.#letThrough());
        return;
      }
      this.#waiting.shift();
      this.spend(next.bytes);
      next.go(nowMs - next.sinceMs);
    }
  }
}

/** The same broker; what is published is counted, and waits for nothing. */
export function counted(
  broker: Pick<Broker, 'connected' | 'publish'>,
  pace: Pick<Pace, 'spend'>,
): Pick<Broker, 'connected' | 'publish'> {
  return {
    get connected() {
      return broker.connected;
    },
    publish: (topic, payload, options) => {
      pace.spend(payload.length);
      return broker.publish(topic, payload, options);
    },
  };
}
