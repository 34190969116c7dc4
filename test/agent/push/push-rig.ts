// A pusher with a spool that is only a map, a log that only remembers and a broker in memory; the store is whoever calls `take`.
import { randomBytes } from 'node:crypto';
import { recordingSource, type PushStore } from '../../../agent/push/push-source.ts';
import { Pusher } from '../../../agent/push/push.ts';
import type { SpooledRecording } from '../../../agent/spool/spool.ts';
import { sha256Hex } from '../../../protocol/bytes.ts';
import { DockError } from '../../../protocol/errors.ts';
import {
  makeRecordingId,
  parseBayId,
  parseCameraId,
  parseReceiverId,
  parseStationId,
  type DockingId,
  type RecordingId,
  type SessionId,
} from '../../../protocol/ids.ts';
import { encodeManifest, MANIFEST_TRUSTED_COMMENT, type Manifest } from '../../../protocol/manifest.ts';
import {
  encodeMessage,
  encodeSignedBody,
  messageField,
  type SignedBody,
} from '../../../protocol/messages.ts';
import {
  keyIdHex,
  makeSecretKey,
  publicKeyOf,
  signDocument,
  signMessage,
  type SecretKey,
} from '../../../protocol/minisign.ts';
import { encodeReceipt, RECEIPT_TRUSTED_COMMENT } from '../../../protocol/receipt.ts';
import { stationTopics } from '../../../protocol/topics.ts';
import { MemoryHub } from '../../fakes/broker-memory.ts';
import { ManualClock } from '../../fakes/clock-manual.ts';
import { MemoryConditions } from '../../fakes/conditions-memory.ts';
import { MemoryCustody } from '../../fakes/custody-memory.ts';
import { MemoryLog } from '../../fakes/log-memory.ts';

const random = { bytes: (count: number) => randomBytes(count) };
const station = parseStationId('kod-1');
const receiver = parseReceiverId('r-a');
const session = 'abcdefghijklmnopqrstuvwxye' as SessionId;
export const SEALED_BYTES = 1000;

interface Held {
  readonly recording: SpooledRecording & { state: SpooledRecording['state'] };
  readonly manifestBytes: Uint8Array;
  readonly signature: string;
}

export class PushRig {
  readonly clock = new ManualClock();
  readonly hub = new MemoryHub({ clock: this.clock });
  readonly custody = new MemoryCustody();
  readonly conditions = new MemoryConditions();
  readonly log = new MemoryLog();
  readonly stationKey = makeSecretKey(random);
  readonly storeKey = makeSecretKey(random);
  readonly held = new Map<RecordingId, Held>();
  readonly receipted: RecordingId[] = [];
  readonly quarantined: RecordingId[] = [];
  /** Recordings that `start` finds without their entry in the log. */
  readonly unlogged = new Set<RecordingId>();
  /** Topics of everything that the station published. */
  readonly sent: string[] = [];
  /** What the spool and the workers do; a test replaces what should fail. */
  onQuarantine: (recording: RecordingId) => Promise<void> = async () => undefined;
  onReadUnit: () => Promise<Uint8Array<ArrayBuffer>> = async () => new Uint8Array(SEALED_BYTES);
  readonly pusher: Pusher;

