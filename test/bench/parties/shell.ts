// Measures one bash script that sends to a far end: wall time, CPU of the script with all its children, CPU of the far end, memory.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { processCpu } from '../cpu.ts';
import { TreeMemory } from '../resident.ts';
import type { FarEnd } from './far-end.ts';
import type { Measured } from './party.ts';

const ERRORS_CHARACTERS_MAX = 10_000;

/** `script` with its words as $1 and on. Errors: what it wrote, where it does not end with 0. */
export async function measureShell(
  script: string,
  words: readonly string[],
  far: FarEnd,
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
