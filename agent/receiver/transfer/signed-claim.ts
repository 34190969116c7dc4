// The signed claim of one lease: signed once for each session of the station, said again whenever it offers.
import type { SessionId } from '../../../protocol/format/ids.ts';

/** Signs and keeps the claim for the newest session. */
export class SignedClaim {
  readonly #sign: (session: SessionId) => Promise<Uint8Array>;
  #session: SessionId;
  #payload: Promise<Uint8Array> | undefined;
  #saidAtMs = Number.NEGATIVE_INFINITY;

  constructor(session: SessionId, sign: (session: SessionId) => Promise<Uint8Array>) {
    this.#session = session;
    this.#sign = sign;
  }

  get session(): SessionId {
    return this.#session;
  }

  /** Monotonic ms at which it was said last to this session. */
  get saidAtMs(): number {
    return this.#saidAtMs;
  }

  /** From now on it is for that session. */
  turnTo(session: SessionId): void {
    if (session === this.#session) return;
    this.#session = session;
    this.#payload = undefined;
    this.#saidAtMs = Number.NEGATIVE_INFINITY;
  }

  /** The signed message. Errors: those of the signer. */
  payload(): Promise<Uint8Array> {
    this.#payload ??= this.#sign(this.#session);
    return this.#payload;
  }

  said(nowMs: number): void {
    this.#saidAtMs = nowMs;
  }
}
