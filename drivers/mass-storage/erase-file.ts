// Erases one file of a card, if it is still the listed one, and makes the erasure durable; looks whether a file is gone. Folders are never
// removed.
import { isDockError, systemCode } from '../../protocol/format/errors.ts';
import type { EraseOutcome, InventoryEntry } from '../driver.ts';
import { isAsListed } from './entries.ts';
import type { EntryStat } from './folder-files.ts';
import { changed, type Medium, type Reached } from './medium.ts';

const PROTECTED_CODES: ReadonlySet<string> = new Set(['EROFS', 'EPERM', 'EACCES']);

/**
 * Shape and errors: as CameraSession.erase. "refused" also where the medium could not say that the erasure is durable.
 * Linux cannot unlink "this open file": between the look and the unlink another file could take the name. Only a program on the
 * station itself could do that, within some 50 us; a camera that writes by itself is not mounted at the same time.
 */
export async function eraseFile(
  medium: Medium,
  entry: InventoryEntry,
  signal: AbortSignal,
): Promise<EraseOutcome> {
  if (entry.kind !== 'file') return 'refused';
  try {
    const reached = await medium.reach(entry.path, signal);
    try {
      return await eraseReached(medium, reached, entry, signal);
    } finally {
      await reached.close();
    }
  } catch (error) {
    return medium.fail(error, signal).catch((told: unknown) => {
      if (isDockError(told, 'driver.gone')) return 'already-gone';
      throw told;
    });
  }
}

/** Shape and errors: as CameraSession.goneOf. */
export async function goneOf(
  medium: Medium,
  entries: readonly InventoryEntry[],
  signal: AbortSignal,
): Promise<ReadonlySet<InventoryEntry>> {
  const gone = new Set<InventoryEntry>();
  for (const entry of entries) if (await isGone(medium, entry, signal)) gone.add(entry);
  await medium.assertStayed(signal); // vfat shows no name of a device that has left
  return gone;
}

async function isGone(medium: Medium, { path }: InventoryEntry, signal: AbortSignal): Promise<boolean> {
  try {
    const { folder, name, close } = await medium.reach(path, signal);
    try {
      await medium.calls.run('looking', signal, () => folder.lstat(name));
      return false;
    } finally {
      await close();
    }
  } catch (error) {
    return medium.fail(error, signal).catch((told: unknown) => {
      if (isDockError(told, 'driver.gone')) return true;
      if (isDockError(told, 'driver.changed') || isDockError(told, 'driver.unreadable')) return false;
      throw told;
    });
  }
}

async function eraseReached(
  medium: Medium,
  { folder, name }: Reached,
  entry: InventoryEntry,
  signal: AbortSignal,
): Promise<EraseOutcome> {
  await medium.assertPresent(signal);
  const stat: EntryStat = await medium.calls.run('looking', signal, () => folder.lstat(name));
  if (stat.kind !== 'file' || !isAsListed(stat, entry, medium.keepsNumbers)) {
    throw changed('its size, time or kind differs; nothing was erased');
  }
  const erased = await outcomeOf(medium, signal, 'erasing', () => folder.unlink(name));
  if (erased !== 'done') return erased;
  const durable = await outcomeOf(medium, signal, 'making the erasure durable', () => folder.sync());
  await medium.assertPresent(signal);
  return durable === 'done' ? 'done' : 'refused';
}

async function outcomeOf(
  medium: Medium,
  signal: AbortSignal,
  what: string,
  call: () => Promise<void>,
): Promise<EraseOutcome> {
  try {
    await medium.calls.run(what, signal, call);
    return 'done';
  } catch (error) {
    const code = isDockError(error) ? undefined : systemCode(error);
    if (code === undefined || code === 'ENOENT' || signal.aborted) throw error;
    await medium.assertPresent(signal);
    return PROTECTED_CODES.has(code) ? 'write-protected' : 'refused';
  }
}
