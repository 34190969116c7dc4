// Builds a vault with everything that a station and a store leave behind: really sealed recordings, really signed documents, a custody log
// with checkpoints, and the public keys beside it. Tests then break it on purpose. Each kind of document has its file beside this one.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeIdentity } from '../../protocol/age/age-keys.ts';
import { sha256Hex } from '../../protocol/format/bytes.ts';
import { encodeCanonical } from '../../protocol/format/canonical.ts';
import type { CustodyEvent } from '../../protocol/custody/custody-entry.ts';
import {
  DOCKING_RECORD_TRUSTED_COMMENT,
  encodeDockingRecord,
  type DockingRecord,
} from '../../protocol/documents/docking-record.ts';
import {
  makeRecordingId,
  parseBayId,
  parseCameraId,
  parseStationId,
  type CameraId,
  type RecordingId,
  type SegmentId,
  type SessionId,
  type StationId,
} from '../../protocol/format/ids.ts';
import type { KeyChange } from '../../protocol/documents/key-documents.ts';
import {
  encodeManifest,
  MANIFEST_TRUSTED_COMMENT,
  type Manifest,
} from '../../protocol/documents/manifest.ts';
import {
  encodePublicKey,
  makeSecretKey,
  publicKeyOf,
  type SecretKey,
} from '../../protocol/documents/minisign.ts';
import { RECEIPT_TRUSTED_COMMENT, type Receipt } from '../../protocol/documents/receipt.ts';
import { seededRandom, type SeededRandom } from './random-seeded.ts';
import {
  OpenDocking,
  partsOf,
  type BuiltDocking,
  type BuiltDockingPart,
  type DockingWish,
  type OtherEntry,
  type UndockingWish,
} from './vault-builder-dockings.ts';
import { writeKeyChange } from './vault-builder-keys.ts';
import { BuilderLog } from './vault-builder-log.ts';
import { makeRoleKeys, OrderBuilder } from './vault-builder-orders.ts';
import {
  linkRecording,
  sealRecording,
  type BuiltRecording,
  type RecordingWish,
} from './vault-builder-recordings.ts';
import { BuilderClock, writeSigned } from './vault-builder-signed.ts';
import { thereOf, writeSpool } from './vault-builder-spool.ts';
import { StoreBuilder } from './vault-builder-store.ts';

export type { BuiltRecording, RecordingWish } from './vault-builder-recordings.ts';

/** How a vault is begun. Another seed gives other keys and ids; `vault` is the id of one that several stations share. */
export interface VaultWish {
  readonly seed?: number;
  readonly station?: string;
  readonly vault?: SessionId;
  /** When it begins, ms since 1970: early enough that all of it is over by now, where that matters. */
  readonly startMs?: number;
}

/** What all stations of one vault share. */
interface Shared {
  readonly root: string;
  readonly clock: BuilderClock;
  readonly receiver: StoreBuilder;
  readonly orders: OrderBuilder;
  readonly store: { readonly identity: string; readonly recipient: string };
  readonly escrow: { readonly identity: string; readonly recipient: string };
}

/**
 * Puts together what one station leaves in a vault, one docking after the other, and the store's side of it (`receiver`, `orders`). What
 * is written of a docking before its end may be incomplete: receipts and its record come with `undock`, `restart`, `cut` or `close`.
 */
export class VaultBuilder {
  readonly station: StationId;
  readonly random: SeededRandom;
  /** Signs from now on; the first one is `stationKeys[0]`. */
  stationKey: SecretKey;
  readonly stationKeys: SecretKey[];
  readonly recordings: BuiltRecording[] = [];
  readonly dockings: BuiltDocking[] = [];
  readonly #shared: Shared;
  readonly #log: BuilderLog;
  readonly #recordings = new Map<string, string>();
  readonly #records = new Map<string, string>();
  readonly #open = new Map<CameraId, OpenDocking>();

  private constructor(shared: Shared, station: string, random: SeededRandom, key: SecretKey) {
    this.#shared = shared;
    this.station = parseStationId(station);
    this.random = random;
    this.stationKey = key;
    this.stationKeys = [key];
    this.#log = new BuilderLog(this.station, random, shared.clock);
  }

