// A simulated computer: its clock, its disk, and at most one process on it, which lives until the power or the process is cut. Of a dead
// process nothing goes on: none of its timers fires and none of its calls comes back.
import type { ClockSource } from '../../agent/monitoring/clock-watch.ts';
import type { Clock, Files, Log } from '../../protocol/format/ports.ts';
import { SeededRandom } from '../fakes/random-seeded.ts';
import { SimulatedDisk, type Survives } from './disk.ts';
import { liveFiles } from './live-files.ts';
import { sleeping } from './sleeps.ts';
import type { Timeline } from './timeline.ts';
import type { Trace } from './trace.ts';

/** Wall time when a simulation begins. */
export const BEGIN_MS = Date.UTC(2026, 10, 25, 6);
/** A disk is now and then busy for so long. */
const BUSY_MS = 400;

/** What a process is given; everything of it ends with the process. */
export interface LiveProcess {
  readonly clock: Clock;
  readonly clockSource: ClockSource;
  readonly files: Files;
  readonly random: SeededRandom;
  readonly log: Log;
  readonly isDead: () => boolean;
  /** A call that takes up to so long, for other ports of this process. */
  readonly slowly: (msMax: number) => <T>(call: Promise<T>) => Promise<T>;
}

export class Machine {
  readonly name: string;
  readonly disk: SimulatedDisk;
  /** The wall clock's error. */
  wallAheadMs = 0;
  synchronised: boolean | null = true;
  readonly #timeline: Timeline;
  readonly #trace: Trace;
  readonly #random: SeededRandom;
  #bootedAtMs = 0;
  /** Grows with each process. */
  #life = 0;
  #isAlive = false;

  constructor(name: string, timeline: Timeline, trace: Trace, random: SeededRandom) {
    this.name = name;
    this.#timeline = timeline;
    this.#trace = trace;
    this.#random = random;
    this.disk = new SimulatedDisk((label) => trace.add(`${name} disk ${label}`));
  }

  get isAlive(): boolean {
    return this.#isAlive;
  }

  /** Calls at this instant, before anybody hears of what was just done. */
  soon(call: () => void): void {
    this.#timeline.after(0, call);
  }

  /** Begins the machine's one process. */
  start(): LiveProcess {
    if (this.#isAlive) throw new Error(`${this.name} has a process`);
    this.#isAlive = true;
    const life = ++this.#life;
    const isDead = (): boolean => life !== this.#life || !this.#isAlive;
    const random = new SeededRandom(this.#random.uint32());
    const clock = this.#clock(isDead);
    const slowly =
      (msMax: number) =>
      <T>(call: Promise<T>): Promise<T> =>
        new Promise((resolve, reject) => {
          call.catch(() => undefined); // it may fail long before anybody hears of it
          this.#timeline.after((msMax * random.below(1000)) / 1000, () => {
            call.then(
              (value) => {
                if (!isDead()) resolve(value);
              },
              (error: unknown) => {
                if (!isDead()) reject(error);
              },
            );
          });
        });
    const disk = slowly(2);
    const busy = slowly(BUSY_MS);
    const late = <T>(call: Promise<T>): Promise<T> => (random.below(200) === 0 ? busy(call) : disk(call));
    return {
      clock,
      clockSource: { isSynchronised: async () => this.synchronised, bootMs: async () => clock.monotonicMs() },
      files: liveFiles(this.disk.files, late, isDead),
      random,
      log: this.#log(isDead),
      isDead,
      slowly,
    };
  }

  /** The process ends at this moment; the disk stays as it is seen. */
  kill(): void {
    this.#trace.add(`${this.name} killed`);
    this.#isAlive = false;
  }

  /** The power goes: the process ends, and the disk loses what was not synced; how much, the seed says unless it is given. */
  cutPower(survives?: Survives): void {
    this.#trace.add(`${this.name} without power`);
    this.#isAlive = false;
    this.#bootedAtMs = this.#timeline.nowMs;
    this.disk.cut(this.#random, survives);
  }

  #clock(isDead: () => boolean): Clock {
    const after = (ms: number, call: () => void): (() => void) =>
      this.#timeline.after(ms, () => {
        if (!isDead()) call();
      });
    return {
      wallMs: () => Math.floor(BEGIN_MS + this.#timeline.nowMs + this.wallAheadMs),
      monotonicMs: () => this.#timeline.nowMs - this.#bootedAtMs,
      after,
      sleep: sleeping(after),
    };
  }

  #log(isDead: () => boolean): Log {
    const line =
      (level: string) =>
      (message: string, fields: Readonly<Record<string, unknown>> = {}): void => {
        if (isDead()) return;
        const told = JSON.stringify(fields, (_, value: unknown) =>
          value instanceof Error ? `${value.name}: ${value.message}` : value,
        );
        this.#trace.add(`${this.#timeline.nowMs.toFixed(3)} ${this.name} ${level} ${message} ${told}`);
      };
    return { error: line('error'), warn: line('warn'), info: line('info'), debug: () => undefined };
  }
}
