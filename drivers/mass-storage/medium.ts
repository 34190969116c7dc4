// One opened card or folder: whether it is still the one that was opened, the way to a file in it, and what its errors mean.
//
// 1. The root stays open for the whole session: its device number cannot be given to another card meanwhile, and nothing that is
//    mounted over the path later is ever read.
// 2. A mount outlives its device, and vfat then lists nothing without an error (the kernel skips blocks that it cannot read).
//    So "not there" and "cannot be read" count only after the device was seen to be still present.
// 3. The kernel notices a pulled plug up to 400 ms after the first read error (measured): where a device can be unplugged,
//    a look that decides something waits longer than that first.
import { bufferOf } from '../../protocol/format/bytes.ts';
import { DockError, isDockError, isMachineShort, systemCode } from '../../protocol/format/errors.ts';
import type { Clock } from '../../protocol/format/ports.ts';
import { type CameraCondition, NOTHING_TOLD } from '../driver.ts';
import type { EntryStat, FolderFiles, FolderSpace, Opened, OpenedFolder } from './folder-files.ts';

/** Waits of the driver in ms; each may be set for tests. */
export interface MassStorageTimes {
  /** For one system call: a card reader gives a bad sector up after 30 s or less. */
  readonly callMs: number;
  /** Between an error, or a listing, and the look whether the device left. */
  readonly noticeMs: number;
  /** A file of which nothing could be read for so long is given up. */
  readonly damageMs: number;
}
export const MASS_STORAGE_TIMES: MassStorageTimes = { callMs: 60_000, noticeMs: 600, damageMs: 600_000 };

/** A folder that holds the entry, with the entry's name in it. `close` never rejects and does nothing to the root. */
export interface Reached {
  readonly folder: OpenedFolder;
  readonly name: Uint8Array;
  readonly close: () => Promise<void>;
}

/** Shape: built by `openMedium`; closed once. */
export class Medium {
  readonly files: FolderFiles;
  readonly clock: Clock;
  readonly times: MassStorageTimes;
  readonly calls: BoundedCalls;
  readonly root: OpenedFolder;
  readonly rootStat: EntryStat;
  /** See OpenedFolder.keepsNumbers. */
  readonly keepsNumbers: boolean;
  readonly #mount: string;
  readonly #path: string;
  readonly #unpluggable: boolean;
  readonly #deviceSeen: boolean;

  constructor(parts: MediumParts) {
    this.files = parts.files;
    this.clock = parts.clock;
    this.times = parts.times;
    this.calls = parts.calls;
    this.root = parts.root;
    this.rootStat = parts.rootStat;
    this.keepsNumbers = parts.keepsNumbers;
    this.#mount = parts.mount;
    this.#path = parts.path;
    this.#unpluggable = parts.device === 'unpluggable';
    this.#deviceSeen = parts.device !== 'unknown';
  }

