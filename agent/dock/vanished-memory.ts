// From which cameras files vanished, over starts of the agent: what calls a person must not go because somebody switched the station off.
//
// Invariants:
// 1. What cannot be read or written holds nothing up; it is told in the log of the agent, and written with the next change.
// 2. The file is replaced as a whole, one writing after the other, the newest state last.
import { dirname } from 'node:path';
import * as z from 'zod';
import { cameraIdSchema, encodeDocument, parseDocument } from '../../protocol/documents/document.ts';
import { readIfThere, replaceDurable } from '../../protocol/format/durable.ts';
import type { CameraId } from '../../protocol/format/ids.ts';
import type { Files, Log } from '../../protocol/format/ports.ts';
import type { Vanished } from '../inventory/looks.ts';

/** More cameras than any station may know (config/station-schema.ts) and some unregistered ones. */
const CAMERAS_MAX = 1024;
/** CAMERAS_MAX lines of some 100 bytes. */
const MEMORY_BYTES_MAX = 256 * 1024;

const memorySchema = z.strictObject({
  type: z.literal('vanished'),
  version: z.literal(1),
  cameras: z
    .array(z.strictObject({ camera: cameraIdSchema, entries: z.int().min(0), entries_here: z.int().min(0) }))
    .max(CAMERAS_MAX),
});

export interface VanishedMemoryDeps {
  readonly files: Files;
  /** The file, in the folder of the spool. */
  readonly path: string;
  /** The disk of the spool is there. Errors: "spool.gone". */
  readonly confirm: () => Promise<void>;
  readonly log: Pick<Log, 'warn'>;
}

/** Of one station. */
export class VanishedMemory {
  readonly #deps: VanishedMemoryDeps;
  readonly #cameras: Map<CameraId, Vanished>;
  #writing: Promise<void> = Promise.resolve();
  #isOwed = false;

  private constructor(deps: VanishedMemoryDeps, cameras: Map<CameraId, Vanished>) {
    this.#deps = deps;
    this.#cameras = cameras;
  }

  /** Never rejects: without a file that can be read nothing is remembered. */
  static async open(deps: VanishedMemoryDeps): Promise<VanishedMemory> {
    const cameras = await read(deps).catch((error: unknown) => {
      deps.log.warn('list of vanished files not readable', { error });
      return [];
    });
    return new VanishedMemory(deps, new Map(cameras));
  }

  /** What is remembered. */
  get all(): ReadonlyMap<CameraId, Vanished> {
    return this.#cameras;
  }

  /** So many vanished from it; undefined: it was docked without a loss since. */
  keep(camera: CameraId, vanished: Vanished | undefined): void {
    if (vanished === undefined ? !this.#cameras.delete(camera) : !this.#takes(camera)) return;
    if (vanished !== undefined) this.#cameras.set(camera, vanished);
    if (this.#isOwed) return; // what waits to be written holds this as well
    this.#isOwed = true;
    this.#writing = this.#writing.then(() => this.#write());
  }

  /** Resolves when nothing is being written any more. */
  settle(): Promise<void> {
    return this.#writing;
  }

  #takes(camera: CameraId): boolean {
    return this.#cameras.has(camera) || this.#cameras.size < CAMERAS_MAX;
  }

  async #write(): Promise<void> {
    const { files, path, confirm, log } = this.#deps;
    this.#isOwed = false;
    const cameras = [...this.#cameras].map(([camera, { entries, entriesHere }]) => ({
      camera,
      entries,
      entries_here: entriesHere,
    }));
    try {
      await confirm();
      await replaceDurable(
        files,
        path,
        encodeDocument(memorySchema, { type: 'vanished', version: 1, cameras }),
      );
      await files.syncFolder(dirname(path));
    } catch (error) {
      log.warn('list of vanished files not written', { error });
    }
  }
}

async function read({ files, path }: VanishedMemoryDeps): Promise<[CameraId, Vanished][]> {
  const bytes = await readIfThere(files, path, MEMORY_BYTES_MAX);
  if (bytes === undefined) return [];
  const { cameras } = parseDocument(memorySchema, bytes, MEMORY_BYTES_MAX);
  return cameras.map(({ camera, entries, entries_here }) => [camera, { entries, entriesHere: entries_here }]);
}
