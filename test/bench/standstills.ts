// When all processors of the machine stood still together, no matter who wanted them: a virtual machine whose host gives it no time does, in periods of tens of
// milliseconds, and does not count them as stolen. What holds up one processor alone, as a long system call of a party may, is none.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cpus } from 'node:os';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { findTool } from '../fakes/stock-tools.ts';
import { common, type Span } from './held-up.ts';

const SELF = fileURLToPath(new URL('./standstill-run.js', import.meta.url));
const PRIORITY = '50';

interface Watcher {
  readonly child: ChildProcess;
  readonly ended: Promise<unknown>;
  readonly printed: Promise<string>;
}

/** Result of the work, and when the machine stood still meanwhile: undefined where this user may not run a program at that priority on each processor. */
export interface Watched<Result> {
  readonly result: Result;
  readonly standstills: readonly Span[] | undefined;
}

/** Does the work with a sleeping program on each processor beside it, which ends with the work. Errors: those of the work. */
export async function watchStandstills<Result>(work: () => Promise<Result>): Promise<Watched<Result>> {
  const isAble = findTool('chrt') !== undefined && findTool('taskset') !== undefined;
  const watchers = (isAble ? cpus() : []).map((_, cpu) => startWatcher(cpu));
  const ended = (): Promise<(readonly Span[] | undefined)[]> => Promise.all(watchers.map(endWatcher));
  try {
    const result = await work();
    const lists = await ended();
    const known = lists.filter((list) => list !== undefined);
    const isKnown = known.length === lists.length && known.length > 0;
    return { result, standstills: isKnown ? common(known) : undefined };
  } finally {
    await ended();
  }
}

function startWatcher(cpu: number): Watcher {
  const words = ['-f', PRIORITY, 'taskset', '-c', `${cpu}`, process.execPath, SELF];
  const child = spawn('chrt', words, { stdio: ['ignore', 'pipe', 'ignore'] });
  return { child, ended: once(child, 'exit'), printed: text(child.stdout) };
}

/** What it saw; undefined where it could not. */
async function endWatcher({ child, ended, printed }: Watcher): Promise<readonly Span[] | undefined> {
  child.kill('SIGTERM');
  await ended;
  const output = await printed;
  return output === '' ? undefined : (JSON.parse(output) as Span[]);
}
