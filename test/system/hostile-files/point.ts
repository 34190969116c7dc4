// One point: a moment, one damaged file, and what station and store make of it until all is delivered and what was kept long enough is gone;
// judged by what is durable and by what was said, not by what a program thinks of itself.
//
// What must hold, beside the rules that the simulation's judge holds both to at every step:
// 1. A start takes the disk as it is, or says which file is wrong and what to do (`refused`).
// 2. Every recording is in the vault with its receipt and off its camera, every docking record has its receipt.
// 3. The independent checker finds nothing wrong but what it says of that very file, where the table says that nobody can make it again.
// 4. What became of the file was said with its name.
import { pointTried } from '../../fakes/points.ts';
import type { DurableFolder } from '../../simulation/durable-tree.ts';
import { FoldersByRecording } from '../../simulation/holdings.ts';
import { lastProblems } from '../../simulation/last-judge.ts';
import { SPOOL, STATION, VAULT } from '../../simulation/sides.ts';
import type { World } from '../../simulation/world.ts';
import { damageOf, victimOf, type Victim } from './damages.ts';
import { FILE_KINDS, type FileKind } from './file-kinds.ts';
import { worldFrom, type Snapshot } from './snapshots.ts';

/** Names one point; the same name is the same point in every run. */
export interface PointName {
  readonly moment: string;
  readonly kind: string;
  readonly path: string;
  readonly damage: string;
}

export interface PointResult extends PointName {
  /** False where the damage leaves the file as it is. */
  readonly isTried: boolean;
  readonly problems: readonly string[];
  /** What was said of it, for anybody who looks into it. */
  readonly said: readonly string[];
}

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
/** Cameras in their bays stay there for so long after the start. */
const DOCKED_MS = 30 * SECOND_MS;
/** Longer than a copy is kept (KEEP_HOURS in simulation/sides.ts). */
const KEPT_MS = 9 * MINUTE_MS;
const DONE_MS = 40 * MINUTE_MS;
const STOP_MS = 10 * MINUTE_MS;
/** Starts that fail before it counts as a crash loop. */
const STARTS_MAX = 3;

/** What judges found out about signatures, over all points. */
const known = {
  stationKey: new Map<string, string | undefined>(),
  storeKey: new Map<string, string | undefined>(),
};

/** Never rejects but by a fault of this file. */
export async function runPoint(snapshots: readonly Snapshot[], name: PointName): Promise<PointResult> {
  const kind = FILE_KINDS.find((each) => each.name === name.kind);
  const moment = snapshots.find((each) => each.name === name.moment);
  if (kind === undefined || moment === undefined) throw new Error(`no point ${JSON.stringify(name)}`);
  const victim = victimOf(snapshots, moment, {
    side: kind.side,
    path: name.path,
    isOfKind: (path) => kind.path.test(path),
  });
  const world = worldFrom(moment, seedOf(name));
  for (const key of ['stationKey', 'storeKey'] as const) world.keys[key].known = known[key];
  const path = `${kind.side === 'spool' ? SPOOL : VAULT}/${name.path}`;
  const { files } = machineOf(world, kind).disk;
  const recording = recordingOf(world, path);
  world.look('before');
  const lacked = new Set(world.judge.problems.splice(0).map(withoutTime));
  if (!damageOf(name.damage)(files, path, victim)) return { ...name, isTried: false, problems: [], said: [] };
  pointTried();
  return new Point(world, { kind, victim, path, name, lacked, recording }).run();
}

function withoutTime(problem: string): string {
  return problem.replace(/^\d+ ms, [^:]*: /, '');
}

/** The recording whose folder the file lies in. */
function recordingOf(world: World, path: string): string | undefined {
  const [, parent = '', id = ''] = /^(.*)\/([a-z2-7]{26})\/[^/]+$/.exec(path) ?? [];
  const { files } = (path.startsWith(SPOOL) ? world.station : world.store).disk;
  const seen = (at: string): DurableFolder => ({
    names: files.peekNames(at) ?? [],
    bytes: (name) => files.peek(`${at}/${name}`),
    folder: (name) => seen(`${at}/${name}`),
  });
  const folders = new FoldersByRecording(seen(parent));
  return world.recordings.find((recording) => folders.of(recording).includes(id))?.path;
}

function machineOf(world: World, { side }: FileKind): World['station'] {
  return side === 'spool' ? world.station : world.store;
}

