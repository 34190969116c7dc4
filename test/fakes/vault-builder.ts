// Builds a vault with everything that a station and a store leave behind: really sealed recordings, really signed documents, a custody log
// with checkpoints, and the public keys beside it. Tests then break it on purpose.
import { cp, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bulkInline } from '../../agent/bulk/bulk-inline.ts';
import { chainGroups, type LooseEntry } from '../../protocol/custody-chain.ts';
import type { TrackedEntry } from '../../agent/bay/entry.ts';
import { buildManifest } from '../../agent/bay/manifest-build.ts';
import { makeIdentity } from '../../protocol/age-keys.ts';
import { encodeUtf8, sha256Hex } from '../../protocol/bytes.ts';
import { encodeCanonical } from '../../protocol/canonical.ts';
import {
  CHAIN_START,
  CUSTODY_SEGMENT_TRUSTED_COMMENT,
  type ChainState,
  type CustodyEvent,
} from '../../protocol/custody-entry.ts';
import {
  makeDockingId,
  makeRecordingId,
  makeSegmentId,
  makeSessionId,
  parseBayId,
  parseCameraId,
  parseReceiverId,
  parseStationId,
  type DockingId,
  type RecordingId,
  type SegmentId,
  type SessionId,
  type StationId,
} from '../../protocol/ids.ts';
import { nodeFiles } from '../../protocol/io/files-node.ts';
import { encodeManifest, MANIFEST_TRUSTED_COMMENT, type Manifest } from '../../protocol/manifest.ts';
import {
  encodePublicKey,
  inlineSigner,
  makeSecretKey,
  publicKeyOf,
  signDocument,
  type SecretKey,
} from '../../protocol/minisign.ts';
import { encodeReceipt, RECEIPT_TRUSTED_COMMENT, type Receipt } from '../../protocol/receipt.ts';
import { seededRandom, type SeededRandom } from './random-seeded.ts';

/** What a recording is made from; all has a default. */
export interface RecordingWish {
  readonly original?: Uint8Array;
  /** Path on the camera. */
  readonly path?: string | Uint8Array;
  readonly camera?: string;
  readonly modifiedAt?: string | null;
  readonly role?: Manifest['role'];
  readonly rejected?: 'empty' | 'unknown-kind' | 'odd-name';
  /** Paths of sidecars, or of the recording that this one is a sidecar of. */
  readonly sidecars?: readonly string[];
  readonly sidecarOf?: string;
  readonly supersedes?: readonly RecordingId[];
  /** Whether the store gives its receipt. */
  readonly receipted?: boolean;
  /** Changes the manifest before it is signed. */
  readonly change?: (manifest: Manifest) => Manifest;
}

/** A recording that lies in the vault. */
export interface BuiltRecording {
  readonly id: RecordingId;
  readonly folder: string;
  readonly original: Uint8Array;
  readonly manifest: Manifest;
  readonly manifestBytes: Uint8Array;
  readonly receipt: Receipt | undefined;
}

/** Puts a vault together, one recording after the other. `close` writes what is still in memory. */
export class VaultBuilder {
  readonly root: string;
  readonly station: StationId;
  readonly random: SeededRandom;
  readonly stationKey: SecretKey;
  readonly storeKey: SecretKey;
  /** The store's age identity and its recipient, and those of the escrow. */
  readonly store: { readonly identity: string; readonly recipient: string };
  readonly escrow: { readonly identity: string; readonly recipient: string };
  readonly vaultId: SessionId;
  readonly recordings: BuiltRecording[] = [];
  readonly #lastManifest = new Map<string, string>();
  readonly #segments: { id: SegmentId; bytes: Uint8Array[]; state: ChainState }[] = [];
  #pending: LooseEntry[] = [];
  #docking: DockingId;
  #clockMs = Date.UTC(2026, 10, 25, 8);

  private constructor(root: string, seed: number, station: string, vault: SessionId | undefined) {
    this.root = root;
    this.station = parseStationId(station);
    this.random = seededRandom(seed);
    this.stationKey = makeSecretKey(this.random);
    this.storeKey = makeSecretKey(this.random);
    this.store = makeIdentity(this.random);
    this.escrow = makeIdentity(this.random);
    this.vaultId = vault ?? makeSessionId(this.random);
    this.#docking = makeDockingId(this.random);
  }

  /**
   * Begins a vault in an empty folder: `vault/`, `keys/` with the public keys and `store.identity`. Another seed gives other keys and
   * ids; `vault` is the id of a vault that several stations share.
   */
  static async create(
    root: string,
    options: { seed?: number; station?: string; vault?: SessionId } = {},
  ): Promise<VaultBuilder> {
    const { seed = 1, station = 'dock-1', vault } = options;
    const builder = new VaultBuilder(root, seed, station, vault);
    await mkdir(join(builder.vault, builder.station), { recursive: true });
    await mkdir(builder.keys);
    const key = (secret: SecretKey): string => encodePublicKey(publicKeyOf(secret));
    await writeFile(join(builder.keys, 'station.pub'), key(builder.stationKey));
    await writeFile(join(builder.keys, 'store.pub'), key(builder.storeKey));
    await writeFile(builder.identityFile, `# the store's\n${builder.store.identity}\n`, { mode: 0o600 });
    const id = encodeCanonical({ type: 'vault', version: 1, vault: builder.vaultId });
    await writeFile(join(builder.vault, 'vault.json'), id);
    await builder.restart();
    return builder;
  }

