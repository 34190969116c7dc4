// Lives (life/life-dock.ts) in which one program is asked to end by SIGTERM again and again, at moments that are named: each time it must end by
// itself, in time and with the documented code, and its next start must go on until all is delivered once.
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { STATION } from '../fakes/dock-rig.ts';
import { pointTried } from '../fakes/points.ts';
import type { Program } from '../fakes/program.ts';
import { until } from '../fakes/until.ts';
import { LifeDock } from './life/life-dock.ts';
import { emptyCameras, isDelivered, isReclaimed, waitingFor } from './life/progress.ts';
import { problemsOf } from './life/verdict.ts';
import type { Side } from './sides.ts';
import { pointsOf, shownStop, StopLibrary, StopTap, type StopPoint } from './whole-stops-points.ts';

/** What both programs give themselves, and some for a busy machine: after 36 s what hangs is left (exit-soon.ts), and here nothing hangs. */
const STOP_MS = 35_000;
/** Reconnecting and offering again wait a minute at most. */
const LIFE_MS = 120_000;
const LATE_STEP = /shutdown step timed out.*?"step":"([^"]+)"|"step":"([^"]+)".*?shutdown step timed out/;

/** One stop of a life. */
export interface StopSeen {
  readonly point: string;
  /** From SIGTERM to the end of the process, as far as it was seen to begin. */
  readonly endMs: number;
  /** From the next start to ready; null where none came. */
  startMs: number | null;
  /** Steps that were not waited for. */
  readonly late: readonly string[];
}

export interface LifeSeen {
  readonly stops: readonly StopSeen[];
  /** Points that did not come. */
  readonly missed: readonly StopPoint[];
  /** All moments of the life, where it was not disturbed. */
  readonly points: readonly StopPoint[];
  /** A sentence for each broken rule. */
  readonly problems: readonly string[];
}

/** Dock and library of one side; any number of lives, one after the other. */
export class StopLives {
  readonly #side: Side;
  readonly #dock: LifeDock;
  readonly #library: StopLibrary;
  readonly #tap: StopTap;
  readonly #stationFile: string;
  #problems: string[] = [];
  #calls: string[] = [];
  #isReloaded = false;
  #armed: StopPoint | undefined;
  /** Since when the program that is asked to end has known it. */
  #askedMs: number | undefined;

  private constructor(
    side: Side,
    parts: { dock: LifeDock; library: StopLibrary; tap: StopTap; stationFile: string },
  ) {
    this.#side = side;
    this.#dock = parts.dock;
    this.#library = parts.library;
    this.#tap = parts.tap;
    this.#stationFile = parts.stationFile;
  }

  static async open(side: Side): Promise<StopLives> {
    const library = await StopLibrary.build();
    const dock = await LifeDock.open();
    const tap = await StopTap.open(dock.brokerUrl, `bodydock/v1/${STATION}/`);
    const stationFile = await readFile(dock.rig.stationFile, 'utf8');
    return new StopLives(side, { dock, library, tap, stationFile });
  }

  async close(): Promise<void> {
    await this.#tap.close();
    await this.#dock.close();
    await this.#library.remove();
  }

  /** A whole life from the first day; one stop after the other, each in a start of its own, and one at rest at its end. */
  async live(points: readonly StopPoint[]): Promise<LifeSeen> {
    this.#problems = [];
    const stops: StopSeen[] = [];
    const missed: StopPoint[] = [];
    await this.#begin();
    const left = [...points];
    try {
      for (;;) {
        const point = left.shift();
        const startedMs = performance.now();
        const isUp = await this.#start(point);
        const last = stops.at(-1);
        if (isUp && last !== undefined) last.startMs = performance.now() - startedMs;
        if (isUp) await this.#goOn();
        const isHit = this.#askedMs !== undefined;
        if (!isHit && point !== undefined) missed.push(point);
        // Nothing more to come: all is delivered, and it is asked to end at rest; a second time where the point comes while it ends.
        if (!isHit) this.#ask();
        stops.push(await this.#ended(isHit && point !== undefined ? shownStop(point) : 'at rest', isHit));
        if (!isHit) break;
      }
      missed.push(...left);
      await this.#reclaim();
    } catch (error) {
      this.#problems.push(error instanceof Error ? error.message : String(error));
      await this.#dock.kill();
    }
    const own = [
      ...pointsOf('call', [...this.#calls, ...(await this.#library.takeCalls())]),
      ...pointsOf('message', this.#tap.takeNames()),
    ];
    if (this.#problems.length === 0) this.#problems = await problemsOf(this.#dock.rig);
    return { stops, missed, points: own, problems: this.#problems };
  }

  get #stopped(): Program {
    return this.#dock.rig[this.#side];
  }
  get #other(): Program {
    return this.#dock.rig[this.#side === 'agent' ? 'receiver' : 'agent'];
  }

  async #begin(): Promise<void> {
    await this.#dock.begin();
    await writeFile(this.#dock.rig.stationFile, this.#stationFile);
    this.#isReloaded = false;
    this.#calls = [];
    await this.#library.takeCalls();
    this.#tap.takeNames();
  }

  /** Both programs; false where the one that is asked to end ended before it was ready. */
  async #start(point: StopPoint | undefined): Promise<boolean> {
    const { rig, view } = this.#dock;
    if (this.#side === 'agent') view.bays.clear();
    this.#armed = point?.kind === 'call' ? point : undefined;
    this.#askedMs = undefined;
    this.#calls.push(...(await this.#library.takeCalls()));
    this.#tap.disarm();
    if (point?.kind === 'message') this.#tap.arm(point, () => this.#ask());
    this.#dock.giveEnvironment(this.#side, this.#library.environment(rig.folder, this.#armed));
    const starting = this.#stopped.start();
    this.#dock.giveEnvironment(this.#side, {});
    if (!this.#other.running) await this.#other.start();
    try {
      await starting;
      return true;
    } catch (error) {
      await this.#look();
      if (this.#askedMs === undefined) throw error;
      return false;
    }
  }

  #ask(): void {
    if (this.#askedMs !== undefined) return; // a second one would end it at once
    this.#askedMs = performance.now();
    const { pid } = this.#stopped;
    if (pid !== undefined) process.kill(pid, 'SIGTERM');
  }

  /** Asked to end by the library? */
  async #look(): Promise<boolean> {
    if (this.#askedMs === undefined && this.#armed !== undefined && (await this.#library.wasHit()))
      this.#askedMs = performance.now();
    return this.#askedMs !== undefined;
  }

  /** How the process ended. Errors: it did not, within its deadline. */
  async #ended(point: string, isHit: boolean): Promise<StopSeen> {
    const program = this.#stopped;
    pointTried();
    const logged = program.log().length;
    await until(
      `an end after ${point}`,
      STOP_MS,
      () => !program.running,
      () => this.#dock.tell(),
    ).catch(async (error: unknown) => {
      await program.kill();
      throw error;
    });
    const endMs = performance.now() - (this.#askedMs ?? performance.now());
    const code = await program.ended();
    // Twice, it ends at once, as by a power cut.
    const isTwice = !isHit && this.#armed !== undefined && (await this.#library.wasHit());
    if (code !== 0 && !isTwice)
      this.#problems.push(`${point}: ended with ${code}\n${program.log().slice(-2000)}`);
    const late = [
      ...program
        .log()
        .slice(Math.max(0, logged - 5000))
        .matchAll(new RegExp(LATE_STEP, 'g')),
    ].map(([, first, second]) => first ?? second ?? '');
    if (late.length > 0) this.#problems.push(`${point}: not waited for: ${late.join(', ')}`);
    const left = await this.#leftBehind();
    if (left.length > 0 && !isTwice) this.#problems.push(`${point}: left behind: ${left.join(', ')}`);
    return { point, endMs, startMs: null, late };
  }

  /** Sockets and locks of a program that has ended. */
  async #leftBehind(): Promise<string[]> {
    if (this.#side === 'receiver') return [];
    const names = await readdir(this.#dock.rig.spool);
    return names.filter((name) => name.endsWith('.sock'));
  }

  /** Until all is delivered and the new configuration is in force, or the program was asked to end. */
  async #goOn(): Promise<void> {
    const { rig } = this.#dock;
    if (!(await emptyCameras(this.#dock, (what, look) => this.#wait(what, look)))) return;
    if (!this.#isReloaded) {
      const before = readies(rig.agent);
      this.#isReloaded = true;
      await writeFile(rig.stationFile, this.#stationFile.replace('alias: Camera 1', 'alias: Red camera'));
      await this.#wait('the new configuration is in force', async () => readies(rig.agent) > before);
    }
    await this.#wait('all is delivered', () => isDelivered(rig));
  }

  /** Ends early where the program is asked to end. Errors: it ended without that. */
  async #wait(what: string, look: () => Promise<boolean>): Promise<boolean> {
    const isThere = await waitingFor(this.#dock, LIFE_MS, () => this.#look())(what, look);
    const program = this.#stopped;
    if (!program.running && this.#askedMs === undefined)
      throw new Error(`the ${this.#side} ended by itself: ${program.log().slice(-2000)}`);
    return isThere;
  }

  /** The spool is reclaimed at a start of the agent; both programs have ended then. */
  async #reclaim(): Promise<void> {
    const { rig } = this.#dock;
    if (!rig.receiver.running) await rig.receiver.start();
    if (rig.agent.running) await rig.agent.stop();
    await rig.agent.start();
    const wait = waitingFor(this.#dock, LIFE_MS, () => false);
    await wait('all is reclaimed', () => isReclaimed(rig));
    await wait('all is delivered', () => isDelivered(rig));
    await rig.stop();
  }
}

/** Times that the agent said that its station is ready. */
function readies(agent: Program): number {
  return agent.log().split('"station ready"').length;
}
