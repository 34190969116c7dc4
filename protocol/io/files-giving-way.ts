// Files of a thread that gives way: handing work to libuv's pool takes a lock that every thread of the process waits for (give-way.ts).
import type { Files, OpenFile } from '../ports.ts';
import { atOwnPriority } from './give-way.ts';

/** The same files. Errors: as theirs. */
export function filesGivingWay(files: Pick<Files, 'create'>): Pick<Files, 'create'> {
  return {
    create: async (path) => new FileGivingWay(await atOwnPriority(() => files.create(path))),
  };
}

class FileGivingWay implements OpenFile {
  readonly #file: OpenFile;

  constructor(file: OpenFile) {
    this.#file = file;
  }

  write(bytes: Uint8Array, position: number): Promise<void> {
    return atOwnPriority(() => this.#file.write(bytes, position));
  }

  read(target: Uint8Array, position: number): Promise<number> {
    return atOwnPriority(() => this.#file.read(target, position));
  }

  sync(): Promise<void> {
    return atOwnPriority(() => this.#file.sync());
  }

  sizeBytes(): Promise<number> {
    return atOwnPriority(() => this.#file.sizeBytes());
  }

  close(): Promise<void> {
    return atOwnPriority(() => this.#file.close());
  }
}