  get vault(): string {
    return join(this.root, 'vault');
  }
  get keys(): string {
    return join(this.root, 'keys');
  }
  get identityFile(): string {
    return join(this.keys, 'store.identity');
  }
  get custody(): string {
    return join(this.vault, this.station, 'custody');
  }
  /** Custody segments in order, the newest last. */
  get segments(): readonly SegmentId[] {
    return this.#segments.map(({ id }) => id);
  }

  /** The next recordings come in another docking. */
  dock(): void {
    this.#docking = makeDockingId(this.random);
    this.log('docked', { bay: 'bay-1', camera: 'cam-1', docking: this.#docking });
  }

  /** The agent ends and starts again: a new custody segment that follows the last one. */
  async restart(): Promise<void> {
    await this.#checkpoint();
    const last = this.#segments.at(-1);
    const id = makeSegmentId(this.random);
    this.#segments.push({ id, bytes: [], state: CHAIN_START });
    this.log('segment-opened', {
      segment: id,
      station: this.station,
      version: '0.1.0',
      last_segment: last?.id ?? null,
      last_sequence: last?.state.sequence ?? null,
      last_sha256: last?.state.sha256 ?? null,
    });
    this.log('agent-started', { version: '0.1.0' });
  }

  /** Enters an event into the custody log. */
  log(event: CustodyEvent['event'], facts: CustodyEvent['facts']): void {
    this.#pending.push({ ...this.#stamp(), event, facts });
  }

  /** Seals a recording into the vault, signs it, enters it, and lets the store give its receipt. */
  async record(wish: RecordingWish = {}): Promise<BuiltRecording> {
    const id = makeRecordingId(this.random);
    const folder = join(this.vault, this.station, id);
    await mkdir(folder);
    const original = wish.original ?? this.random.bytes(2000);
    const { manifest, manifestBytes } = await this.#sealAndSign(id, folder, original, wish);
    const manifestSha256 = sha256Hex(manifestBytes);
    this.#lastManifest.set(manifest.camera.id, manifestSha256);
    const facts = {
      recording: id,
      manifest_sha256: manifestSha256,
      sealed_size_bytes: manifest.sealed.size_bytes,
    };
    this.log('spooled', facts);
    const head = await this.#checkpoint();
    this.log('offered', { recording: id });
    let receipt: Receipt | undefined;
    if (wish.receipted !== false) {
      receipt = this.receiptOf(manifest, manifestBytes, head);
      await this.writeReceipt(folder, receipt);
      const receiptSha256 = sha256Hex(encodeReceipt(receipt));
      this.log('receipted', { recording: id, receiver: receipt.receiver, receipt_sha256: receiptSha256 });
    }
    const built = { id, folder, original, manifest, manifestBytes, receipt };
    this.recordings.push(built);
    return built;
  }

  /** A good receipt of the store for a manifest. */
  receiptOf(manifest: Manifest, manifestBytes: Uint8Array, head: Receipt['custody_head']): Receipt {
    return {
      type: 'receipt',
      version: 1,
      kind: 'recording',
      recording: manifest.recording,
      station: manifest.station,
      manifest_sha256: sha256Hex(manifestBytes),
      sealed_size_bytes: manifest.sealed.size_bytes,
      chunks_sha256: manifest.sealed.chunks_sha256,
      receiver: parseReceiverId('r-store'),
      vault: this.vaultId,
      custody_head: head,
      received_at: this.#now(),
    };
  }

  /** Signs a manifest and puts it into a folder. */
  async writeManifest(
    folder: string,
    manifest: Manifest,
    key = this.stationKey,
    comment = MANIFEST_TRUSTED_COMMENT,
  ): Promise<Uint8Array> {
    const bytes = encodeManifest(manifest);
    await writeSigned(join(folder, 'manifest.json'), bytes, signDocument(key, bytes, comment));
    return bytes;
  }

  /** Signs a receipt and puts it into a folder. */
  async writeReceipt(
    folder: string,
    receipt: Receipt,
    key = this.storeKey,
    comment = RECEIPT_TRUSTED_COMMENT,
  ): Promise<void> {
    const bytes = encodeReceipt(receipt);
    await writeSigned(join(folder, 'receipt.json'), bytes, signDocument(key, bytes, comment));
  }

  /** Writes the custody log. Nothing is added afterwards. */
  async close(): Promise<void> {
    await this.#checkpoint();
    await mkdir(this.custody, { recursive: true });
    for (const { id, bytes } of this.#segments)
      await writeFile(join(this.custody, `${id}.jsonl`), Buffer.concat(bytes));
    const newest = JSON.stringify({ segment: this.segments.at(-1) });
    await writeFile(join(this.custody, 'newest.json'), newest);
  }

  /** The spool that such a vault was filled from: all recordings are ready but those named, which were reclaimed. Ended segments are signed. */
  async spool(released: readonly RecordingId[] = []): Promise<string> {
    const spool = join(this.root, 'spool');
    for (const name of ['staging', 'ready', 'released', 'quarantine', 'custody', 'proofs'])
      await mkdir(join(spool, name), { recursive: true });
    await writeFile(join(spool, 'spool.json'), '{}');
    for (const { id, folder } of this.recordings) {
      const state = released.includes(id) ? 'released' : 'ready';
      const sealed = /\/(?:payload\.age|chunks\.bin)$/;
      await cp(folder, join(spool, state, id), {
        recursive: true,
        filter: (from) => state === 'ready' || !sealed.test(from),
      });
    }
    for (const name of (await readdir(this.custody)).filter((each) => each.endsWith('.jsonl')))
      await cp(join(this.custody, name), join(spool, 'custody', name));
    for (const { id, bytes } of this.#segments.slice(0, -1)) {
      const signature = signDocument(this.stationKey, Buffer.concat(bytes), CUSTODY_SEGMENT_TRUSTED_COMMENT);
      await writeFile(join(spool, 'custody', `${id}.jsonl.minisig`), signature);
    }
    return spool;
  }

  async #sealAndSign(
    recording: RecordingId,
    folder: string,
    original: Uint8Array,
    wish: RecordingWish,
  ): Promise<{ manifest: Manifest; manifestBytes: Uint8Array }> {
    const bulk = bulkInline({ files: nodeFiles(), random: this.random });
    const recipients = [this.store.recipient, this.escrow.recipient];
    const places = { payloadPath: join(folder, 'payload.age'), chunksPath: join(folder, 'chunks.bin') };
    const sealing = await bulk.startSeal({ ...places, recipients });
    await sealing.write({ kind: 'bytes', bytes: new Uint8Array(original) });
    const camera = parseCameraId(wish.camera ?? 'cam-1');
    const facts = {
      station: this.station,
      bay: parseBayId('bay-1'),
      docking: this.#docking,
      camera,
      identity: { vendor: null, model: 'BC-2', serial: `serial of ${camera}`, firmware: null },
      recipients,
    };
    const sealed = {
      recording,
      seal: await sealing.finish(),
      previousManifestSha256: this.#lastManifest.get(camera) ?? null,
      sealedAt: this.#now(),
      clockSynchronised: true,
    };
    const built = await buildManifest(facts, entryOf(wish, original, this.recordings.length), sealed, bulk);
    const manifest = wish.change?.(built) ?? built;
    return { manifest, manifestBytes: await this.writeManifest(folder, manifest) };
  }

  async #checkpoint(): Promise<Receipt['custody_head']> {
    const segment = this.#segments.at(-1);
    if (segment === undefined) return null;
    const { id, state } = segment;
    const signer = inlineSigner(this.stationKey);
    const context = { station: this.station, segment: id, signer, stamp: () => this.#stamp() };
    const groups = await chainGroups(state, this.#pending, context);
    this.#pending = [];
    segment.bytes.push(groups.bytes);
    segment.state = groups.state;
    return { segment: id, ...groups.state };
  }

  #now(): string {
    this.#clockMs += 1000;
    return new Date(this.#clockMs).toISOString();
  }

  #stamp(): Pick<LooseEntry, 'at' | 'boot' | 'monotonic_ms'> {
    return { at: this.#now(), boot: null, monotonic_ms: this.#clockMs % 1_000_000 };
  }
}

function entryOf(wish: RecordingWish, original: Uint8Array, number: number): TrackedEntry {
  const path = bytesOf(wish.path ?? `DCIM/100MEDIA/REC_${String(number).padStart(4, '0')}.MP4`);
  const digest = (of: string | Uint8Array): string => sha256Hex(bytesOf(of));
  return {
    pathSha256: digest(path),
    listed: {
      path,
      kind: 'file',
      sizeBytes: original.length,
      modifiedAt: wish.modifiedAt === undefined ? '2026-11-24T17:20:31.500Z' : wish.modifiedAt,
      modifiedStepMs: 2000,
      stamp: '',
      locked: false,
      vendor: { attributes: 'archive' },
    },
    role: {
      role: wish.role ?? 'media',
      rejected: wish.rejected ?? null,
      sidecarOf: wish.sidecarOf === undefined ? null : digest(wish.sidecarOf),
      sidecars: (wish.sidecars ?? []).map(digest).sort(),
    },
    fate: { kind: 'pending' },
    attempts: 0,
    againAtMs: 0,
    supersedes: [...(wish.supersedes ?? [])],
  };
}

function bytesOf(path: string | Uint8Array): Uint8Array {
  return typeof path === 'string' ? encodeUtf8(path) : path;
}

async function writeSigned(path: string, bytes: Uint8Array, signature: string): Promise<void> {
  await writeFile(path, bytes);
  await writeFile(`${path}.minisig`, signature);
}
