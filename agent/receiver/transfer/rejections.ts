// Offers that do not hold: a condition for people, a note in the vault, and a signed `never`, which a station tries again daily.
import type { StationId } from '../../../protocol/format/ids.ts';
import type { Conditions, Log } from '../../../protocol/format/ports.ts';
import type { RevokedUse } from '../keys/revoked-use.ts';
import type { CheckedOffer, OfferAddress, OfferRefusal, OfferSubject } from './offer-check.ts';
import type { Refusal, Refusals } from './refusals.ts';
import { logName } from './sending.ts';
import type { SignedDocument, Vault, VaultNote } from '../vault/vault.ts';

const DAY_MS = 86_400_000;
/** The word of SPEC 4.9. */
export const KEY_REVOKED = 'key-revoked';

export interface RejectionsOptions {
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
