// Memory that is really held: garbage is collected before it is counted, whatever ran in this process before.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** What is free already is counted off by a thread of its own, a little later: the least of some looks counts. */
const LOOKS = 8;

/** Bytes of objects and array buffers that something still refers to. */
export function heldInAllBytes(): Promise<number> {
  return least(({ heapUsed, arrayBuffers }) => heapUsed + arrayBuffers);
}

/** Bytes of array buffers that something still refers to. */
export function heldBytes(): Promise<number> {
  return least(({ arrayBuffers }) => arrayBuffers);
}

/** Bytes of objects that something still refers to, without those of array buffers. */
export function heldInHeapBytes(): Promise<number> {
  return least(({ heapUsed }) => heapUsed);
}

async function least(count: (usage: NodeJS.MemoryUsage) => number): Promise<number> {
  let found = Infinity;
  for (let look = 0; look < LOOKS; look++) {
    await nextTurn();
    collect();
    found = Math.min(found, count(process.memoryUsage()));
  }
  return found;
}