function seedOf({ path, damage }: PointName): number {
  let seed = 7;
  for (const letter of path + damage) seed = (seed * 31 + letter.charCodeAt(0)) >>> 0;
  return seed;
}

interface PointParts {
  readonly kind: FileKind;
  readonly victim: Victim;
  readonly path: string;
  readonly name: PointName;
  /** What was whole nowhere but in the spool before the damage: a store that was restored has to be given it again. */
  readonly lacked: ReadonlySet<string>;
  /** Path on its camera of the recording that the file is of. */
  readonly recording: string | undefined;
}

class Point {
  readonly #world: World;
  readonly #parts: PointParts;
  readonly #said: string[] = [];
  readonly #refusals: string[] = [];
  readonly #problems: string[];
  /** The file as the damage left it. */
  readonly #damaged: Uint8Array | undefined;
  /** The store had the whole recording already, and its receipt was on the way. */
  readonly #wasStored: boolean;

  constructor(world: World, parts: PointParts) {
    this.#world = world;
    this.#parts = parts;
    this.#problems = world.judge.problems;
    this.#damaged = this.#now()?.slice();
    const [id = ''] = parts.victim.path.match(/[a-z2-7]{26}/) ?? [];
    this.#wasStored = world.store.disk.durable.names(`${VAULT}/${STATION}/${id}`) !== undefined;
    world.trace.onLine = (line) => this.#hear(line);
  }

