// What a real ext4 holds after a call of a life that is on tape when the power goes there: the calls are done again on it, its power is cut, and
// its kernel recovers it. Needs root, gcc and mkfs.ext4.
import { execFile } from 'node:child_process';
import {
  closeSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  renameSync,
  rmdirSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { plantIn, treeIn, type DiskTree } from '../../fakes/disk-trees.ts';
import { LoopDisk } from '../../fakes/loop-disk.ts';
import type { TapeCall } from './call-tape.ts';

const run = promisify(execFile);
const SOURCE = fileURLToPath(new URL('power-off.c', import.meta.url));
const DISK_MIB = 32;

/** Its journal ends where the power goes; the same with half of the last write done; its journal is written just before. */
export const EXT4_WAYS = ['ext4', 'ext4 torn', 'ext4 pushed'] as const;
export type Ext4Way = (typeof EXT4_WAYS)[number];

export function isExt4Way(way: unknown): way is Ext4Way {
  return (EXT4_WAYS as readonly unknown[]).includes(way);
}

/** One disk on which a life begins again and again. */
export class Ext4States {
  readonly #disk: LoopDisk;
  readonly #tools: string;

  private constructor(disk: LoopDisk, tools: string) {
    this.#disk = disk;
    this.#tools = tools;
  }

  /** With what lay on the disk when the life began, durably. */
  static async open(begins: DiskTree): Promise<Ext4States> {
    const tools = await mkdtemp(join(tmpdir(), 'bodydock-power-off-'));
    await run('gcc', ['-O2', '-Wall', '-o', join(tools, 'power-off'), SOURCE]);
    const disk = await LoopDisk.mountForCuts(DISK_MIB);
    const states = new Ext4States(disk, tools);
    await plantIn(states.#root, begins);
    await disk.keep();
    return states;
  }

  async close(): Promise<void> {
    await this.#disk.close();
    await rm(this.#tools, { recursive: true, force: true });
  }

  /** Calls with paths below the disk's own folder. Errors: one of them cannot have been done. */
  async behind(calls: readonly TapeCall[], way: Ext4Way): Promise<DiskTree> {
    await this.#disk.putBack();
    for (const call of calls.slice(0, -1)) this.#again(call);
    const last = calls.at(-1);
    if (last !== undefined) this.#again(way === 'ext4 torn' ? torn(last) : last);
    if (way === 'ext4 pushed') writeFileSync(join(this.#disk.path, 'pushed'), 'x', { flush: true });
    await run(join(this.#tools, 'power-off'), [this.#disk.path]);
    await this.#disk.unmount();
    await this.#disk.remount();
    return treeIn(this.#root);
  }

  get #root(): string {
    return join(this.#disk.path, 'disk');
  }

  #again({ op, path, to = '', position, bytes }: TapeCall): void {
    const at = join(this.#root, path);
    if (op === 'mkdir') mkdirSync(at);
    else if (op === 'rename') renameSync(at, join(this.#root, to));
    else if (op === 'unlink') (lstatSync(at).isDirectory() ? rmdirSync : unlinkSync)(at);
    else if (op === 'link') throw new Error(`${op} of ${path}: not expected`);
    else {
      const fd = openSync(at, FLAGS[op]);
      if (op === 'write') writeSync(fd, bytes, 0, bytes.length, position);
      if (op === 'sync') fsyncSync(fd);
      closeSync(fd);
    }
  }
}

const FLAGS = { create: 'wx', truncate: 'w', write: 'r+', sync: 'r' } as const;

function torn(call: TapeCall): TapeCall {
  return { ...call, bytes: call.bytes.subarray(0, call.bytes.length >> 1) };
}
