// The durable side that the judge reads is what a cut leaves that keeps nothing of what is pending, whatever was done to the disk before.
import { expect, test } from 'vitest';
import type { OpenFile } from '../../protocol/format/ports.ts';
import { folderNode } from '../fakes/crash-nodes.ts';
import { CrashDisk } from '../fakes/files-crash.ts';
import { SeededRandom } from '../fakes/random-seeded.ts';
import { DurableTree } from './durable-tree.ts';

const RUNS = 200;
const ACTIONS = 60;
const FOLDERS = ['', '/a', '/b'];
const NAMES = ['a', 'b', 'x'];

/** A disk that tells its steps to a durable tree, and one that keeps them: both are done the same to. */
class Twins {
  readonly durable: DurableTree;
  readonly disks: readonly [CrashDisk, CrashDisk];
  readonly #open: (readonly OpenFile[])[] = [];

  constructor() {
    const root = folderNode();
    this.durable = new DurableTree(root);
    this.disks = [new CrashDisk(root, (step) => this.durable.take(step)), new CrashDisk()];
  }

  async act(random: SeededRandom): Promise<void> {
    const path = (): string => `${random.pick(FOLDERS)}/${random.pick(NAMES)}`;
    const [kind, from, to] = [random.below(10), path(), path()];
    const folder = random.pick(FOLDERS) || '/';
    const [bytes, position] = [random.bytes(1 + random.below(9)), random.below(20)];
    if (kind === 0) await this.#both((disk) => disk.makeFolder(from));
    else if (kind === 1) await this.#create(from);
    else if (kind === 2) await this.#onFile(random, (file) => file.write(bytes, position));
    else if (kind === 3) await this.#sync(random);
    else if (kind === 4 || kind === 8 || kind === 9) await this.#both((disk) => disk.rename(from, to));
    else if (kind === 5) await this.#both((disk) => disk.unlink(from));
    else await this.#both((disk) => disk.syncFolder(folder));
  }

  /** Every array that the durable tree gave out, with what it held then. */
  readonly given = new Map<Uint8Array, string>();

  /** Paths of files with their bytes, as a cut leaves them now. */
  left(): [Map<string, string>, Map<string, string>] {
    const [, keeping] = this.disks;
    const cut = keeping.crash(keeping.steps, 'nothing').tree();
    const found = new Map<string, string>();
    const walk = (at: string): void => {
      for (const name of this.durable.names(at === '' ? '/' : at) ?? []) {
        const bytes = this.durable.bytes(`${at}/${name}`);
        if (bytes === undefined) walk(`${at}/${name}`);
        else found.set(`${at}/${name}`, this.#known(bytes));
      }
    };
    walk('');
    const wanted = [...cut].map(([path, bytes]) => [path, Buffer.from(bytes ?? []).toString('hex')] as const);
    return [found, new Map(wanted)];
  }

  /** Paths with bytes that a cut leaves which keeps all that is pending; ends the tree. */
  allLeft(): [unknown, unknown] {
    const [, keeping] = this.disks;
    const left = new CrashDisk(this.durable.surviving(() => 'keep')).tree();
    return [left, keeping.crash(keeping.steps, 'everything').tree()];
  }

  /** What is given out a second time must hold what it held the first time. */
  #known(bytes: Uint8Array): string {
    const hex = Buffer.from(bytes).toString('hex');
    const before = this.given.get(bytes);
    if (before !== undefined && before !== hex) throw new Error(`${before} became ${hex}`);
    this.given.set(bytes, hex);
    return hex;
  }

  async #both(call: (disk: CrashDisk) => Promise<unknown>): Promise<void> {
    for (const disk of this.disks) await call(disk).catch(() => undefined);
  }

  async #create(path: string): Promise<void> {
    const made: OpenFile[] = [];
    await this.#both(async (disk) => made.push(await disk.create(path)));
    if (made.length > 0) this.#open.push(made);
  }

  /** One of four fails. */
  async #sync(random: SeededRandom): Promise<void> {
    if (random.below(4) === 0)
      for (const disk of this.disks) disk.fail({ operation: 'sync', nth: 1, code: 'EIO' });
    await this.#onFile(random, (file) => file.sync());
    for (const disk of this.disks) disk.heal();
  }

  async #onFile(random: SeededRandom, call: (file: OpenFile) => Promise<void>): Promise<void> {
    if (this.#open.length === 0) return;
    for (const file of random.pick(this.#open)) await call(file).catch(() => undefined);
  }
}

test('where all that is pending survives a cut, it does so in the order in which it was done', async () => {
  for (let seed = 1; seed <= RUNS; seed++) {
    const random = new SeededRandom(seed);
    const twins = new Twins();
    for (let count = 0; count < ACTIONS; count++) await twins.act(random);
    const [left, wanted] = twins.allLeft();
    expect(left, `seed ${seed}`).toEqual(wanted);
  }
});

test('what is durable is what is left when a cut takes all that is pending', async () => {
  for (let seed = 1; seed <= RUNS; seed++) {
    const random = new SeededRandom(seed);
    const twins = new Twins();
    for (let count = 0; count < ACTIONS; count++) {
      await twins.act(random);
      if (count % 10 > 0) continue;
      const [found, wanted] = twins.left();
      expect(found, `seed ${seed}`).toEqual(wanted);
    }
  }
});

test('an array that is given out again holds what it held before, and most of them are', async () => {
  let again = 0;
  for (let seed = 1; seed <= RUNS; seed++) {
    const random = new SeededRandom(seed);
    const twins = new Twins();
    for (let count = 0; count < ACTIONS; count++) {
      await twins.act(random);
      const known = twins.given.size;
      const [found] = twins.left();
      again += found.size - (twins.given.size - known);
    }
  }
  expect(again).toBeGreaterThan(RUNS);
});
