// The machine's files with faults on demand: what a bad card, a pulled plug or a hung reader does cannot be had from a folder.
import { nodeFolderFiles } from '../../drivers/mass-storage/folder-files-node.ts';
import type {
  DeviceState,
  EntryStat,
  FolderFiles,
  FolderSpace,
  NameReader,
  OpenedFile,
  OpenedFolder,
} from '../../drivers/mass-storage/folder-files.ts';

/** One call before it is made. `position` and `sizeBytes` belong to reads. */
export interface FolderCall {
  readonly name: string;
  readonly number: number;
  readonly position: number;
  readonly sizeBytes: number;
}

/** A system's error as the adapter gives it. */
export function systemError(code: string): Error {
  return Object.assign(new Error(`call failed with ${code}`), { code });
}

/** Set the fields at any time. Counts calls and what is open. */
export class FaultyFolderFiles implements FolderFiles {
  /** Calls of this name do what they do, and do not come back before `letGo`. */
  hangsAt: string | undefined;
  /** How many of them there are. */
  hanging = 0;
  /** Runs before each call; what it throws is what the call gives. */
  onCall: (call: FolderCall) => void | Promise<void> = () => undefined;
  /** Bytes that one read gives at most. */
  readBytesMax = Infinity;
  /** What sysfs says of the card's device. */
  deviceState: DeviceState = 'unknown';
  /** What the card's file system says of its space, in place of the truth. */
  space: FolderSpace | undefined;
  /** As a file system without numbers of its own. */
  isForgetful = false;
  /** What stat says, in place of the truth; the name is "root" for the place itself and "folder" for an open folder. */
  changeStat: (stat: EntryStat, name: string) => EntryStat = (stat) => stat;
  /** The same of the mount that something was opened through. */
  changeMount: (mount: string, name: string) => string = (mount) => mount;
  calls = 0;
  opened = 0;
  readonly #files = nodeFolderFiles();
  /** Lets all calls that hang go on. */
  letGo: () => void = () => undefined;
  readonly #held = new Promise<void>((resolve) => {
    this.letGo = resolve;
  });

  /** Makes the n-th call from now on fail with that code, once or from then on. */
  failCall(number: number, code: string, forEver = false): void {
    this.calls = 0;
    this.onCall = (call) => {
      if (call.number === number || (forEver && call.number > number)) throw systemError(code);
    };
  }

  openRoot(path: string): Promise<OpenedFolder> {
    return this.#call('openRoot', async () => this.#folder(await this.#files.openRoot(path)));
  }

  stat(path: string): Promise<EntryStat> {
    return this.#call('stat', async () => this.changeStat(await this.#files.stat(path), 'root'));
  }

  device(): Promise<DeviceState> {
    return Promise.resolve(this.deviceState);
  }

  yieldTurn(): Promise<void> {
    return this.#files.yieldTurn();
  }

  async #call<T>(name: string, run: () => Promise<T>, position = 0, sizeBytes = 0): Promise<T> {
    await this.onCall({ name, number: ++this.calls, position, sizeBytes });
    const result = await run();
    if (name === this.hangsAt) {
      this.hanging++;
      await this.#held;
    }
    return result;
  }

  #folder(folder: OpenedFolder): OpenedFolder {
    this.opened++;
    return {
      stat: () => this.#call('folder.stat', async () => this.changeStat(await folder.stat(), 'folder')),
      mount: async () => this.changeMount(await folder.mount(), 'folder'),
      openNames: () => this.#call('openNames', async () => this.#names(await folder.openNames())),
      lstat: (name) =>
        this.#call('lstat', async () =>
          this.changeStat(await folder.lstat(name), Buffer.from(name).toString()),
        ),
      openFolder: (name) => this.#call('openFolder', async () => this.#folder(await folder.openFolder(name))),
      openFile: (name) =>
        this.#call('openFile', async () =>
          this.#file(await folder.openFile(name), Buffer.from(name).toString()),
        ),
      unlink: (name) => this.#call('unlink', () => folder.unlink(name)),
      sync: () => this.#call('sync', () => folder.sync()),
      keepsNumbers: async () => !this.isForgetful && (await folder.keepsNumbers()),
      space: () => this.#call('space', async () => this.space ?? (await folder.space())),
      close: () => this.#close(folder),
    };
  }

  #names(reader: NameReader): NameReader {
    this.opened++;
    return { next: () => this.#call('names', () => reader.next()), close: () => this.#close(reader) };
  }

  #file(file: OpenedFile, name: string): OpenedFile {
    this.opened++;
    const read = (target: Uint8Array, position: number): Promise<number> => {
      const part = target.subarray(0, Math.min(target.length, this.readBytesMax));
      return this.#call('read', () => file.read(part, position), position, target.length);
    };
    return {
      stat: () => this.#call('file.stat', async () => this.changeStat(await file.stat(), name)),
      mount: async () => this.changeMount(await file.mount(), name),
      read,
      close: () => this.#close(file),
    };
  }

  async #close(open: { close(): Promise<void> }): Promise<void> {
    this.opened--;
    await open.close();
  }
}