  /** Errors: "driver.detached" where the path no longer leads to the folder that was opened, or its device is gone. */
  async assertPresent(signal: AbortSignal): Promise<void> {
    const now = await this.#rootNow(signal);
    const same = now.device === this.rootStat.device && now.number === this.rootStat.number;
    if (!same || now.kind !== 'folder') throw detached('another folder is mounted in its place');
    if (!this.#deviceSeen) return;
    const look = (): Promise<string> => this.files.device(this.rootStat.device);
    const device = await this.calls.run('looking for the device', signal, look);
    if (device === 'unknown') throw detached('its device is gone');
  }

  /** The same, after a device that has just left would have been noticed. */
  async assertStayed(signal: AbortSignal): Promise<void> {
    if (this.#unpluggable) await this.clock.sleep(this.times.noticeMs, signal);
    await this.assertPresent(signal);
  }

  /** Whether what was opened in it is its own, and not bound in from elsewhere. Errors: the system's. */
  async holds(opened: Opened): Promise<boolean> {
    return (await opened.mount()) === this.#mount;
  }

  /** The same, and not on another device. Of files that says nothing: on an overlay each is of the device of its layer. Errors: the system's. */
  async holdsFolder(folder: OpenedFolder): Promise<boolean> {
    const { device } = await folder.stat();
    return device === this.rootStat.device && (await this.holds(folder));
  }

  /**
   * Opens the folders down to the entry, one by one, never through a link and never into another mount.
   * Errors: "driver.gone" for a path that cannot be one; "driver.changed" where a folder became something else; system errors.
   */
  async reach(path: Uint8Array, signal: AbortSignal): Promise<Reached> {
    const parts = splitPath(path);
    const name = parts?.pop();
    if (parts === undefined || name === undefined) throw gone('its path is none that a listing gives');
    let folder = this.root;
    try {
      for (const part of parts) folder = await this.#step(folder, part, signal);
    } catch (error) {
      await this.leave(folder);
      throw error;
    }
    return { folder, name, close: () => this.leave(folder) };
  }

  /**
   * Opens one folder in another, which is closed on success unless it is the root.
   * Errors: "driver.changed" where something else is mounted there; system errors.
   */
  async #step(parent: OpenedFolder, name: Uint8Array, signal: AbortSignal): Promise<OpenedFolder> {
    const folder = await this.openFolder(parent, name, signal);
    try {
      const isOwn = await this.calls.run('looking at a folder', signal, () => this.holdsFolder(folder));
      if (!isOwn) throw changed('a folder above it leads to another mount');
    } catch (error) {
      await this.leave(folder);
      throw error;
    }
    await this.leave(parent);
    return folder;
  }

  /** Errors: system errors; "ENOTDIR" or "ELOOP" for what is no folder. */
  openFolder(parent: OpenedFolder, name: Uint8Array, signal: AbortSignal): Promise<OpenedFolder> {
    const open = (): Promise<OpenedFolder> => parent.openFolder(name);
    return this.calls.run('opening a folder', signal, open, (late) => this.calls.release(late.close()));
  }

  /** Closes a folder other than the root. Never rejects. */
  async leave(folder: OpenedFolder): Promise<void> {
    if (folder !== this.root) await this.calls.release(folder.close());
  }

  async #rootNow(signal: AbortSignal): Promise<EntryStat> {
    try {
      return await this.calls.run('looking at the folder', signal, () => this.files.stat(this.#path));
    } catch (error) {
      if (systemCode(error) === undefined) throw error;
      throw detached('its folder cannot be reached', error);
    }
  }

  /**
   * What a failed call on an entry means, once it is known that the medium is still there. Always throws.
   * Errors: "driver.detached", "driver.gone", "driver.changed", "driver.unreadable"; errors that are not the system's as they are.
   */
  async fail(error: unknown, signal: AbortSignal): Promise<never> {
    const code = isDockError(error) ? undefined : systemCode(error);
    if (code === undefined || signal.aborted) throw error;
    await this.assertPresent(signal);
    if (DETACHED_CODES.has(code)) throw detached('the system says so', error);
    if (code === 'ENOENT') throw gone('the camera no longer has it', error);
    if (REPLACED_CODES.has(code)) throw changed('something else has taken its place', error);
    throw unreadable(code, error);
  }
}

/** What a Medium is made of. */
export interface MediumParts {
  readonly files: FolderFiles;
  readonly clock: Clock;
  readonly times: MassStorageTimes;
  readonly calls: BoundedCalls;
  readonly path: string;
  readonly root: OpenedFolder;
  readonly rootStat: EntryStat;
  readonly mount: string;
  readonly keepsNumbers: boolean;
  readonly device: 'fixed' | 'unpluggable' | 'unknown';
}

/** The device or its transport has left, in the words of block devices, USB, FUSE and network file systems. */
const DETACHED_CODES: ReadonlySet<string> = new Set([
  'ENODEV',
  'ENOMEDIUM',
  'ESHUTDOWN',
  'ENOTCONN',
  'ESTALE',
]);
/** A link, a file for a folder, a socket for a file. */
const REPLACED_CODES: ReadonlySet<string> = new Set(['ELOOP', 'ENOTDIR', 'ENXIO', 'EISDIR']);
export function detached(why: string, cause?: unknown): DockError {
  const words = `the camera left: ${why}; it is read again when it is put back`;
  return new DockError('driver.detached', words, { cause, retry: 'later' });
}

export function changed(why: string, cause?: unknown, facts: DockError['facts'] = {}): DockError {
  const words = `the file is not the one that was listed: ${why}; it is taken after a new inventory`;
  return new DockError('driver.changed', words, { cause, retry: 'later', facts });
}

export function gone(why: string, cause?: unknown): DockError {
  return new DockError('driver.gone', `the file is not there: ${why}`, { cause, retry: 'never' });
}

export function unreadable(code: string, cause: unknown): DockError {
  const facts = { system_code: code };
  if (isMachineShort(cause)) {
    const words = `the station could not read the file (${code}): it is short of memory or file handles`;
    return new DockError('driver.unreadable', words, { cause, retry: 'later', facts });
  }
  const words = `the file cannot be read (${code}); it stays on the camera: check the card and the rights of its folder`;
  return new DockError('driver.unreadable', words, { cause, retry: 'person', facts });
}

// Path bytes below a camera's root: joining, taking apart, order. Bytes are never turned into text here.

const SLASH = 0x2f;
const DOT = 0x2e;

/** Path of a name in a folder; the root's own path is empty. */
export function joinPath(folder: Uint8Array, name: Uint8Array): Uint8Array {
  return folder.length === 0 ? name : Buffer.concat([folder, Buffer.of(SLASH), name]);
}

/** The parts of a path, or undefined where one of them could lead elsewhere: empty, ".", "..", or with a NUL. */
function splitPath(path: Uint8Array): Uint8Array[] | undefined {
  const parts: Uint8Array[] = [];
  for (let start = 0; start <= path.length;) {
    const slash = path.indexOf(SLASH, start);
    const end = slash === -1 ? path.length : slash;
    parts.push(path.subarray(start, end));
    start = end + 1;
  }
  return parts.every(isName) ? parts : undefined;
}

/** True for what can be one name in a folder. */
export function isName(name: Uint8Array): boolean {
  if (name.length === 0 || name.includes(SLASH) || name.includes(0)) return false;
  return !(name.length <= 2 && name.every((byte) => byte === DOT));
}

/**
 * What a folder's members are sorted by, as Latin-1 so that texts compare as bytes do; a walk in that order gives whole paths in byte order:
 * folders end in "/".
 */
export function sortKey(name: Uint8Array, isFolder: boolean): string {
  return bufferOf(name).toString('latin1') + (isFolder ? '/' : '');
}

// Opens the folder of a card for one session and looks at what it lies on.

type World = Pick<Medium, 'files' | 'clock' | 'times' | 'calls'>;

/** Errors: "driver.detached" where nothing is there, "driver.refused" where it may not be opened, "driver.timeout"; the signal's reason. */
export async function openMedium(path: string, world: World, signal: AbortSignal): Promise<Medium> {
  const { files, calls } = world;
  const open = (): Promise<OpenedFolder> => files.openRoot(path);
  const close = (root: OpenedFolder): Promise<void> => calls.release(root.close());
  const root = await calls.run('opening the folder', signal, open, close).catch(refuse);
  try {
    const rootStat = await calls.run('looking at the folder', signal, () => root.stat());
    const mount = await calls.run('looking at the folder', signal, () => root.mount());
    const keepsNumbers = await calls.run('looking at the folder', signal, () => root.keepsNumbers());
    const device = await calls.run('looking at the device', signal, () => files.device(rootStat.device));
    return new Medium({ ...world, path, root, rootStat, mount, keepsNumbers, device });
  } catch (error) {
    await close(root);
    return refuse(error);
  }
}

function refuse(error: unknown): never {
  const code = systemCode(error);
  if (isDockError(error) || code === undefined) throw error;
  if (code === 'ENOENT' || code === 'ENODEV' || code === 'ENOMEDIUM')
    throw detached('nothing is at its place', error);
  const words = `the folder of the camera cannot be opened (${code}): the agent needs to read and enter it; check its owner and mount options`;
  throw new DockError('driver.refused', words, {
    cause: error,
    retry: 'person',
    facts: { system_code: code },
  });
}

// What a card tells of its state: its space, where it is a file system of its own. A plain folder tells nothing.

/**
 * Total and free bytes of the card, or null where they cannot be told.
 * Errors: "driver.detached"; the signal's reason. A card that does not answer the question may still be read.
 */
export async function storageCondition(medium: Medium, signal: AbortSignal): Promise<CameraCondition | null> {
  await medium.assertPresent(signal);
  const space = await askSpace(medium, signal);
  await medium.assertPresent(signal);
  return space === null ? null : conditionOf(space);
}

async function askSpace(medium: Medium, signal: AbortSignal): Promise<FolderSpace | null> {
  try {
    return await medium.calls.run('asking for the free space', signal, () => medium.root.space());
  } catch (error) {
    if (signal.aborted || isDockError(error, 'driver.detached')) throw error;
    return null;
  }
}

function conditionOf({ totalBytes, freeBytes }: FolderSpace): CameraCondition | null {
  if (totalBytes <= 0n || freeBytes < 0n || freeBytes > totalBytes) return null;
  if (totalBytes > BigInt(Number.MAX_SAFE_INTEGER)) return null;
  return { ...NOTHING_TOLD, storageTotalBytes: Number(totalBytes), storageFreeBytes: Number(freeBytes) };
}

// Puts a deadline and two signals round calls that may never return: a medium that hangs holds its system call for good.

/** How long an ending waits for a close that hangs; the handle closes by itself when the system call returns. */
const CLOSE_MS = 250;

/** Every call of one session. The system call itself cannot be recalled; what it brings too late is given back. */
export class BoundedCalls {
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #closed: AbortSignal;
  #onEnd: () => void = () => undefined;

  /** `closed` ends every call of the session, now and later, with its reason. */
  constructor(clock: Clock, timeoutMs: number, closed: AbortSignal) {
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
    this.#closed = closed;
  }

  /** Called after each call, whatever ended it. */
  onEnd(handler: () => void): void {
    this.#onEnd = handler;
  }

  /**
   * What the call gives. `discard` takes a result that nobody waits for any more; it must not reject.
   * Errors: the call's own; "driver.timeout" after the deadline; the reason of either signal.
   */
  run<T>(
    what: string,
    signal: AbortSignal,
    call: () => Promise<T>,
    discard?: (late: T) => unknown,
  ): Promise<T> {
    return new Promise((resolve, reject) => {
      for (const ending of [signal, this.#closed]) {
        if (!ending.aborted) continue;
        reject(ending.reason as Error);
        return;
      }
      const end = (settle: () => void): void => {
        cancel();
        signal.removeEventListener('abort', onAbort);
        this.#closed.removeEventListener('abort', onClosed);
        this.#onEnd();
        settle();
      };
      let waiting = true;
      const giveUp = (reason: unknown): void => {
        waiting = false;
        end(() => reject(reason));
      };
      const onAbort = (): void => giveUp(signal.reason);
      const onClosed = (): void => giveUp(this.#closed.reason);
      const cancel = this.#clock.after(this.#timeoutMs, () => giveUp(timedOut(what, this.#timeoutMs)));
      signal.addEventListener('abort', onAbort);
      this.#closed.addEventListener('abort', onClosed);
      call().then(
        (value) => (waiting ? end(() => resolve(value)) : discard?.(value)),
        (error: unknown) => (waiting ? end(() => reject(error)) : undefined),
      );
    });
  }

  /** Waits a short while for a close, whose failure changes nothing any more: nothing was written. Never rejects. */
  release(closing: Promise<unknown>): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#clock.after(CLOSE_MS, resolve);
      const end = (): void => {
        cancel();
        resolve();
      };
      closing.then(end, end);
    });
  }
}

function timedOut(what: string, timeoutMs: number): DockError {
  return new DockError(
    'driver.timeout',
    `${what} took longer than ${timeoutMs} ms; take the camera out, put it in again, and try another card`,
    { retry: 'later', facts: { timeout_ms: timeoutMs } },
  );
}
