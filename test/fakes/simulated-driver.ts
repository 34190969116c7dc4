// Driver for cameras in memory: keeps every promise of the driver port, without a device. Misbehaving ones are made from it by tests.
import { DockError } from '../../protocol/format/errors.ts';
import { PULL_PIECE_BYTES } from '../../protocol/format/limits.ts';
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
} from '../../drivers/driver.ts';
import {
  memoryEntry,
  sizeOf,
  type MemoryCamera,
  type MemoryContent,
  type MemoryFile,
} from './memory-camera.ts';

/** Shape: `cameras` by the path of the place that they are found at; may change while the driver is in use. */
export function simulatedDriver(cameras: ReadonlyMap<string, MemoryCamera>): Driver {
  const attached = (place: Place): MemoryCamera | undefined => {
    const camera = cameras.get(place.path);
    return camera?.isAttached === true ? camera : undefined;
  };
  return {
    name: 'simulated',
    probe: async (place, signal) => {
      signal.throwIfAborted();
      return attached(place) !== undefined;
    },
    open: async (place, signal) => {
      signal.throwIfAborted();
      const camera = attached(place);
      if (camera === undefined) throw detached();
      return new SimulatedSession(camera);
    },
  };
}

class SimulatedSession implements CameraSession {
  readonly #camera: MemoryCamera;
  readonly #docking: number;
  #isClosed = false;
  #onStep: () => void = () => undefined;

  constructor(camera: MemoryCamera) {
    this.#camera = camera;
    this.#docking = camera.docking;
  }

  get hasStationTimes(): boolean {
    return this.#camera.hasStationTimes;
  }

  async identity(signal: AbortSignal): Promise<CameraIdentity> {
    this.#check(signal);
    return this.#camera.identity;
  }

  async readClock(signal: AbortSignal): Promise<CameraTime | null> {
    this.#check(signal);
    return this.#camera.clock?.read() ?? null;
  }

  async setClock(
    to: { readonly utcMs: number; readonly localMs: number },
    signal: AbortSignal,
  ): Promise<ClockSetting> {
    this.#check(signal);
    return this.#camera.clock?.set(to) ?? 'not-supported';
  }

  async condition(signal: AbortSignal): Promise<CameraCondition | null> {
    this.#check(signal);
    return this.#camera.condition;
  }

  async inventory(signal: AbortSignal): Promise<Inventory> {
    this.#check(signal);
    return { entries: this.#camera.files().map(memoryEntry), problems: [] };
  }

  async *read(
    entry: InventoryEntry,
    offset: number,
    signal: AbortSignal,
  ): AsyncGenerator<Piece, void, undefined> {
    this.#check(signal);
    const { content } = this.#listed(entry);
    let at = offset;
    for await (const bytes of piecesFrom(content, offset)) {
      this.#check(signal);
      at += bytes.length;
      yield { kind: 'bytes', bytes };
    }
    this.#check(signal);
    this.#listed(entry);
    if (at !== entry.sizeBytes) throw changed();
  }

  async erase(entry: InventoryEntry, signal: AbortSignal): Promise<EraseOutcome> {
    this.#check(signal);
    if (entry.kind !== 'file') return 'refused';
    if (this.#camera.file(entry.path) === undefined) return 'already-gone';
    this.#listed(entry);
    if (this.#camera.isProtected) return 'write-protected';
    this.#camera.remove(entry.path);
    return 'done';
  }

  onStep(handler: () => void): void {
    this.#onStep = handler;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
  }

  #check(signal: AbortSignal): void {
    signal.throwIfAborted();
    this.#onStep();
    if (this.#isClosed || !this.#camera.isAttached || this.#camera.docking !== this.#docking)
      throw detached();
  }

  #listed(entry: InventoryEntry): MemoryFile {
    const file = this.#camera.file(entry.path);
    if (file === undefined)
      throw new DockError('driver.gone', 'the file is not on the camera', { retry: 'never' });
    const now = memoryEntry(file);
    if (now.stamp === entry.stamp && now.kind === 'file' && entry.kind === 'file') return file;
    throw changed();
  }
}

/** Copies of at most PULL_PIECE_BYTES from the offset on. Content that makes another length than it said is cut or short. */
async function* piecesFrom(
  content: MemoryContent,
  offset: number,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void> {
  const parts = content instanceof Uint8Array ? [content] : content.make();
  let skip = offset;
  let left = sizeOf(content) - offset;
  for await (const part of parts) {
    const wanted = part.subarray(Math.min(skip, part.length)).subarray(0, left);
    skip -= Math.min(skip, part.length);
    left -= wanted.length;
    for (let at = 0; at < wanted.length; at += PULL_PIECE_BYTES) {
      yield new Uint8Array(wanted.subarray(at, at + PULL_PIECE_BYTES));
    }
  }
}

function changed(): DockError {
  return new DockError('driver.changed', 'the file is not the one that was listed', { retry: 'later' });
}

function detached(): DockError {
  return new DockError('driver.detached', 'the camera left; it is read again when it is put back', {
    retry: 'later',
  });
}
