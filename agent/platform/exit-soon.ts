// Ends a process that was asked to end, whatever still holds it. `process.exit` does not do that: it waits for every thread, and one whose call
// a dead mount, a stuck disk or an output that nobody takes never answers is waited for until somebody kills the process.
import type { Clock, Log } from '../../protocol/format/ports.ts';
import { workersLeft } from './worker-thread.ts';

/** What still runs has this long to end by itself. */
const EXIT_MS = 1000;
/** ... and calls that are under way then so much longer. */
const LOOK_MS = 100;
const LOOKS_MAX = 30;
/**
 * A stop that takes longer than all its deadlines together: something is waited for that has none. With what exitSoon adds, 5 s below the
 * TimeoutStopSec of the units.
 */
const STOP_MS_MAX = 36_000;

/**
 * Ends this process with that code in a moment, or as soon as nothing is left to do. Where a thread is held in a call, it ends by SIGTERM
 * (143 to a shell, and as good to systemd): the state on disk is good at every moment.
 */
export function exitSoon(exitCode: number): void {
  setTimeout(() => exitWhenFree(exitCode, LOOKS_MAX), EXIT_MS).unref();
}

/** The same, where work that a signal asks to end does not come to its end in time. Resolves and rejects as the work does. */
export async function endingInTime<T>(
  exitCode: number,
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const arm = (): void => {
    timer = setTimeout(() => exitSoon(exitCode), STOP_MS_MAX).unref();
  };
  if (signal.aborted) arm();
  else signal.addEventListener('abort', arm, { once: true });
  try {
    return await work();
  } finally {
    signal.removeEventListener('abort', arm);
    clearTimeout(timer);
  }
}

function exitWhenFree(exitCode: number, looks: number): void {
  if (!isThreadHeld()) process.exit(exitCode);
  if (looks > 0) {
    setTimeout(() => exitWhenFree(exitCode, looks - 1), LOOK_MS);
    return;
  }
  process.removeAllListeners('SIGTERM');
  process.kill(process.pid, 'SIGTERM');
}

/** A call to the file system is under way, or a worker has not ended. */
function isThreadHeld(): boolean {
  return workersLeft() > 0 || process.getActiveResourcesInfo().some((name) => name.startsWith('FSReq'));
}

// Steps of a stop, each with a deadline: a mount that hangs, a disk that answers nothing and a broker that swallows must not keep an agent
// from ending. What a step leaves undone, the next start does: the state on the disk is good at every moment.

/** True where the work ended in time, however it ended; else it is left alone and a line says so. Never rejects. */
export async function stopWithin(
  { clock, log }: { readonly clock: Pick<Clock, 'after'>; readonly log: Pick<Log, 'warn' | 'error'> },
  step: string,
  ms: number,
  work: () => Promise<unknown>,
): Promise<boolean> {
  let cancel: () => void = () => undefined;
  const late = new Promise<boolean>((resolve) => (cancel = clock.after(ms, () => resolve(false))));
  const inTime = await Promise.race([ended(work, step, log), late]);
  cancel();
  if (!inTime) log.warn('shutdown step timed out', { step, timeout_ms: ms });
  return inTime;
}

async function ended(work: () => Promise<unknown>, step: string, log: Pick<Log, 'error'>): Promise<boolean> {
  try {
    await work();
  } catch (error) {
    log.error('shutdown step failed', { step, error });
  }
  return true;
}
