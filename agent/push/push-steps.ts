// The steps of a transfer as the station does them: offer, digests, units, fin. When which one is due is decided in push.ts.
//
// Invariants:
// 1. An offer goes out only after a checkpoint that covers what the log says of a durable recording or docking record, and its
//    "offered" entry, and only of a document whose signature was verified as it was read.
// 2. Each unit is read from the spool with its digest checked; a unit that does not match is never sent.
import { join } from 'node:path';
import type { RecordingId, SessionId } from '../../protocol/ids.ts';
import { DIGEST_BYTES, UNIT_BYTES } from '../../protocol/limits.ts';
import { unitBytes } from '../../protocol/manifest.ts';
import { encodeMessage, messageField } from '../../protocol/messages.ts';
import type { Broker } from '../../protocol/ports.ts';
import type { StationTopics } from '../../protocol/topics.ts';
import type { SenderAction } from '../../protocol/transfer-state.ts';
import type { Custody } from '../custody/custody.ts';
import type { PushSources } from './push-source.ts';

/** What pushing needs of the bulk workers. */
export interface UnitReader {
  readUnit(
    path: string,
    position: number,
    sizeBytes: number,
    sha256: Uint8Array,
  ): Promise<Uint8Array<ArrayBuffer>>;
}

/** What the steps need. */
export interface PushStepsOptions {
  readonly broker: Pick<Broker, 'publish'>;
  readonly topics: StationTopics;
  readonly session: SessionId;
  readonly sources: PushSources;
  readonly units: UnitReader;
  /** Gives a unit's memory back at once: left to the garbage collector, units cost it more than sending them. */
  readonly freeBuffer: (buffer: ArrayBuffer) => void;
  readonly custody: Custody;
}

/** Documents of a recording that is being pushed; dropped when it is done. */
interface Loaded {
  readonly manifestBytes: Uint8Array;
  readonly signature: string;
  chunks: Uint8Array | undefined;
}

/** Does one step at a time for a recording; several recordings beside each other. */
export class PushSteps {
  readonly #options: PushStepsOptions;
  readonly #loaded = new Map<RecordingId, Loaded>();
  readonly #offered = new Set<RecordingId>();
  /** Those of which the log does not say yet that they are durable: it is made up for before they are offered. */
  readonly #owed = new Set<RecordingId>();

  constructor(options: PushStepsOptions) {
    this.#options = options;
  }

  /** Errors: "broker.offline", "broker.refused", "spool.*", "custody.write-failed"; the system's. */
  async perform(recording: RecordingId, action: SenderAction): Promise<void> {
    if (action.kind === 'offer') return this.#offer(recording);
    if (action.kind === 'digests') return this.#sendDigests(recording, action);
    if (action.kind === 'unit') return this.#sendUnit(recording, action);
    const fin = encodeMessage({ message: 'fin', epoch: action.epoch });
    return this.#publish(this.#options.topics.fin(action.receiver, recording), fin, 1);
  }

  /** The log does not say yet that it is durable. */
  owes(recording: RecordingId): void {
    this.#owed.add(recording);
  }

  /** The verified document. Errors: "spool.damaged", "spool.unknown"; the system's. */
  async manifestBytes(recording: RecordingId): Promise<Uint8Array> {
    return (await this.#load(recording)).manifestBytes;
  }

  /** Drops the documents from memory: they are read again when they are needed. */
  unload(recording: RecordingId): void {
    this.#loaded.delete(recording);
  }

  /** Nothing more will be sent of it. */
  forget(recording: RecordingId): void {
    this.#loaded.delete(recording);
    this.#offered.delete(recording);
    this.#owed.delete(recording);
  }

  async #offer(recording: RecordingId): Promise<void> {
    const { manifestBytes, signature } = await this.#load(recording);
    if (!this.#offered.has(recording)) {
      this.#payOwed(recording);
      this.#options.custody.append({ event: 'offered', facts: { recording } });
      await this.#options.custody.checkpoint();
      this.#offered.add(recording);
    }
    const offer = encodeMessage({
      message: 'offer',
      kind: this.#options.sources.mustOf(recording).kind,
      session: this.#options.session,
      manifest: messageField(manifestBytes),
      signature,
    });
    await this.#publish(this.#options.topics.offer(recording), offer, 1);
  }

  #payOwed(recording: RecordingId): void {
    if (!this.#owed.has(recording)) return;
    const events = this.#options.sources.mustOf(recording).durableEvents(recording);
    for (const event of events) this.#options.custody.append(event);
    this.#owed.delete(recording);
  }

  async #sendDigests(recording: RecordingId, action: SenderAction & { kind: 'digests' }): Promise<void> {
    const chunks = await this.#chunks(recording);
    const topic = this.#options.topics.digests(action.receiver, recording, action.offset);
    await this.#publish(topic, chunks.subarray(action.offset, action.offset + action.sizeBytes), 0);
  }

  async #sendUnit(recording: RecordingId, action: SenderAction & { kind: 'unit' }): Promise<void> {
    const item = this.#options.sources.get(recording);
    if (item === undefined) return;
    const chunks = await this.#chunks(recording);
    const digest = chunks.subarray(action.unit * DIGEST_BYTES, (action.unit + 1) * DIGEST_BYTES);
    const position = action.unit * UNIT_BYTES;
    const sizeBytes = unitBytes(item.sealedSizeBytes, action.unit);
    const bytes = await this.#options.units.readUnit(
      join(item.folder, 'payload.age'),
      position,
      sizeBytes,
      digest,
    );
    for (let at = 0; at < sizeBytes; at += action.messageBytesMax) {
      const topic = this.#options.topics.bytes(action.receiver, recording, position + at);
      await this.#publish(topic, bytes.subarray(at, at + action.messageBytesMax), 0);
    }
    this.#options.freeBuffer(bytes.buffer);
  }

  async #publish(topic: string, payload: Uint8Array, qos: 0 | 1): Promise<void> {
    await this.#options.broker.publish(topic, payload, { qos });
  }

  async #load(recording: RecordingId): Promise<Loaded> {
    const known = this.#loaded.get(recording);
    if (known !== undefined) return known;
    const { bytes, signature } = await this.#options.sources.mustOf(recording).store.readManifest(recording);
    const loaded: Loaded = { manifestBytes: bytes, signature, chunks: undefined };
    this.#loaded.set(recording, loaded);
    return loaded;
  }

  async #chunks(recording: RecordingId): Promise<Uint8Array> {
    const loaded = await this.#load(recording);
    loaded.chunks ??= await this.#options.sources.mustOf(recording).store.readChunks(recording);
    return loaded.chunks;
  }
}
