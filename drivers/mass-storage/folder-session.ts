// One open folder as a camera: lists it, reads it, erases single files of it. Who opens it and why is in driver.ts and volume-session.ts.
import { isDockError, systemCode } from '../../protocol/format/errors.ts';
import type { Clock } from '../../protocol/format/ports.ts';
import type {
  CameraCondition,
  CameraIdentity,
  CameraSession,
  CameraTime,
  ClockSetting,
  EraseOutcome,
  Inventory,
  InventoryEntry,
  Piece,
} from '../driver.ts';
import { type EntryStat, type FolderFiles, isAsListed } from './folder-files.ts';
import {
  BoundedCalls,
  changed,
  detached,
  type MassStorageTimes,
  type Medium,
  openMedium,
  type Reached,
  storageCondition,
} from './medium.ts';
import { readFile } from './read-file.ts';
import { walk } from './walk.ts';

/** What a session on a folder stands on. */
export interface FolderWorld {
  readonly files: FolderFiles;
  readonly clock: Clock;
  readonly times: MassStorageTimes;
}

/** Errors: "driver.detached", "driver.refused", "driver.timeout"; the signal's reason. */
export async function openFolderSession(
  path: string,
  world: FolderWorld,
  signal: AbortSignal,
): Promise<FolderSession> {
  const closing = new AbortController();
  const calls = new BoundedCalls(world.clock, world.times.callMs, closing.signal);
  return new FolderSession(await openMedium(path, { ...world, calls }, signal), closing);
}

/** One open folder. Shape and errors: as CameraSession. */
export class FolderSession implements CameraSession {
  readonly hasStationTimes = true;
  readonly #medium: Medium;
  readonly #closing: AbortController;

  constructor(medium: Medium, closing: AbortController) {
    this.#medium = medium;
    this.#closing = closing;
  }

  /** On FAT, exFAT and FUSE; who mounts one so that nobody else can write (volume-session.ts) need not say so. */
  get mayHideRewrites(): boolean {
    return !this.#medium.keepsNumbers;
  }

  async identity(signal: AbortSignal): Promise<CameraIdentity> {
    await this.#medium.assertPresent(signal);
    return { vendor: null, model: null, serial: null, firmware: null };
  }

  /** A folder has no clock that could be read. */
  async readClock(signal: AbortSignal): Promise<CameraTime | null> {
    await this.#medium.assertPresent(signal);
    return null;
  }

  async setClock(_to: { utcMs: number; localMs: number }, signal: AbortSignal): Promise<ClockSetting> {
    await this.#medium.assertPresent(signal);
    return 'not-supported';
  }

  condition(signal: AbortSignal): Promise<CameraCondition | null> {
    return storageCondition(this.#medium, signal);
  }

  async inventory(signal: AbortSignal): Promise<Inventory> {
    try {
      const inventory = await walk(this.#medium, signal);
      await this.#medium.assertStayed(signal);
      return inventory;
    } catch (error) {
      return this.#medium.fail(error, signal);
    }
  }

  onStep(handler: () => void): void {
    this.#medium.calls.onEnd(handler);
  }

  read(entry: InventoryEntry, offset: number, signal: AbortSignal): AsyncIterable<Piece> {
    return readFile(this.#medium, entry, offset, signal);
  }

  erase(entry: InventoryEntry, signal: AbortSignal): Promise<EraseOutcome> {
    return eraseFile(this.#medium, entry, signal);
  }

  goneOf(entries: readonly InventoryEntry[], signal: AbortSignal): Promise<ReadonlySet<InventoryEntry>> {
    return goneOf(this.#medium, entries, signal);
  }

  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort(detached('the session was closed'));
    await this.#medium.calls.release(this.#medium.root.close());
  }
}

// Erases one file of a card, if it is still the listed one, and makes the erasure durable; looks whether a file is gone. Folders are never
// removed.

const PROTECTED_CODES: ReadonlySet<string> = new Set(['EROFS', 'EPERM', 'EACCES']);

/**
 * Shape and errors: as CameraSession.erase. "refused" also where the medium could not say that the erasure is durable.
 * Linux cannot unlink "this open file": between the look and the unlink another file could take the name. Only a program on the
 * station itself could do that, within some 50 us; a camera that writes by itself is not mounted at the same time.
 */
async function eraseFile(medium: Medium, entry: InventoryEntry, signal: AbortSignal): Promise<EraseOutcome> {
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
