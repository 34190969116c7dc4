// Reads a part of a file in one go on the calling thread, for worker threads that have nothing else to do meanwhile: three calls into libuv's
// pool and back cost more than the reading itself, where the bytes lie in the page cache.
import { closeSync, constants, openSync, readSync } from 'node:fs';

/** A name that became a symbolic link or a FIFO must neither lead elsewhere nor block. */
const FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** Fills the target from a position of an open file; returns the bytes read, fewer only at the end of the file. Blocks. Errors: the system's. */
export function readFully(fd: number, target: Uint8Array, position: number): number {
  let done = 0;
  while (done < target.length) {
    const count = readSync(fd, target, done, target.length - done, position + done);
    if (count === 0) break;
    done += count;
  }
  return done;
}

/** The same of a file that is opened for it. */
export function readAtOnce(path: string, target: Uint8Array, position: number): number {
  const fd = openSync(path, FLAGS);
  try {
    return readFully(fd, target, position);
  } finally {
    closeSync(fd);
  }
}
