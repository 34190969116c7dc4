// A thread that only calculates gives way to those that answer: behind eight busy threads on two cores the one that talks to cameras and broker
// would else wait for its turn for longer than an event loop may stand still.
import { readlinkSync } from 'node:fs';
import { getPriority, setPriority } from 'node:os';

/** Steps of "nice" that it takes back: a tenth of a core where another thread wants one, all of it where none does. */
const STEPS = 10;
const LOWEST = 19;

/**
 * The calling thread alone gives way from now on; Linux counts each thread here as POSIX counts a process (setpriority(2), "C
 * library/kernel differences"). Returns whether it does: not where the system has no such thing or does not allow it.
 */
export function giveWay(): boolean {
  try {
    const thread = Number(readlinkSync('/proc/thread-self').split('/').pop());
    setPriority(thread, Math.min(getPriority(thread) + STEPS, LOWEST));
    return true;
  } catch {
    return false;
  }
}
