// A control group with a memory limit, as a unit's MemoryMax= makes one: who is in it and takes more is killed by the kernel, without a word.
// Needs root and a memory controller, of version 1 or 2.
import { existsSync } from 'node:fs';
import { mkdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const ROOT = '/sys/fs/cgroup';

interface Kind {
  readonly parent: string;
  readonly limit: string;
  /** Has a line `oom_kill N`. */
  readonly events: string;
}

function kindHere(): Kind | undefined {
  if (process.getuid?.() !== 0) return undefined;
  if (existsSync(join(ROOT, 'memory', 'memory.limit_in_bytes')))
    return { parent: join(ROOT, 'memory'), limit: 'memory.limit_in_bytes', events: 'memory.oom_control' };
  // Only where the controller is handed on to children of the root.
  return existsSync(join(ROOT, 'cgroup.subtree_control')) &&
    existsSync(join(ROOT, 'init.scope', 'memory.max'))
    ? { parent: ROOT, limit: 'memory.max', events: 'memory.events' }
    : undefined;
}

/** Whether a limit can be set here. */
export function canLimitMemory(): boolean {
  return kindHere() !== undefined;
}

/** One group. A process joins by writing its id to `processes`. */
export class MemoryGroup {
  readonly #folder: string;
  readonly #events: string;

  private constructor(folder: string, events: string) {
    this.#folder = folder;
    this.#events = events;
  }

  /** Errors: the system's; one that says so where no limit can be set here. */
  static async open(limitBytes: number): Promise<MemoryGroup> {
    const kind = kindHere();
    if (kind === undefined) throw new Error('no memory limit can be set on this machine');
    const folder = join(kind.parent, `bodydock-${process.pid}-${Date.now()}`);
    await mkdir(folder);
    await writeFile(join(folder, kind.limit), String(limitBytes));
    return new MemoryGroup(folder, kind.events);
  }

  get processes(): string {
    return join(this.#folder, 'cgroup.procs');
  }

  /** How many the kernel killed for the limit. */
  async kills(): Promise<number> {
    const events = await readFile(join(this.#folder, this.#events), 'utf8');
    return Number(/^oom_kill (\d+)$/m.exec(events)?.[1]);
  }

  /** Removes it; nobody may be in it any more. */
  async close(): Promise<void> {
    await rmdir(this.#folder);
  }
}
