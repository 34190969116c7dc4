// A thread that only calculates gives way to those that answer: where more threads are busy than there are cores, the one that talks to cameras
// and broker would else wait for its turn about as long as an event loop may stand still.
import { readlinkSync } from 'node:fs';
import { getPriority, setPriority } from 'node:os';

/** Steps of "nice" that it takes back: a tenth of a core where another thread wants one, all of it where none does. */
const STEPS = 10;
const LOWEST = 19;

/**
 * The calling thread alone gives way from now on; Linux counts each thread here as POSIX counts a process (setpriority(2), "C
 * library/kernel differences"). Nothing changes where the system has no such thing or does not allow it: all works, and answers come later.
 */
export function giveWay(): void {
  try {
    const thread = Number(readlinkSync('/proc/thread-self').split('/').pop());
    setPriority(thread, Math.min(getPriority(thread) + STEPS, LOWEST));
  } catch {
    // see above
  }
}