  async run(): Promise<PointResult> {
    const world = this.#world;
    const { kind, name } = this.#parts;
    world.bootStore();
    world.bootStation();
    await this.#finished(this.#live(world.timeline.nowMs + DONE_MS), 2 * DONE_MS);
    if (this.#refusals.length === 0) await this.#judge();
    else this.#judgeRefusals();
    const leaves = this.#wasLastCopy() ? /ID|NAME/ : kind.leaves;
    const isWaiting = kind.waits?.test(name.damage) === true && this.#isSaid();
    const waits = isWaiting ? /^\/spool\/\w+\/ID still waits|^NAME of \S+ is still on its camera/ : undefined;
    // A light tells what is known: of the damage nobody knows before it is looked at, and then the recording is pulled again.
    const isAgain = kind.outcome === 'taken-again';
    const again = isAgain ? /^the light says "safe to take", NAME / : undefined;
    // Nobody can tell any more that the store has it, so its file is delivered once more.
    const twice = isAgain && this.#wasStored ? /^doubled: \S+ "NAME" is .*\bID\b/ : undefined;
    const problems = this.#problems
      .filter((problem) => !this.#parts.lacked.has(withoutTime(problem)))
      .map((problem) => ({ problem, told: this.#anonymous(problem) }))
      .filter(({ told }) => [leaves, waits, again, twice].every((allowed) => allowed?.test(told) !== true))
      .map(({ problem }) => problem);
    return { ...name, isTried: true, problems: [...new Set(problems)], said: this.#said };
  }

  async #judge(): Promise<void> {
    const world = this.#world;
    const problems = this.#problems;
    for (const { camera, path } of world.judge.undelivered(world.required))
      problems.push(`${path} of ${camera} was not delivered`);
    for (const { name, recordings } of world.dock.cameras)
      for (const { path } of recordings) problems.push(`${path} of ${name} is still on its camera`);
    problems.push(...waiting(world).map((what) => `${what} still waits`));
    await this.#finished(world.stop(), STOP_MS);
    problems.push(...lastProblems(world));
    if (this.#parts.path.startsWith(`${SPOOL}/ready/`))
      this.#judgeFolder(this.#parts.path.split('/')[3] ?? '');
    if (
      this.#wasNoticed() &&
      this.#parts.kind.unsaid?.test(this.#parts.name.damage) !== true &&
      !this.#isSaid()
    )
      problems.push(`nothing was said of ${this.#parts.victim.path}`);
  }

  /** A recording is delivered under its id, or lies in the quarantine under it. */
  #judgeFolder(id: string): void {
    const isAside = (this.#world.station.disk.files.peekNames(`${SPOOL}/quarantine`) ?? []).includes(id);
    const isStored = this.#world.store.disk.durable.names(`${VAULT}/${STATION}/${id}`) !== undefined;
    if (!isAside && !isStored) this.#problems.push(`${id} is neither delivered nor set aside`);
  }

  /** The word names the file and says what to do. */
  #judgeRefusals(): void {
    const { kind, name, path } = this.#parts;
    const [first = ''] = this.#refusals;
    if (kind.refused?.test(name.damage) !== true)
      this.#problems.push(`did not start, ${this.#refusals.length} times: ${first}`);
    else if (!first.includes(path) || !/: [a-z ,]+/.test(first))
      this.#problems.push(`did not start, and the word is not clear: ${first}`);
  }

  /** Cameras that are in bays stay for a while, the others come one after the other; then time passes. */
  async #live(untilMs: number): Promise<void> {
    const { dock, timeline } = this.#world;
    const { kind } = this.#parts;
    const isOver = (): boolean => timeline.nowMs > untilMs || this.#refusals.length >= STARTS_MAX;
    for (const endMs = timeline.nowMs + DOCKED_MS; timeline.nowMs < endMs && !isOver();)
      await timeline.sleep(SECOND_MS);
    for (const bay of dock.bays) dock.unplug(bay);
    const [bay = ''] = dock.bays;
    for (const camera of dock.cameras) {
      await timeline.sleep(5 * SECOND_MS);
      dock.plug(bay, camera);
      do await timeline.sleep(SECOND_MS);
      while (camera.recordings.length > 0 && !isOver());
      dock.unplug(bay);
    }
    const { judge, required } = this.#world;
    const isOpen = (): boolean => waiting(this.#world).length > 0 || judge.undelivered(required).length > 0;
    while (isOpen() && !isOver()) await timeline.sleep(10 * SECOND_MS);
    if (!isOver() && kind.path.source.includes('ready')) await timeline.sleep(KEPT_MS);
  }

  async #finished(work: Promise<void>, msMax: number): Promise<void> {
    const { timeline } = this.#world;
    const state: { isOver: boolean; error?: unknown } = { isOver: false };
    work.then(
      () => (state.isOver = true),
      (error: unknown) => Object.assign(state, { isOver: true, error }),
    );
    await timeline.run(() => state.isOver, timeline.nowMs + msMax);
    if (state.error !== undefined) throw state.error;
    if (!state.isOver) this.#problems.push(`something did not end within ${msMax} ms`);
  }

  #hear(line: string): void {
    const [, refusal] = / did not start: (.*)$/.exec(line) ?? [];
    if (refusal !== undefined) this.#refusals.push(refusal);
    if (refusal !== undefined || / (station|store) (warn|error) /.test(line)) this.#said.push(line);
  }

  #now(): Uint8Array | undefined {
    return machineOf(this.#world, this.#parts.kind).disk.files.peek(this.#parts.path);
  }

  /** It is not as the damage left it, and nobody would have taken it away. */
  #wasNoticed(): boolean {
    const { outcome } = this.#parts.kind;
    if (outcome === 'rebuilt' || this.#damaged === undefined) return false;
    const now = this.#now();
    return now !== undefined && !Buffer.from(now).equals(this.#damaged);
  }

  /** With its id or its name. */
  #isSaid(): boolean {
    const { path } = this.#parts.victim;
    const ids = path.match(/[a-z2-7]{26}/g) ?? [path.slice(path.lastIndexOf('/') + 1)];
    return this.#said.some((line) => ids.some((id) => line.includes(id)));
  }

  /** The store was restored without this very copy, whose camera is empty. */
  #wasLastCopy(): boolean {
    const { kind, name } = this.#parts;
    return kind.outcome === 'taken-again' && name.moment === 'restored' && this.#isSaid();
  }

  /** The file's own ids as ID and the file of its recording as NAME, so that a row can say what is said of it. */
  #anonymous(problem: string): string {
    const ids = this.#parts.victim.path.match(/[a-z2-7]{26}/g) ?? [];
    const text = ids.reduce((said, id) => said.replaceAll(id, 'ID'), problem);
    return this.#parts.recording === undefined ? text : text.replaceAll(this.#parts.recording, 'NAME');
  }
}

/** What in the spool waits for its record or its receipt. */
function waiting(world: World): readonly string[] {
  const { durable } = world.station.disk;
  const all = ['ready', 'dockings'].flatMap((state) =>
    (durable.names(`${SPOOL}/${state}`) ?? []).map((id) => `${SPOOL}/${state}/${id}`),
  );
  const isReceipted = (folder: string): boolean => durable.bytes(`${folder}/receipt.json`) !== undefined;
  return all.filter((folder) => !isReceipted(folder));
}
