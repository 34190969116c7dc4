// What the kernel says that one process holds.
import { readdirSync, readFileSync } from 'node:fs';

/** Counts, and bytes of resident memory. */
export interface ProcessLook {
  readonly handles: number;
  readonly threads: number;
  readonly residentBytes: number;
}

/** Errors: ENOENT where it is gone. */
export function lookAt(pid: number): ProcessLook {
  const status = readFileSync(`/proc/${pid}/status`, 'latin1');
  const field = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? Number.NaN);
  return {
    handles: readdirSync(`/proc/${pid}/fd`).length,
    threads: field('Threads'),
    residentBytes: field('VmRSS') * 1024,
  };
}
