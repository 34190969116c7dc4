// A control group of the kernel that bounds the memory of everything that is started in it, page cache included, as on a machine with no more.
import { access, mkdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const ROOT = '/sys/fs/cgroup';
/** Where the memory controller is, and what its files are called: first the kernel's older interface, then the newer one. */
const KINDS = [
  {
    parent: join(ROOT, 'memory'),
    limit: 'memory.limit_in_bytes',
    kills: 'memory.oom_control',
  },
  { parent: ROOT, limit: 'memory.max', kills: 'memory.events' },
];

/** One group; `close` removes it when everything in it has ended. */
export class MemoryGroup {
  readonly #folder: string;
  readonly #killsFile: string;

  private constructor(folder: string, killsFile: string) {
    this.#folder = folder;
    this.#killsFile = killsFile;
  }

  /** Errors: what the kernel says where this user may not make one, or has no memory controller. */
  static async open(limitBytes: number): Promise<MemoryGroup> {
    const folderOf = (parent: string): string => join(parent, `bodydock-bench-${process.pid}`);
    let failed: unknown;
    for (const { parent, limit, kills } of KINDS) {
      const folder = folderOf(parent);
      try {
        await mkdir(folder);
      } catch (error) {
        failed = error;
        continue;
      }
      try {
        await access(join(folder, limit));
        await writeFile(join(folder, limit), `${limitBytes}`);
        return new MemoryGroup(folder, join(folder, kills));
      } catch (error) {
        failed = error;
        await rmdir(folder);
      }
    }
    throw new Error('no group of the kernel that bounds memory can be made here', { cause: failed });
  }

  /** In front of a command that becomes it, inside the group. */
  get words(): string[] {
    return ['sh', '-c', `echo $$ > ${join(this.#folder, 'cgroup.procs')} && exec "$@"`, 'sh'];
  }

  /** Processes that the kernel ended for want of memory; null where it does not count them. */
  async kills(): Promise<number | null> {
    const match = /^oom_kill (\d+)$/m.exec(await readFile(this.#killsFile, 'utf8'));
    return match === null ? null : Number(match[1]);
  }

  close(): Promise<void> {
    return rmdir(this.#folder);
  }
}
