// CPU time of a process, from the kernel.
import { readFileSync } from 'node:fs';
import { pause } from '../fakes/until.ts';

/** Linux counts in ticks of 10 ms (USER_HZ) on all machines that Node runs on. */
const TICK_MS = 10;

function cpuMs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' '); // behind the name, which may hold anything
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}

/** Share of one core that the process took over so long: 1 is one that spins. */
export async function cpuShare(pid: number, overMs: number): Promise<number> {
  const [cpu, wall] = [cpuMs(pid), performance.now()];
  await pause(overMs);
  return (cpuMs(pid) - cpu) / (performance.now() - wall);
}
