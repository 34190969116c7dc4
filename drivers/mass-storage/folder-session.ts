// One open folder as a camera: lists it, reads it, erases single files of it. Who opens it and why is in driver.ts and volume-session.ts.
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
import { BoundedCalls } from './bounded-calls.ts';
import { eraseFile, goneOf } from './erase-file.ts';
import type { FolderFiles } from './folder-files.ts';
import { detached, type MassStorageTimes, type Medium, openMedium, storageCondition } from './medium.ts';
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
