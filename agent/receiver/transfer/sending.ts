// What the receiver says to stations: signs messages, encodes them and publishes. Decides nothing.
import { keyIdHex } from '../../../protocol/documents/minisign.ts';
import type { RoleSignatures } from '../../../protocol/documents/order.ts';
import type { SignedPolicy } from '../../../protocol/documents/policy.ts';
import { sha256Hex } from '../../../protocol/format/bytes.ts';
import type { ReceiverId, RecordingId, SessionId, StationId } from '../../../protocol/format/ids.ts';
import type { Broker, Signer } from '../../../protocol/format/ports.ts';
import {
  encodeMessage,
  encodeSignedBody,
  type HaveMessage,
  type LogBody,
  messageField,
  type ReceiptLogField,
  type SignedBody,
  type SignedMessage,
} from '../../../protocol/transfer/messages.ts';
import type { ReceiverTopics } from '../../../protocol/transfer/topics.ts';
import type { RecordingName, SignedDocument } from '../vault/vault.ts';

/** Signs documents and messages with the store's key. */
export interface MessageSigner extends Signer {
  /** Base64 of the signature over a message body (SPEC 6). */
  signMessage(body: string): Promise<string>;
}

export interface SendingOptions {
  readonly broker: Pick<Broker, 'publish'>;
  readonly topics: ReceiverTopics;
  readonly receiver: ReceiverId;
  readonly signer: MessageSigner;
  /** Of the signer's key. */
  readonly keyId: Uint8Array;
}

/** The receiver's voice. All sends reject as Broker.publish does; nothing is kept for later, since every station asks again. */
export class Sending {
  readonly #options: SendingOptions;
  readonly #keyId: string;

  constructor(options: SendingOptions) {
    this.#options = options;
    this.#keyId = keyIdHex(options.keyId);
  }

  /** Payload of a signed message. Errors: those of the signer. */
  async signed(body: SignedBody): Promise<Uint8Array> {
    return encodeMessage(await this.#sign(body));
  }

  async #sign(body: SignedBody): Promise<SignedMessage> {
    const text = encodeSignedBody(body);
    const signature = await this.#options.signer.signMessage(text);
    return { message: body.message, body: text, signature, key_id: this.#keyId };
  }

  /** Sends a payload to where a station listens for one recording. */
  send(name: RecordingName, payload: Uint8Array): Promise<void> {
    const { broker, topics } = this.#options;
    return broker.publish(topics.down(name.station, name.recording), payload, { qos: 1 });
  }

  have(name: RecordingName, message: HaveMessage): Promise<void> {
    return this.send(name, encodeMessage(message));
  }

  /**
   * `log` shows that it is in the store's log. `restoredSha256`: the statement by which the vault was restored; the receipt then says as well that
   * the vault holds it now.
   */
  async receipt(
    { station, recording }: RecordingName,
    { bytes, signature }: SignedDocument,
    log: ReceiptLogField,
    restoredSha256?: string,
  ): Promise<void> {
    const { receiver } = this.#options;
    const message = { message: 'receipt', receiver, receipt: messageField(bytes), signature, log } as const;
    const name = { station, recording };
    if (restoredSha256 === undefined) return this.send(name, encodeMessage(message));
    const digests = { receipt_sha256: sha256Hex(bytes), restored_sha256: restoredSha256 };
    const held = await this.#sign({ message: 'held', ...name, receiver, ...digests });
    await this.send(name, encodeMessage({ ...message, held }));
  }

  /** The statement that the vault was restored, with what both roles signed. */
  restored(station: StationId, { bytes, signature }: SignedDocument, signed?: RoleSignatures): Promise<void> {
    const { broker, topics, receiver } = this.#options;
    const statement = messageField(bytes);
    const message = { message: 'restored', receiver, statement, signature, ...signed } as const;
    return broker.publish(topics.downRestored(station), encodeMessage(message), { qos: 1 });
  }

  /** The policy in force. */
  policy(station: StationId, { bytes, signatures }: SignedPolicy): Promise<void> {
    const { broker, topics, receiver } = this.#options;
    const message = { message: 'policy', receiver, policy: messageField(bytes), ...signatures } as const;
    return broker.publish(topics.downPolicy(station), encodeMessage(message), { qos: 1 });
  }

  /** The newest checkpoint of the store's log. */
  async log(station: StationId, body: LogBody): Promise<void> {
    const { broker, topics } = this.#options;
    await broker.publish(topics.downLog(station), await this.signed(body), { qos: 1 });
  }

  async custody(station: StationId, body: SignedBody & { message: 'custody' }): Promise<void> {
    const { broker, topics } = this.#options;
    await broker.publish(topics.downCustody(station), await this.signed(body), { qos: 1 });
  }
}

/** Words that name a recording in a log line. */
export function logName({ station, recording }: RecordingName): {
  station: StationId;
  recording: RecordingId;
} {
  return { station, recording };
}

/** One text for the two ids that name a recording. */
export function keyOf({ station, recording }: RecordingName): string {
  return `${station}/${recording}`;
}

// The signed claim of one lease: signed once for each session of the station, said again whenever it offers.

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
