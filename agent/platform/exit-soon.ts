// Ends a process that was asked to end, whatever still holds it. `process.exit` does not do that: it waits for every thread, and one whose call
// a dead mount, a stuck disk or an output that nobody takes never answers is waited for until somebody kills the process.
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
