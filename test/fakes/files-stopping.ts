// Files of a process that is held still before one call, as SIGSTOP does, while others work on the same disk; and goes on later.
import type { Files, OpenFile } from '../../protocol/format/ports.ts';

/** Whether this is the call to stop before. */
export type StopBefore = (operation: keyof Files | keyof OpenFile, path: string) => boolean;

/** Stops once, before the first call that fits. */
export class StoppingFiles {
  /** Resolves when the process stands still. */
  readonly stopped: Promise<void>;
  readonly files: Files;
  #told: () => void = () => undefined;
  #goOn: () => void = () => undefined;
  readonly #going: Promise<void>;
  readonly #before: StopBefore;
  #done = false;

  constructor(files: Files, before: StopBefore) {
    this.#before = before;
    this.stopped = new Promise((resolve) => {
      this.#told = resolve;
    });
    this.#going = new Promise((resolve) => {
      this.#goOn = resolve;
    });
    this.files = this.#wrap(files);
  }

  goOn(): void {
    this.#goOn();
  }

  async #gate(operation: keyof Files | keyof OpenFile, path: string): Promise<void> {
    if (this.#done || !this.#before(operation, path)) return;
    this.#done = true;
    this.#told();
    await this.#going;
  }

  #wrap(files: Files): Files {
    const gate = (operation: keyof Files, path: string): Promise<void> => this.#gate(operation, path);
    return {
      makeFolder: (path) => gate('makeFolder', path).then(() => files.makeFolder(path)),
      create: (path) => gate('create', path).then(async () => this.#wrapOpen(await files.create(path), path)),
      open: (path, mode) =>
        gate('open', path).then(async () => this.#wrapOpen(await files.open(path, mode), path)),
      rename: (from, to) => gate('rename', to).then(() => files.rename(from, to)),
      unlink: (path) => gate('unlink', path).then(() => files.unlink(path)),
      removeTree: (path) => gate('removeTree', path).then(() => files.removeTree(path)),
      syncFolder: (path) => gate('syncFolder', path).then(() => files.syncFolder(path)),
      list: (path) => gate('list', path).then(() => files.list(path)),
      stat: (path) => gate('stat', path).then(() => files.stat(path)),
      readAll: (path, bytesMax) => gate('readAll', path).then(() => files.readAll(path, bytesMax)),
      freeBytes: (path) => gate('freeBytes', path).then(() => files.freeBytes(path)),
    };
  }

  #wrapOpen(file: OpenFile, path: string): OpenFile {
    const gate = (operation: keyof OpenFile): Promise<void> => this.#gate(operation, path);
    return {
      write: (bytes, position) => gate('write').then(() => file.write(bytes, position)),
      read: (target, position) => gate('read').then(() => file.read(target, position)),
      sync: () => gate('sync').then(() => file.sync()),
      sizeBytes: () => gate('sizeBytes').then(() => file.sizeBytes()),
      close: () => gate('close').then(() => file.close()),
    };
  }
}
