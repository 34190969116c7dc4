// Recordings whose payload was reclaimed: known by their rows (released-rows.ts), read from their folders when somebody asks for one, and
// let go when they are old. The folder is the authority: a row whose folder does not say the same counts for nothing.
import { join } from 'node:path';
import type { PublicKey } from '../../protocol/documents/minisign.ts';
import { parseReceipt } from '../../protocol/documents/receipt.ts';
import { sha256Hex } from '../../protocol/format/bytes.ts';
import { describeError, DockError, isMachineShort } from '../../protocol/format/errors.ts';
import type { FolderSyncs } from '../../protocol/format/folder-syncs.ts';
import type { CameraId, DockingId, RecordingId } from '../../protocol/format/ids.ts';
import type { Files, Log } from '../../protocol/format/ports.ts';
import type { Catalogue } from './catalogue.ts';
import type { Documents, SignedBytes } from './documents.ts';
import { readFacts } from './judge.ts';
import type { SpoolLayout } from './layout.ts';
import { OwnKeys } from './own-keys.ts';
import type { DropQuestion, ListedFile, ReleasedRows } from './released-rows.ts';
import { CatalogueEntry, type SpooledRecording, type SpoolState } from './spooled-recording.ts';

/** Files of a listing that are looked up in one go. */
const FILES_AT_ONCE = 1000;
/** Documents that are read for the newest one of a camera. */
const NEWEST_MAX = 16;

export interface ReleasedDeps {
  readonly files: Files;
  readonly log: Log;
  readonly layout: SpoolLayout;
  readonly rows: ReleasedRows;
  readonly documents: Documents;
  readonly syncs: FolderSyncs;
  readonly stationKeys: readonly PublicKey[];
  /** Without any, no receipt can be verified, and nothing is let go. */
  readonly storeKeys: readonly PublicKey[];
  /** Rows changed. */
  readonly onChange: () => void;
}

/** One whose documents may go, with what the log says of it. */
export interface Droppable {
  readonly recording: RecordingId;
  readonly manifestSha256: string;
  readonly receiptSha256: string;
}

/** What the documents are asked. */
export interface ProvenQuestion {
  /** Wall time. */
  readonly receivedBeforeMs: number;
  /** Whether its camera's next manifest may name this one. */
  readonly isChainEnd: (recording: SpooledRecording) => boolean;
}

/** Released recordings of one spool. */
export class Released {
  readonly #deps: ReleasedDeps;
  readonly #ownKeys: OwnKeys;

  constructor(deps: ReleasedDeps) {
    this.#deps = deps;
    this.#ownKeys = new OwnKeys(deps.stationKeys);
  }

  has(recording: RecordingId): boolean {
    return this.#deps.rows.has(recording);
  }

  /** One just came to lie in `released/`. */
  add(entry: SpooledRecording): void {
    this.#deps.rows.add(entry);
  }

  /** From its folder; undefined where it is not here, or not any more when it was read, or its manifest cannot be used. Errors: the machine's. */
  async read(recording: RecordingId): Promise<CatalogueEntry | undefined> {
    const { files, log, layout, rows, stationKeys } = this.#deps;
    if (!rows.has(recording)) return undefined;
    try {
      const folder = join(layout.released, recording);
      const { facts } = await readFacts(files, folder, recording, stationKeys);
      return rows.has(recording) ? new CatalogueEntry(facts, 'released', layout) : undefined;
    } catch (error) {
      if (isMachineShort(error)) throw error;
      log.warn('documents of a released recording not readable', { recording, reason: describeError(error) });
      return undefined;
    }
  }

  /** The newest one of that camera and of such a key whose documents can be read. Errors: the machine's. */
  async newestOf(
    camera: CameraId,
    isKey: (keyId: string | null) => boolean,
  ): Promise<CatalogueEntry | undefined> {
    for (const recording of this.#deps.rows.ofCamera(camera).slice(0, NEWEST_MAX)) {
      const entry = await this.read(recording);
      if (entry !== undefined && isKey(entry.keyId)) return entry;
    }
    return undefined;
  }

