// What lies on both disks and on the cameras after each call of a life that is on tape, and what of it a power cut leaves there.
import { plantTree, treeOf, type DiskTree } from '../../fakes/disk-trees.ts';
import { CrashDisk, type Survival } from '../../fakes/files-crash.ts';
import { SPOOL, VAULT } from '../../simulation/sides.ts';
import { classOf } from '../path-class.ts';
import type { Side } from '../sides.ts';
import type { TapeCall } from './call-tape.ts';
import { isExt4Way, type Ext4States, type Ext4Way } from './ext4-states.ts';
import type { FilmedRecording, TapedLife } from './tape-life.ts';

/** Of a file whose last name is gone the system says so. */
const DELETED = / \(deleted\)$/;
/** Bound by a call that is not on the tape; nothing of it outlives its program. */
const SOCKET = 'control.sock';

/** A call of one program, named by what it does, the class of its path, and its number among the calls of the same name. */
export interface TapePoint {
  readonly side: Side;
  readonly name: string;
  /** Its place on the tape. */
  readonly at: number;
}

/** How a point is told. */
export function shownPoint({ side, name }: TapePoint): string {
  return `${side} ${name}`;
}

/** What the power leaves: by the model of a disk in memory, or on a real file system. */
export type Way = Survival | Ext4Way;

/** Half of a write can be done, half of anything else cannot. */
export function isWayOf(way: Way, { name }: TapePoint): boolean {
  return way !== 'ext4 torn' || name.startsWith('write ');
}

/** A moment of a life: what lies in both folders and on the cameras. */
export interface TapedMoment {
  readonly spool: DiskTree;
  readonly vault: DiskTree;
  readonly onCameras: readonly FilmedRecording[];
}

/** After a call: steps of both disks, and recordings that were erased. */
interface Behind {
  readonly spool: number;
  readonly vault: number;
  readonly erased: number;
}

/** A call on one program's disk. */
interface OwnCall {
  readonly at: number;
  /** With paths below the disk's folder. */
  readonly call: TapeCall;
}

/** Real disks that begin as a life did; opened where a way needs one. */
export type RealDisk = (side: Side, begins: DiskTree) => Promise<Ext4States>;

/** A life played on two disks in memory, and again on real ones. */
export class TapeStates {
  readonly points: readonly TapePoint[];
  readonly #disks: { readonly spool: CrashDisk; readonly vault: CrashDisk };
  readonly #behind: readonly Behind[];
  readonly #erased: readonly FilmedRecording[];
  readonly #recordings: readonly FilmedRecording[];
  readonly #own: Readonly<Record<Side, readonly OwnCall[]>>;
  readonly #begins: Readonly<Record<Side, DiskTree>>;
  readonly #realDisk: RealDisk;

  private constructor(life: TapedLife, played: Player, realDisk: RealDisk) {
    this.points = played.points;
    this.#own = played.own;
    this.#begins = { agent: life.spool, receiver: life.vault };
    this.#realDisk = realDisk;
    this.#disks = played.disks;
    this.#behind = played.behind;
    this.#erased = played.erased;
    this.#recordings = life.recordings;
  }

  /** Errors: a call that is on the tape cannot have been done. */
  static async play(life: TapedLife, realDisk: RealDisk = noRealDisk): Promise<TapeStates> {
    const player = new Player(life);
    for (const call of life.calls) await player.take(call);
    return new TapeStates(life, player, realDisk);
  }

