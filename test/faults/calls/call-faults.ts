// What may happen at a call on a disk, and how it is brought about in a simulated world.
import { isOne, type Group } from '../../fakes/fault-plan.ts';
import type { Survives } from '../../simulation/disk.ts';
import type { Machine } from '../../simulation/machine.ts';
import { finished } from '../../simulation/run-seed.ts';
import type { World } from '../../simulation/world.ts';
import type { Side } from '../sides.ts';
import { machineOf, type CallPoint } from './call-points.ts';

const SECOND_MS = 1000;
/** A disk fails for so long until somebody makes it well. */
export const ILL_MS = 300 * SECOND_MS;
/** A program that was asked to end is started again after so long. */
const STARTED_AGAIN_MS = 3 * SECOND_MS;
/** Caches, which are made again, signs of life, and what is on its way out. */
const DISPENSABLE = /\/(ledger\.jsonl|tries\/|\.leases\/|released\/)|\.gone$/;
/** A power cut that follows on an error follows within so many changes of that disk; a prime spreads them. */
const CUT_WITHIN = 40;
const SPREAD = 23;
/** Most recoveries change their disk so often. */
const RECOVERY_STEPS = 60;

/** What became of it. */
export interface Seen {
  /** Calls that failed, or after which something happened. */
  hits: number;
  /** Virtual ms at the newest one. */
  hitAtMs: number;
  /** One of them was about more than what a program can do without. */
  isNoted: boolean;
  /** Virtual ms from the request to end to the end. */
  stopMs?: number;
}

export interface CallFault {
  readonly name: string;
  /** Of which calls it is tried at each. */
  readonly group: Group;
  /** Of a disk's error: what must be told while it lasts. */
  readonly isTold?: 'error' | 'space';
  /** What a judge says of it and is right. */
  readonly allows?: RegExp;
  readonly bring: (scene: Scene) => void;
}

/** Each is tried at each call of its group. */
export const CALL_FAULTS: readonly CallFault[] = [
  { name: 'EIO once', group: 'alter', isTold: 'error', bring: (scene) => scene.fail('EIO') },
  {
    name: 'EIO once although it was done',
    group: 'alter',
    bring: (scene) => scene.fail('EIO', { applied: true }),
  },
  {
    name: 'EIO once, and soon the power goes',
    group: 'alter',
    bring: (scene) =>
      scene.fail('EIO', { onFirst: () => scene.later(CUT_WITHIN, () => scene.cut('nothing')) }),
  },
  {
    name: 'EIO for good',
    group: 'alter',
    isTold: 'error',
    bring: (scene) => scene.fail('EIO', { forGood: true }),
  },
  {
    name: 'read-only for good',
    group: 'alter',
    isTold: 'error',
    bring: (scene) => scene.fail('EROFS', { forGood: true }),
  },
  { name: 'ENOSPC once', group: 'fill', bring: (scene) => scene.fail('ENOSPC') },
  {
    name: 'ENOSPC for good',
    group: 'fill',
    isTold: 'space',
    bring: (scene) => scene.fail('ENOSPC', { forGood: true }),
  },
  { name: 'EIO once', group: 'look', bring: (scene) => scene.fail('EIO') },
  {
    name: 'EIO for good',
    group: 'look',
    isTold: 'error',
    // Of a log that cannot be read for minutes the station says so, in it; and what it would have read for a record it reads at its next start.
    allows: /the agent found a broken chain: .*"EIO: |records do not follow each other as the log says$/,
    bring: (scene) => scene.fail('EIO', { forGood: true }),
  },
  { name: 'killed', group: 'alter', bring: (scene) => scene.behind(() => scene.kill()) },
  { name: 'asked to end', group: 'alter', bring: (scene) => scene.behind(() => scene.stop()) },
  {
    name: 'power cut, nothing survives',
    group: 'alter',
    bring: (scene) => scene.behind(() => scene.cut('nothing')),
  },
  {
    name: 'power cut, any part survives',
    group: 'alter',
    bring: (scene) => scene.behind(() => scene.cut('any')),
  },
  {
    name: 'power cut, and once more while it recovers',
    group: 'alter',
    bring: (scene) =>
      scene.behind(() => {
        scene.cut('nothing');
        scene.later(RECOVERY_STEPS, () => scene.cut('nothing'));
      }),
  },
];

/** Where it is brought about. */
export class Scene {
  readonly seen: Seen = { hits: 0, hitAtMs: 0, isNoted: false };
  readonly world: World;
  readonly side: Side;
  readonly #point: CallPoint;

  constructor(world: World, point: CallPoint) {
    this.world = world;
    this.side = point.side;
    this.#point = point;
  }

  get machine(): Machine {
    return machineOf(this.world, this.side);
  }

  /** From 1, another one for each call. */
  within(max: number): number {
    return ((this.#point.number * SPREAD) % max) + 1;
  }

  /** That call fails, or from it on all of the group until the disk is made well; `onFirst` once, when the first one does. */
  fail(
    code: string,
    how: { readonly forGood?: boolean; readonly applied?: boolean; readonly onFirst?: () => void } = {},
  ): void {
    const { forGood = false, applied = false, onFirst } = how;
    const { files } = this.machine.disk;
    files.fail({
      operation: this.#point.group,
      nth: this.#point.number,
      times: forGood ? Infinity : 1,
      code,
      applied,
      onHit: (path) => {
        if (!DISPENSABLE.test(path)) this.seen.isNoted = true;
        this.seen.hitAtMs = this.world.timeline.nowMs;
        if (++this.seen.hits > 1) return;
        if (forGood) this.world.timeline.after(ILL_MS, () => files.heal());
        onFirst?.();
      },
    });
  }

  /** Nothing fails any more, and a moment longer. */
  async isOver(): Promise<void> {
    const { world } = this;
    await finished(world, world.timeline.sleep(ILL_MS), 2 * ILL_MS);
  }

  /** Right after that call, before anybody hears of it. */
  behind(happens: () => void): void {
    let left = this.#point.number;
    const { machine } = this;
    machine.disk.files.hearCalls((operation) => {
      if (!isOne(this.#point.group, operation) || --left !== 0) return;
      this.seen.hits++;
      machine.soon(happens);
    });
  }

  /** Within so many changes of that disk from now on. */
  later(changesMax: number, happens: () => void): void {
    const { machine } = this;
    machine.disk.atStep(this.within(changesMax), () => machine.soon(happens));
  }

  kill(): void {
    if (this.side === 'agent') this.world.killStation();
    else this.world.killStore();
  }

  /** As by SIGTERM; a service manager starts it again. */
  stop(): void {
    const { world, side, seen } = this;
    const askedMs = world.timeline.nowMs;
    const ended = side === 'agent' ? world.stopStation() : world.stopStore();
    void ended.then(() => {
      seen.stopMs = world.timeline.nowMs - askedMs;
      world.timeline.after(STARTED_AGAIN_MS, () =>
        side === 'agent' ? world.bootStation() : world.bootStore(),
      );
    });
  }

  cut(survives: Survives): void {
    if (this.side === 'agent') this.world.cutStation(survives);
    else this.world.cutStore(survives);
  }
}