  /** Those of that camera whose manifest names the one of that digest, or none. Errors: the machine's. */
  async naming(camera: CameraId, previousSha256: string | null): Promise<CatalogueEntry[]> {
    const found = await this.#readAll(this.#deps.rows.naming(camera, previousSha256));
    return found.filter(
      (entry) => entry.camera === camera && entry.previousManifestSha256 === previousSha256,
    );
  }

  /** Whether its receipt is of this vault and later than that. Errors: the machine's. */
  async isReceivedAfter(entry: SpooledRecording, vault: string, at: string): Promise<boolean> {
    try {
      const receipt = parseReceipt((await this.#deps.documents.receipt(entry)).bytes);
      return receipt.vault === vault && receipt.received_at > at;
    } catch (error) {
      if (isMachineShort(error)) throw error;
      return false; // it allows nothing
    }
  }

  /** Whether something of that camera, place and size may be here. */
  mayHold(camera: CameraId, file: ListedFile): boolean {
    return this.#deps.rows.ofFile(camera, file).length > 0;
  }

  /** Those of that camera and place with this very content that may stand for a file, as in the catalogue, the newest first. Errors: the machine's. */
  async withContent(camera: CameraId, file: ListedFile, originalSha256: string): Promise<SpooledRecording[]> {
    const found = await this.#readAll(this.#deps.rows.ofFile(camera, file, originalSha256));
    return found.filter(
      (entry) =>
        entry.camera === camera &&
        entry.pathSha256 === file.pathSha256 &&
        entry.originalSizeBytes === file.sizeBytes &&
        entry.originalSha256 === originalSha256 &&
        entry.rejected?.reason !== 'damaged' &&
        !this.#ownKeys.isOther(entry.keyId),
    );
  }

  /** Those that were sealed in that docking. Errors: the machine's. */
  async ofDocking(docking: DockingId): Promise<SpooledRecording[]> {
    const found = await this.#readAll(this.#deps.rows.ofDocking(docking));
    return found.filter((entry) => entry.docking === docking);
  }

  /** A whole listing of a camera, taken at that wall time. Errors: those of `pause`. */
  async listed(
    camera: CameraId,
    files: Iterable<ListedFile>,
    nowMs: number,
    pause: () => Promise<void>,
  ): Promise<void> {
    let at = 0;
    for (const file of files) {
      this.#deps.rows.shown(camera, file);
      if (++at % FILES_AT_ONCE === 0) await pause();
    }
    this.#deps.rows.listed(camera, nowMs);
    this.#deps.onChange();
  }

  /**
   * Those whose documents may go (SPEC 4.4), of so many that their rows propose. What does not
   * verify stays and is logged. Errors: the machine's.
   */
  async droppable(
    question: DropQuestion & ProvenQuestion,
    from: number,
    countMax: number,
  ): Promise<{ droppable: Droppable[]; next: number }> {
    const { rows, onChange } = this.#deps;
    if (rows.believe(question.now)) onChange();
    const { found, next } = rows.droppable(question, from, countMax);
    const droppable: Droppable[] = [];
    for (const recording of found) {
      const entry = await this.read(recording);
      const proven = entry && (await this.#proven(entry, question));
      if (proven !== undefined) droppable.push(proven);
    }
    return { droppable, next };
  }

  /**
   * Removes the documents of what `droppable` gave, once the log says so: first the folders leave `released/`, durably, then they are
   * removed where a start removes unfinished sealings. Errors: the system's; what is left, the next start finds where it lies.
   */
  async drop(recordings: readonly RecordingId[], question: DropQuestion): Promise<void> {
    const { files, layout, rows, syncs, onChange } = this.#deps;
    const moved: string[] = [];
    for (const recording of recordings) {
      if (!rows.isDroppable(recording, question)) continue; // its camera has just shown the file again
      const to = join(layout.staging, recording);
      await files.rename(join(layout.released, recording), to);
      rows.remove(recording);
      moved.push(to);
      onChange();
    }
    await Promise.all([syncs.sync(layout.staging), syncs.sync(layout.released)]);
    for (const folder of moved) await files.removeTree(folder);
    await syncs.sync(layout.staging);
  }

  async #readAll(recordings: readonly RecordingId[]): Promise<CatalogueEntry[]> {
    const found: CatalogueEntry[] = [];
    for (const recording of recordings) {
      const entry = await this.read(recording);
      if (entry !== undefined) found.push(entry);
    }
    return found.filter((entry) => this.has(entry.recording)); // the store may ask for one while the others are read
  }

  /** Undefined where it must stay. */
  async #proven(
    entry: CatalogueEntry,
    { receivedBeforeMs, isChainEnd }: ProvenQuestion,
  ): Promise<Droppable | undefined> {
    const { documents, stationKeys, storeKeys, log } = this.#deps;
    const { recording, manifestSha256 } = entry;
    if (storeKeys.length === 0 || isChainEnd(entry)) return undefined;
    try {
      await documents.manifest(entry, stationKeys);
      const problem = await documents.receiptProblem(entry, storeKeys);
      if (problem !== undefined) {
        log.warn('documents of an expired recording kept: receipt does not verify', { recording, problem });
        return undefined;
      }
      const { bytes } = await documents.receipt(entry);
      const isOld = Date.parse(parseReceipt(bytes).received_at) <= receivedBeforeMs;
      return isOld ? { recording, manifestSha256, receiptSha256: sha256Hex(bytes) } : undefined;
    } catch (error) {
      if (isMachineShort(error)) throw error;
      log.warn('documents of an expired recording kept', { recording, reason: describeError(error) });
      return undefined;
    }
  }
}

// What is here: answers over the recordings whose payload is here and those of which only the documents are left. Changes nothing.

interface HoldingsDeps {
  readonly catalogue: Catalogue;
  readonly released: Released;
  readonly documents: Documents;
  readonly stationKeys: readonly PublicKey[];
}

/** One per spool; see there for what its calls promise. */
export class Holdings {
  readonly #deps: HoldingsDeps;

