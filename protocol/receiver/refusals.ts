// Signed refusals, each costing a signature: so many per station and second, the rest is left unanswered (offers repeat).
import type { RefuseBody } from '../messages.ts';
import type { ReceiverId, StationId } from '../ids.ts';
import type { Clock, Log } from '../ports.ts';
import { REFUSALS_BURST } from './limits.ts';
import type { OfferAddress } from './offer-check.ts';
import { logName, type Sending } from './sending.ts';

/** Stations whose allowance is remembered; unknown ones can be any number. */
const STATIONS_MAX = 4096;

/** What is said, and when to come again. */
export interface Refusal {
  readonly verb: RefuseBody['verb'];
  /** A few plain words; no path, no name. */
  readonly reason: string;
  readonly retryAfterMs: number;
}

export interface RefusalsOptions {
  readonly sending: Pick<Sending, 'signed' | 'send'>;
  readonly receiver: ReceiverId;
  readonly clock: Clock;
  readonly log: Log;
}

/** Answers offers with a no for now. */
export class Refusals {
  readonly #options: RefusalsOptions;
  readonly #allowances = new Map<StationId, { left: number; atMs: number }>();

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
    const known = this.#allowances.get(station);
    if (known === undefined) return REFUSALS_BURST;
    const passedMs = this.#options.clock.monotonicMs() - known.atMs;
    return Math.min(REFUSALS_BURST, known.left + passedMs / 1000);
  }

  #spend(station: StationId): boolean {
    const left = this.#left(station);
    if (left < 1) return false;
    if (!this.#allowances.has(station) && this.#allowances.size >= STATIONS_MAX) this.#allowances.clear();
    this.#allowances.set(station, { left: left - 1, atMs: this.#options.clock.monotonicMs() });
    return true;
  }
}
