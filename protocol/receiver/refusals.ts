// Signed refusals, each costing a signature: so many per station and second, the rest is left unanswered (offers repeat).
import type { RefuseBody } from '../messages.ts';
import type { ReceiverId, StationId } from '../ids.ts';
import type { Clock, Log } from '../ports.ts';
import { REFUSALS_BURST } from './limits.ts';
import type { OfferAddress } from './offer-check.ts';
import { logName, type Sending } from './sending.ts';

/** What is said, and when to come again. */
export interface Refusal {
  readonly verb: RefuseBody['verb'];
  /** A few plain words; no path, no name. */
  readonly reason: string;
  readonly retryAfterMs: number;
}

export interface RefusalsOptions {
  readonly sending: Pick<Sending, 'signed' | 'send'>;
  /** Stations that are not in it share one allowance: there may be any number of them. */
  readonly stations: ReadonlyMap<StationId, unknown>;
  readonly receiver: ReceiverId;
  readonly clock: Clock;
  readonly log: Log;
}

/** Answers offers with a no for now. */
export class Refusals {
  readonly #options: RefusalsOptions;
  readonly #allowances = new Map<StationId | null, { left: number; atMs: number }>();

  constructor(options: RefusalsOptions) {
    this.#options = options;
  }

  /** Never rejects: a refusal that is not sent is asked for again. */
  async refuse(address: OfferAddress, refusal: Refusal): Promise<void> {
    const { sending, receiver, log } = this.#options;
    if (!this.#spend(address.station)) return;
    log.info('offer refused', { ...logName(address), verb: refusal.verb, reason: refusal.reason });
    const body: RefuseBody = {
      message: 'refuse',
      station: address.station,
      recording: address.recording,
      receiver,
      session: address.session,
      verb: refusal.verb,
      reason: refusal.reason.slice(0, 256),
      retry_after_ms: refusal.retryAfterMs,
      manifest_sha256: address.manifestSha256,
    };
    try {
      await sending.send(address, await sending.signed(body));
    } catch (error) {
      log.debug('refusal not sent', { ...logName(address), error });
    }
  }

  /** Whether one more refusal of that station would be answered now. */
  allows(station: StationId): boolean {
    return this.#left(station) >= 1;
  }

  #left(station: StationId): number {
    const known = this.#allowances.get(this.#payer(station));
    if (known === undefined) return REFUSALS_BURST;
    const passedMs = this.#options.clock.monotonicMs() - known.atMs;
    return Math.min(REFUSALS_BURST, known.left + passedMs / 1000);
  }

  #payer(station: StationId): StationId | null {
    return this.#options.stations.has(station) ? station : null;
  }

  #spend(station: StationId): boolean {
    const left = this.#left(station);
    if (left < 1) return false;
    this.#allowances.set(this.#payer(station), { left: left - 1, atMs: this.#options.clock.monotonicMs() });
    return true;
  }
}