  constructor(deps: HoldingsDeps) {
    this.#deps = deps;
  }

  /** One whose payload is here. Errors: "spool.unknown". */
  mustKnow(recording: RecordingId): CatalogueEntry {
    const entry = this.#deps.catalogue.get(recording);
    if (entry !== undefined) return entry;
    throw new DockError('spool.unknown', `recording ${recording} is not in the spool`, { retry: 'never' });
  }

  stateOf(recording: RecordingId): SpoolState | undefined {
    const { catalogue, released } = this.#deps;
    return catalogue.stateOf(recording) ?? (released.has(recording) ? 'released' : undefined);
  }

  async find(recording: RecordingId): Promise<SpooledRecording | undefined> {
    const { catalogue, released } = this.#deps;
    return catalogue.get(recording) ?? (await released.read(recording)) ?? catalogue.get(recording);
  }

  mayHold(camera: CameraId, file: ListedFile): boolean {
    return this.#deps.catalogue.mayHold(camera, file) || this.#deps.released.mayHold(camera, file);
  }

  async findContent(
    camera: CameraId,
    file: ListedFile,
    originalSha256: string,
  ): Promise<SpooledRecording | undefined> {
    const here = this.#deps.catalogue.withContent(camera, file, originalSha256);
    if (here !== undefined) return here;
    const [released] = await this.#deps.released.withContent(camera, file, originalSha256);
    return released;
  }

  async ofDocking(docking: DockingId): Promise<SpooledRecording[]> {
    const released = await this.#deps.released.ofDocking(docking);
    return [...released, ...this.#deps.catalogue.ofDocking(docking)];
  }

  async readChunks(recording: RecordingId): Promise<Uint8Array> {
    return this.#deps.documents.chunks(this.mustKnow(recording));
  }

  async readManifest(recording: RecordingId): Promise<SignedBytes> {
    return this.#deps.documents.manifest(this.mustKnow(recording), this.#deps.stationKeys);
  }
}