  /** Right after the point the power of its program's disk goes, and leaves what the way says; the other program is killed. */
  async cut({ side, at }: TapePoint, way: Way): Promise<TapedMoment> {
    const behind = this.#behind[at];
    if (behind === undefined) throw new Error(`no call ${at} on the tape`);
    const erased = new Set(this.#erased.slice(0, behind.erased));
    const left = (other: Side): DiskTree | Promise<DiskTree> => {
      if (other === side && isExt4Way(way)) return this.#onExt4(side, at, way);
      return this.#inMemory(other, behind, other === side && !isExt4Way(way) ? way : 'everything');
    };
    return {
      spool: await left('agent'),
      vault: await left('receiver'),
      onCameras: this.#recordings.filter((recording) => !erased.has(recording)),
    };
  }

  #inMemory(side: Side, { spool, vault }: Behind, survival: Survival): DiskTree {
    return side === 'agent'
      ? treeOf(this.#disks.spool.crash(spool, survival), SPOOL)
      : treeOf(this.#disks.vault.crash(vault, survival), VAULT);
  }

  async #onExt4(side: Side, last: number, way: Ext4Way): Promise<DiskTree> {
    const calls = this.#own[side].filter(({ at }) => at <= last).map(({ call }) => call);
    return (await this.#realDisk(side, this.#begins[side])).behind(calls, way);
  }
}

function noRealDisk(): never {
  throw new Error('this life is played in memory only');
}

class Player {
  readonly disks = { spool: new CrashDisk(), vault: new CrashDisk() };
  readonly behind: Behind[] = [];
  readonly erased: FilmedRecording[] = [];
  readonly points: TapePoint[] = [];
  readonly own: Readonly<Record<Side, OwnCall[]>> = { agent: [], receiver: [] };
  readonly #life: TapedLife;
  readonly #numbers = new Map<string, number>();

  constructor(life: TapedLife) {
    this.#life = life;
    for (const [disk, folder, tree] of [
      [this.disks.spool, SPOOL, life.spool],
      [this.disks.vault, VAULT, life.vault],
    ] as const) {
      disk.plantFolder(folder);
      plantTree(disk, folder, tree);
    }
  }

  async take(call: TapeCall): Promise<void> {
    const { spool, vault, cameras } = this.#life.places;
    const { disks } = this;
    if (isBelow(call.path, spool)) await this.#play('agent', disks.spool, call, [spool, SPOOL]);
    else if (isBelow(call.path, vault)) await this.#play('receiver', disks.vault, call, [vault, VAULT]);
    else for (const [id, folder] of cameras) if (isBelow(call.path, folder)) this.#erase(id, folder, call);
    this.behind.push({
      spool: disks.spool.steps,
      vault: disks.vault.steps,
      erased: this.erased.length,
    });
  }

  async #play(
    side: Side,
    disk: CrashDisk,
    call: TapeCall,
    [from, to]: readonly [string, string],
  ): Promise<void> {
    const below = (path: string): string => path.slice(from.length + 1);
    const own = { ...call, path: below(call.path), to: call.to && below(call.to) };
    if (DELETED.test(own.path) || (side === 'agent' && own.path === SOCKET)) return;
    const moved = (path: string): string => (path === '' ? to : `${to}/${path}`);
    const before = disk.steps;
    await done(disk, { ...own, path: moved(own.path), to: own.to && moved(own.to) });
    this.own[side].push({ at: this.behind.length, call: own });
    if (disk.steps === before) return;
    const name = `${call.op} ${classOf(own.to ?? own.path)}`;
    const number = (this.#numbers.get(`${side} ${name}`) ?? 0) + 1;
    this.#numbers.set(`${side} ${name}`, number);
    this.points.push({ side, name: `${name} ${number}`, at: this.behind.length });
  }

  #erase(camera: string, folder: string, call: TapeCall): void {
    if (call.op === 'sync') return;
    const path = call.path.slice(folder.length + 1);
    const recording = this.#life.recordings.find((each) => each.camera === camera && each.path === path);
    if (call.op !== 'unlink' || recording === undefined)
      throw new Error(`${call.op} of ${call.path}: a program changed a camera otherwise than by erasing`);
    this.erased.push(recording);
  }
}

async function done(disk: CrashDisk, { op, path, to = '', position, bytes }: TapeCall): Promise<void> {
  const isFolder = disk.peekNames(path) !== undefined;
  if (op === 'create') await (await disk.create(path)).close();
  else if (op === 'mkdir') await disk.makeFolder(path);
  else if (op === 'rename') await disk.rename(path, to);
  else if (op === 'unlink') await (isFolder ? disk.removeTree(path) : disk.unlink(path));
  else if (op === 'sync' && isFolder) await disk.syncFolder(path);
  else if (op === 'write' || op === 'sync') {
    const file = await disk.open(path, 'write');
    await (op === 'sync' ? file.sync() : file.write(bytes, position));
    await file.close();
  } else if (op !== 'truncate' || disk.peek(path)?.length !== 0)
    throw new Error(`${op} of ${path}: the disk in memory cannot do that`);
}

function isBelow(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`);
}
