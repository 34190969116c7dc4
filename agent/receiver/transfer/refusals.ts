// Signed refusals, each costing a signature: so many per station and second, the rest is left unanswered (offers repeat). Offers that do not hold are
// counted apart: 350 KB of JSON that mean nothing hold the thread for longer than a signature, so behind as many nothing more is looked at.
import type { RefuseBody } from '../../../protocol/transfer/messages.ts';
import type { ReceiverId, StationId } from '../../../protocol/format/ids.ts';
import type { Clock, Log } from '../../../protocol/format/ports.ts';
import { Allowance } from './allowance.ts';
import { REFUSALS } from '../limits.ts';
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
  readonly #answered: Allowance;
  readonly #failed: Allowance;

  constructor(options: RefusalsOptions) {
    this.#options = options;
    this.#answered = new Allowance(options.clock, REFUSALS);
    this.#failed = new Allowance(options.clock, REFUSALS);
  }

  /** Never rejects: a refusal that is not sent is asked for again. */
  async refuse(address: OfferAddress, refusal: Refusal): Promise<void> {
    const { sending, receiver, log } = this.#options;
    if (!this.#answered.spend(this.#payer(address.station))) return;
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

  /** Whether an offer of that station is looked at now; false where many of it did not hold. */
  looksAt(station: StationId): boolean {
    return this.#failed.left(this.#payer(station)) >= 1;
  }

  /** Something of that station was looked at and did not hold. */
  failed(station: StationId): void {
    this.#failed.spend(this.#payer(station));
  }

  #payer(station: StationId): StationId | null {
    return this.#options.stations.has(station) ? station : null;
  }
}
