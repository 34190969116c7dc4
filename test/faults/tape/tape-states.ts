// What lies on both disks and on the cameras behind each call of a life that is on tape, and what of it a power cut leaves there.
import { plantTree } from '../../fakes/disk-trees.ts';
import { CrashDisk, type Survival } from '../../fakes/files-crash.ts';
import { SPOOL, VAULT } from '../../simulation/sides.ts';
import type { Side } from '../sides.ts';
import type { TapeCall } from './call-tape.ts';
import type { FilmedRecording, TapedLife } from './tape-life.ts';

/** Of a file whose last name is gone the system says so. */
const DELETED = / \(deleted\)$/;
/** Bound by a call that is not on the tape; nothing of it outlives its program. */
const SOCKET = `${SPOOL}/control.sock`;

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

/** A moment of a life. */
export interface TapedMoment {
  readonly spool: CrashDisk;
  readonly vault: CrashDisk;
  readonly onCameras: readonly FilmedRecording[];
}

/** Behind a call: steps of both disks, and recordings that were erased. */
interface Behind {
  readonly spool: number;
  readonly vault: number;
  readonly erased: number;
}

/** A life played on two disks in memory. */
export class TapeStates {
  readonly points: readonly TapePoint[];
  readonly #disks: { readonly spool: CrashDisk; readonly vault: CrashDisk };
  readonly #behind: readonly Behind[];
  readonly #erased: readonly FilmedRecording[];
  readonly #recordings: readonly FilmedRecording[];

  private constructor(life: TapedLife, played: Player) {
    this.points = played.points;
    this.#disks = played.disks;
    this.#behind = played.behind;
    this.#erased = played.erased;
    this.#recordings = life.recordings;
  }

  /** Errors: a call that is on the tape cannot have been done. */
  static async play(life: TapedLife): Promise<TapeStates> {
    const player = new Player(life);
    for (const call of life.calls) await player.take(call);
    return new TapeStates(life, player);
  }

  /** Right behind the point the power of its program's disk goes, of which that survives; the other program is killed. */
  cut({ side, at }: TapePoint, survival: Survival): TapedMoment {
    const behind = this.#behind[at];
    if (behind === undefined) throw new Error(`no call ${at} on the tape`);
    const { spool, vault } = this.#disks;
    const erased = new Set(this.#erased.slice(0, behind.erased));
    return {
      spool: spool.crash(behind.spool, side === 'agent' ? survival : 'everything'),
      vault: vault.crash(behind.vault, side === 'receiver' ? survival : 'everything'),
      onCameras: this.#recordings.filter((recording) => !erased.has(recording)),
    };
  }
}

class Player {
  readonly disks = { spool: new CrashDisk(), vault: new CrashDisk() };
  readonly behind: Behind[] = [];
  readonly erased: FilmedRecording[] = [];
  readonly points: TapePoint[] = [];
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
    const moved = (path: string): string => to + path.slice(from.length);
    const before = disk.steps;
    await done(disk, { ...call, path: moved(call.path), to: call.to && moved(call.to) });
    if (disk.steps === before) return;
    const below = (call.to ?? call.path).slice(from.length + 1);
    const name = `${call.op} ${classOf(below)}`;
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
  if (DELETED.test(path) || path === SOCKET) return;
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

/** Ids and digests as *, numbers as #. */
function classOf(path: string): string {
  return path.replace(/[a-z2-7]{26,}|[0-9a-f]{32,}/g, '*').replace(/\d+/g, '#') || '.';
}
