// A whole dock whose spool lies on a disk of its own that a test breaks, fills or takes away: agent, receiver and mosquitto as they run in
// production, two cameras, and what monitoring sees.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RigWish } from '../fakes/dock-rig-config.ts';
import { DockRig } from '../fakes/dock-rig.ts';
import { LoopDisk } from '../fakes/loop-disk.ts';
import { Mosquitto } from '../fakes/mosquitto.ts';
import { pointTried } from '../fakes/points.ts';
import { seededRandom } from '../fakes/random-seeded.ts';
import type { StationView } from '../fakes/station-view.ts';
import { until } from '../fakes/until.ts';
import { faultsOf } from './life/verdict.ts';

const DISK_MIB = 256;
const FILE_BYTES = 700_000;
/** Pauses between tries go up to a minute, and a loaded machine takes its time. */
const WAIT_MS = 120_000;

/** One such dock. */
export class FailingDock {
  readonly rig: DockRig;
  readonly disk: LoopDisk;
  readonly view: StationView;
  readonly #broker: Mosquitto;
  readonly #random = seededRandom(9);
  #files = 0;

  private constructor(rig: DockRig, disk: LoopDisk, view: StationView, broker: Mosquitto) {
    this.rig = rig;
    this.disk = disk;
    this.view = view;
    this.#broker = broker;
  }

  /** The spool is the disk's own folder, as where a disk is mounted on it. `wish` adds to what the rig is asked for. */
  static async open(
    options: { readonly diskMib?: number; readonly inodes?: number; readonly wish?: RigWish } = {},
  ): Promise<FailingDock> {
    const broker = await Mosquitto.open();
    const disk = await LoopDisk.mount(options.diskMib ?? DISK_MIB, options.inodes);
    const rig = await DockRig.open({
      cameras: 2,
      broker,
      keepHours: 0,
      spoolFolder: disk.path,
      ...options.wish,
    });
    const view = await rig.view();
    await view.watchConditions();
    return new FailingDock(rig, disk, view, broker);
  }

  async close(): Promise<void> {
    await this.rig.close();
    await this.#broker.stop();
    await this.disk.close();
  }

  /** New recordings on a camera; counted for `endsWell`. */
  async record(camera: number, count: number): Promise<void> {
    pointTried();
    for (let number = 0; number < count; number++)
      await this.rig.put(camera, `DCIM/R${++this.#files}.MP4`, this.#random.bytes(FILE_BYTES));
  }

  /** Waits; tells the conditions and the ends of the logs where it does not come. */
  async until(what: string, look: () => boolean | Promise<boolean>): Promise<void> {
    const tell = (): string =>
      `conditions: ${[...this.view.conditions.keys()].join(', ')}; told: ${[...this.view.told].join(', ')}\n` +
      `${JSON.stringify([...this.view.bays])}\n${this.rig.tails()}`;
    await until(what, WAIT_MS, look, tell);
  }

  async untilTold(...codes: string[]): Promise<void> {
    for (const code of codes) await this.until(`${code} is told`, () => this.view.conditions.has(code));
  }

  /** All recordings so far are in the vault with a receipt, and none is on a camera. */
  async untilDelivered(): Promise<void> {
    await this.until('all is delivered', async () => (await this.rig.receipted()).length >= this.#files);
    for (const camera of [1, 2])
      await this.until(`camera ${camera} is emptied`, async () => (await this.rig.filesOn(camera)) === 0);
  }

  /** All programs end in order, and the independent checker finds each recording once and nothing wrong. */
  async endsWell(): Promise<string[]> {
    await this.rig.untilCustodyBegun(WAIT_MS);
    await this.rig.stop();
    const report = this.rig.check([], false);
    const problems = [...report.problems, ...faultsOf([this.rig.agent])];
    if (report.recordings !== this.#files)
      problems.push(`${report.recordings} recordings are in the vault, not ${this.#files}`);
    return problems;
  }
}

/** Every name below a folder with what it holds; the disk's own are left out. */
export async function contentsOf(folder: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    found[path.slice(folder.length + 1)] = entry.isFile() ? (await readFile(path)).toString('base64') : '';
  }
  return found;
}
