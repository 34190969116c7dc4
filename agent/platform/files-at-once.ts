// The machine's file system for a command that reads many small files and has nothing else to do meanwhile: looks and reads run on the calling
// thread. Four ways through libuv's pool and back for each file cost more than all else that a verification does with it.
import {
  closeSync,
  constants,
  fdatasyncSync,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  writeSync,
} from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { isAbsent } from '../../protocol/format/errors.ts';
import type { Files, FileStat, OpenFile } from '../../protocol/format/ports.ts';
import { nodeFiles, refuseLonger, statOf } from './files-node.ts';
import { readFully } from './read-at-once.ts';

const FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
/** The event loop has its turn so often: signals end a command, and what it prints goes out. */
const TURN_MS = 20;

/**
 * As nodeFiles(), whose shape, units and errors it has; what writes is the same. Blocks for as long as the disk takes for one call.
 */
export function filesAtOnce(): Files {
  const files = nodeFiles();
  let turnMs = performance.now();
  const atOnce: AtOnce = async (work) => {
    if (performance.now() - turnMs > TURN_MS) {
      await setImmediate();
      turnMs = performance.now();
    }
    return work();
  };
  return {
    ...files,
    open: (path, mode) =>
      mode === 'read'
        ? atOnce(() => new OpenForReading(openSync(path, FLAGS), atOnce))
        : files.open(path, mode),
    list: (path) => atOnce(() => readdirSync(path)),
    stat: (path) => atOnce(() => statNow(path)),
    readAll: (path, bytesMax) => atOnce(() => readNow(path, bytesMax)),
  };
}

type AtOnce = <T>(work: () => T) => Promise<T>;

class OpenForReading implements OpenFile {
  readonly #fd: number;
  readonly #atOnce: AtOnce;
  #isClosed = false;

  constructor(fd: number, atOnce: AtOnce) {
    this.#fd = fd;
    this.#atOnce = atOnce;
  }

  read(target: Uint8Array, position: number): Promise<number> {
    return this.#atOnce(() => readFully(this.#fd, target, position));
  }

  sizeBytes(): Promise<number> {
    return this.#atOnce(() => fstatSync(this.#fd).size);
  }

  /** The system refuses it. */
  write(bytes: Uint8Array, position: number): Promise<void> {
    return this.#atOnce(() => void writeSync(this.#fd, bytes, 0, bytes.length, position));
  }

  sync(): Promise<void> {
    return this.#atOnce(() => fdatasyncSync(this.#fd));
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    closeSync(this.#fd);
  }
}

function statNow(path: string): FileStat | undefined {
  try {
    const found = lstatSync(path, { throwIfNoEntry: false });
    return found && statOf(found);
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

function readNow(path: string, bytesMax: number): Uint8Array {
  const fd = openSync(path, FLAGS);
  try {
    const { size } = fstatSync(fd);
    refuseLonger(path, size, bytesMax);
    const bytes = new Uint8Array(size);
    return bytes.subarray(0, readFully(fd, bytes, 0));
  } finally {
    closeSync(fd);
  }
}
