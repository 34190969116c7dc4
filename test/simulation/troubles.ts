// Troubles of every kind, mixed: what power, network, disks, cameras and clocks do to a station and its store. Each begins at a moment that the
// seed draws and ends by itself; the judge looks before and behind it.
import { SeededRandom } from '../fakes/random-seeded.ts';
import type { CameraCall, Misdeeds } from '../fakes/misbehaving-camera.ts';
import type { Fault } from '../fakes/fault-plan.ts';
import { DockError } from '../../protocol/format/errors.ts';
import { UNIT_BYTES } from '../../protocol/format/limits.ts';
import type { Machine } from './machine.ts';
import type { World } from './world.ts';

/** Begins; what is returned ends it. */
type Trouble = (world: World, random: SeededRandom) => () => void;

const PER_DAY_MAX = 4;
/** A day is about so long. */
const DAY_MS = 200_000;
const LASTS_MS = 60_000;
/** Steps of a disk within which a cut falls. */
const STEPS_MAX = 60;
const HOUR_MS = 3_600_000;

const nothing = (): void => undefined;

const power: readonly Trouble[] = [
  (world) => (world.cutStation(), nothing),
  (world) => (world.cutStore(), nothing),
  (world) => (world.killStation(), nothing),
  (world) => (world.killStore(), nothing),
  (world, random) => atStep(world.station, random, () => world.cutStation()),
  (world, random) => atStep(world.station, random, () => world.cutStation()),
  (world, random) => atStep(world.store, random, () => world.cutStore()),
  (world, random) => atStep(world.store, random, () => world.cutStore()),
];

const network: readonly Trouble[] = [
  ({ wire }, random) => {
    wire.weather = { lost: random.below(400), doubled: random.below(200), late: random.below(200) };
    return () => wire.clear();
  },
  ({ wire }) => {
    wire.hub.kill();
    return () => wire.hub.up();
  },
  ({ wire }, random) => {
    const id = random.pick(['station', 'store']);
    wire.hub.hold(id);
    return () => wire.hub.release(id);
  },
  ({ wire }, random) => (wire.hub.cut(random.pick(['station', 'store'])), nothing),
];

const CHANGES = [
  ...([
    'create',
    'write',
    'sync',
    'close',
    'rename',
    'unlink',
    'removeTree',
    'syncFolder',
    'makeFolder',
  ] as const),
  'change' as const,
];
const READS = ['open', 'read', 'list', 'stat', 'readAll'] as const;
const OPERATIONS: readonly Fault['operation'][] = [...CHANGES, ...READS, 'any'];

const disks: readonly Trouble[] = [
  (world, random) => {
    const { files } = machineOf(world, random).disk;
    files.capacityBytes = files.usedBytes + random.below(4 * UNIT_BYTES);
    return () => files.heal();
  },
  (world, random) => {
    const { files } = machineOf(world, random).disk;
    const operation = random.pick(OPERATIONS);
    const applied = random.below(4) === 0;
    files.fail({
      operation,
      nth: 1 + random.below(STEPS_MAX),
      code: random.pick(['EIO', 'EIO', 'ENOSPC']),
      applied,
    });
    return nothing;
  },
  (world, random) => {
    const { files } = machineOf(world, random).disk;
    files.fail({ operation: random.pick(CHANGES), nth: 1, times: 1 + random.below(20), code: 'EIO' });
    return nothing;
  },
];

/** A page of the system's cache is wrong, for as long as that lasts or until the power goes; what lies on the medium stays right. */
const misreads: readonly Trouble[] = [
  (world, random) => misread(world, machineOf(world, random), random),
  (world, random) => {
    const end = misread(world, world.station, random);
    world.killStation(); // nothing reads as much as a start
    return end;
  },
  (world, random) => {
    const end = misread(world, world.store, random);
    world.killStore();
    return end;
  },
];

function misread(world: World, { name, disk }: Machine, random: SeededRandom): () => void {
  const found = disk.files.misread(random);
  if (found === undefined) return nothing;
  world.note(`${name} reads ${found.path} with a bit turned`);
  return found.end;
}

const CALLS: readonly CameraCall[] = ['identity', 'clock', 'condition', 'inventory', 'read', 'erase'];
const CODES = ['driver.timeout', 'driver.protocol', 'driver.detached', 'driver.unreadable'];

