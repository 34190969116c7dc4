// The steps of a transfer as the station does them: offer, digests, units, fin. When which one is due is decided in push.ts.
//
// Invariants:
// 1. An offer goes out only after a checkpoint that covers what the log says of a durable recording or docking record, and its
//    "offered" entry, and only of a document whose signature was verified as it was read.
// 2. Each unit is read from the spool and proven to be the one of its digest (bulk.ts); a unit that is not is never sent.
// 3. A unit of which a lost connection carried a part is gone on with behind that part, and begun anew only at its end: a line that never
//    carries a whole unit at one time carries it all the same.
import { join } from 'node:path';
import { unitBytes } from '../../protocol/documents/manifest.ts';
import { PAYLOAD } from '../../protocol/format/file-names.ts';
import type { RecordingId, SessionId } from '../../protocol/format/ids.ts';
import { DIGEST_BYTES, UNIT_BYTES } from '../../protocol/format/limits.ts';
import type { Broker } from '../../protocol/format/ports.ts';
import { encodeMessage, messageField } from '../../protocol/transfer/messages.ts';
import type { StationTopics } from '../../protocol/transfer/topics.ts';
import type { SenderAction } from '../../protocol/transfer/transfer-state.ts';
import type { Custody } from '../custody/custody-log.ts';
import type { SignedItems } from '../spool/signed-items.ts';
import type { LogWitness } from './log-witness.ts';
import type { Pace } from './send-limits.ts';

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
  readonly pace: Pick<Pace, 'turn' | 'spend'>;
  readonly topics: StationTopics;
  readonly session: SessionId;
  readonly items: SignedItems;
  readonly units: UnitReader;
  /** Gives a unit's memory back at once: left to the garbage collector, units cost it more than sending them. */
  readonly freeBuffer: (buffer: ArrayBuffer) => void;
  readonly custody: Custody;
  readonly witness: Pick<LogWitness, 'newest'>;
}

/** Documents of a recording that is being pushed; dropped when it is done. */
interface Loaded {
  readonly manifestBytes: Uint8Array;
  readonly signature: string;
  chunks: Uint8Array | undefined;
}

/** What the systems may have held of a connection that was lost. */
const UNSURE_BYTES = 64 * 1024;

/** Does one step at a time for a recording; several recordings beside each other. */
export class PushSteps {
  readonly #options: PushStepsOptions;
  readonly #loaded = new Map<RecordingId, Loaded>();
  /** Those of which the log took that they are offered, and those of which that is durable. */
  readonly #entered = new Set<RecordingId>();
  readonly #offered = new Set<RecordingId>();
  /** Where in a unit the connection was lost. */
  readonly #brokenOff = new Map<RecordingId, Map<number, number>>();

  constructor(options: PushStepsOptions) {
    this.#options = options;
  }

  /** Errors: "broker.offline", "broker.refused", "spool.*", "custody.write-failed"; the system's. */
  async perform(recording: RecordingId, action: Exclude<SenderAction, { kind: 'unit' }>): Promise<void> {
    if (action.kind === 'offer') return this.#offer(recording);
    if (action.kind === 'digests') return this.#sendDigests(recording, action);
    const fin = encodeMessage({ message: 'fin', epoch: action.epoch });
    return this.#publish(this.#options.topics.fin(action.receiver, recording), fin, 1);
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
    this.#entered.delete(recording);
    this.#offered.delete(recording);
    this.#brokenOff.delete(recording);
  }

