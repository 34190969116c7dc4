// A station of the other end's own state machine (protocol/transfer/transfer-state.ts) over samples in memory. Verifies what a station verifies
// and keeps what it heard.
import { expect } from 'vitest';
import { encodeUtf8, sha256Hex } from '../../../protocol/format/bytes.ts';
import {
  makeSessionId,
  type ReceiverId,
  type RecordingId,
  type SessionId,
} from '../../../protocol/format/ids.ts';
import { isDockError } from '../../../protocol/format/errors.ts';
import { UNIT_BYTES, WINDOW_BYTES_MAX } from '../../../protocol/format/limits.ts';
import { unitBytes } from '../../../protocol/documents/manifest.ts';
import {
  encodeMessage,
  messageBytes,
  messageField,
  parseDown,
  parsePolicyMessage,
  parseRestoredMessage,
  parseSignedBody,
  type ClaimBody,
  type CustodyBody,
  type HaveMessage,
  type HeldBody,
  type LogBody,
  type ReceiptLogField,
  type ReceiptMessage,
  type RefuseBody,
} from '../../../protocol/transfer/messages.ts';
import { verifyDocument, verifyMessage, type PublicKey } from '../../../protocol/documents/minisign.ts';
import type { StartableBroker } from '../../../agent/platform/broker-mqtt.ts';
import type { BrokerMessage, Clock, Random } from '../../../protocol/format/ports.ts';
import { parseReceipt, RECEIPT_TRUSTED_COMMENT, type Receipt } from '../../../protocol/documents/receipt.ts';
import {
  type Checkpoint,
  parseCheckpoint,
  parseProof,
  verifyProof,
} from '../../../protocol/transparency/checkpoint.ts';
import { isConsistent } from '../../../protocol/transparency/merkle.ts';
import { parseNote } from '../../../protocol/transparency/signed-note.ts';
import { stationTopics, type StationTopics } from '../../../protocol/transfer/topics.ts';
import { Sender, type SenderAction } from '../../../protocol/transfer/transfer-state.ts';
import { STATION, type Sample } from './sample.ts';

export const BASE = 'test';

export interface StationParts {
  /** The broker that it connects to, and the time that counts there. */
  readonly hub: { readonly clock: Clock; client(id: string): StartableBroker };
  readonly random: Random;
  readonly storeKey: PublicKey;
  /** By which the store's log may be signed; `storeKey` unless given. */
  readonly logKeys?: readonly PublicKey[];
  readonly messageBytesMax?: number;
  readonly id?: typeof STATION;
  /** Name at the broker; the station's own unless given. */
  readonly client?: string;
}

/** One run of a station. */
export class ScriptedStation {
  readonly topics: StationTopics;
  readonly session: SessionId;
  readonly receipts = new Map<RecordingId, Receipt>();
  readonly receiptTexts = new Map<RecordingId, string>();
  /** Digests of those whose key it does not pin, as they came. */
  readonly refusedReceipts: string[] = [];
  /** By recording: what came with its receipt of a restored vault. */
  readonly held = new Map<RecordingId, HeldBody | undefined>();
  /** Digests of statements that the vault was restored, as they came. */
  readonly statements: string[] = [];
  /** What the officer and the supervisor signed of each. */
  readonly statementRoles: string[][] = [];
  /** The same of policies. */
  readonly policies: string[] = [];
  readonly claims: ClaimBody[] = [];
  readonly haves: HaveMessage[] = [];
  readonly refusals: RefuseBody[] = [];
  readonly custody: CustodyBody[] = [];
  /** How often it was told that nothing of its log is held. */
  nothingHeld = 0;
  /** Called when a receipt that verified arrived. */
  onReceipt: (receipt: Receipt) => void = () => undefined;
  /** Alters unit bytes before they are sent. */
  alter: (unit: number, bytes: Uint8Array) => Uint8Array = (_unit, bytes) => bytes;
  sentUnits = 0;
  /** Messages with an offer. */
  offers = 0;
  readonly broker: StartableBroker;
  /** By recording: the line of the store's log that its receipt came with, and where it is in the tree. */
  readonly entries = new Map<RecordingId, { readonly line: string; readonly index: number }>();
  /** Messages with a receipt, whatever they were worth. */
  receiptMessages = 0;
  /** Answers to questions about the store's log, as they came. */
  readonly logs: LogBody[] = [];
  /** Consistency proofs that were not empty. */
  provenConsistent = 0;
  /** Newest checkpoint of the store's log; offers name it. */
  checkpoint: Checkpoint | undefined;
  readonly #parts: StationParts;
  readonly #checkpoints: Checkpoint[] = [];
  readonly #senders = new Map<RecordingId, { sender: Sender; sample: Sample }>();
  #cancel: () => void = () => undefined;

