// What a card tells of its state: its space, where it is a file system of its own. A plain folder tells nothing.
import { isDockError } from '../../protocol/format/errors.ts';
import { NOTHING_TOLD, type CameraCondition } from '../driver.ts';
import type { FolderSpace } from './folder-files.ts';
import type { Medium } from './medium.ts';

/**
 * Total and free bytes of the card, or null where they cannot be told.
 * Errors: "driver.detached"; the signal's reason. A card that does not answer the question may still be read.
 */
export async function storageCondition(medium: Medium, signal: AbortSignal): Promise<CameraCondition | null> {
  await medium.assertPresent(signal);
  const space = await askSpace(medium, signal);
  await medium.assertPresent(signal);
  return space === null ? null : conditionOf(space);
}

async function askSpace(medium: Medium, signal: AbortSignal): Promise<FolderSpace | null> {
  try {
    return await medium.calls.run('asking for the free space', signal, () => medium.root.space());
  } catch (error) {
    if (signal.aborted || isDockError(error, 'driver.detached')) throw error;
    return null;
  }
}

function conditionOf({ totalBytes, freeBytes }: FolderSpace): CameraCondition | null {
  if (totalBytes <= 0n || freeBytes < 0n || freeBytes > totalBytes) return null;
  if (totalBytes > BigInt(Number.MAX_SAFE_INTEGER)) return null;
  return { ...NOTHING_TOLD, storageTotalBytes: Number(totalBytes), storageFreeBytes: Number(freeBytes) };
}
