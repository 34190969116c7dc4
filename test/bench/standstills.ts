// When all processors of the machine stood still together, whoever wanted them: a virtual machine whose host gives it no time does, in periods of tens of
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
  readonly printed: Promise<string>;
}

/** A sleeping program on each processor. */
export class StandstillWatch {
  readonly #watchers: readonly Watcher[];

  private constructor(watchers: readonly Watcher[]) {
    this.#watchers = watchers;
  }

  static start(): StandstillWatch {
    const isAble = findTool('chrt') !== undefined && findTool('taskset') !== undefined;
    const watchers = (isAble ? cpus() : []).map((_, cpu): Watcher => {
      const words = ['-f', PRIORITY, 'taskset', '-c', `${cpu}`, process.execPath, SELF];
      const child = spawn('chrt', words, { stdio: ['ignore', 'pipe', 'ignore'] });
      return { child, printed: text(child.stdout) };
    });
    return new StandstillWatch(watchers);
  }

  /** Undefined where this user may not run a program at that priority, or not on each processor. */
  async stop(): Promise<readonly Span[] | undefined> {
    const lists = await Promise.all(this.#watchers.map(stopped));
    const known = lists.filter((list) => list !== undefined);
    return known.length === lists.length && known.length > 0 ? common(known) : undefined;
  }
}

async function stopped({ child, printed }: Watcher): Promise<readonly Span[] | undefined> {
  const ended = child.exitCode === null ? once(child, 'exit') : undefined;
  child.kill('SIGTERM');
  await ended;
  const output = await printed;
  return output === '' ? undefined : (JSON.parse(output) as Span[]);
}
