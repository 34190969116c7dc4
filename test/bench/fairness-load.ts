// Keeps cameras full and the disk from filling: new files come as soon as others are erased, and what the vault has a receipt for loses its
// payload.
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type DockRig, STATION } from '../fakes/dock-rig.ts';
import { pause } from '../fakes/until.ts';
import { putSparse } from './sparse-file.ts';

/** Files that lie on each camera at least. */
const WAITING = 3;
const LOOK_MS = 200;

/** Runs until it is stopped. */
export class FairnessLoad {
  readonly #rig: DockRig;
  readonly #fileBytes: number;
  readonly #cameras: number;
  readonly #ending = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #next = 0;
  readonly #emptied = new Set<string>();

  private constructor(rig: DockRig, fileBytes: number, cameras: number) {
    this.#rig = rig;
    this.#fileBytes = fileBytes;
    this.#cameras = cameras;
  }

  /** The first `cameras` cameras of the dock are fed. */
  static start(rig: DockRig, fileBytes: number, cameras: number): FairnessLoad {
    const load = new FairnessLoad(rig, fileBytes, cameras);
    load.#running = load.#run();
    return load;
  }

  /** Recordings with a receipt until now. */
  get receipted(): number {
    return this.#emptied.size;
  }

  /** Rejects with what went wrong meanwhile. */
  async stop(): Promise<void> {
    this.#ending.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    while (!this.#ending.signal.aborted) {
      for (let number = 1; number <= this.#cameras; number++) await this.#feed(number);
      await this.#emptyVault();
      await pause(LOOK_MS);
    }
  }

  async #feed(number: number): Promise<void> {
    const folder = join(this.#rig.camera(number), 'DCIM');
    await mkdir(folder, { recursive: true });
    for (let there = (await readdir(folder)).length; there < WAITING; there++) {
      const name = `KOD_${this.#next++}.MP4`;
      await putSparse(join(folder, name), join(this.#rig.folder, name), this.#fileBytes);
    }
  }

  async #emptyVault(): Promise<void> {
    const parent = join(this.#rig.vault, STATION);
    for (const name of await readdir(parent).catch((): string[] => [])) {
      const folder = join(parent, name);
      if (this.#emptied.has(name) || !(await isRecordingWithReceipt(folder))) continue;
      await rm(join(folder, 'payload.age'), { force: true });
      this.#emptied.add(name);
    }
  }
}

async function isRecordingWithReceipt(folder: string): Promise<boolean> {
  const there = (name: string): Promise<boolean> =>
    stat(join(folder, name)).then(
      () => true,
      () => false,
    );
  return (await there('receipt.json.minisig')) && (await there('manifest.json'));
}
