// A thread that only calculates gives way to those that answer: where more threads are busy than there are cores, the one that talks to cameras
// and broker would else wait for its turn about as long as an event loop may stand still.
//
// A lock keeps whoever waits for it as long as its holder has no core ("priority inversion"), and Node's and libuv's wake the one that waits before
// they let go: who gives way then is put off its core at that very moment. So locks are taken at the thread's own priority.
import { readlinkSync } from 'node:fs';
import { getPriority, setPriority } from 'node:os';

/** Steps of "nice" that it takes back: a tenth of a core where another thread wants one, all of it where none does. */
const STEPS = 10;
const LOWEST = 19;

/** A thread that gives way, and how. */
interface Giving {
  readonly thread: number;
  readonly own: number;
  readonly lower: number;
  readonly isCrowded: () => boolean;
}

let giving: Giving | undefined;
let isLower = false;

/**
 * The calling thread alone gives way from now on, while `isCrowded`; Linux counts each thread here as POSIX counts a process (setpriority(2), "C
 * library/kernel differences"). Only where the thread may come back (RLIMIT_NICE, LimitNICE= of its unit), and where the system has such a thing:
 * else it stays as it is, all works, and answers come later. Finding that out may cost one step.
 */
export function giveWay(isCrowded = (): boolean => true): void {
  try {
    const thread = Number(readlinkSync('/proc/thread-self').split('/').pop());
    const own = getPriority(thread);
    setPriority(thread, Math.min(own + 1, LOWEST));
    setPriority(thread, own);
    giving = { thread, own, lower: Math.min(own + STEPS, LOWEST), isCrowded };
    giveWayAnew();
  } catch {
    // see above
  }
}

/** Gives way or comes back, as it is crowded by now: for long work, between two steps of it. */
export function giveWayAnew(): void {
  if (giving === undefined || giving.isCrowded() === isLower) return;
  isLower = !isLower;
  setPriority(giving.thread, isLower ? giving.lower : giving.own);
}

/** Does what takes a lock that others wait for, at the thread's own priority; only until it returns, and a promise that it gives is not waited for. */
export function atOwnPriority<T>(work: () => T): T {
  if (giving === undefined || !isLower) return work();
  isLower = false;
  setPriority(giving.thread, giving.own);
  try {
    return work();
  } finally {
    giveWayAnew();
  }
}
