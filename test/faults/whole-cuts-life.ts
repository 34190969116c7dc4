// Lives (life/life-dock.ts) in which one program works on a disk that loses what was not synced when its power is cut; each start ends a segment
// of the log and begins another. In a resumed life the program is killed in the middle of the largest transfer before.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Program } from '../fakes/program.ts';
import { mountForCuts, type CutDisk, type CutMode } from './cut-disk.ts';
import { LifeDock } from './life/life-dock.ts';
import {
  emptyCameras,
  isAllDelivered,
  isInTransfer,
  isReclaimed,
  waitingFor,
  type LifeWait,
} from './life/progress.ts';
import { lossesOf, problemsOf } from './life/verdict.ts';
import type { Side } from './sides.ts';
import { CutLibrary, type Course, type CutOutcome, type CutPoint } from './whole-cuts-points.ts';

/** Reconnecting and offering again wait a minute at most. */
const LIFE_MS = 120_000;
/** Of a resumed life: how far apart writes to payloads come in the vault until somebody has seen the middle of the transfer. */
const SLOW_WRITE_MS = 1500;

/** Dock, disk and library of one side; any number of lives, one after the other. */
export class CutLives {
  readonly #side: Side;
  readonly #dock: LifeDock;
  readonly #disk: CutDisk;
  readonly #library: CutLibrary;
  readonly #wait: LifeWait;

  private constructor(side: Side, parts: { dock: LifeDock; disk: CutDisk; library: CutLibrary }) {
    this.#side = side;
    this.#dock = parts.dock;
    this.#disk = parts.disk;
    this.#library = parts.library;
    this.#wait = waitingFor(parts.dock, LIFE_MS, () => !this.#cut.running);
  }

  static async open(side: Side, mode: CutMode = 'ext4'): Promise<CutLives> {
    const library = await CutLibrary.build();
    const disk = await mountForCuts(mode);
    const dock = await LifeDock.open(
      side === 'agent'
        ? { spoolFolder: join(disk.path, 'spool') }
        : { vaultFolder: join(disk.path, 'vault') },
    );
    await disk.keep();
    return new CutLives(side, { dock, disk, library });
  }

  async close(): Promise<void> {
    await this.#dock.close();
    await this.#disk.close();
    await this.#library.remove();
  }

  /** The first day again. */
  async begin(): Promise<void> {
    await this.#dock.begin();
    await this.#disk.putBack();
    await this.#library.endSlow();
    await this.#library.takeOutcome('day', 0);
  }

  /**
   * Goes on until all is delivered, and at the agent's last start reclaimed, and both programs have ended; or until the power was cut at
   * the point: then the other program runs on. Without that last start a life costs a third less.
   */
  async live(course: Course, point?: CutPoint, withReclaim = true): Promise<CutOutcome> {
    const { rig, view } = this.#dock;
    if (!rig.agent.running) view.bays.clear();
    const steps: (() => Promise<void>)[] = [() => this.#deliver()];
    if (course === 'resumed') steps.unshift(() => this.#interrupt());
    if (this.#side === 'agent' && withReclaim) steps.push(() => this.#reclaim());
    const points: CutPoint[] = [];
    for (const [at, step] of steps.entries()) {
      const outcome = await this.#start(course, at + 1, point, step);
      points.push(...outcome.points);
      if (outcome.wasCut) return { points, wasCut: true };
    }
    return { points, wasCut: false };
  }

  /** What was durable is on the disk again; the seed decides what else may be. */
  powerBack(seed: number): Promise<void> {
    return this.#disk.powerBack(seed);
  }

  /** One sentence for each recording that is nowhere, or was erased without a receipt; while the other program runs on. */
  losses(): Promise<string[]> {
    return lossesOf(this.#dock.rig);
  }

  /** One sentence for each rule that is broken after delivery; both programs must have ended. */
  problems(): Promise<string[]> {
    return problemsOf(this.#dock.rig);
  }

  get #cut(): Program {
    return this.#dock.rig[this.#side];
  }

  async #start(
    course: Course,
    start: number,
    point: CutPoint | undefined,
    live: () => Promise<void>,
  ): Promise<CutOutcome> {
    const { rig } = this.#dock;
    const due = point?.course === course && point.start === start ? point : undefined;
    await this.#prepare(course === 'resumed' && start === 1, due);
    const ready = [rig.receiver, rig.agent].filter(({ running }) => !running).map((each) => each.start());
    let failure: { error: unknown } | undefined;
    try {
      for (const outcome of await Promise.allSettled(ready))
        if (outcome.status === 'rejected') throw outcome.reason;
      await live();
    } catch (error) {
      failure = { error };
    }
    const outcome = await this.#library.takeOutcome(course, start);
    // The power may go while a program starts or ends.
    if (failure !== undefined && !outcome.wasCut) throw failure.error;
    return outcome;
  }

  /** What the programs are started with next. */
  async #prepare(isSlow: boolean, due: CutPoint | undefined): Promise<void> {
    const { vault } = this.#dock.rig;
    if (isSlow) await mkdir(vault, { recursive: true }); // the library looks at what is there
    const slow = isSlow ? await this.#library.slowEnvironment(vault, SLOW_WRITE_MS) : {};
    const cut = this.#library.environment(this.#disk, due);
    this.#dock.giveEnvironment('agent', this.#side === 'agent' ? cut : {});
    this.#dock.giveEnvironment('receiver', this.#side === 'receiver' ? { ...slow, ...cut } : slow);
  }

  /** The other program runs on where the power is gone. */
  async #stop(): Promise<void> {
    const { rig } = this.#dock;
    if (this.#cut.running) await rig.agent.stop();
    if (this.#cut.running) await rig.receiver.stop();
  }

  /** The program is killed when a part of the largest recording has come into the vault. */
  async #interrupt(): Promise<void> {
    await this.#wait('the middle of a transfer', () => isInTransfer(this.#dock.rig));
    await this.#cut.kill(false);
    await this.#library.endSlow();
  }

  async #reclaim(): Promise<void> {
    await this.#wait('all is reclaimed', () => isReclaimed(this.#dock.rig));
    await this.#stop();
  }

  async #deliver(): Promise<void> {
    if (await emptyCameras(this.#dock, this.#wait))
      await this.#wait('all is delivered', () => isAllDelivered(this.#dock.rig));
    await this.#stop();
  }
}
