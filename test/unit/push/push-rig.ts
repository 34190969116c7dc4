// A pusher with a spool that is only a map, a log that only remembers and a broker in memory; the store is whoever calls `take`.
import { randomBytes } from 'node:crypto';
import { StrangeKeys } from '../../../agent/push/push-verify.ts';
import { Pusher } from '../../../agent/push/push.ts';
import { SendLimits } from '../../../agent/push/send-limits.ts';
import type { ItemChange } from '../../../agent/spool/changes.ts';
import { type ItemStore, SignedItems } from '../../../agent/spool/signed-items.ts';
import type { SpooledRecording } from '../../../agent/spool/spool.ts';
import { recordingType } from '../../../agent/spool/spooled-recording.ts';
import {
  chunksBytes,
  encodeManifest,
  type Manifest,
  MANIFEST_TRUSTED_COMMENT,
} from '../../../protocol/documents/manifest.ts';
import {
  keyIdHex,
  makeSecretKey,
  publicKeyOf,
  type SecretKey,
} from '../../../protocol/documents/minisign.ts';
import type { ItemKind } from '../../../protocol/documents/item-documents.ts';
import { encodeReceipt, type Receipt, RECEIPT_TRUSTED_COMMENT } from '../../../protocol/documents/receipt.ts';
import { sha256Hex } from '../../../protocol/format/bytes.ts';
import { encodeCanonical } from '../../../protocol/format/canonical.ts';
import { DockError } from '../../../protocol/format/errors.ts';
import {
  type DockingId,
  makeRecordingId,
  parseBayId,
  parseCameraId,
  parseReceiverId,
  parseStationId,
  type RecordingId,
  type SessionId,
} from '../../../protocol/format/ids.ts';
import {
  encodeMessage,
  encodeSignedBody,
  messageField,
  type SignedBody,
} from '../../../protocol/transfer/messages.ts';
import { stationTopics } from '../../../protocol/transfer/topics.ts';
import { MemoryHub } from '../../fakes/broker-memory.ts';
import { HeardChanges } from '../../fakes/changes-heard.ts';
import { ManualClock, settle } from '../../fakes/clock-manual.ts';
import { MemoryConditions } from '../../fakes/conditions-memory.ts';
import { MemoryCustody } from '../../fakes/custody-memory.ts';
import { typeAround } from '../../fakes/items-around.ts';
import { MemoryLog } from '../../fakes/log-memory.ts';
import { signFast, signMessageFast } from '../../fakes/signer-fast.ts';

