// What the station may take of a shared uplink at this moment: the rate, and whether the hours are those of recordings. Told anew while
// it runs. The wall clock is taken as it is whenever somebody asks; one timer a minute tells those who wait that the hours changed.
import {
  type DailyWindow,
  DAY_MINUTES,
  isInWindow,
  NO_LIMITS,
  type PushLimits,
  windowMinutes,
} from '../../config/push-limits.ts';
import { MESSAGE_BYTES_MIN, UNIT_BYTES } from '../../protocol/format/limits.ts';
import type { Broker, Clock, Log } from '../../protocol/format/ports.ts';

const MINUTE_MS = 60_000;

export interface SendLimitsDeps {
  readonly clock: Pick<Clock, 'wallMs' | 'monotonicMs' | 'after'>;
  /** The instant as the station's local time taken as UTC. */
  readonly localMs: (utcMs: number) => number;
  readonly log: Pick<Log, 'info'>;
}

/** The limits of one station. */
export class SendLimits {
  readonly pace: Pace;
  readonly #deps: SendLimitsDeps;
  #limits = NO_LIMITS;
  #wasOpen = true;
  #cancel: () => void = () => undefined;
  #onChange: () => void = () => undefined;
  #stopped = false;

  constructor(deps: SendLimitsDeps) {
    this.#deps = deps;
    this.pace = new Pace(deps.clock);
  }

  /** They count from now on. */
  set(limits: PushLimits): void {
    this.#limits = limits;
    this.pace.set(limits.rateBytesPerS);
    this.#look();
    this.#onChange();
  }

