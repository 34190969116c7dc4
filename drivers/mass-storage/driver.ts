// Mass-storage driver: a mounted card, or any plain folder, as a camera. It reads files and erases single ones; it mounts nothing,
// writes nothing else, and knows nothing of the camera's identity: the bay that it is plugged into names it.
import { DockError, isDockError, systemCode } from '../../protocol/errors.ts';
import type { Clock } from '../../protocol/ports.ts';
import type {
  CameraCondition,
  CameraTime,
  ClockSetting,
  CameraIdentity,
  CameraSession,
  Driver,
  EraseOutcome,
  Inventory,
  InventoryEntry,
  Piece,
  Place,
} from '../driver.ts';
import { BoundedCalls } from './bounded-calls.ts';
import { eraseFile } from './erase-file.ts';
import { nodeFolderFiles } from './folder-files-node.ts';
import type { EntryStat, FolderFiles, OpenedFolder } from './folder-files.ts';
import { detached, MASS_STORAGE_TIMES, Medium, type MassStorageTimes } from './medium.ts';
import { readFile } from './read-file.ts';
import { storageCondition } from './storage-condition.ts';
import { walk } from './walk.ts';

/** What the driver stands on; `files` is the machine's and `times` are MASS_STORAGE_TIMES unless given. */
export interface MassStorageOptions {
  readonly clock: Clock;
  readonly files?: FolderFiles;
  readonly times?: Partial<MassStorageTimes>;
}

/**
 * The driver for places of kind "folder".
 * An open session keeps the root folder open, so its file system cannot be unmounted: close it before.
 * Errors: as Driver and CameraSession; "driver.refused" where the place is no folder or may not be opened.
 */
export function massStorageDriver(options: MassStorageOptions): Driver {
  const files = options.files ?? nodeFolderFiles();
  const times = { ...MASS_STORAGE_TIMES, ...options.times };
  return {
    name: 'mass-storage',
    probe: (place, signal) =>
      probe(place, files, new BoundedCalls(options.clock, times.callMs, never()), signal),
    open: async (place, signal) => {
      const closing = new AbortController();
      const calls = new BoundedCalls(options.clock, times.callMs, closing.signal);
      const medium = await openMedium(place, { files, clock: options.clock, times, calls }, signal);
      return new FolderSession(medium, closing);
    },
  };
}

async function probe(
  place: Place,
  files: FolderFiles,
  calls: BoundedCalls,
  signal: AbortSignal,
): Promise<boolean> {
  if (place.kind !== 'folder') return false;
  try {
    const stat: EntryStat = await calls.run('looking at the folder', signal, () => files.stat(place.path));
    return stat.kind === 'folder';
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    return false;
  }
}

type World = Pick<Medium, 'files' | 'clock' | 'times' | 'calls'>;

async function openMedium(place: Place, world: World, signal: AbortSignal): Promise<Medium> {
  const { files, calls } = world;
  const open = (): Promise<OpenedFolder> => files.openRoot(place.path);
  const close = (root: OpenedFolder): Promise<void> => calls.release(root.close());
  const root = await calls.run('opening the folder', signal, open, close).catch(refuse);
  try {
    const rootStat = await calls.run('looking at the folder', signal, () => root.stat());
    const keepsNumbers = await calls.run('looking at the folder', signal, () => root.keepsNumbers());
    const device = await calls.run('looking at the device', signal, () => files.device(rootStat.device));
    return new Medium({ ...world, path: place.path, root, rootStat, keepsNumbers, device });
  } catch (error) {
    await close(root);
    return refuse(error);
  }
}

function refuse(error: unknown): never {
  const code = systemCode(error);
  if (isDockError(error) || code === undefined) throw error;
  if (code === 'ENOENT' || code === 'ENODEV' || code === 'ENOMEDIUM')
    throw detached('nothing is at its place', error);
  const words = `the folder of the camera cannot be opened (${code}): the agent needs to read and enter it; check its owner and mount options`;
  throw new DockError('driver.refused', words, {
    cause: error,
    retry: 'person',
    facts: { system_code: code },
  });
}

/** One open folder. Shape and errors: as CameraSession. */
class FolderSession implements CameraSession {
  readonly #medium: Medium;
  readonly #closing: AbortController;

  constructor(medium: Medium, closing: AbortController) {
    this.#medium = medium;
    this.#closing = closing;
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

  read(entry: InventoryEntry, offset: number, signal: AbortSignal): AsyncIterable<Piece> {
    return readFile(this.#medium, entry, offset, signal);
  }

  erase(entry: InventoryEntry, signal: AbortSignal): Promise<EraseOutcome> {
    return eraseFile(this.#medium, entry, signal);
  }

  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort(detached('the session was closed'));
    await this.#medium.calls.release(this.#medium.root.close());
  }
}

function never(): AbortSignal {
  return new AbortController().signal;
}
