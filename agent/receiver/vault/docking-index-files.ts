// The index of docking records as empty files below `<vault>/.dockings/<station>/`: `held/<sha256>` and `missing/<sha256>.<camera>`. A
// look-up is one stat and nothing of it stays in memory, however many records there are.
import { join } from 'node:path';
import { sha256Hex } from '../../../protocol/format/bytes.ts';
import { ensureFolder, listIfThere, unlinkIfThere } from '../../../protocol/format/durable.ts';
import { systemCode } from '../../../protocol/format/errors.ts';
import { type CameraId, isCameraId, isRecordingId, type StationId } from '../../../protocol/format/ids.ts';
import { MANIFEST_BYTES_MAX } from '../../../protocol/format/limits.ts';
import type { Files } from '../../../protocol/format/ports.ts';
import { DOCKING_GAPS_MAX } from '../limits.ts';
import { readDocument } from './vault-dockings.ts';
import { DOCKING, type VaultLayout } from './vault-layout.ts';

// The port to what a vault knows of the chains of docking records (SPEC 4.6): which records it holds, and which ones are named as a
// predecessor and are not there. A cache: `rebuild` makes it anew from the records themselves.

/** A docking record that others name and that the vault does not hold. */
export interface MissingDocking {
  readonly camera: CameraId;
  /** SHA-256 of its bytes. */
  readonly sha256: string;
}

/** Errors of all: the system's. Receivers on one vault share it. */
export interface DockingIndex {
  holds(station: StationId, sha256: string): Promise<boolean>;
  addHeld(station: StationId, sha256: string): Promise<void>;
  /** Durable when it resolves. */
  addMissing(station: StationId, missing: MissingDocking): Promise<void>;
  removeMissing(station: StationId, missing: MissingDocking): Promise<void>;
  /** A bounded number of them; `more` where there are others. */
  missing(station: StationId): Promise<{ readonly found: readonly MissingDocking[]; readonly more: boolean }>;
  /** Marks every record of a station that the vault holds: reads each of them once, one at a time. Errors: the signal's reason too. */
  rebuild(station: StationId, signal: AbortSignal): Promise<void>;
}

/** A DockingIndex in a vault of files. */
export class FilesDockingIndex implements DockingIndex {
  readonly #files: Files;
  readonly #layout: VaultLayout;

  constructor(files: Files, layout: VaultLayout) {
    this.#files = files;
    this.#layout = layout;
  }

  async holds(station: StationId, sha256: string): Promise<boolean> {
    return (await this.#files.stat(join(this.#folder(station, 'held'), sha256))) !== undefined;
  }

  async addHeld(station: StationId, sha256: string): Promise<void> {
    await this.#mark(station, 'held', sha256);
  }

  async addMissing(station: StationId, missing: MissingDocking): Promise<void> {
    await this.#mark(station, 'missing', nameOf(missing));
    const folder = this.#folder(station, 'missing');
    for (const path of [folder, join(folder, '..'), this.#layout.dockings, this.#layout.root])
      await this.#files.syncFolder(path);
  }

  async removeMissing(station: StationId, missing: MissingDocking): Promise<void> {
    const path = join(this.#folder(station, 'missing'), nameOf(missing));
    await unlinkIfThere(this.#files, path);
  }

  async missing(station: StationId): Promise<{ found: MissingDocking[]; more: boolean }> {
    const names = await listIfThere(this.#files, this.#folder(station, 'missing'));
    const all = names.map(parseName).filter((missing) => missing !== undefined);
    return { found: all.slice(0, DOCKING_GAPS_MAX), more: all.length > DOCKING_GAPS_MAX };
  }

  async rebuild(station: StationId, signal: AbortSignal): Promise<void> {
    const folder = this.#layout.station(station);
    for (const name of await listIfThere(this.#files, folder)) {
      signal.throwIfAborted();
      if (!isRecordingId(name)) continue;
      const document = await readDocument(this.#files, join(folder, name, DOCKING), MANIFEST_BYTES_MAX);
      if (document !== undefined) await this.addHeld(station, sha256Hex(document.bytes));
    }
  }

  #folder(station: StationId, kind: 'held' | 'missing'): string {
    return join(this.#layout.dockings, station, kind);
  }

  async #mark(station: StationId, kind: 'held' | 'missing', name: string): Promise<void> {
    const folder = this.#folder(station, kind);
    try {
      await this.#create(join(folder, name));
    } catch (error) {
      if (systemCode(error) !== 'ENOENT') throw error;
      for (const path of [this.#layout.dockings, join(folder, '..'), folder])
        await ensureFolder(this.#files, path);
      await this.#create(join(folder, name));
    }
  }

  async #create(path: string): Promise<void> {
    try {
      await (await this.#files.create(path)).close();
    } catch (error) {
      if (systemCode(error) !== 'EEXIST') throw error;
    }
  }
}

function nameOf({ sha256, camera }: MissingDocking): string {
  return `${sha256}.${camera}`;
}

function parseName(name: string): MissingDocking | undefined {
  const [sha256 = '', camera = '', surplus] = name.split('.');
  if (surplus !== undefined || !/^[0-9a-f]{64}$/.test(sha256) || !isCameraId(camera)) return undefined;
  return { sha256, camera };
}
