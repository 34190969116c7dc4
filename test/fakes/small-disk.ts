// A small disk of its own in memory (tmpfs), so that it can be full without anything else being full. Needs root.
import { execFile } from 'node:child_process';
import { mkdtemp, rm, rmdir, statfs, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const MIB = 1024 * 1024;

/** One mounted disk. `close` unmounts and removes it. */
export class SmallDisk {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  static async mount(sizeMib: number): Promise<SmallDisk> {
    const path = await mkdtemp(join(tmpdir(), 'bodydock-disk-'));
    await run('mount', ['-t', 'tmpfs', '-o', `size=${sizeMib}m`, 'bodydock-test', path]);
    return new SmallDisk(path);
  }

  /** Somebody else's file takes so much of it. */
  async fill(sizeMib: number): Promise<void> {
    await writeFile(this.#ballast, Buffer.alloc(sizeMib * MIB, 1));
  }

  /** ... and leaves. */
  async clear(): Promise<void> {
    await rm(this.#ballast);
  }

  /** Takes nothing any more, as a disk that the kernel found damaged. */
  async makeReadOnly(): Promise<void> {
    await run('mount', ['-o', 'remount,ro', this.path]);
  }

  async freeBytes(): Promise<number> {
    const { bavail, bsize } = await statfs(this.path);
    return bavail * bsize;
  }

  async close(): Promise<void> {
    await run('umount', ['-l', this.path]);
    await rmdir(this.path);
  }

  get #ballast(): string {
    return join(this.path, 'of-somebody-else');
  }
}