  constructor(parts: StationParts) {
    this.#parts = parts;
    const id = parts.id ?? STATION;
    this.topics = stationTopics(BASE, id);
    this.session = makeSessionId(parts.random);
    this.broker = parts.hub.client(parts.client ?? id);
  }

  async start(): Promise<void> {
    this.broker.onMessage((message) => this.#take(message));
    this.broker.onState((connected) => this.#connected(connected));
    await this.broker.subscribe(this.topics.downFilter);
    this.broker.start();
  }

  async stop(): Promise<void> {
    this.#cancel();
    this.#senders.clear();
    await this.broker.close(true);
  }

  push(sample: Sample): void {
    const { recording, manifestSha256 } = sample;
    const sealedSizeBytes = sample.payload.length;
    const subject = { recording, session: this.session, manifestSha256, sealedSizeBytes };
    this.#senders.set(recording, { sender: new Sender(subject, this.#now()), sample });
    this.#pump();
  }

  /** An offer as it travels. */
  offerOf(
    sample: Pick<Sample, 'recording' | 'offer'>,
    session = this.session,
    kind: 'recording' | 'docking' = 'recording',
  ): Uint8Array {
    return encodeMessage({
      message: 'offer',
      kind,
      session,
      manifest: messageField(sample.offer.bytes),
      signature: sample.offer.signature,
      ...(this.checkpoint && { log: { origin: this.checkpoint.origin, size: this.checkpoint.size } }),
    });
  }

  /** Offers a docking record once. */
  offerDocking(sample: Pick<Sample, 'recording' | 'offer'>): Promise<void> {
    return this.publish(this.topics.offer(sample.recording), this.offerOf(sample, this.session, 'docking'));
  }

  async publish(topic: string, payload: Uint8Array, qos: 0 | 1 = 1): Promise<void> {
    await this.broker.publish(topic, payload, { qos }).catch(() => undefined);
  }

  #connected(connected: boolean): void {
    if (connected) for (const { sender } of this.#senders.values()) sender.connected(this.#now());
    this.#pump();
  }

  #take({ topic, payload }: BrokerMessage): void {
    const down = this.topics.parseDown(topic);
    if (down === undefined) return;
    if (down.kind === 'restored') {
      const { statement, officer, supervisor } = parseRestoredMessage(payload);
      this.statements.push(sha256Hex(messageBytes(statement)));
      this.statementRoles.push([officer, supervisor].flatMap((text) => text ?? []));
      return;
    }
    if (down.kind === 'policy') {
      this.policies.push(sha256Hex(messageBytes(parsePolicyMessage(payload).policy)));
      return;
    }
    const message = parseDown(payload);
    if (down.kind === 'custody') {
      if (message.message === 'custody') this.#custody(this.#verified(message) as CustodyBody);
      return;
    }
    if (down.kind === 'log') {
      if (message.message === 'log') this.logs.push(this.#verified(message) as LogBody);
      return;
    }
    const sender = this.#senders.get(down.recording)?.sender;
    if (message.message === 'have') {
      this.haves.push(message);
      sender?.have(message, this.#now());
    } else if (message.message === 'receipt') {
      this.receiptMessages++;
      this.held.set(down.recording, message.held && (this.#verified(message.held) as HeldBody));
      this.#receipt(message);
    } else {
      const body = this.#verified(message);
      if (body.message === 'claim') {
        this.claims.push(body);
        sender?.claim(body, this.#now());
      } else if (body.message === 'refuse') {
        this.refusals.push(body);
        sender?.refuse(body, this.#now());
      }
    }
    this.#pump();
  }

  #custody(body: CustodyBody): void {
    if (body.segment === null) this.nothingHeld++;
    else this.custody.push(body);
  }

  #verified(
    message: Extract<ReturnType<typeof parseDown>, { body: string }>,
  ): ReturnType<typeof parseSignedBody> {
    verifyMessage(message.body, message.signature, message.key_id, [this.#parts.storeKey]);
    return parseSignedBody(message);
  }

  #receipt({ receipt: base64, signature, receiver, log }: ReceiptMessage): void {
    const bytes = messageBytes(base64);
    try {
      verifyDocument(bytes, signature, RECEIPT_TRUSTED_COMMENT, [this.#parts.storeKey]);
    } catch (error) {
      if (!isDockError(error, 'signature.unknown-key')) throw error;
      this.refusedReceipts.push(sha256Hex(bytes));
      return;
    }
    const receipt = parseReceipt(bytes);
    this.#prove(receipt, bytes, receiver, log);
    this.receipts.set(receipt.recording, receipt);
    this.receiptTexts.set(receipt.recording, sha256Hex(bytes));
    this.#senders.get(receipt.recording)?.sender.receipted();
    this.#senders.delete(receipt.recording);
    this.onReceipt(receipt);
  }

  /** Throws where the receipt is not proven to be in the store's log, or that log is not the one of before. */
  #prove(receipt: Receipt, bytes: Uint8Array, receiver: ReceiverId, log: ReceiptLogField | undefined): void {
    if (log === undefined) throw new Error('a receipt without a proof');
    const { kind, station, recording, vault } = receipt;
    expect(JSON.parse(log.entry)).toMatchObject({
      event: 'receipt',
      facts: { kind, station, recording, receipt_sha256: sha256Hex(bytes) },
    });
    const { origin } = parseCheckpoint(parseNote(parseProof(log.proof).checkpoint).text);
    expect(origin.split('/').slice(0, 3)).toEqual(['bodydock', vault, receiver]);
    const proven = verifyProof(log.proof, encodeUtf8(log.entry), origin, this.#logKeys);
    this.entries.set(recording, { line: log.entry, index: proven.index });
    this.learn(proven, log.consistency);
  }

  get #logKeys(): Uint8Array[] {
    return (this.#parts.logKeys ?? [this.#parts.storeKey]).map(({ key }) => key);
  }

  /** Throws where a checkpoint is not one of the log of before. */
  learn(newest: Checkpoint, consistency: readonly string[]): void {
    const { origin, size, root } = newest;
    const before = this.#checkpoints.filter((each) => each.origin === origin);
    for (const each of before) if (each.size === size) expect(each.root).toEqual(root);
    const proof = consistency.map(messageBytes);
    const claim = { size, root, proof };
    if (proof.length > 0 && before.length > 0) {
      const isProven = before.some((each) =>
        isConsistent({ from: each.size, fromRoot: each.root, ...claim }),
      );
      expect(isProven, 'consistency').toBe(true);
      this.provenConsistent++;
    }
    this.#checkpoints.push({ origin, size, root });
    if (this.checkpoint?.origin !== origin || size > this.checkpoint.size) this.checkpoint = newest;
  }

  #pump(): void {
    this.#cancel();
    if (!this.broker.connected) return;
    const messageBytesMax = Math.min(this.#parts.messageBytesMax ?? UNIT_BYTES, this.broker.payloadBytesMax);
    let wakeAtMs = Number.POSITIVE_INFINITY;
    for (const { sender, sample } of this.#senders.values()) {
      const budget = { windowBytes: WINDOW_BYTES_MAX - sender.inFlightBytes, messageBytesMax };
      for (let action = sender.next(this.#now(), budget); action; action = sender.next(this.#now(), budget))
        void this.#perform(sample, action);
      wakeAtMs = Math.min(wakeAtMs, sender.wakeAtMs());
    }
    if (wakeAtMs === Number.POSITIVE_INFINITY) return;
    this.#cancel = this.#parts.hub.clock.after(Math.max(1, wakeAtMs - this.#now()), () => this.#pump());
  }

  async #perform(sample: Sample, action: SenderAction): Promise<void> {
    const { recording } = sample;
    if (action.kind === 'offer') {
      this.offers++;
      return this.publish(this.topics.offer(recording), this.offerOf(sample));
    }
    if (action.kind === 'fin') {
      const fin = encodeMessage({ message: 'fin', epoch: action.epoch });
      return this.publish(this.topics.fin(action.receiver, recording), fin);
    }
    if (action.kind === 'digests') {
      const { receiver, offset, sizeBytes } = action;
      const piece = sample.chunks.subarray(offset, offset + sizeBytes);
      return this.publish(this.topics.digests(receiver, recording, offset), piece, 0);
    }
    const start = action.unit * UNIT_BYTES;
    const sizeBytes = unitBytes(sample.payload.length, action.unit);
    const bytes = this.alter(action.unit, sample.payload.subarray(start, start + sizeBytes));
    this.sentUnits++;
    for (let at = 0; at < sizeBytes; at += action.messageBytesMax)
      await this.publish(
        this.topics.bytes(action.receiver, recording, start + at),
        bytes.subarray(at, at + action.messageBytesMax),
        0,
      );
  }

  #now(): number {
    return this.#parts.hub.clock.monotonicMs();
  }
}