  /** Whether recordings that are not locked may be offered and sent. */
  get isOpen(): boolean {
    const { windows } = this.#limits;
    return windows.length === 0 || isOpenAt(windows, this.#deps.localMs(this.#deps.clock.wallMs()));
  }

  /** When they may, in ms since 1970 by the wall clock; null where they may now. */
  get opensAtMs(): number | null {
    return opensAtMs(this.#limits.windows, this.#deps.clock.wallMs(), this.#deps.localMs);
  }

  /** Length of the longest window; 0 where recordings wait for none. */
  get longestWindowS(): number {
    const minutes = this.#limits.windows.map(windowMinutes);
    const isWholeDay = minutes.reduce((sum, each) => sum + each, 0) === DAY_MINUTES;
    return isWholeDay ? 0 : 60 * Math.max(0, ...minutes);
  }

  /** The one who is told when something that waited may go now, or must not any more. */
  onChange(handler: () => void): void {
    this.#onChange = handler;
  }

  /** No timer is left. */
  stop(): void {
    this.#stopped = true;
    this.#cancel();
    this.pace.letGo();
  }

  /** Looks at the beginning of each minute of the wall clock: where it was set, that is noticed within a minute. */
  #look(): void {
    this.#cancel();
    const { clock, log } = this.#deps;
    const isOpen = this.isOpen;
    if (isOpen !== this.#wasOpen) {
      this.#wasOpen = isOpen;
      if (isOpen) log.info('recordings are sent again', {});
      else log.info('recordings wait for the hours of broker.windows', {});
      this.#onChange();
    }
    if (this.#stopped || this.#limits.windows.length === 0) return;
    const leftMs = MINUTE_MS - (((clock.wallMs() % MINUTE_MS) + MINUTE_MS) % MINUTE_MS);
    this.#cancel = clock.after(leftMs, () => this.#look());
  }
}

// Holds what the station sends to a rate (`broker.rate_bytes_per_s`): pieces of units are sent in the order in which they came;
// all else passes and is counted. Without a rate nothing waits.
//
// Burst: less than 0.4 s' worth, and not a whole unit: a unit at once would be 30 s of a slow line for whoever shares it, and the
// rate would not hold over 10 s behind a pause.

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

// How many bytes may leave at a moment where only so many may in a second. Pure: time comes in, and no timer is here.
//
// Invariants:
// 1. Over any time T at most rate * T + burst + one message leaves, where each message waits for `holdsAtMs(0)`.
// 2. What leaves without waiting is owed, and held against what comes behind it, for at most DEBT_S.

/** Burst and one message together, in seconds of the rate: 4 % of ten seconds, and more than timers are late. */
const SLACK_S = 0.4;
/** A message of so much of a second is short enough for whatever else wants to go over the line. */
const MESSAGE_S = 1 / 8;
/** A log of weeks goes without waiting; recordings do not stand still for it for longer than this. */
const DEBT_S = 60;

/** Bytes that may leave, as they come in at one rate. */
class TokenBucket {
  readonly #rateBytesPerS: number;
  readonly #burstBytes: number;
  /** Below 0 where more left than there was. */
  #levelBytes: number;
  #atMs: number;

  /** Full at first. */
  constructor(rateBytesPerS: number, nowMs: number) {
    this.#rateBytesPerS = rateBytesPerS;
    this.#burstBytes = SLACK_S * rateBytesPerS - pacedMessageBytes(rateBytesPerS);
    this.#levelBytes = this.#burstBytes;
    this.#atMs = nowMs;
  }

  /** So many bytes leave now, whatever is there. */
  spend(bytes: number, nowMs: number): void {
    this.#fill(nowMs);
    this.#levelBytes = Math.max(this.#levelBytes - bytes, -DEBT_S * this.#rateBytesPerS);
  }

  /** When it holds so many bytes, with nothing owed; `nowMs` where it does, Infinity for more than it ever holds. */
  holdsAtMs(bytes: number, nowMs: number): number {
    this.#fill(nowMs);
    if (bytes > this.#burstBytes) return Number.POSITIVE_INFINITY;
    const lacks = bytes - this.#levelBytes;
    return lacks <= 0 ? nowMs : nowMs + Math.ceil((1000 * lacks) / this.#rateBytesPerS);
  }

  #fill(nowMs: number): void {
    const came = (this.#rateBytesPerS * Math.max(0, nowMs - this.#atMs)) / 1000;
    this.#levelBytes = Math.min(this.#burstBytes, this.#levelBytes + came);
    this.#atMs = nowMs;
  }
}

/** Largest message at a rate: a power of two, so that units are cut evenly; a quarter of a second at the lowest rate. */
function pacedMessageBytes(rateBytesPerS: number): number {
  const most = 2 ** Math.floor(Math.log2(MESSAGE_S * rateBytesPerS));
  return Math.min(UNIT_BYTES, Math.max(MESSAGE_BYTES_MIN, most));
}

// The hours of the day in which recordings are sent (`broker.windows`), by the clock on the wall. Pure: the time and the zone come in.
//
// Round a change of summer time the wall decides: an hour that is skipped opens nothing, one that comes twice is open twice.

/** A window that lies in the hour that summer time skips opens on the next day; an hour for the change itself. */
const AHEAD_MINUTES = 2 * DAY_MINUTES + 60;

/** Whether recordings may go. `localMs`: the local time of the moment, taken as UTC, in ms since 1970. */
export function isOpenAt(windows: readonly DailyWindow[], localMs: number): boolean {
  if (windows.length === 0) return true;
  const minutes = Math.floor(localMs / MINUTE_MS);
  const minute = ((minutes % DAY_MINUTES) + DAY_MINUTES) % DAY_MINUTES;
  return windows.some((window) => isInWindow(window, minute));
}

/**
 * When they may go again, in ms since 1970; null where they may now. Looks minute by minute, since one local time may come twice or not at
 * all. `toLocalMs`: gives the local time of an instant, taken as UTC.
 */
export function opensAtMs(
  windows: readonly DailyWindow[],
  wallMs: number,
  toLocalMs: (utcMs: number) => number,
): number | null {
  if (isOpenAt(windows, toLocalMs(wallMs))) return null;
  const minuteMs = wallMs - (wallMs % MINUTE_MS);
  for (let ahead = 1; ahead <= AHEAD_MINUTES; ahead++) {
    const atMs = minuteMs + ahead * MINUTE_MS;
    if (isOpenAt(windows, toLocalMs(atMs))) return atMs;
  }
  return null;
}
