// The way of a recording into the spool: a folder for its sealing, and from a finished sealing to a recording that is here. Each recording's turn
// is the caller's.
//
// A recording whose commit failed lies in `ready/` or `staging/` until the disk lets it be removed. Its camera's file is taken again under another
// id: if that came first, the next start would find both whole, and the store would get two of one file. So nothing new is begun before.
import { join } from 'node:path';
import { chunksBytes, type Manifest } from '../../protocol/documents/manifest.ts';
import { encodeUtf8, sha256Hex } from '../../protocol/format/bytes.ts';
import { writeDurable } from '../../protocol/format/durable.ts';
import { isDockError } from '../../protocol/format/errors.ts';
import type { FolderSyncs } from '../../protocol/format/folder-syncs.ts';
import type { RecordingId } from '../../protocol/format/ids.ts';
import type { Clock, Files, Log } from '../../protocol/format/ports.ts';
import type { Catalogue, ManifestChain } from './catalogue.ts';
import { damaged } from './documents.ts';
import {
  MANIFEST_NAME,
  MANIFEST_SIGNATURE_NAME,
  type SpoolLayout,
  type Staging,
  stagingOf,
} from './layout.ts';
import { type CatalogueEntry, factsOf } from './spooled-recording.ts';
import { writeFailed } from './stored-receipts.ts';

/** A disk that refuses for so long to remove one thing, and takes all else, shall not keep cameras waiting until somebody comes. */
const REFUSED_MS_MAX = 900_000;

export interface IntakeDeps {
  readonly files: Files;
  readonly clock: Pick<Clock, 'monotonicMs'>;
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
  /** Sealings that the disk refused to remove, and since when by the monotonic clock. */
  readonly #left = new Map<Staging, number>();
  #removing: Promise<void> = Promise.resolve();

  constructor(deps: IntakeDeps) {
    this.#deps = deps;
  }

  async stage(recording: RecordingId): Promise<Staging> {
    const { files, layout, confirm } = this.#deps;
    const staging = stagingOf(layout, recording);
    await confirm();
    if (this.#left.size > 0) await (this.#removing = this.#removing.then(() => this.#removeLeft()));
    const lately = this.#deps.clock.monotonicMs() - REFUSED_MS_MAX;
    if ([...this.#left.values()].some((sinceMs) => sinceMs > lately))
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
      this.#left.set(staging, this.#deps.clock.monotonicMs());
    }
  }

  /** Before anything new is begun; what stays is found by the next start. Never rejects. */
  async #removeLeft(): Promise<void> {
    for (const staging of this.#left.keys())
      await this.#remove(staging).then(
        () => this.#left.delete(staging),
        (error: unknown) => this.#deps.log.debug('incomplete sealing still not removed', { error }),
      );
  }

  /** Nothing is there to be removed while the spool is away: that must not count as done. Errors: the system's; "spool.gone", "station.short". */
  async #remove(staging: Staging): Promise<void> {
    const { files, catalogue, confirm } = this.#deps;
    await confirm();
    if (!catalogue.has(staging.recording)) await undoRename(this.#deps, staging);
    await files.removeTree(staging.folder);
  }
}

// From a finished sealing in `staging/` to a durable recording in `ready/`.
//
// Order: the sealing synced and closed payload and chunk list; then manifest and signature are written and synced; then the folder
// is synced, so that it holds all four names; then it is renamed; then `ready/` and `staging/` are synced. Only then it is durable.

/** A finished sealing with its manifest: the bytes that were signed, their signature, and what they say. */
export interface SealedDocuments {
  readonly manifestBytes: Uint8Array;
  readonly signature: string;
  readonly manifest: Manifest;
}

export interface DurableDeps {
  readonly files: Files;
  readonly layout: SpoolLayout;
  readonly syncs: FolderSyncs;
}

/**
 * Makes the sealing durable.
 * Errors: "spool.damaged" where payload or chunk list are not as long as the manifest says; the system's. Then the attempt is over.
 */
async function makeDurable(deps: DurableDeps, staging: Staging, sealed: SealedDocuments): Promise<void> {
  const { files, layout, syncs } = deps;
  const { folder, recording } = staging;
  try {
    await checkLengths(files, staging, sealed.manifest);
    await writeDurable(files, join(folder, MANIFEST_NAME), sealed.manifestBytes);
    await writeDurable(files, join(folder, MANIFEST_SIGNATURE_NAME), encodeUtf8(sealed.signature));
    await files.syncFolder(folder);
    await files.rename(folder, join(layout.ready, recording));
    await Promise.all([syncs.sync(layout.ready), syncs.sync(layout.staging)]);
  } catch (error) {
    await undoRename(deps, staging).catch(() => undefined);
    throw error;
  }
}

/**
 * Takes a recording whose commit failed behind its rename out of `ready/` again, so that no later start of this machine finds it
 * whole there although it never became durable. Errors: the system's.
 */
async function undoRename({ files, layout }: DurableDeps, staging: Staging): Promise<void> {
  const renamed = join(layout.ready, staging.recording);
  if ((await files.stat(renamed)) !== undefined) await files.rename(renamed, staging.folder);
}

async function checkLengths(files: Files, staging: Staging, { recording, sealed }: Manifest): Promise<void> {
  if (recording !== staging.recording) damaged(staging.recording, `its manifest names ${recording}`);
  const wanted: [string, number][] = [
    [staging.payloadPath, sealed.size_bytes],
    [staging.chunksPath, chunksBytes(sealed.size_bytes)],
  ];
  for (const [path, sizeBytes] of wanted) {
    const found = await files.stat(path);
    if (found?.kind === 'file' && found.sizeBytes === sizeBytes) continue;
    damaged(recording, `${path} has ${found?.sizeBytes ?? 'no'} bytes, the manifest says ${sizeBytes}`);
  }
}
