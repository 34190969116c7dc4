// Starts both programs, as they are shipped, on what a power cut left after a call of their life on tape: all is delivered, and judged as any
// other life.
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { plantIn } from '../../fakes/disk-trees.ts';
import { LifeDock } from '../life/life-dock.ts';
import { emptyCameras, isAllDelivered, waitingFor } from '../life/progress.ts';
import { lossesOf, problemsOf } from '../life/verdict.ts';
import { SIDES, type Side } from '../sides.ts';
import { Ext4States } from './ext4-states.ts';
import { tapeLifeIn, type TapedLife } from './tape-life.ts';
import { TapeStates, type TapedMoment, type TapePoint, type Way } from './tape-states.ts';

/** Reconnecting and offering again wait a minute at most. */
const LIFE_MS = 180_000;

/** A dock in which a life was put on tape, and disks to play it on; any number of starts, one after the other. */
export class TapeRestarts {
  readonly states: TapeStates;
  readonly #dock: LifeDock;
  readonly #life: TapedLife;
  readonly #disks: ReadonlyMap<Side, Ext4States>;

  private constructor(parts: {
    states: TapeStates;
    dock: LifeDock;
    life: TapedLife;
    disks: ReadonlyMap<Side, Ext4States>;
  }) {
    this.states = parts.states;
    this.#dock = parts.dock;
    this.#life = parts.life;
    this.#disks = parts.disks;
  }

  /** Errors: those of tapeLifeIn. */
  static async open(): Promise<TapeRestarts> {
    const dock = await LifeDock.open();
    const disks = new Map<Side, Ext4States>();
    try {
      const life = await tapeLifeIn(dock);
      for (const side of SIDES)
        disks.set(side, await Ext4States.open(side === 'agent' ? life.spool : life.vault));
      const states = await TapeStates.play(life, async (side) => disks.get(side) as Ext4States);
      return new TapeRestarts({ states, dock, life, disks });
    } catch (error) {
      await closeAll(dock, disks);
      throw error;
    }
  }

  close(): Promise<void> {
    return closeAll(this.#dock, this.#disks);
  }

  /** One sentence for each rule that is broken. Never rejects. */
  async tryPoint(point: TapePoint, way: Way): Promise<readonly string[]> {
    try {
      await this.#lie(await this.states.cut(point, way));
      const losses = (await lossesOf(this.#dock.rig)).map((loss) => `right behind the cut ${loss}`);
      await this.#goOn();
      return [...losses, ...(await problemsOf(this.#dock.rig))];
    } catch (error) {
      return [error instanceof Error ? error.message : String(error)];
    }
  }

  /** All lies as it did at that moment; both cameras are in their bays. */
  async #lie({ spool, vault, onCameras }: TapedMoment): Promise<void> {
    const { rig } = this.#dock;
    await this.#dock.begin();
    for (const [folder, tree] of [
      [rig.spool, spool],
      [rig.vault, vault],
    ] as const) {
      await rm(folder, { recursive: true, force: true });
      await plantIn(folder, tree);
    }
    for (const recording of this.#life.recordings)
      if (!onCameras.includes(recording))
        await rm(join(rig.camera(Number(recording.camera.replace('cam-', ''))), recording.path));
  }

  async #goOn(): Promise<void> {
    const { rig } = this.#dock;
    const wait = waitingFor(this.#dock, LIFE_MS, () => false);
    await Promise.all([rig.receiver.start(), rig.agent.start()]);
    await emptyCameras(this.#dock, wait);
    await wait('all is delivered', () => isAllDelivered(rig));
    await rig.stop();
  }
}

async function closeAll(dock: LifeDock, disks: ReadonlyMap<Side, Ext4States>): Promise<void> {
  await dock.close();
  for (const disk of disks.values()) await disk.close();
}
