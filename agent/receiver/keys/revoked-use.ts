// Tells people that a station still signs with a revoked key, for as long as it does.
import type { StationId } from '../../../protocol/format/ids.ts';
import type { Clock, ConditionFacts, Conditions, Log } from '../../../protocol/format/ports.ts';
import { REVOKED_USE_MS } from '../limits.ts';

export interface RevokedUseOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly conditions: Conditions;
}

/** Uses of revoked keys, by station. */
export class RevokedUse {
  readonly #options: RevokedUseOptions;
  readonly #cancels = new Map<StationId, () => void>();

  constructor(options: RevokedUseOptions) {
    this.#options = options;
  }

  /** Something came that a revoked key had signed. */
  saw(station: StationId, facts: ConditionFacts): void {
    const { clock, log, conditions } = this.#options;
    if (!this.#cancels.has(station)) log.error('station signs with a revoked key', { station, ...facts });
    conditions.raise('receiver.key-revoked', station, facts);
    this.#cancels.get(station)?.();
    const forget = (): void => {
      this.#cancels.delete(station);
      conditions.clear('receiver.key-revoked', station);
    };
    this.#cancels.set(station, clock.after(REVOKED_USE_MS, forget));
  }

  /** No timer of it runs any more. */
  stop(): void {
    for (const cancel of this.#cancels.values()) cancel();
  }
}
