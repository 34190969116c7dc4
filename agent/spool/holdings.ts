// What is here: answers over the recordings whose payload is here and those of which only the documents are left. Changes nothing.
import { DockError } from '../../protocol/format/errors.ts';
import type { CameraId, DockingId, RecordingId } from '../../protocol/format/ids.ts';
import type { PublicKey } from '../../protocol/documents/minisign.ts';
import type { Catalogue } from './catalogue.ts';
import type { Documents, SignedBytes } from './documents.ts';
import type { ListedFile } from './released-rows.ts';
import type { Released } from './released.ts';
import type { CatalogueEntry, SpooledRecording, SpoolState } from './spooled-recording.ts';

export interface HoldingsDeps {
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