  constructor() {
    const broker = this.hub.client('station');
    const topics = stationTopics('bodydock', station);
    this.hub.fate = ({ topic }) => {
      this.sent.push(topic);
      return [{}];
    };
    this.pusher = new Pusher({
      broker,
      topics,
      session,
      store: { station, storeKeys: [publicKeyOf(this.storeKey)], receivers: [receiver] },
      sources: [
        recordingSource(this.#spool(), {
          unlogged: async (recordings) => recordings.filter((recording) => this.unlogged.has(recording)),
          onReceipted: (recording) => this.receipted.push(recording),
          onQuarantined: (recording) => this.quarantined.push(recording),
        }),
      ],
      units: { readUnit: () => this.onReadUnit() },
      freeBuffer: () => undefined,
      custody: this.custody,
      clock: this.clock,
      log: this.log,
      conditions: this.conditions,
      knowsHead: async () => true,
    });
    broker.onState((connected) => this.pusher.connectionChanged(connected));
    const listener = this.hub.client('listener');
    void listener.subscribe('bodydock/#');
    listener.start();
    broker.start();
  }

  /** A recording that is durable in the spool, and known to the pusher. */
  spool(isLogged = true): RecordingId {
    const recording = makeRecordingId(random);
    const manifest = manifestOf(recording);
    const manifestBytes = encodeManifest(manifest);
    const entry: Held['recording'] = {
      recording,
      camera: manifest.camera.id,
      docking: manifest.docking,
      role: 'media',
      locked: false,
      rejected: null,
      pathSha256: manifest.source.path_sha256,
      originalSizeBytes: manifest.original.size_bytes,
      originalSha256: manifest.original.sha256,
      sealedSizeBytes: SEALED_BYTES,
      chunksSha256: manifest.sealed.chunks_sha256,
      manifestSha256: sha256Hex(manifestBytes),
      previousManifestSha256: null,
      recipients: [],
      sealedAt: manifest.sealed_at,
      keyId: null,
      state: 'spooled',
      folder: `/spool/ready/${recording}`,
      payloadPath: `/spool/ready/${recording}/payload.age`,
      chunksPath: `/spool/ready/${recording}/chunks.bin`,
    };
    const signature = signDocument(this.stationKey, manifestBytes, MANIFEST_TRUSTED_COMMENT);
    this.held.set(recording, { recording: entry, manifestBytes, signature });
    this.pusher.add(entry, isLogged);
    return recording;
  }

  claim(recording: RecordingId): Uint8Array {
    return this.#signed({
      message: 'claim',
      station,
      recording,
      receiver,
      session,
      epoch: 1,
      message_bytes_max: 524_288,
      lease_ms: 60_000,
      manifest_sha256: this.#of(recording).recording.manifestSha256,
    });
  }

  refusal(recording: RecordingId, verb: 'pause' | 'never'): Uint8Array {
    return this.#signed({
      message: 'refuse',
      station,
      recording,
      receiver,
      session,
      verb,
      reason: 'no-space',
      retry_after_ms: 60_000,
      manifest_sha256: this.#of(recording).recording.manifestSha256,
    });
  }

  /** What the receiver holds: all digests, and the one unit or none. */
  have(holdsUnit: boolean): Uint8Array {
    return encodeMessage({
      message: 'have',
      receiver,
      session,
      epoch: 1,
      digests_bytes: 32,
      received: holdsUnit ? [[0, 1]] : [],
      durable: [],
      bad: [],
      credit_bytes: 16 * 1024 * 1024,
    });
  }

  receipt(recording: RecordingId, key: SecretKey = this.storeKey): Uint8Array {
    const { manifestBytes } = this.#of(recording);
    const bytes = encodeReceipt({
      type: 'receipt',
      version: 1,
      kind: 'recording',
      recording,
      station,
      manifest_sha256: sha256Hex(manifestBytes),
      sealed_size_bytes: SEALED_BYTES,
      chunks_sha256: '2'.repeat(64),
      receiver,
      vault: session,
      custody_head: null,
      received_at: '2026-11-25T09:31:00.000Z',
    });
    return encodeMessage({
      message: 'receipt',
      receiver,
      receipt: messageField(bytes),
      signature: signDocument(key, bytes, RECEIPT_TRUSTED_COMMENT),
    });
  }

  #signed(body: SignedBody): Uint8Array {
    const text = encodeSignedBody(body);
    return encodeMessage({
      message: body.message,
      body: text,
      signature: signMessage(this.storeKey, text),
      key_id: keyIdHex(this.storeKey.keyId),
    });
  }

  #of(recording: RecordingId): Held {
    const held = this.held.get(recording);
    if (held === undefined) throw new Error(`${recording} is not in the rig`);
    return held;
  }

  #spool(): PushStore<SpooledRecording> {
    return {
      get: (recording) => this.held.get(recording)?.recording,
      recordings: () => [...this.held.values()].map(({ recording }) => recording),
      readManifest: async (recording) => {
        const held = this.held.get(recording);
        if (held === undefined) throw new DockError('spool.unknown', 'not here', { retry: 'never' });
        return { bytes: held.manifestBytes, signature: held.signature };
      },
      readChunks: async () => new Uint8Array(32),
      storeReceipt: async (recording) => {
        this.#of(recording).recording.state = 'receipted';
      },
      quarantine: async (recording) => {
        this.held.delete(recording);
        await this.onQuarantine(recording);
      },
    };
  }
}

function manifestOf(recording: RecordingId): Manifest {
  return {
    type: 'recording-manifest',
    version: 1,
    recording,
    station,
    bay: parseBayId('bay-1'),
    docking: 'abcdefghijklmnopqrstuvwxyi' as DockingId,
    camera: { id: parseCameraId('cam-1'), model: null, serial: null },
    role: 'media',
    locked: false,
    rejected: null,
    source: { path_sha256: sha256Hex(Buffer.from(recording)), sealed: 'AAAA' },
    original: { size_bytes: 600, sha256: '1'.repeat(64), modified_at: null },
    capture: { earliest_at: null, latest_at: null, basis: 'clock-unmeasured' },
    sealed: { size_bytes: SEALED_BYTES, unit_bytes: 524_288, chunks_sha256: '2'.repeat(64) },
    recipients: [`age1${'q'.repeat(58)}`],
    media: null,
    sidecars: [],
    sidecar_of: null,
    supersedes: [],
    previous_manifest_sha256: null,
    sealed_at: '2026-11-25T09:30:00.000Z',
    clock_synchronised: null,
  };
}
