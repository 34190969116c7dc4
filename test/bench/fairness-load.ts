// Keeps cameras full and the disk from filling: a file that was erased comes again by another name, and what the vault has a receipt for loses
// its payload.
// The files are dense and in the page cache. Of a hole the kernel fills its whole window of readahead with zeros in one go, and no thread gets
// that core meanwhile (8 MiB on one machine: 12 to 25 ms, also for one of real-time priority); a camera's storage does not do that.
import { link, mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type DockRig, STATION } from '../fakes/dock-rig.ts';
import { pause } from '../fakes/until.ts';
import { makeWork, type SourceFile } from './work.ts';

/** Files that lie on each camera. */
const WAITING = 3;
const LOOK_MS = 200;

/** A file that is on a camera by at most one name: it would look changed there whenever another name of it came or went. */
interface Fed {
  readonly source: SourceFile;
  readonly camera: number;
  name: string;
}

/** Runs until it is stopped. */
export class FairnessLoad {
  readonly #rig: DockRig;
  readonly #fed: readonly Fed[];
  readonly #ending = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #next = 0;
  readonly #emptied = new Set<string>();

  private constructor(rig: DockRig, fed: readonly Fed[]) {
    this.#rig = rig;
    this.#fed = fed;
  }

  /** Makes the files of the first `cameras` cameras of the dock in a folder that is not there yet, `fileMib` each. */
  static async open(
    rig: DockRig,
    folder: string,
    { cameras, fileMib }: { readonly cameras: number; readonly fileMib: number },
    signal: AbortSignal,
  ): Promise<FairnessLoad> {
    const { files } = await makeWork(folder, cameras * WAITING, cameras * WAITING * fileMib, signal);
    return new FairnessLoad(
      rig,
      files.map((source, at) => ({ source, camera: 1 + (at % cameras), name: '' })),
    );
  }

  /** From now on the cameras are fed. */
  start(): void {
    this.#running = this.#run();
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
      for (const fed of this.#fed) await this.#feed(fed);
      await this.#emptyVault();
      await pause(LOOK_MS);
    }
  }

  async #feed(fed: Fed): Promise<void> {
    const folder = join(this.#rig.camera(fed.camera), 'DCIM');
    await mkdir(folder, { recursive: true });
    if ((await readdir(folder)).includes(fed.name)) return;
    fed.name = `KOD_${this.#next++}.MP4`;
    await link(fed.source.path, join(folder, fed.name));
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
