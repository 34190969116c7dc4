// Measures one bash script that sends to a far end: wall time, CPU of the script with all its children, CPU of the far end, memory.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { processCpu } from '../cpu.ts';
import { treePids } from '../processes.ts';
import { TreeMemory } from '../resident.ts';
import { digestFile, type Work } from '../work.ts';
import type { Measured } from './party.ts';

const ERRORS_CHARACTERS_MAX = 10_000;

/** What takes files at the other end. */
export interface Far {
  readonly pid: number;
  /** CPU seconds of all its processes until now. */
  cpuSeconds(): Promise<number>;
}

/** `script` with its words as $1 and on. Errors: what it wrote, where it does not end with 0. */
export async function measureShell(
  script: string,
  words: readonly string[],
  far: Far,
  signal: AbortSignal,
): Promise<Measured> {
  const farBefore = await far.cpuSeconds();
  const nearBefore = processCpu('self').children;
  const startedMs = performance.now();
  const child = spawn('bash', ['-euo', 'pipefail', '-c', script, 'bench', ...words], {
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true, // a group of its own: nothing that it started outlives it
  });
  const end = (): void => killGroup(child.pid);
  signal.addEventListener('abort', end, { once: true });
  const memory = TreeMemory.start({ 'near end': child.pid ?? 0, 'far end': far.pid });
  let errors = '';
  child.stderr
    .setEncoding('utf8')
    .on('data', (text: string) => (errors = (errors + text).slice(-ERRORS_CHARACTERS_MAX)));
  const [exitCode] = (await once(child, 'close')) as [number | null];
  const elapsedMs = performance.now() - startedMs;
  const peaks = memory.stop();
  signal.removeEventListener('abort', end);
  end();
  signal.throwIfAborted();
  if (exitCode !== 0) throw new Error(`the script ended with ${exitCode}: ${errors}`);
  return {
    elapsedMs,
    // The shell was waited for, and it waited for its own: all of them count among our ended children.
    cpuSeconds: {
      'near end': processCpu('self').children - nearBefore,
      'far end': (await far.cpuSeconds()) - farBefore,
    },
    peakBytes: peaks,
  };
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGTERM');
  } catch {
    // All of it is over already.
  }
}

/** CPU seconds of a process and of everything below it, ended ones included. */
export function treeCpuSeconds(pid: number): number {
  return (treePids([pid]).get(pid) ?? []).reduce((seconds, each) => {
    const { own, children } = processCpu(each);
    return seconds + own + children;
  }, 0);
}

/** Asks a process to end and waits for it. */
export async function endProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'close');
  child.kill('SIGTERM');
  await ended;
}

/** Errors: names the first file of the work whose copy in the folder has other bytes. */
export async function sameDigests(work: Work, folder: string, signal: AbortSignal): Promise<void> {
  for (const { name, sha256 } of work.files)
    if ((await digestFile(join(folder, name), signal)) !== sha256)
      throw new Error(`${name}: the far end holds other bytes than the source`);
}
