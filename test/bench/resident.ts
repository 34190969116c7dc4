// Resident memory: the kernel's own peak of one process, and the sampled sum of a tree of short-lived ones.
import { readFileSync } from 'node:fs';
import { treePids } from './processes.ts';

/** Each look reads the whole of /proc: a few ms, not counted as the party's. */
const LOOK_MS = 100;
const KIB = 1024;

/** Largest resident size that the process ever had, in bytes (VmHWM). Errors: ENOENT where it is gone. */
export function peakBytes(pid: number): number {
  return statusBytes(pid, 'VmHWM');
}

function statusBytes(pid: number, field: string): number {
  const text = readFileSync(`/proc/${pid}/status`, 'latin1');
  const match = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(text);
  return Number(match?.[1] ?? 0) * KIB;
}

/** Resident bytes of the processes. Pages that two of them share count twice. */
function sumBytes(pids: readonly number[]): number {
  let sum = 0;
  for (const pid of pids) {
    try {
      sum += statusBytes(pid, 'VmRSS');
    } catch {
      // It ended between the look at the list and this one.
    }
  }
  return sum;
}

/** Looks at trees of processes until it is stopped, and keeps the largest sum of each. */
export class TreeMemory {
  readonly #roots: ReadonlyMap<string, number>;
  readonly #peaks = new Map<string, number>();
  readonly #timer: NodeJS.Timeout;

  private constructor(roots: Readonly<Record<string, number>>) {
    this.#roots = new Map(Object.entries(roots));
    this.#timer = setInterval(() => this.#look(), LOOK_MS);
  }

  /** `roots`: process ids by name. */
  static start(roots: Readonly<Record<string, number>>): TreeMemory {
    return new TreeMemory(roots);
  }

  /** Peaks in bytes by name. What was over between two looks is not seen. */
  stop(): Record<string, number> {
    clearInterval(this.#timer);
    return Object.fromEntries(this.#peaks);
  }

  #look(): void {
    const trees = treePids([...this.#roots.values()]);
    for (const [name, pid] of this.#roots)
      this.#peaks.set(name, Math.max(this.#peaks.get(name) ?? 0, sumBytes(trees.get(pid) ?? [])));
  }
}