  /** Begins a vault in an empty folder: `vault/`, `keys/` with the public keys and `store.identity`. */
  static async create(
    root: string,
    { seed = 1, station = 'dock-1', vault, startMs }: VaultWish = {},
  ): Promise<VaultBuilder> {
    const random = seededRandom(seed);
    const stationKey = makeSecretKey(random);
    const clock = new BuilderClock(startMs);
    const receiver = new StoreBuilder(join(root, 'vault'), vault, random, clock);
    const store = makeIdentity(random);
    const escrow = makeIdentity(random);
    const orders = new OrderBuilder(receiver, makeRoleKeys(random));
    const shared = { root, clock, receiver, store, escrow, orders };
    const builder = new VaultBuilder(shared, station, random, stationKey);
    await mkdir(builder.keys, { recursive: true });
    await builder.publish('station.pub', stationKey);
    await builder.publish('store.pub', receiver.key);
    await builder.publish('officer.pub', orders.keys.officer);
    await builder.publish('supervisor.pub', orders.keys.supervisor);
    await writeFile(builder.identityFile, `# the store's\n${store.identity}\n`, { mode: 0o600 });
    await mkdir(builder.vault);
    const id = encodeCanonical({ type: 'vault', version: 1, vault: builder.vaultId });
    await writeFile(join(builder.vault, 'vault.json'), id);
    await builder.#begin();
    return builder;
  }

