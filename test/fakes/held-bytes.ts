// Memory that is really held: garbage is collected before it is counted, whatever ran in this process before.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Bytes of objects and array buffers that something still refers to. What is free already may be counted off a little later: the least counts. */
export async function heldInAllBytes(): Promise<number> {
  let least = Infinity;
  for (let look = 0; look < 4; look++) {
    await nextTurn();
    collect();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    least = Math.min(least, heapUsed + arrayBuffers);
  }
  return least;
}

/** Bytes of array buffers that something still refers to. */
export function heldBytes(): number {
  collect();
  return process.memoryUsage().arrayBuffers;
}
