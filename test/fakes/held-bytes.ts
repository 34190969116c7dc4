// Memory that is really held: garbage is collected before it is counted, whatever ran in this process before.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Bytes of array buffers that something still refers to. */
export function heldBytes(): number {
  collect();
  return process.memoryUsage().arrayBuffers;
}
