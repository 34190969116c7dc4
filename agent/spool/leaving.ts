// The ways of a recording out of the spool: reclaimed once its receipt stands, or set aside because what is here of it does not. Each recording's
// turn is the caller's.
import { join } from 'node:path';
import type { PublicKey } from '../../protocol/documents/minisign.ts';
import { unlinkIfThere } from '../../protocol/format/durable.ts';
import { describeError, isDockError } from '../../protocol/format/errors.ts';
import type { FolderSyncs } from '../../protocol/format/folder-syncs.ts';
import type { CameraId, RecordingId } from '../../protocol/format/ids.ts';
import type { Files, Log } from '../../protocol/format/ports.ts';
import type { Catalogue, ManifestChain } from './catalogue.ts';
import type { Documents } from './documents.ts';
import type { DurableDeps } from './intake.ts';
import { judgeReady } from './judge.ts';
import { CHUNKS_NAME, PAYLOAD_NAME, type SpoolLayout } from './layout.ts';
import type { Quarantine } from './quarantine.ts';
import type { Released } from './released.ts';
import type { SpoolSnapshot } from './snapshot-rows.ts';
import type { CatalogueEntry, SpooledRecording } from './spooled-recording.ts';
import { notReceipted, type StoredReceipts, writeFailed } from './stored-receipts.ts';

export interface LeavingDeps {
  readonly files: Files;
  readonly log: Log;
  readonly layout: SpoolLayout;
  readonly syncs: FolderSyncs;
  readonly catalogue: Catalogue;
  readonly chain: Pick<ManifestChain, 'leaves'>;
  readonly withdrawn: Withdrawn;
  readonly quarantine: Quarantine;
  readonly documents: Documents;
  readonly receipts: StoredReceipts;
  readonly released: Released;
  readonly snapshot: SpoolSnapshot;
  readonly stationKeys: readonly PublicKey[];
  readonly storeKeys: readonly PublicKey[];
  /** Errors: "spool.gone". */
  readonly confirm: () => Promise<void>;
}

/** What a look at the documents of one that the release gate refused finds; see Spool.recheck. */
export type Rechecked = 'good' | 'unreceipted' | 'aside';

/** One per spool; see there for what its calls promise. */
export class Leaving {
  readonly #deps: LeavingDeps;

  constructor(deps: LeavingDeps) {
    this.#deps = deps;
  }

  /** The manifest first: what is damaged for good goes to the quarantine, whatever its receipt is worth. */
  async reclaim(entry: CatalogueEntry): Promise<void> {
    const { receipts, documents, stationKeys, confirm } = this.#deps;
    const { recording } = entry;
    if (entry.state === 'spooled') notReceipted(recording);
    await confirm();
    try {
      await documents.manifest(entry, stationKeys);
      if (!(await receipts.stands(entry))) notReceipted(recording);
      await this.#release(entry);
    } catch (error) {
      if (isDockError(error)) throw error;
      writeFailed('reclaim', recording, error);
    }
  }

  async recheck(entry: SpooledRecording, here: CatalogueEntry | undefined): Promise<Rechecked> {
    const { receipts, documents, storeKeys } = this.#deps;
    let problem = await this.#manifestProblem(entry);
    if (problem === undefined && here !== undefined)
      return (await receipts.stands(here)) ? 'good' : 'unreceipted';
    problem ??= await documents.receiptProblem(entry, storeKeys);
    if (problem === undefined) return 'good';
    await this.setAside(entry, problem.slice(0, 256));
    return 'aside';
  }

  /** It leaves the spool, whatever the disk does, but where the whole spool is away ("spool.gone"). What the store has is replaced by the new recording of a file that is still on a camera. */
  async setAside(entry: SpooledRecording, reason: string): Promise<void> {
    const { log, catalogue, chain, withdrawn, quarantine, snapshot, confirm } = this.#deps;
    await confirm();
    const { recording, folder, state } = entry;
    chain.leaves(entry);
    catalogue.remove(recording);
    snapshot.parts.released.rows.remove(recording);
    if (state !== 'spooled') withdrawn.add(entry);
    log.error('recording quarantined', { recording, reason });
    await quarantine
      .moveInTheEnd(folder, reason)
      .catch((error: unknown) => writeFailed('quarantine', recording, error));
    snapshot.changed();
  }

