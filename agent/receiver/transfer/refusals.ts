// Signed refusals, each costing a signature: so many per station and second, the rest is left unanswered (offers repeat). Offers that do not hold are
// counted apart: 350 KB of JSON that mean nothing hold the thread for longer than a signature, so behind as many nothing more is looked at.
import type { ReceiverId, StationId } from '../../../protocol/format/ids.ts';
import type { Clock, Conditions, Log } from '../../../protocol/format/ports.ts';
import type { RefuseBody } from '../../../protocol/transfer/messages.ts';
import type { RevokedUse } from '../keys/revocations.ts';
import { REFUSALS } from '../limits.ts';
import type { SignedDocument, Vault, VaultNote } from '../vault/vault.ts';
import type { CheckedOffer, OfferAddress, OfferRefusal, OfferSubject } from './offers.ts';
import { logName, type Sending } from './sending.ts';

// How often a station may cost the receiver something that brings it nothing.

/** So many at once, and so many more each second. */
interface AllowanceRate {
  readonly atOnce: number;
  readonly perSecond: number;
}

/** The same for each station; those that are not in the file (null) share one. */
export class Allowance {
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  readonly #rate: AllowanceRate;
  readonly #stations = new Map<StationId | null, { left: number; atMs: number }>();

  constructor(clock: Pick<Clock, 'monotonicMs'>, rate: AllowanceRate) {
    this.#clock = clock;
    this.#rate = rate;
  }

  /** What is left, in whole ones and parts. */
  left(payer: StationId | null): number {
    const { atOnce, perSecond } = this.#rate;
    const known = this.#stations.get(payer);
    if (known === undefined) return atOnce;
    const passedMs = this.#clock.monotonicMs() - known.atMs;
    return Math.min(atOnce, known.left + (passedMs * perSecond) / 1000);
  }

  /** False where less than that is left. */
  spend(payer: StationId | null, cost = 1): boolean {
    const left = this.left(payer);
    if (left < cost) return false;
    this.#stations.set(payer, { left: left - cost, atMs: this.#clock.monotonicMs() });
    return true;
  }
}

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

// Offers that do not hold: a condition for people, a note in the vault, and a signed `never`, which a station tries again daily.

const DAY_MS = 86_400_000;
/** The word of SPEC 6.8.18. */
const ID_ELSEWHERE = 'id-of-another-station';
/** The word of SPEC 4.9. */
export const KEY_REVOKED = 'key-revoked';

interface RejectionsOptions {
  readonly stations: ReadonlyMap<StationId, unknown>;
  readonly vault: Pick<Vault, 'note'>;
  readonly refusals: Refusals;
  readonly revokedUse: Pick<RevokedUse, 'saw'>;
  readonly log: Log;
  readonly conditions: Conditions;
}

/** Tells everybody whom it concerns. Nothing here rejects. */
export class Rejections {
  readonly #options: RejectionsOptions;

  constructor(options: RejectionsOptions) {
    this.#options = options;
  }

  /** Two signed documents of one id: nothing of the second one is taken; it is kept beside its note where it is given. */
  async conflict(offer: OfferSubject, document?: SignedDocument): Promise<void> {
    const { conditions, log, refusals } = this.#options;
    log.error('station signed two documents for one id', { ...logName(offer), kind: offer.kind });
    conditions.raise('receiver.recording-conflict', offer.station, { recording: offer.recording });
    await this.#note(offer, 'recording-conflict', { station: offer.station, isSigned: true }, document);
    await refusals.refuse(offer, never('another document is known under this id'));
  }

  /** An id that another station has: a forged offer or a copied station, and two of one id would spoil the evidence of the other one. */
  async elsewhere({ subject, document }: CheckedOffer, other: StationId): Promise<void> {
    const { conditions, log, refusals } = this.#options;
    const { station, recording } = subject;
    log.error('station offers the id of another station', { ...logName(subject), other });
    conditions.raise('receiver.id-elsewhere', station, { recording, other });
    await this.#note(subject, ID_ELSEWHERE, { station, isSigned: true }, document);
    await refusals.refuse(subject, never(ID_ELSEWHERE));
  }

  /** Signed by a revoked key, and without a receipt: what came is kept for people to judge. */
  async revoked(offer: CheckedOffer): Promise<void> {
    const { revokedUse, refusals } = this.#options;
    const { subject, document, keyId } = offer;
    revokedUse.saw(subject.station, { recording: subject.recording, key_id: keyId });
    await this.#note(subject, KEY_REVOKED, { station: subject.station, isSigned: true }, document);
    await refusals.refuse(subject, never(KEY_REVOKED));
  }

  /** An unknown station, a wrong signature, a manifest about something else. */
  async offer({ reason, detail, address }: OfferRefusal): Promise<void> {
    const { conditions, log, refusals, stations } = this.#options;
    log.warn('offer does not verify', { ...logName(address), reason, detail });
    const station = stations.has(address.station) ? address.station : null;
    conditions.raise('receiver.offer-refused', station, {
      station: address.station,
      recording: address.recording,
      reason,
    });
    await this.#note(address, reason, { station, isSigned: false });
    await refusals.refuse(address, never(reason));
  }

  /** A note that the disk does not take must not keep the station without an answer. */
  async #note(
    about: OfferAddress,
    reason: string,
    origin: Pick<VaultNote, 'station' | 'isSigned'>,
    document?: SignedDocument,
  ): Promise<void> {
    const facts = { reason, ...logName(about), manifest_sha256: about.manifestSha256 };
    const signed = document === undefined ? facts : { ...facts, signature: document.signature };
    await this.#options.vault
      .note({ ...origin, facts: signed, bytes: document?.bytes })
      .catch((error: unknown) => this.#options.log.warn('note not stored', { ...facts, error }));
  }
}

/** Only a person can change it. */
export function never(reason: string): Refusal {
  return { verb: 'never', reason, retryAfterMs: DAY_MS };
}
