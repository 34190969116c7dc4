// Lives (life/life-dock.ts) in which the disk of one program fails at one call. A program that ends because of its disk is started again, as a
// service manager would.
import { mkdir } from 'node:fs/promises';
import type { Program } from '../fakes/program.ts';
import { ErrorLibrary, type DiskCall, type DiskOutcome, type ErrorPoint } from './disk-errors-points.ts';
import { LifeDock } from './life/life-dock.ts';
import {
  emptyCameras,
  isReceipted,
  isReclaimed,
  leftIn,
  waitingFor,
  type LifeWait,
} from './life/progress.ts';
import { lossesOf, problemsOf } from './life/verdict.ts';
import type { Side } from './sides.ts';

/** Pauses after a failure last a minute at most, and there may be some of them. */
const LIFE_MS = 240_000;
/** Times that a program may end by itself before all is delivered. */
const RESTARTS_MAX = 3;

/** What became of a life. */
export interface LifeOutcome extends DiskOutcome {
  /** Times that the program ended by itself. */
  readonly restarts: number;
}

/** Dock and library of one side; any number of lives, one after the other. */
export class DiskLives {
  readonly side: Side;
  readonly dock: LifeDock;
  readonly library: ErrorLibrary;
  readonly #wait: LifeWait;

  private constructor(side: Side, dock: LifeDock, library: ErrorLibrary) {
    this.side = side;
    this.dock = dock;
    this.library = library;
    this.#wait = waitingFor(dock, LIFE_MS, () => !this.failing.running);
  }

  static async open(side: Side): Promise<DiskLives> {
    const library = await ErrorLibrary.build(['close']);
    const dock = await LifeDock.open();
    await dock.view.watchConditions();
    return new DiskLives(side, dock, library);
  }

  async close(): Promise<void> {
    await this.dock.close();
    await this.library.remove();
  }

  /** The program whose disk fails. */
  get failing(): Program {
    return this.dock.rig[this.side];
  }

  /** The first day again. */
  async begin(): Promise<void> {
    await this.dock.begin();
    await this.library.takeOutcome(0);
  }

  /**
   * Goes on until all is delivered, and at the agent's second start reclaimed, and both programs have ended in order. Errors: what did not
   * come in time, or a program that ends again and again, or not in order.
   */
  async live(point?: ErrorPoint): Promise<LifeOutcome> {
    const { rig } = this.dock;
    const first = await this.#start(1, point, () => this.#deliver());
    if (this.side === 'receiver') return first;
    const isOver = (): Promise<unknown> => this.#wait('all is reclaimed', () => isReclaimed(rig));
    const second = await this.#start(2, point, isOver);
    // What failed while it ended is done by its next start.
    if (second.failed > 0) await this.#start(3, undefined, isOver);
    return {
      calls: [...first.calls, ...second.calls],
      failed: first.failed + second.failed,
      restarts: first.restarts + second.restarts,
    };
  }

  /** One sentence for each recording that is nowhere, or was erased without a receipt, at this moment: both programs are held still. */
  async losses(): Promise<string[]> {
    const { rig } = this.dock;
    const programs = [rig.agent, rig.receiver];
    for (const program of programs) program.pause();
    const losses = await lossesOf(rig);
    for (const program of programs) program.resume();
    return losses;
  }

  /** One sentence for each rule that is broken after delivery; both programs must have ended. */
  async problems(): Promise<string[]> {
    const { rig } = this.dock;
    const left = await leftIn(rig, ['staging', 'docked', 'quarantine']);
    return [...(await problemsOf(rig)), ...left.map((name) => `left in the spool: ${name}`)];
  }

  /** Programs with that number, started again where the one whose disk fails ends by itself before the work is done. */
  async #start(
    start: number,
    point: ErrorPoint | undefined,
    work: () => Promise<unknown>,
  ): Promise<LifeOutcome> {
    const { library, failing } = this;
    const { rig } = this.dock;
    const disk = this.side === 'agent' ? rig.spool : rig.vault;
    await mkdir(disk, { recursive: true });
    await library.makeWell(false);
    const calls: DiskCall[] = [];
    for (let due = point?.start === start ? point : undefined, failed = 0, restarts = 0; ; restarts++) {
      this.dock.giveEnvironment(this.side, library.environment(disk, due));
      if (await this.#startBoth()) await work();
      const hasEnded = !failing.running;
      if (!hasEnded) await rig.stop();
      const outcome = await library.takeOutcome(start);
      failed += outcome.failed;
      calls.push(...outcome.calls);
      if (!hasEnded) return { calls, failed, restarts };
      if (failed === 0 || restarts === RESTARTS_MAX)
        throw new Error(`${failing.logFile}: ended by itself: ${failing.log().slice(-3000)}`);
      due = undefined;
    }
  }

  /** False where the one whose disk fails ended before it was ready. */
  async #startBoth(): Promise<boolean> {
    const { rig } = this.dock;
    const programs = [rig.receiver, rig.agent].filter(({ running }) => !running);
    const outcomes = await Promise.allSettled(programs.map((program) => program.start()));
    for (const [at, outcome] of outcomes.entries())
      if (outcome.status === 'rejected') {
        if (programs[at] !== this.failing || this.failing.running) throw outcome.reason;
        return false;
      }
    return true;
  }

  /** Unfinished things that the disk did not let go may still lie in the spool: the next start removes them. */
  async #deliver(): Promise<void> {
    if (await emptyCameras(this.dock, this.#wait))
      await this.#wait('all is delivered', () => isReceipted(this.dock.rig));
  }
}
