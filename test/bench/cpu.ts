// Who used the processors: one process, the ended children of one, and the rest of the machine. Reads Linux's /proc; measures no wall time.
import { readFileSync } from 'node:fs';

/** USER_HZ of Linux's stat files, the same on every architecture that Node runs on. */
const TICKS_PER_SECOND = 100;

/** CPU seconds, user and system together. */
export interface ProcessCpu {
  /** All threads of the process itself. */
  readonly own: number;
  /** Children that ended and were waited for, with theirs. */
  readonly children: number;
}

/** Errors: ENOENT where the process is gone. */
export function processCpu(pid: number | 'self'): ProcessCpu {
  const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
  // The name in parentheses may hold blanks; the fields after it are numbered from 3 (proc_pid_stat(5)).
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const seconds = (number: number): number => Number(fields[number - 3]) / TICKS_PER_SECOND;
  return { own: seconds(14) + seconds(15), children: seconds(16) + seconds(17) };
}

/** The whole machine since it started, in CPU seconds. `busy` counts what a hypervisor took away as well. */
export interface MachineCpu {
  readonly busy: number;
  readonly all: number;
}

export function machineCpu(): MachineCpu {
  const [line = ''] = readFileSync('/proc/stat', 'latin1').split('\n', 1);
  const ticks = line.split(/\s+/).slice(1, 9).map(Number);
  const [user = 0, nice = 0, system = 0, idle = 0, ioWait = 0, irq = 0, softIrq = 0, steal = 0] = ticks;
  const busy = user + nice + system + irq + softIrq + steal;
  return { busy: busy / TICKS_PER_SECOND, all: (busy + idle + ioWait) / TICKS_PER_SECOND };
}
