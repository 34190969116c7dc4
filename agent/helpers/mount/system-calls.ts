// What the helper asks of the system, in the words of util-linux and coreutils. Nothing here decides; every word is fixed but the name of a node
// that the kernel gave and the folder of a bay.
import { execFile } from 'node:child_process';
import { lstat, mkdir, rmdir, stat } from 'node:fs/promises';
import { SUPERBLOCK_BYTES } from '../../../drivers/mass-storage/superblock.ts';
import type { MountMode } from '../../../drivers/mass-storage/volumes.ts';
import { describeError } from '../../../protocol/format/errors.ts';

/** A card that answers nothing is given up by the kernel after some 30 s; mounting reads the whole map of an exFAT card. */
const MOUNT_MS = 40_000;
const UNMOUNT_MS = 40_000;
const SWITCH_MS = 10_000;
const READ_MS = 15_000;
const LOOP_NODE = /^\/dev\/loop\d{1,4}$/;
/** A line of leftLoops; of a disk that left, something stands behind its node. */
const LEFT_LOOP = /^(\/dev\/loop\d{1,4}) 0 1 \/dev\/(?:sd[a-z]{1,4}\d{0,3}|sr\d{1,2})(?:$|[ \\])/;

/** The user whose files everything on a camera is: the agent. */
export interface MountOwner {
  readonly uid: number;
  readonly gid: number;
}

/** A block device by its node, such as /dev/sda1, and its number, "major:minor". */
export interface Node {
  readonly node: string;
  readonly device: string;
}

/** Common to all: nothing on a card runs, is a device, or gives rights; looking at it does not write times. */
const OPTIONS = ['nosuid', 'nodev', 'noexec', 'noatime', 'errors=remount-ro'];
/**
 * Modes by masks, so that the read-only attribute that cameras set still shows. FAT times count as UTC, as the driver says they do, whatever
 * zone the kernel was told. Names as UTF-8; `utf8` and not `iocharset=utf8`, which vfat itself advises against.
 */
const OPTIONS_OF: Readonly<Record<'vfat' | 'exfat', readonly string[]>> = {
  vfat: ['fmask=0177', 'dmask=0077', 'tz=UTC', 'utf8=1'],
  exfat: ['fmask=0177', 'dmask=0077', 'iocharset=utf8'],
};

/** Calls reject with nothing but broken code; a command that failed is a value. */
export class SystemCalls {
  readonly #run: RunCommand;
  readonly #owner: MountOwner;
  readonly #deviceOf: (node: string) => Promise<string | undefined>;

  /** `deviceOf` gives the number of the block device at a node; it looks into /dev unless given. */
  constructor(run: RunCommand, owner: MountOwner, deviceOf = blockDeviceAt) {
    this.#run = run;
    this.#owner = owner;
    this.#deviceOf = deviceOf;
  }

