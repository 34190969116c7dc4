// A disk of its own in an image file, so that every byte that ever was on it can be looked at afterwards. Needs root.
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { UMOUNT_LOOP } from './umount-loop.ts';

const run = promisify(execFile);
const MIB = 1024 * 1024;

/**
 * Mount options of a disk whose power is cut: nothing becomes durable by the passing of time, only by a sync.
 * The default, a commit every 5 s, would hide a sync that is missing wherever a machine is slow.
 */
const UNSYNCED = ',commit=600';

const READ_ONLY_ON_ERROR = ',errors=remount-ro';

/** One mounted ext4. Unmount it before its image is read; `close` removes both. */
export class LoopDisk {
  readonly image: string;
  readonly #home: string;
  readonly #folder: string;
  readonly #options: string;
  #path: string;
  #isMounted = false;

  private constructor(folder: string, options: string) {
    this.#folder = folder;
    this.#options = options;
    this.image = join(folder, 'image');
    this.#home = join(folder, 'mounted');
    this.#path = this.#home;
  }

  /** `inodes` as few as a test wants; the kernel makes it read-only at the first error of its own. */
  static mount(sizeMib: number, inodes?: number): Promise<LoopDisk> {
    return LoopDisk.#make(sizeMib, READ_ONLY_ON_ERROR, inodes);
  }

  /** One whose power a test cuts: what was not synced is not there after `unmount` and `remount`. */
  static mountForCuts(sizeMib: number): Promise<LoopDisk> {
    return LoopDisk.#make(sizeMib, UNSYNCED);
  }

  static async #make(sizeMib: number, options: string, inodes?: number): Promise<LoopDisk> {
    const disk = new LoopDisk(await mkdtemp(join(tmpdir(), 'bodydock-loop-')), options);
    const file = await open(disk.image, 'w');
    await file.truncate(sizeMib * MIB);
    await file.close();
    await mkdir(disk.path);
    const few = inodes === undefined ? [] : ['-N', `${inodes}`];
    await run('mkfs.ext4', ['-q', '-E', 'nodiscard', '-J', 'size=4', ...few, disk.image]);
    await disk.remount();
    return disk;
  }

  /** Mounts what is in the image, which is what was durable; elsewhere where a path is given. */
  async remount(path = this.#home): Promise<void> {
    await run('mount', ['-o', `loop,nodiscard${this.#options}`, this.image, path]);
    this.#path = path;
    this.#isMounted = true;
  }

  /** Where it is mounted, or was last. */
  get path(): string {
    return this.#path;
  }

  /** Keeps a copy of what is on it now, which `putBack` puts back any number of times. It must not be in use. */
  async keep(): Promise<void> {
    await this.unmount();
    await run('cp', ['--sparse=always', this.image, this.#kept]);
    await this.remount();
  }

  async putBack(): Promise<void> {
    await this.unmount();
    await run('cp', ['--sparse=always', this.#kept, this.image]);
    await this.remount();
  }

  get #kept(): string {
    return join(this.#folder, 'kept');
  }

  async unmount(): Promise<void> {
    if (this.#isMounted) await run('sh', ['-c', UMOUNT_LOOP, 'umount', this.path]);
    this.#isMounted = false;
  }

  /** Away from its path at once, no matter who has files of it open; they go on to work. */
  async unmountInUse(): Promise<void> {
    await run('umount', ['-l', this.path]);
    this.#isMounted = false;
  }

  /** An error in its own tables, as of a dying disk: the kernel makes it read-only, and it is checked before it is mounted again. */
  async breakTables(): Promise<void> {
    const { stdout } = await run('findmnt', ['-n', '-o', 'SOURCE', '--mountpoint', this.path]);
    await writeFile(`/sys/fs/ext4/${basename(stdout.trim())}/trigger_fs_error`, 'a test');
  }

  /** What a person does with a disk that the kernel made read-only. It must not be in use. */
  async repair(): Promise<void> {
    await this.unmount();
    await run('e2fsck', ['-p', this.image]).catch((error: Error & { code?: unknown }) => {
      if (error.code !== 1) throw error; // 1: errors were corrected
    });
    await this.remount();
  }

  async close(): Promise<void> {
    if (this.#isMounted) await run('umount', ['-l', this.path]);
    await rm(this.#folder, { recursive: true, force: true });
  }
}