const random = { bytes: (count: number) => randomBytes(count) };
const station = parseStationId('kod-1');
const receiver = parseReceiverId('r-a');
export const session = 'abcdefghijklmnopqrstuvwxye' as SessionId;
export const SEALED_BYTES = 1000;
/** What a test may wish of a recording. */
export interface SpoolWish {
  readonly sealedSizeBytes?: number;
  readonly locked?: boolean;
  /** As what it is announced. */
  readonly kind?: ItemKind;
}

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
  readonly changes = new HeardChanges<ItemChange>();
  /** Receipts count no more without the store's word that it holds what they are for. */
  isRestored = false;
  /** Vaults whose receipts were about to be stored. */
  readonly pinned: SessionId[] = [];
  readonly #stored = new Map<RecordingId, string>();
  /** Of which the manifest was read, each time. */
  readonly manifestsRead: RecordingId[] = [];
  /** Topics of everything that the station published. */
  readonly sent: string[] = [];
  /** Of whose receipts the entries were appended. */
  /** What the spool and the workers do; a test replaces what should fail. */
  onQuarantine: (recording: RecordingId) => Promise<void> = async () => undefined;
  /** The log on its way to the store. */
  onLevel: (msMax: number) => Promise<boolean> = async () => true;
  /** The disk of the spool is away. */
  isGone = false;
  onStoreReceipt: () => Promise<void> = async () => undefined;
  onReadUnit: (sizeBytes: number) => Promise<Uint8Array<ArrayBuffer>> = async (sizeBytes) =>
    new Uint8Array(sizeBytes);
  /** Local time is UTC. */
  readonly limits = new SendLimits({ clock: this.clock, localMs: (utcMs) => utcMs, log: this.log });
  readonly broker = this.hub.client('station');
  items!: SignedItems;
  /** Why no receipt that comes is in the log of the store. */
  unproven: DockError | undefined;
  pusher: Pusher;

  /** `entered`: see Pusher.start. */
  constructor(entered = Promise.resolve()) {
    const { broker } = this;
    this.hub.fate = ({ topic }) => {
      this.sent.push(topic);
      return [{}];
    };
    this.pusher = this.#makePusher();
    broker.onState((connected) => this.pusher.connectionChanged(connected));
    const listener = this.hub.client('listener');
    void listener.subscribe('bodydock/#');
    listener.start();
    broker.start();
    this.pusher.start(entered);
  }

  /** The agent ends and starts again: it knows what is in the spool, and nothing of what was said. */
  async restart(): Promise<void> {
    await this.pusher.stop();
    this.pusher = this.#makePusher();
    this.pusher.start(Promise.resolve());
    await settle();
  }

  /** They outlive a restart of the pusher, unlike in a process. */
  #makeItems(): SignedItems {
    const { custody } = this;
    const log = {
      append: (event: Parameters<typeof custody.append>[0]) => custody.append(event),
      checkpoint: (patienceMs?: number) => custody.checkpoint(patienceMs),
      isEntered: (id: RecordingId) =>
        this.custody.of('receipted').some(({ facts }) => facts['recording'] === id),
      ledger: { items: new Map() },
    };
    const { store } = typeAround(this.#spool());
    const type = recordingType(
      { ...(store as ItemStore<SpooledRecording>), lastManifestSha256: async () => null },
      { readAll: async () => new Uint8Array() },
      { manifests: new Map() },
    );
    return new SignedItems({
      types: [type],
      custody: log as never,
      files: { readAll: async () => new Uint8Array() },
      changes: this.changes,
      log: this.log,
    });
  }

  #makePusher(): Pusher {
    this.items = this.#makeItems();
    const { broker } = this;
    const topics = stationTopics('bodydock', station);
    return new Pusher({
      witness: { follow: () => this.unproven, newest: { origin: 'bodydock/log', size: 7 } },
      broker,
      topics,
      session,
      store: { station, storeKeys: [publicKeyOf(this.storeKey)], receivers: [receiver] },
      strangeKeys: new StrangeKeys(this),
      items: this.items,
      changes: this.changes,
      units: { readUnit: (_path, _position, sizeBytes) => this.onReadUnit(sizeBytes) },
      limits: this.limits,
      freeBuffer: () => undefined,
      custody: this.custody,
      custodyPush: { level: (msMax) => this.onLevel(msMax) },
      clock: this.clock,
      log: this.log,
      conditions: this.conditions,
      standing: {
        vault: session,
        pin: async ({ vault }) => void this.pinned.push(vault),
        assertHeld: () => {
          if (this.isRestored) throw new DockError('receipt.not-held', 'restored since', { retry: 'later' });
        },
      },
      differences: { isOurs: async () => true },
    });
  }

  /** A recording that is durable in the spool, and announced; where it is not logged, its entries come now. */
  spool(
    isLogged = true,
    { sealedSizeBytes = SEALED_BYTES, locked = false, kind = 'recording' }: SpoolWish = {},
  ): RecordingId {
    const recording = makeRecordingId(random);
    const manifest = manifestOf(recording, { sealedSizeBytes, locked });
    const manifestBytes = encodeManifest(manifest);
    const entry: Held['recording'] = {
      recording,
      camera: manifest.camera.id,
      docking: manifest.docking,
      role: 'media',
      locked,
      rejected: null,
      pathSha256: manifest.source.path_sha256,
      originalSizeBytes: manifest.original.size_bytes,
      originalSha256: manifest.original.sha256,
      sealedSizeBytes,
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
    const signature = signFast(this.stationKey, manifestBytes, MANIFEST_TRUSTED_COMMENT);
    this.held.set(recording, { recording: entry, manifestBytes, signature });
    if (isLogged) this.changes.put({ kind, item: recording, to: 'spooled' });
    else this.items.spooled(kind, recording);
    return recording;
  }

  claim(recording: RecordingId, key: SecretKey = this.storeKey): Uint8Array {
    return this.#signed(key, {
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
    return this.#signed(this.storeKey, {
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

  sealedSizeBytes(recording: RecordingId): number {
    return this.#of(recording).recording.sealedSizeBytes;
  }

  /** Digest of the receipt that is kept of it. */
  receiptSha256(recording: RecordingId): string {
    return this.#stored.get(recording) ?? '';
  }

  /** As stores of 0.1.0 ask for what they gave a receipt for. */
  again(recording: RecordingId): Uint8Array {
    const facts = { station, recording, receiver, receipt_sha256: this.receiptSha256(recording) };
    const body = new TextDecoder().decode(encodeCanonical({ message: 'again', ...facts }));
    const signature = signMessageFast(this.storeKey, body);
    return encodeMessage({ message: 'again', body, signature, key_id: keyIdHex(this.storeKey.keyId) });
  }

  /** What the receiver holds: all digests, and the one unit or none. */
  have(holdsUnit: boolean): Uint8Array {
    return this.haveOf(32, holdsUnit ? [[0, 1]] : []);
  }

  /** ... so many bytes of digests, and these units. */
  haveOf(digestsBytes: number, received: [number, number][]): Uint8Array {
    return encodeMessage({
      message: 'have',
      receiver,
      session,
      epoch: 1,
      digests_bytes: digestsBytes,
      received,
      durable: [],
      bad: [],
      credit_bytes: 16 * 1024 * 1024,
    });
  }

  receipt(recording: RecordingId, key: SecretKey = this.storeKey, over: Partial<Receipt> = {}): Uint8Array {
    const { manifestBytes } = this.#of(recording);
    const bytes = encodeReceipt({
      type: 'receipt',
      version: 1,
      kind: 'recording',
      recording,
      station,
      manifest_sha256: sha256Hex(manifestBytes),
      sealed_size_bytes: this.#of(recording).recording.sealedSizeBytes,
      chunks_sha256: '2'.repeat(64),
      receiver,
      vault: session,
      custody_head: null,
      received_at: '2026-11-25T09:31:00.000Z',
      ...over,
    });
    return encodeMessage({
      message: 'receipt',
      receiver,
      receipt: messageField(bytes),
      signature: signFast(key, bytes, RECEIPT_TRUSTED_COMMENT),
    });
  }

  #signed(key: SecretKey, body: SignedBody): Uint8Array {
    const text = encodeSignedBody(body);
    return encodeMessage({
      message: body.message,
      body: text,
      signature: signMessageFast(key, text),
      key_id: keyIdHex(key.keyId),
    });
  }

  /** Those of which that was put, in order. */
  #heard(to: ItemChange['to']): RecordingId[] {
    return this.changes.heard.filter((change) => change.to === to).map(({ item }) => item);
  }

  get receipted(): RecordingId[] {
    return this.#heard('receipted');
  }

  get quarantined(): RecordingId[] {
    return this.#heard('gone');
  }

  #of(recording: RecordingId): Held {
    const held = this.held.get(recording);
    if (held === undefined) throw new Error(`${recording} is not in the rig`);
    return held;
  }

  #spool(): Partial<ItemStore<SpooledRecording>> {
    return {
      get: (recording) => this.held.get(recording)?.recording,
      waiting: () =>
        [...this.held.values()]
          .map(({ recording }) => recording)
          .filter(({ state }) => state === 'spooled')
          .sort((a, b) => (a.sealedAt < b.sealedAt ? -1 : 1)),
      readManifest: async (recording) => {
        this.manifestsRead.push(recording);
        const held = this.held.get(recording);
        if (held === undefined) throw new DockError('spool.unknown', 'not here', { retry: 'never' });
        return { bytes: held.manifestBytes, signature: held.signature };
      },
      readChunks: async (recording) =>
        new Uint8Array(chunksBytes(this.#of(recording).recording.sealedSizeBytes)),
      storeReceipt: async (recording, bytes) => {
        await this.onStoreReceipt();
        this.#stored.set(recording, sha256Hex(bytes));
        this.#of(recording).recording.state = 'receipted';
      },
      takeBackReceipt: async (recording) => {
        const { recording: entry } = this.#of(recording);
        if (entry.state !== 'receipted') return undefined;
        entry.state = 'spooled';
        return entry;
      },
      quarantine: async (recording) => {
        if (this.isGone) throw new DockError('spool.gone', 'another disk', { retry: 'person' });
        this.held.delete(recording);
        await this.onQuarantine(recording);
      },
    };
  }
}

function manifestOf(
  recording: RecordingId,
  { sealedSizeBytes, locked }: Required<Omit<SpoolWish, 'kind'>>,
): Manifest {
  return {
    type: 'recording-manifest',
    version: 1,
    recording,
    station,
    bay: parseBayId('bay-1'),
    docking: 'abcdefghijklmnopqrstuvwxyi' as DockingId,
    camera: { id: parseCameraId('cam-1'), model: null, serial: null },
    role: 'media',
    locked,
    rejected: null,
    source: { path_sha256: sha256Hex(Buffer.from(recording)), sealed: 'AAAA' },
    original: { size_bytes: 600, sha256: '1'.repeat(64), modified_at: null },
    capture: { earliest_at: null, latest_at: null, basis: 'clock-unmeasured' },
    sealed: { size_bytes: sealedSizeBytes, unit_bytes: 524_288, chunks_sha256: '2'.repeat(64) },
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
