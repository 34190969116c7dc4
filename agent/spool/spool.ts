// The spool: sealed recordings on disk until the store has them. The one place that says "durable here".
//
// Invariants:
// 1. A recording is in `recordings()` only after its files, their names and its folder's name were synced.
// 2. After a failed write, sync or rename that attempt is over: nothing of it is synced again, and the recording is not here.
// 3. Whatever changes one recording runs one after the other; different recordings run side by side and share folder syncs.
// 4. Nothing is written where another spool, or none, shows at the path.
import { sha256Hex } from '../../protocol/bytes.ts';
import { DockError, isDockError } from '../../protocol/errors.ts';
import type { CameraId, RecordingId } from '../../protocol/ids.ts';
import { keyIdHex, type PublicKey } from '../../protocol/minisign.ts';
import type { Clock, Conditions, Files, Log, Random } from '../../protocol/ports.ts';
import type { Catalogue } from './catalogue.ts';
import { Documents, type SignedBytes } from './documents.ts';
import { Findings, type RecoveryFinding } from './findings.ts';
import { FolderSyncs } from './folder-syncs.ts';
import { confirmIdentity, openIdentity } from './identity.ts';
import { readIndex } from './index-file.ts';
import { IndexKeeper } from './index-keeper.ts';
import { spoolLayout, stagingOf, type SpoolLayout, type Staging } from './layout.ts';
import { makeDurable, undoRename, type DurableDeps, type SealedDocuments } from './make-durable.ts';
import { Quarantine } from './quarantine.ts';
import { moveToReleased, removePayload } from './reclaim.ts';
import { makeFolders, Recovery } from './recovery.ts';
import { Reserve, type GivesSpace } from './reserve.ts';
import { Space, type Reservation } from './space.ts';
import { factsOf, type CatalogueEntry, type SpooledRecording } from './spooled-recording.ts';
import { notReceipted, StoredReceipts, writeFailed } from './stored-receipts.ts';
import { Turns } from './turns.ts';

export type { RecoveryFinding } from './findings.ts';
export type { Staging } from './layout.ts';
export type { SealedDocuments } from './make-durable.ts';
export type { Reservation } from './space.ts';
export type { SpooledRecording, SpoolState } from './spooled-recording.ts';

export interface SpoolOptions {
  /** Absolute. */
  readonly path: string;
  /** Size of the written reserve for log and receipts; 0 for none. */
  readonly reserveBytes: number;
  readonly files: Files;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly conditions: Conditions;
  /** Keys that signed our manifests: the one that signs now first, then old ones. */
  readonly stationKeys: readonly PublicKey[];
  /** Where given, a stored receipt must verify with one of them before a payload is removed. */
  readonly storeKeys?: readonly PublicKey[];
}

interface Parts {
  readonly id: string;
  readonly layout: SpoolLayout;
  readonly catalogue: Catalogue;
  readonly quarantine: Quarantine;
  readonly reserve: Reserve;
  readonly syncs: FolderSyncs;
}

/** One spool. `open` takes whatever lies on the disk; the caller holds the lock (lock.ts). */
export class Spool {
  readonly #options: SpoolOptions;
  readonly #parts: Parts;
  readonly #documents: Documents;
  readonly #receipts: StoredReceipts;
  readonly #space: Space;
  readonly #index: IndexKeeper;
  readonly #turns = new Turns<RecordingId>();