  async #offer(recording: RecordingId): Promise<void> {
    const { manifestBytes, signature } = await this.#load(recording);
    if (!this.#offered.has(recording)) {
      this.#enterOffered(recording);
      await this.#options.custody.checkpoint();
      this.#offered.add(recording);
    }
    const log = this.#options.witness.newest;
    const offer = encodeMessage({
      message: 'offer',
      kind: this.#options.items.mustOf(recording).kind,
      session: this.#options.session,
      manifest: messageField(manifestBytes),
      signature,
      ...(log !== undefined && { log }),
    });
    await this.#publish(this.#options.topics.offer(recording), offer, 1);
  }

  /** Once, however often the log cannot be written: what it took it keeps. */
  #enterOffered(recording: RecordingId): void {
    if (this.#entered.has(recording)) return;
    this.#options.items.payOwed(recording);
    this.#options.custody.append({ event: 'offered', facts: { recording } });
    this.#entered.add(recording);
  }

  async #sendDigests(recording: RecordingId, action: SenderAction & { kind: 'digests' }): Promise<void> {
    const chunks = await this.#chunks(recording);
    const topic = this.#options.topics.digests(action.receiver, recording, action.offset);
    await this.#publish(topic, chunks.subarray(action.offset, action.offset + action.sizeBytes), 0);
  }

  /**
   * Sends a unit as long as it is wanted; resolves when the connection has all of it, with how long the pace held it back, in ms.
   * Errors: as `perform`.
   */
  async sendUnit(
    recording: RecordingId,
    action: SenderAction & { kind: 'unit' },
    isWanted: () => boolean,
  ): Promise<number> {
    const item = this.#options.items.get(recording);
    if (item === undefined) return 0;
    const { unit } = action;
    const chunks = await this.#chunks(recording);
    const digest = chunks.subarray(unit * DIGEST_BYTES, (unit + 1) * DIGEST_BYTES);
    const sizeBytes = unitBytes(item.sealedSizeBytes, unit);
    const path = join(item.folder, PAYLOAD);
    const bytes = await this.#options.units.readUnit(path, unit * UNIT_BYTES, sizeBytes, digest);
    const heldMs = await this.#sendPieces(recording, action, bytes, isWanted);
    this.#options.freeBuffer(bytes.buffer);
    return heldMs;
  }

  async #sendPieces(
    recording: RecordingId,
    { unit, receiver, messageBytesMax }: SenderAction & { kind: 'unit' },
    bytes: Uint8Array,
    isWanted: () => boolean,
  ): Promise<number> {
    const { broker, pace, topics } = this.#options;
    const broken = this.#brokenOff.get(recording);
    const startBytes = Math.max(0, (broken?.get(unit) ?? 0) - UNSURE_BYTES);
    broken?.delete(unit);
    const count = Math.ceil(bytes.length / messageBytesMax);
    const first = Math.min(count - 1, Math.floor(startBytes / messageBytesMax));
    let heldMs = 0;
    for (let turn = 0; turn < count && isWanted(); turn++) {
      const at = ((first + turn) % count) * messageBytesMax;
      const topic = topics.bytes(receiver, recording, unit * UNIT_BYTES + at);
      const piece = bytes.subarray(at, at + messageBytesMax);
      heldMs += await pace.turn(piece.length);
      if (!isWanted()) break;
      try {
        await broker.publish(topic, piece, { qos: 0 });
      } catch (error) {
        this.#brokeOff(recording, unit, at);
        throw error;
      }
    }
    return heldMs;
  }

  #brokeOff(recording: RecordingId, unit: number, at: number): void {
    const broken = this.#brokenOff.get(recording) ?? new Map<number, number>();
    this.#brokenOff.set(recording, broken.set(unit, at));
  }

  /** Whatever does not wait for its turn. */
  async #publish(topic: string, payload: Uint8Array, qos: 0 | 1): Promise<void> {
    this.#options.pace.spend(payload.length);
    await this.#options.broker.publish(topic, payload, { qos });
  }

  async #load(recording: RecordingId): Promise<Loaded> {
    const known = this.#loaded.get(recording);
    if (known !== undefined) return known;
    const { bytes, signature } = await this.#options.items.mustOf(recording).store.readManifest(recording);
    const loaded: Loaded = { manifestBytes: bytes, signature, chunks: undefined };
    this.#loaded.set(recording, loaded);
    return loaded;
  }

  async #chunks(recording: RecordingId): Promise<Uint8Array> {
    const loaded = await this.#load(recording);
    loaded.chunks ??= await this.#options.items.mustOf(recording).store.readChunks(recording);
    return loaded.chunks;
  }
}
