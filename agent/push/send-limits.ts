// What the station may take of a shared uplink at this moment: the rate, and whether the hours are those of recordings. Told anew while
// it runs. The wall clock is taken as it is whenever somebody asks; one timer a minute tells those who wait that the hours changed.
import { DAY_MINUTES, NO_LIMITS, windowMinutes, type PushLimits } from '../../config/push-limits.ts';
import type { Clock, Log } from '../../protocol/format/ports.ts';
import { isOpenAt, opensAtMs } from './hours.ts';
import { Pace } from './pace.ts';

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