  async #manifestProblem(entry: SpooledRecording): Promise<string | undefined> {
    try {
      await this.#deps.documents.manifest(entry, this.#deps.stationKeys);
      return undefined;
    } catch (error) {
      if (isDockError(error, 'spool.damaged')) return describeError(error);
      throw error;
    }
  }

  async #release(entry: CatalogueEntry): Promise<void> {
    const { files, catalogue, chain, released, snapshot } = this.#deps;
    const { recording } = entry;
    chain.leaves(entry);
    const { unfinished } = snapshot.parts.released;
    unfinished.add(recording);
    const folder = await moveToReleased(this.#deps, recording, () => {
      entry.state = 'released';
      catalogue.remove(recording);
      released.add(entry);
    });
    await removePayload(files, folder);
    unfinished.delete(recording);
    snapshot.changed();
  }
}

// Recordings whose documents do not stand for a file on a camera any more: what is here of them is damaged, or the store was restored and may lack
// them (SPEC 6.10). A file that is still on a camera is pulled as a new recording that replaces them.

/** Of one spool. */
export class Withdrawn {
  readonly #recordings = new Map<RecordingId, SpooledRecording>();

  add(recording: SpooledRecording): void {
    this.#recordings.set(recording.recording, recording);
  }

  /** Recordings that a new one with this original replaces. */
  replacedBy(camera: CameraId, pathSha256: string, originalSha256: string): RecordingId[] {
    return [...this.#recordings.values()]
      .filter(
        (each) =>
          each.camera === camera && each.pathSha256 === pathSha256 && each.originalSha256 === originalSha256,
      )
      .map(({ recording }) => recording);
  }
}

// Frees the space of a recording that the store has: payload and chunk list go, the four documents stay in `released/`.
//
// Order, so that a cut at any place leaves a recording that is whole or one that is released:
// 1. rename the folder to `released/`, sync both sides: from here on recovery finishes the rest;
// 2. remove the payload and the chunk list, sync the folder.
// The receipt is durable before: a recording counts as receipted only after its folder was synced.
// Where the disk refuses step 2 and the store was restored meanwhile (Spool.withdrawLost), what is whole goes back.

/**
 * Moves a receipted recording to `released/`, durably; returns its folder there. `onMoved` is called as soon as it lies there.
 * Errors: the system's; then it is in `ready/`, or in `released/` with its payload, which the next start removes.
 */
async function moveToReleased(
  { files, layout, syncs }: DurableDeps,
  recording: string,
  onMoved: () => void,
): Promise<string> {
  const from = join(layout.ready, recording);
  const to = join(layout.released, recording);
  await files.rename(from, to);
  onMoved();
  await Promise.all([syncs.sync(layout.released), syncs.sync(layout.ready)]);
  return to;
}

/** Removes what only a push needs. Errors: the system's; the next start finishes it. */
async function removePayload(files: Files, folder: string): Promise<void> {
  await unlinkIfThere(files, join(folder, PAYLOAD_NAME));
  await unlinkIfThere(files, join(folder, CHUNKS_NAME));
  await files.syncFolder(folder);
}

/**
 * Moves a recording in `released/` that is still whole back to `ready/`, durably; false where a part of it is gone or does not verify: nothing
 * changed then. `onMoved` is called as soon as it lies there. Errors: the system's; it lies in one of the two places.
 */
export async function moveBackToReady(
  files: Files,
  layout: SpoolLayout,
  recording: RecordingId,
  stationKeys: readonly PublicKey[],
  onMoved: () => void,
): Promise<boolean> {
  const from = join(layout.released, recording);
  const found = await judgeReady(files, from, recording, undefined, stationKeys);
  if (found.verdict === 'odd' || !found.isVerified) return false;
  await files.rename(from, join(layout.ready, recording));
  onMoved();
  await files.syncFolder(layout.ready);
  await files.syncFolder(layout.released);
  return true;
}