  /** True where the node is a block device of that number: a node that lies in /dev by mistake is none of ours. */
  async isThere({ node, device }: Node): Promise<boolean> {
    return (await this.#deviceOf(node)) === device;
  }

  /**
   * A loop device over the node that no write passes; undefined where there is none to be had.
   * Neither a read-only mount nor `blockdev --setro` keeps Linux from writing: where it cannot read the first sector of a folder, vfat takes the
   * folder for an erased one, frees its clusters in memory, and the block layer warns of the write and lets it pass (seen with 6.12).
   */
  async attachReadOnly({ node }: Node): Promise<Node | undefined> {
    const { code, output } = await this.#run('losetup', ['--read-only', '--find', '--show', node], SWITCH_MS);
    const loop = Buffer.from(output).toString('latin1').trim();
    const device = code === 0 && LOOP_NODE.test(loop) ? await this.#deviceOf(loop) : undefined;
    return device === undefined ? undefined : { node: loop, device };
  }

  /** A loop device that is mounted goes with its mount from now on, any other one at once. */
  detach({ node }: Node): Promise<CommandResult> {
    return this.#run('losetup', ['--detach', node], SWITCH_MS);
  }

  /**
   * Loop devices that attachReadOnly made and nobody detached: over a disk's node, closed to writes, and not to go by themselves. None where
   * they cannot be listed.
   */
  async leftLoops(): Promise<Node[]> {
    const words = ['--list', '--noheadings', '--raw', '--output', 'NAME,AUTOCLEAR,RO,BACK-FILE'];
    const { output } = await this.#run('losetup', words, SWITCH_MS);
    const left: Node[] = [];
    for (const line of Buffer.from(output).toString('latin1').split('\n')) {
      const node = LEFT_LOOP.exec(line)?.[1];
      const device = node === undefined ? undefined : await this.#deviceOf(node);
      if (node !== undefined && device !== undefined) left.push({ node, device });
    }
    return left;
  }

  /** Switches writing off or on in the kernel, for the disk or the partition. */
  setReadOnly({ node }: Node, isOn: boolean): Promise<CommandResult> {
    return this.#run('blockdev', [isOn ? '--setro' : '--setrw', node], SWITCH_MS);
  }

  /** Forgets what the kernel holds of the device, so that the next look is at the medium. */
  forget({ node }: Node): Promise<CommandResult> {
    return this.#run('blockdev', ['--flushbufs', node], SWITCH_MS);
  }

  /** The first bytes, or undefined where they cannot be read. By a program of its own: a read that hangs must not take a thread of ours. */
  async head({ node }: Node): Promise<Uint8Array | undefined> {
    const words = [`if=${node}`, `bs=${SUPERBLOCK_BYTES}`, 'count=1', 'status=none'];
    const { code, output } = await this.#run('dd', words, READ_MS);
    return code === 0 ? output : undefined;
  }

  /** No helper of mount(8) for the file system is run. */
  mount(
    { node }: Node,
    folder: string,
    fileSystem: 'vfat' | 'exfat',
    mode: MountMode,
  ): Promise<CommandResult> {
    const { uid, gid } = this.#owner;
    const options = [mode, ...OPTIONS, ...OPTIONS_OF[fileSystem], `uid=${uid}`, `gid=${gid}`].join(',');
    const words = ['--internal-only', '--types', fileSystem, '--options', options];
    return this.#run('mount', [...words, '--source', node, '--target', folder], MOUNT_MS);
  }

  /** Does not look at the folder, which may hang. "lazy": out of sight at once, gone when the last one lets go. */
  unmount(folder: string, lazy: boolean): Promise<CommandResult> {
    const words = ['--internal-only', '--no-canonicalize', ...(lazy ? ['--lazy'] : [])];
    return this.#run('umount', [...words, folder], UNMOUNT_MS);
  }

  /** Errors: the system's; where something else has the name. */
  async makeFolder(folder: string): Promise<void> {
    await mkdir(folder, { mode: 0o700 }).catch(async (error: unknown) => {
      if (!(await lstat(folder)).isDirectory()) throw error;
    });
  }

  async removeFolder(folder: string): Promise<void> {
    await rmdir(folder).catch(() => undefined); // in the way of nothing; the next mount takes it as it is
  }
}

async function blockDeviceAt(node: string): Promise<string | undefined> {
  const found = await stat(node).catch(() => undefined);
  return found?.isBlockDevice() === true ? deviceText(found.rdev) : undefined;
}

/** As gnu_dev_major(3) and gnu_dev_minor(3) take st_rdev apart. */
function deviceText(rdev: number): string {
  const device = BigInt(rdev);
  const major = ((device >> 8n) & 0xfffn) | ((device >> 32n) & ~0xfffn);
  const minor = (device & 0xffn) | ((device >> 12n) & ~0xffn);
  return `${major}:${minor}`;
}

// Runs one program of the system with fixed words: no shell, no environment of ours, nothing on its standard input, bounded in time and output.

/** Where util-linux and coreutils lie. */
const SYSTEM_PATH = '/usr/sbin:/usr/bin:/sbin:/bin';
const OUTPUT_BYTES_MAX = 64 * 1024;
const SAID_CHARACTERS_MAX = 400;

export interface CommandResult {
  /** Null where it was killed, or never started. */
  readonly code: number | null;
  readonly output: Uint8Array;
  /** What it said on standard error, cut; never sent to a client, it may hold a name from a device. */
  readonly said: string;
}

export type RunCommand = (
  program: string,
  words: readonly string[],
  timeoutMs: number,
) => Promise<CommandResult>;

/**
 * Resolves when the program has ended; never rejects. It is killed after `timeoutMs`, and still lives until the kernel lets go of it: anybody who
 * waits for it in vain has to say so and must not start another one for the same device.
 */
export function systemCommands(path: string = SYSTEM_PATH): RunCommand {
  return (program, words, timeoutMs) =>
    new Promise((resolve) => {
      const options = {
        cwd: '/',
        env: { PATH: path, LC_ALL: 'C' },
        encoding: 'buffer' as const,
        timeout: timeoutMs,
        killSignal: 'SIGKILL' as const,
        maxBuffer: OUTPUT_BYTES_MAX,
        shell: false,
      };
      try {
        const child = execFile(program, [...words], options, (error, output, said) => {
          const code = error === null ? 0 : typeof error.code === 'number' ? error.code : null;
          resolve({ code, output, said: said.toString('latin1').trim().slice(0, SAID_CHARACTERS_MAX) });
        });
        child.stdin?.end();
      } catch (error) {
        // No memory for another process: Node throws that one.
        resolve({ code: null, output: new Uint8Array(), said: describeError(error) });
      }
    });
}
