// Files with something around each of their calls, those of open files too: work that counts as under way, or errors that somebody counts. What
// it is, its caller says; values and errors stay as they are.
import type { Files, FileStat, OpenFile } from './ports.ts';

/** Gets each promise as the call gave it, and returns what the caller gets in its place. */
export type Around = <T>(call: Promise<T>) => Promise<T>;

/** The same files. Errors: theirs. */
export class FilesAround implements Files {
  readonly #files: Files;
  readonly #around: Around;

  constructor(files: Files, around: Around) {
    this.#files = files;
    this.#around = around;
  }

  makeFolder(path: string): Promise<void> {
    return this.#around(this.#files.makeFolder(path));
  }

  async create(path: string): Promise<OpenFile> {
    return new OpenFileAround(await this.#around(this.#files.create(path)), this.#around);
  }

  async open(path: string, mode: 'read' | 'write'): Promise<OpenFile> {
    return new OpenFileAround(await this.#around(this.#files.open(path, mode)), this.#around);
  }

  rename(from: string, to: string): Promise<void> {
    return this.#around(this.#files.rename(from, to));
  }

  unlink(path: string): Promise<void> {
    return this.#around(this.#files.unlink(path));
  }

  removeTree(path: string): Promise<void> {
    return this.#around(this.#files.removeTree(path));
  }

  syncFolder(path: string): Promise<void> {
    return this.#around(this.#files.syncFolder(path));
  }

  list(path: string): Promise<string[]> {
    return this.#around(this.#files.list(path));
  }

  stat(path: string): Promise<FileStat | undefined> {
    return this.#around(this.#files.stat(path));
  }

  readAll(path: string, bytesMax: number): Promise<Uint8Array> {
    return this.#around(this.#files.readAll(path, bytesMax));
  }

  freeBytes(path: string): Promise<number> {
    return this.#around(this.#files.freeBytes(path));
  }
}

class OpenFileAround implements OpenFile {
  readonly #file: OpenFile;
  readonly #around: Around;

  constructor(file: OpenFile, around: Around) {
    this.#file = file;
    this.#around = around;
  }

  write(bytes: Uint8Array, position: number): Promise<void> {
    return this.#around(this.#file.write(bytes, position));
  }

  read(target: Uint8Array, position: number): Promise<number> {
    return this.#around(this.#file.read(target, position));
  }

  sync(): Promise<void> {
    return this.#around(this.#file.sync());
  }

  sizeBytes(): Promise<number> {
    return this.#around(this.#file.sizeBytes());
  }

  close(): Promise<void> {
    return this.#around(this.#file.close());
  }
}