  private constructor(options: SpoolOptions, parts: Parts, factsRead: number) {
    this.#options = options;
    this.#parts = parts;
    this.#documents = new Documents(options.files);
    this.#index = new IndexKeeper({ ...options, ...parts }, factsRead);
    this.#receipts = new StoredReceipts({
      ...options,
      documents: this.#documents,
      storeKeys: options.storeKeys ?? [],
      reserve: parts.reserve,
      confirm: () => this.confirm(),
      setAside: (...what) => this.setAside(...what),
      onChange: () => this.#index.changed(),
    });
    this.#space = new Space({
      ...options,
      root: parts.layout.root,
      reserveMissingBytes: () => parts.reserve.missingBytes,
    });
  }

  /**
   * Recovers what lies at the path, or makes a spool of an empty folder.
   * Errors: "spool.foreign" (not a spool), "spool.version" (of a newer agent), and the system's where its folders cannot be read.
   */
  static async open(options: SpoolOptions): Promise<{ spool: Spool; findings: readonly RecoveryFinding[] }> {
    const { files, log, conditions } = options;
    const layout = spoolLayout(options.path);
    const findings = new Findings(log);
    const identity = await openIdentity(layout, options);
    if (identity.found === 'made') findings.add('new-spool', layout.root, 'was an empty folder');
    if (identity.found === 'replaced') findings.add('id-replaced', 'spool.json', 'it could not be read');
    await makeFolders(files, layout, findings);
    const syncs = new FolderSyncs(files);
    const quarantine = await Quarantine.open(layout.quarantine, { files, syncs, conditions });
    const index = await readIndex(files, layout, identity.id);
    const [own] = options.stationKeys;
    const keyId = own && keyIdHex(own.keyId);
    const recovery = new Recovery({ files, layout, quarantine, findings, index, keyId });
    const catalogue = await recovery.run();
    const reserve = await Reserve.open(layout.reserve, options.reserveBytes, options);
    const parts = { id: identity.id, layout, catalogue, quarantine, reserve, syncs };
    return { spool: new Spool(options, parts, recovery.factsRead), findings: findings.list() };
  }

  /** Where things lie. */
  get layout(): SpoolLayout {
    return this.#parts.layout;
  }

  /** Folders of the custody log and of the recipient proofs. */
  get custodyFolder(): string {
    return this.#parts.layout.custody;
  }
  get proofsFolder(): string {
    return this.#parts.layout.proofs;
  }

  /** The written space that the custody log may have when the disk is full. */
  get logReserve(): GivesSpace {
    return this.#parts.reserve;
  }

  /**
   * Reserves space for a sealed file of that many bytes. `full` raises "spool.full", which goes away by itself once it would fit.
   * Errors: the system's where free space cannot be read.
   */
  reserve(sealedBytes: number): Promise<Reservation | 'full'> {
    return this.#space.reserve(sealedBytes);
  }

  /** Makes the folder for one sealing. Errors: "spool.gone" (unmounted, other disk), "spool.write-failed". */
  async stage(recording: RecordingId): Promise<Staging> {
    const staging = stagingOf(this.#parts.layout, recording);
    await this.confirm();
    await this.#options.files
      .makeFolder(staging.folder)
      .catch((error: unknown) => writeFailed('make a folder for', recording, error));
    return staging;
  }

  /**
   * Makes a sealing durable; the sealing has written, synced and closed payload and chunk list. Only when it resolves may anybody be told.
   * Errors: "spool.gone", "spool.damaged" (the sealed files have other lengths than the manifest says), "spool.write-failed".
   * After any of them the attempt is over: discard the staging and seal the original again under a new id.
   */
  commit(staging: Staging, documents: SealedDocuments): Promise<SpooledRecording> {
    return this.#turns.run(staging.recording, () => this.#commit(staging, documents));
  }

  /** Removes an unfinished sealing. Never rejects: what the disk does not let go is found by the next start. */
  discard(staging: Staging): Promise<void> {
    return this.#turns.run(staging.recording, async () => {
      try {
        if (this.#parts.catalogue.get(staging.recording) === undefined)
          await undoRename(this.#durableDeps, staging);
        await this.#options.files.removeTree(staging.folder);
      } catch (error) {
        this.#options.log.warn('unfinished sealing not removed', { recording: staging.recording, error });
      }
    });
  }

  /**
   * Stores a verified receipt, durably. One that is there and stands stays; one that does not stand goes to the quarantine.
   * Errors: "spool.unknown" where the recording is not here, "spool.write-failed".
   */
  storeReceipt(recording: RecordingId, receiptBytes: Uint8Array, signature: string): Promise<void> {
    return this.#turns.run(recording, async () => {
      await this.#receipts.store(this.#mustKnow(recording), { bytes: receiptBytes, signature });
    });
  }

  /**
   * Removes payload and chunk list of a receipted recording; manifest, receipt and their signatures stay.
   * Errors: "spool.unknown"; "spool.not-receipted" where there is no receipt or the stored one does not stand (it goes to the
   * quarantine, and the recording counts as spooled again); "spool.damaged" (manifest); "spool.write-failed".
   */
  reclaim(recording: RecordingId): Promise<void> {
    return this.#turns.run(recording, () => this.#reclaim(this.#mustKnow(recording)));
  }

  /**
   * Moves a recording aside under its name and raises "spool.quarantine"; it is no longer in the spool. One that is not here is ignored.
   * Errors: "spool.write-failed" where it could not be moved; it is out of the spool all the same.
   */
  quarantine(recording: RecordingId, reason: string): Promise<void> {
    return this.#turns.run(recording, async () => {
      const entry = this.#parts.catalogue.get(recording);
      if (entry === undefined) return;
      const { folder } = entry;
      this.#parts.catalogue.remove(recording);
      this.#options.log.error('recording moved to the quarantine', { recording, reason });
      await this.#parts.quarantine
        .move(folder, reason)
        .catch((error: unknown) => writeFailed('quarantine', recording, error));
      this.#index.changed();
    });
  }

  /**
   * Moves something else of ours aside and raises "spool.quarantine". Shape: returns the name that it has there, undefined where it was
   * not there any more. Errors: the system's.
   */
  setAside(path: string, reason: string, as?: string): Promise<string | undefined> {
    return this.#parts.quarantine.move(path, reason, as);
  }

  /** Names of everything that was set aside. */
  get asideNames(): readonly string[] {
    return this.#parts.quarantine.names;
  }

  /** All recordings, released ones among them, in no order. */
  recordings(): IterableIterator<SpooledRecording> {
    return this.#parts.catalogue.all();
  }

  get(recording: RecordingId): SpooledRecording | undefined {
    return this.#parts.catalogue.get(recording);
  }

  /** Recordings of that place on that camera, released ones among them, the newest first. */
  byOriginal(camera: CameraId, pathSha256: string): SpooledRecording[] {
    return this.#parts.catalogue.byOriginal(camera, pathSha256);
  }

  /** What the camera's next manifest names as its previous one: the durable manifest that no other durable one names. */
  lastManifestSha256(camera: CameraId): string | null {
    return this.#parts.catalogue.head(camera);
  }

  /** `chunks.bin`, compared with the manifest. Errors: "spool.unknown", "spool.damaged". */
  async readChunks(recording: RecordingId): Promise<Uint8Array> {
    return this.#documents.chunks(this.#mustKnow(recording));
  }

  /**
   * The manifest's bytes and signature: compared with what was committed, and verified with the station's keys, before they are offered.
   * Errors: "spool.unknown", "spool.damaged".
   */
  async readManifest(recording: RecordingId): Promise<SignedBytes> {
    return this.#documents.manifest(this.#mustKnow(recording), this.#options.stationKeys);
  }

  /** Looks whether this spool is still there, before something is written into it. Errors: "spool.gone". */
  async confirm(): Promise<void> {
    const { files, conditions } = this.#options;
    try {
      await confirmIdentity(this.#parts.layout, files, this.#parts.id);
      conditions.clear('spool.gone', null);
    } catch (error) {
      if (isDockError(error, 'spool.gone')) conditions.raise('spool.gone', null, {});
      throw error;
    }
  }

  /** Ends background work and leaves an index for the next start. Never rejects. */
  async close(): Promise<void> {
    this.#space.stop();
    await this.#parts.reserve.stop();
    await this.#turns.idle();
    await this.#index.close();
  }

  get #durableDeps(): DurableDeps {
    return { ...this.#parts, files: this.#options.files };
  }

  async #commit(staging: Staging, sealed: SealedDocuments): Promise<CatalogueEntry> {
    await this.confirm();
    try {
      await makeDurable(this.#durableDeps, staging, sealed);
    } catch (error) {
      if (isDockError(error)) throw error;
      writeFailed('commit', staging.recording, error);
    }
    const { manifest, manifestBytes, signature } = sealed;
    const facts = factsOf(manifest, sha256Hex(manifestBytes), signature);
    const entry = this.#parts.catalogue.commit(facts);
    this.#index.changed();
    return entry;
  }

  async #reclaim(entry: CatalogueEntry): Promise<void> {
    const { recording } = entry;
    if (entry.state === 'released') return; // what a failed reclaim left is finished by the next start
    if (entry.state === 'spooled' || !(await this.#receipts.stands(entry))) notReceipted(recording);
    try {
      await this.#documents.manifest(entry, this.#options.stationKeys);
      await this.#release(entry);
    } catch (error) {
      if (isDockError(error)) throw error;
      writeFailed('reclaim', recording, error);
    }
    await this.#space.look();
  }

  async #release(entry: CatalogueEntry): Promise<void> {
    const { recording } = entry;
    this.#index.reclaimBegan(recording);
    const released = await moveToReleased(this.#durableDeps, recording, () => (entry.state = 'released'));
    await removePayload(this.#options.files, released);
    this.#index.reclaimEnded(recording);
  }

  #mustKnow(recording: RecordingId): CatalogueEntry {
    const entry = this.#parts.catalogue.get(recording);
    if (entry !== undefined) return entry;
    throw new DockError('spool.unknown', `recording ${recording} is not in the spool`, { retry: 'never' });
  }
}