const wrongs: readonly ((random: SeededRandom) => Misdeeds)[] = [
  (random) => ({ hangAt: random.pick(CALLS) }),
  (random) => {
    const error = new DockError(random.pick(CODES), 'simulated', { retry: 'later' });
    return { failOnce: { call: random.pick(CALLS), error } };
  },
  (random) => ({ detachAtByte: random.below(2 * UNIT_BYTES) }),
  (random) => ({ detachAtCall: 1 + random.below(20) }),
  () => ({ eraseLies: true }),
  () => ({ eraseDenies: true }),
  (random) => ({ shortBytes: 1 + random.below(UNIT_BYTES) }),
  (random) => ({ growBytes: 1 + random.below(UNIT_BYTES) }),
];

const cameras = wrongs.map((wrong): Trouble => {
  return (world, random) => {
    const { misdeeds } = random.pick(world.dock.cameras);
    const set = wrong(random);
    Object.assign(misdeeds, set);
    return () => {
      for (const name of Object.keys(set)) Reflect.deleteProperty(misdeeds, name);
    };
  };
});

const clocks: readonly Trouble[] = [
  ({ station }, random) => {
    station.wallAheadMs += (random.below(48) - 24) * HOUR_MS + random.below(1000);
    station.synchronised = random.pick([true, false, null]);
    return () => {
      station.wallAheadMs = 0;
      station.synchronised = true;
    };
  },
  ({ store }, random) => {
    store.wallAheadMs += random.below(2 * HOUR_MS) - HOUR_MS;
    return () => {
      store.wallAheadMs = 0;
    };
  },
];

const KINDS = { power, network, disks, cameras, clocks, misreads };
export type Kind = keyof typeof KINDS;

export class Troubles {
  readonly #world: World;
  readonly #random: SeededRandom;
  readonly #kinds: readonly Kind[];
  readonly #ends = new Set<() => void>();
  readonly #waiting: (() => void)[] = [];
  #begun = 0;
  #isOver = false;

  constructor(world: World, kinds: readonly Kind[]) {
    this.#world = world;
    this.#random = new SeededRandom(world.random.uint32());
    this.#kinds = kinds;
  }

  /** Troubles that there were. */
  get begun(): number {
    return this.#begun;
  }

  /** Resolves when another one begins, if one is planned. */
  async next(): Promise<void> {
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /** Plans the troubles of a day that begins now. */
  plan(): void {
    if (this.#kinds.length === 0) return;
    for (let left = 1 + this.#random.below(PER_DAY_MAX); left > 0; left--)
      this.#world.timeline.after(this.#random.below(DAY_MS), () => this.#begin());
  }

  /** All is well from now on. */
  end(): void {
    this.#isOver = true;
    for (const end of this.#ends) end();
    this.#ends.clear();
    this.#world.wire.clear();
    for (const { disk } of [this.#world.station, this.#world.store]) disk.files.heal();
    this.#world.note('all is well from now on');
  }

  #begin(): void {
    if (this.#isOver) return;
    const kind = this.#random.pick(this.#kinds);
    const trouble = this.#random.below(KINDS[kind].length);
    this.#world.note(`trouble: ${kind} ${trouble}`);
    this.#begun++;
    for (const resolve of this.#waiting.splice(0)) resolve();
    const undo = KINDS[kind][trouble]?.(this.#world, this.#random) ?? nothing;
    this.#world.look(`${kind} ${trouble} began`);
    const end = (): void => {
      if (!this.#ends.delete(end)) return;
      this.#world.note(`trouble ends: ${kind} ${trouble}`);
      undo();
      this.#world.look(`${kind} ${trouble} ended`);
    };
    this.#ends.add(end);
    this.#world.timeline.after(this.#random.below(LASTS_MS), end);
  }
}

function machineOf({ station, store }: World, random: SeededRandom): Machine {
  return random.pick([station, store]);
}

/** Happens after a step of the disk, before anybody hears of that step. */
function atStep(machine: Machine, random: SeededRandom, happens: () => void): () => void {
  machine.disk.atStep(1 + random.below(STEPS_MAX), () => machine.soon(happens));
  return () => machine.disk.atStep(0, nothing);
}
