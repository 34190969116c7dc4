// Frees the space of a recording that the store has: payload and chunk list go, the four documents stay in `released/`.
//
// Order, so that a cut at any place leaves a recording that is whole or one that is released:
// 1. rename the folder to `released/`, sync both sides: from here on recovery finishes the rest;
// 2. remove the payload and the chunk list, sync the folder.
// The receipt is durable before: a recording counts as receipted only after its folder was synced.
// Where the disk refuses step 2 and the store was restored meanwhile (Spool.withdrawLost), what is whole goes back.
import { join } from 'node:path';
import type { PublicKey } from '../../protocol/documents/minisign.ts';
import { unlinkIfThere } from '../../protocol/format/durable.ts';
import type { RecordingId } from '../../protocol/format/ids.ts';
import type { Files } from '../../protocol/format/ports.ts';
import type { DurableDeps } from './intake.ts';
import { judgeReady } from './judge.ts';
import { CHUNKS_NAME, PAYLOAD_NAME, type SpoolLayout } from './layout.ts';

/**
 * Moves a receipted recording to `released/`, durably; returns its folder there. `onMoved` is called as soon as it lies there.
 * Errors: the system's; then it is in `ready/`, or in `released/` with its payload, which the next start removes.
 */
export async function moveToReleased(
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
export async function removePayload(files: Files, folder: string): Promise<void> {
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