  /** Another station of the same vault, with a key of its own. */
  async beside(station: string, seed = this.random.uint32()): Promise<VaultBuilder> {
    const random = seededRandom(seed);
    const other = new VaultBuilder(this.#shared, station, random, makeSecretKey(random));
    await other.publish(`station-${station}.pub`, other.stationKey);
    await other.#begin();
    return other;
  }

  get root(): string {
    return this.#shared.root;
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
  get vaultId(): SessionId {
    return this.receiver.vaultId;
  }
  get clock(): BuilderClock {
    return this.#shared.clock;
  }
  /** The store: receipts, deletions, disclosures, its own log. */
  get receiver(): StoreBuilder {
    return this.#shared.receiver;
  }
  get orders(): OrderBuilder {
    return this.#shared.orders;
  }
  get storeKey(): SecretKey {
    return this.receiver.key;
  }
  /** The store's age identity and its recipient, and those of the escrow. */
  get store(): Shared['store'] {
    return this.#shared.store;
  }
  get escrow(): Shared['escrow'] {
    return this.#shared.escrow;
  }
  get custody(): string {
    return join(this.vault, this.station, 'custody');
  }
  /** Custody segments in order, the newest last. */
  get segments(): readonly SegmentId[] {
    return this.#log.segments;
  }

  /** Puts a public key into the keys folder. */
  async publish(file: string, key: SecretKey): Promise<void> {
    await writeFile(join(this.keys, file), encodePublicKey(publicKeyOf(key)));
  }

  /** A camera comes into its bay; the docking of the same camera or bay that was open ends. */
  async dock(wish: DockingWish = {}): Promise<void> {
    const camera = parseCameraId(wish.camera ?? 'cam-1');
    const bay = parseBayId(wish.bay ?? camera.replace(/^cam-/, 'bay-'));
    for (const open of this.#open.values())
      if (open.camera === camera || open.bay === bay) await this.undock({}, open.camera);
    const last = this.dockings.findLast((docking) => docking.camera === camera)?.stay;
    const open = new OpenDocking(this.random, { camera, bay, dockedAt: this.clock.now(), wish, last });
    this.#open.set(camera, open);
    const { docking } = open;
    this.log('docked', open.docked);
    const { clock } = wish;
    if (clock !== undefined) this.log('camera-clock', { docking, ...measured(clock) });
    open.takenAt = this.clock.now();
    this.#log.reserve(() => open.firstListing());
    this.#log.checkpoint();
  }

  /** Something on the docked camera that is not sealed now. */
  async entry(other: OtherEntry, camera?: string): Promise<void> {
    const open = await this.#docked(camera);
    const entry = open.other(other);
    const { docking } = open;
    const { path_sha256, fate, recording, reason } = entry;
    if (entry.later) this.#log.reserve(() => open.laterListing(entry));
    if (fate === 'matched') this.log('matched', { recording, docking, path_sha256 });
    if (fate === 'waiting' && reason !== 'not-reached')
      this.log('not-taken', { docking, path_sha256, reason });
    this.#erase(entry.erased, { recording, docking, path_sha256 });
  }

  /** Seals a recording into the vault, signs it, enters it; the store's receipt comes with the end of the docking. */
  async record(wish: RecordingWish = {}): Promise<BuiltRecording> {
    const open = await this.#docked(wish.camera);
    const { camera, docking } = open;
    const id = makeRecordingId(this.random);
    const folder = join(this.vault, this.station, id);
    await mkdir(folder, { recursive: true });
    const original = wish.sealedAs?.original ?? wish.original ?? this.random.bytes(2000);
    const place = {
      station: this.station,
      bay: open.bay,
      docking,
      camera,
      identity: open.identity,
      recipients: [this.store.recipient, this.escrow.recipient],
      previousManifestSha256: this.#recordings.get(camera) ?? null,
      sealedAt: this.clock.now(),
      number: this.recordings.length,
    };
    const manifest =
      wish.sealedAs === undefined
        ? await sealRecording(id, folder, original, wish, place, this.random)
        : await linkRecording(id, folder, wish.sealedAs, wish, place);
    const manifestBytes = await this.writeManifest(folder, manifest);
    this.#recordings.set(camera, sha256Hex(manifestBytes));
    open.stored(manifest, wish);
    const built: BuiltRecording = { id, folder, original, manifest, manifestBytes, receipt: undefined };
    this.recordings.push(built);
    this.#logRecording(open, built, wish);
    return built;
  }

  /** The camera is taken away: its record is made, signed, sent and receipted. */
  async undock(wish: UndockingWish = {}, camera?: string): Promise<BuiltDocking> {
    const open = this.#openOf(camera);
    if (open === undefined) throw new Error(`no camera ${camera ?? ''} is docked`);
    this.#open.delete(open.camera);
    const { clock } = open.wish;
    if (clock?.set != null) this.log('camera-clock-set', { docking: open.docking, ...measured(clock.set) });
    const cut = wish.ended === 'cut-off';
    if (!cut) this.log('undocked', { bay: open.bay, docking: open.docking });
    const parts: BuiltDockingPart[] = [];
    if (wish.recorded !== false) this.#recordDocking(open, wish, parts, cut ? null : this.clock.now());
    await this.#log.flush();
    const docking = { docking: open.docking, camera: open.camera, stay: open.stay, parts };
    this.dockings.push(docking);
    return docking;
  }

  /** The camera is listed again while it stays: its docking ends as `continued`, and the next one of the same stay begins. */
  async relist(wish: UndockingWish = {}, camera?: string): Promise<void> {
    const open = this.#openOf(camera);
    await this.undock({ ended: 'continued', ...wish }, open?.camera);
    if (open !== undefined) await this.#goOn(open);
  }

  /**
   * The agent is stopped and starts again: open dockings end, a new custody segment follows the last one. `stays`: their cameras are still
   * there and go on with their stays.
   */
  async restart({ stays = false }: { readonly stays?: boolean } = {}): Promise<void> {
    const open = [...this.#open.values()];
    await this.#stop();
    await this.#begin();
    for (const each of stays ? open : []) await this.#goOn(each);
  }

  /** The power goes and comes back: open dockings are recorded after the next start, as `wish` says. `stays`: as for `restart`. */
  async cut({ stays = false, ...wish }: UndockingWish & { readonly stays?: boolean } = {}): Promise<void> {
    const open = [...this.#open.values()];
    await this.#begin();
    for (const { camera } of open) await this.undock({ ended: 'cut-off', ...wish }, camera);
    for (const each of stays ? open : []) await this.#goOn(each);
  }

  async #goOn({ camera, bay, wish }: OpenDocking): Promise<void> {
    await this.dock({ ...wish, camera, bay, continues: true });
  }

  /**
   * The station changes to a new key: a change document, a segment of the new key, new chains. `publish`: whether the new key is put into
   * the keys folder. `back`: the key that it changes to, one that it had before.
   */
  async changeKey(
    wish: {
      readonly publish?: boolean;
      readonly back?: SecretKey;
      readonly reason?: KeyChange['reason'];
      readonly change?: (document: KeyChange) => KeyChange;
    } = {},
  ): Promise<void> {
    await this.#stop();
    const { publish = wish.back === undefined, back, ...how } = wish;
    const old = this.stationKey;
    const fresh = back ?? makeSecretKey(this.random);
    this.stationKey = fresh;
    this.stationKeys.push(fresh);
    const facts = await writeKeyChange(this.vault, {
      holder: this.station,
      old,
      fresh,
      at: this.clock.now(),
      ...how,
    });
    if (publish) await this.publish(`station-${this.station}.${this.stationKeys.length}.pub`, fresh);
    this.#recordings.clear();
    this.#records.clear();
    await this.#begin(facts);
  }

  /** Enters an event into the station's custody log. */
  log(event: CustodyEvent['event'], facts: CustodyEvent['facts'] | (() => CustodyEvent['facts'])): void {
    this.#log.log(event, facts);
  }

  /** All lines of the station's log so far. */
  async lines(): Promise<string[]> {
    await this.#log.flush();
    return this.#log.lines();
  }

  /** A good receipt of the store for a manifest. */
  receiptOf(manifest: Manifest, manifestBytes: Uint8Array, head: Receipt['custody_head']): Receipt {
    return this.receiver.receiptOf({ manifest, manifestBytes }, head, this.clock.now());
  }

  /** Signs a manifest and puts it into a folder. */
  async writeManifest(
    folder: string,
    manifest: Manifest,
    key = this.stationKey,
    comment = MANIFEST_TRUSTED_COMMENT,
  ): Promise<Uint8Array> {
    const bytes = encodeManifest(manifest);
    await writeSigned(join(folder, 'manifest.json'), bytes, key, comment);
    return bytes;
  }

  /** Signs a docking record and puts it into a folder. */
  async writeDockingRecord(
    folder: string,
    record: DockingRecord,
    key = this.stationKey,
    comment = DOCKING_RECORD_TRUSTED_COMMENT,
  ): Promise<Uint8Array> {
    const bytes = encodeDockingRecord(record);
    await writeSigned(join(folder, 'docking.json'), bytes, key, comment);
    return bytes;
  }

  /** Signs a receipt and puts it into a folder. */
  async writeReceipt(
    folder: string,
    receipt: Receipt,
    key = this.storeKey,
    comment = RECEIPT_TRUSTED_COMMENT,
  ): Promise<void> {
    await this.receiver.writeReceipt(folder, receipt, key, comment);
  }

  /** Writes the custody logs. Dockings that are open end, unless the camera stays: `docked`. */
  async close({ docked = false }: { readonly docked?: boolean } = {}): Promise<void> {
    if (!docked) for (const camera of this.#open.keys()) await this.undock({}, camera);
    await this.#log.write(this.custody);
    const newest = JSON.stringify({ segment: this.segments.at(-1) });
    await writeFile(join(this.custody, 'newest.json'), newest);
    await this.receiver.write();
  }

  /** The spool that such a vault was filled from: all recordings are ready but those named, which were reclaimed. */
  async spool(released: readonly RecordingId[] = []): Promise<string> {
    const folders = this.dockings.flatMap(({ parts }) => parts.map(({ folder }) => folder));
    const dockings = await thereOf(folders);
    const writeLog = (folder: string): Promise<void> => this.#log.write(folder, { signEnded: true });
    return writeSpool(this.root, { recordings: this.recordings, released, dockings, writeLog });
  }

  #openOf(camera: string | undefined): OpenDocking | undefined {
    return camera === undefined ? [...this.#open.values()].at(-1) : this.#open.get(parseCameraId(camera));
  }

  async #docked(camera: string | undefined): Promise<OpenDocking> {
    if (this.#openOf(camera) === undefined) await this.dock(camera === undefined ? {} : { camera });
    const open = this.#openOf(camera);
    if (open === undefined) throw new Error('nothing is docked');
    return open;
  }

  async #begin(keyChange?: CustodyEvent['facts']): Promise<void> {
    await this.#log.open(this.stationKey);
    if (keyChange !== undefined) this.log('key-changed', keyChange);
    this.log('agent-started', { version: '0.1.0' });
    this.log('configuration', { sha256: sha256Hex(Buffer.from(this.station)) });
    this.log('clock-state', { synchronised: true });
  }

  async #stop(): Promise<void> {
    for (const camera of this.#open.keys()) await this.undock({ ended: 'stopped' }, camera);
    this.log('agent-stopped', {});
    await this.#log.flush();
  }

  #logRecording(open: OpenDocking, built: BuiltRecording, wish: RecordingWish): void {
    const { id: recording, manifest } = built;
    const { source, original, sealed, rejected } = manifest;
    const { path_sha256 } = source;
    const { docking, entries } = open;
    const entry = entries.at(-1);
    if (entry?.later === true) this.#log.reserve(() => open.laterListing(entry));
    this.log('pulled', {
      recording,
      docking,
      path_sha256,
      size_bytes: original.size_bytes,
      sha256: original.sha256,
    });
    const { size_bytes: sealed_size_bytes, chunks_sha256 } = sealed;
    this.log('sealed', { recording, sealed_size_bytes, chunks_sha256 });
    if (rejected !== null) this.log('rejected', { recording, reason: rejected.reason });
    this.log('spooled', { recording, manifest_sha256: sha256Hex(built.manifestBytes), sealed_size_bytes });
    if (wish.receipted === false) this.#log.checkpoint();
    else
      this.#receipted(recording, async (head, at) => {
        built.receipt = this.receiver.receiptOf(built, head, at);
        return this.receiver.writeReceipt(built.folder, built.receipt);
      });
    if (wish.joints !== undefined && wish.isCompared !== false)
      this.log('matched', { recording, docking, path_sha256 });
    this.#erase(wish.erased === undefined ? false : wish.erased, { recording, docking, path_sha256 });
  }

  /** Enters offer and receipt; `give` writes the receipt and gives its digest. */
  #receipted(
    recording: string,
    give: (head: NonNullable<Receipt['custody_head']>, at: string) => Promise<string>,
  ): void {
    const { receiver } = this.receiver;
    let receiptSha256 = '';
    const at = this.clock.now();
    this.#log.checkpoint(async (head) => {
      receiptSha256 = await give(head, at);
    });
    this.log('offered', { recording });
    this.log('receipted', () => ({ recording, receiver, receipt_sha256: receiptSha256 }));
  }

  #erase(isGone: boolean | null, facts: CustodyEvent['facts']): void {
    if (isGone === false) return;
    this.log('erasing', facts);
    this.#log.checkpoint();
    if (isGone === true) this.log('erased', facts);
    else this.log('erasure-unconfirmed', { ...facts, reason: 'listing-incomplete' });
  }

  #recordDocking(
    open: OpenDocking,
    wish: UndockingWish,
    built: BuiltDockingPart[],
    endedAt: string | null,
  ): void {
    this.#log.checkpoint(() => this.#signParts(open, wish, built, endedAt));
    this.#log.reserve(() => built.map(recordedEvent));
    if (wish.sent === false) return;
    const at = this.clock.now();
    const { receiver } = this.receiver;
    const receipts: string[] = [];
    this.#log.checkpoint(async (head) => {
      for (const part of wish.receipted === false ? [] : built) {
        part.receipt = this.receiver.dockingReceiptOf(this.station, part.record.record, part.bytes, head, at);
        receipts.push(await this.receiver.writeReceipt(part.folder, part.receipt));
      }
    });
    this.#log.reserve(() =>
      built.map(({ record }) => ({ event: 'offered', facts: { recording: record.record } })),
    );
    this.#log.reserve(() =>
      receipts.map((receipt_sha256, at) => ({
        event: 'receipted',
        facts: { recording: built[at]?.record.record ?? null, receiver, receipt_sha256 },
      })),
    );
  }

  async #signParts(
    open: OpenDocking,
    wish: UndockingWish,
    built: BuiltDockingPart[],
    endedAt: string | null,
  ): Promise<void> {
    for (const part of partsOf(open, wish, { station: this.station, endedAt, random: this.random })) {
      const made = { ...part, previous_docking_sha256: this.#records.get(open.camera) ?? null };
      const record = wish.change?.(made) ?? made;
      const folder = join(this.vault, this.station, record.record);
      const sent = wish.sent !== false;
      const bytes = sent ? await this.writeDockingRecord(folder, record) : encodeDockingRecord(record);
      this.#records.set(open.camera, sha256Hex(bytes));
      built.push({ record, bytes, folder, receipt: undefined });
    }
  }
}

function measured({
  offset_ms,
  uncertainty_ms,
}: {
  readonly offset_ms: number;
  readonly uncertainty_ms: number;
}): {
  offset_ms: number;
  uncertainty_ms: number;
} {
  return { offset_ms, uncertainty_ms };
}

function recordedEvent({ record, bytes }: BuiltDockingPart): CustodyEvent {
  const { docking, part, parts } = record;
  return {
    event: 'docking-recorded',
    facts: { docking, record: record.record, sha256: sha256Hex(bytes), part, parts },
  };
}
