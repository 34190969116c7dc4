// The way of a recording into the spool: a folder for its sealing, and from a finished sealing to a recording that is here. Each recording's turn
// is the caller's.
//
// A recording whose commit failed lies in `ready/` or `staging/` until the disk lets it be removed. Its camera's file is taken again under another
// id: if that came first, the next start would find both whole, and the store would get two of one file. So nothing new is begun before.
import { sha256Hex } from '../../protocol/format/bytes.ts';
import { isDockError } from '../../protocol/format/errors.ts';
import type { FolderSyncs } from '../../protocol/format/folder-syncs.ts';
import type { RecordingId } from '../../protocol/format/ids.ts';
import type { Clock, Files, Log } from '../../protocol/format/ports.ts';
import type { ManifestChain } from './manifest-chain.ts';
import type { Catalogue } from './catalogue.ts';
import { stagingOf, type SpoolLayout, type Staging } from './layout.ts';
import { makeDurable, undoRename, type SealedDocuments } from './make-durable.ts';
import { OwedWork } from './owed-work.ts';
import { factsOf, type CatalogueEntry } from './spooled-recording.ts';
import { writeFailed } from './stored-receipts.ts';

/** A disk that refuses for so long to remove one thing, and takes all else, shall not keep cameras waiting until somebody comes. */
const OWED_MS_MAX = 900_000;

export interface IntakeDeps {
  readonly files: Files;
  readonly clock: Pick<Clock, 'after' | 'monotonicMs'>;
  readonly log: Log;
  readonly layout: SpoolLayout;
  readonly syncs: FolderSyncs;
  readonly catalogue: Catalogue;
  readonly chain: Pick<ManifestChain, 'committed'>;
  /** Errors: "spool.gone". */
  readonly confirm: () => Promise<void>;
  readonly onChange: () => void;
}

/** One per spool; see there for what its calls promise. */
export class Intake {
  readonly #deps: IntakeDeps;
  /** Sealings that are to be removed. */
  readonly #owed: OwedWork;

  constructor(deps: IntakeDeps) {
    this.#deps = deps;
    this.#owed = new OwedWork(deps);
  }

  async stage(recording: RecordingId): Promise<Staging> {
    const { files, layout, confirm } = this.#deps;
    const staging = stagingOf(layout, recording);
    await confirm();
    const owedMs = await this.#owed.tryNow();
    if (owedMs !== undefined && owedMs < OWED_MS_MAX)
      writeFailed('make a folder for', recording, 'the disk did not let an earlier one be removed yet');
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
    const facts = factsOf(manifest, sha256Hex(manifestBytes), signature);
    const entry = this.#deps.catalogue.enter(facts, 'spooled');
    this.#deps.chain.committed(facts);
    this.#deps.onChange();
    return entry;
  }

  async discard(staging: Staging): Promise<void> {
    const { recording } = staging;
    try {
      await this.#remove(staging);
    } catch (error) {
      this.#deps.log.warn('incomplete sealing not removed, will retry', { recording, error });
      this.#owed.add(recording, () => this.#remove(staging));
    }
  }

  /** Resolves when nothing of it runs any more. Never rejects. */
  stop(): Promise<void> {
    return this.#owed.stop();
  }

  /** Nothing is there to be removed while the spool is away: that must not count as done. Errors: the system's; "spool.gone", "station.short". */
  async #remove(staging: Staging): Promise<void> {
    const { files, catalogue, confirm } = this.#deps;
    await confirm();
    if (!catalogue.has(staging.recording)) await undoRename(this.#deps, staging);
    await files.removeTree(staging.folder);
  }
}
