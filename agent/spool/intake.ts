// The way of a recording into the spool: a folder for its sealing, and from a finished sealing to a recording that is here. Each recording's turn
// is the caller's.
import { sha256Hex } from '../../protocol/bytes.ts';
import { isDockError } from '../../protocol/errors.ts';
import type { FolderSyncs } from '../../protocol/folder-syncs.ts';
import type { RecordingId } from '../../protocol/ids.ts';
import type { Files, Log } from '../../protocol/ports.ts';
import type { Catalogue } from './catalogue.ts';
import { stagingOf, type SpoolLayout, type Staging } from './layout.ts';
import { makeDurable, undoRename, type SealedDocuments } from './make-durable.ts';
import { factsOf, type CatalogueEntry } from './spooled-recording.ts';
import { writeFailed } from './stored-receipts.ts';

export interface IntakeDeps {
  readonly files: Files;
  readonly log: Log;
  readonly layout: SpoolLayout;
  readonly syncs: FolderSyncs;
  readonly catalogue: Catalogue;
  /** Errors: "spool.gone". */
  readonly confirm: () => Promise<void>;
  readonly onChange: () => void;
}

/** One per spool; see there for what its calls promise. */
export class Intake {
  readonly #deps: IntakeDeps;

  constructor(deps: IntakeDeps) {
    this.#deps = deps;
  }

  async stage(recording: RecordingId): Promise<Staging> {
    const { files, layout, confirm } = this.#deps;
    const staging = stagingOf(layout, recording);
    await confirm();
    await files
      .makeFolder(staging.folder)
      .catch((error: unknown) => writeFailed('make a folder for', recording, error));
    return staging;
  }

  async commit(staging: Staging, sealed: SealedDocuments): Promise<CatalogueEntry> {
    await this.#deps.confirm();
    try {
      await makeDurable(this.#deps, staging, sealed);
    } catch (error) {
      if (isDockError(error)) throw error;
      writeFailed('commit', staging.recording, error);
    }
    const { manifest, manifestBytes, signature } = sealed;
    const entry = this.#deps.catalogue.commit(factsOf(manifest, sha256Hex(manifestBytes), signature));
    this.#deps.onChange();
    return entry;
  }

  async discard(staging: Staging): Promise<void> {
    const { files, log, catalogue } = this.#deps;
    const { recording, folder } = staging;
    try {
      if (catalogue.get(recording) === undefined) await undoRename(this.#deps, staging);
      await files.removeTree(folder);
    } catch (error) {
      log.warn('unfinished sealing not removed', { recording, error });
    }
  }
}
