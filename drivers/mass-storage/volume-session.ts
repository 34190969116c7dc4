// A camera that shows itself as a USB disk: mounted by the helper for the time of the session, read-only but for waves of erasures.
//
// Invariants:
// 1. Everything but `erase` happens on a read-only mount. `erase` is called by the release gate alone; it changes to a writable mount, and the
//    next call of another kind, ten seconds without a call, or the end of the session change back. What was erased is listed from a new mount.
// 2. Whatever is mounted, this process looks in its own table of mounts before it believes it, and that it is the volume of the first time.
// 3. A listing counts only when the disk is still there behind it and answered no command with an error meanwhile: vfat leaves out what it
//    could not read of a folder, and says nothing.
import { DockError, isDockError } from '../../protocol/format/errors.ts';
import type {
  CameraCondition,
  CameraIdentity,
  CameraSession,
  CameraTime,
  ClockSetting,
  EraseOutcome,
  Inventory,
  InventoryEntry,
  InventoryProblem,
  Piece,
} from '../driver.ts';
import type { BlockDevices, DiskFacts } from './block-devices.ts';
import type { FolderFiles } from './folder-files.ts';
import { openFolderSession, type FolderSession, type FolderWorld } from './folder-session.ts';
import { detached } from './medium.ts';
import { mountAt, mountFault, type MountTable } from './mount-table.ts';
import type { MountedVolume, MountMode, VolumeReport, Volumes } from './volumes.ts';

/** A writable mount ends after so long without a call. */
const RW_IDLE_MS = 10_000;
/** A writable mount is asked for again after this long, so that the helper does not end it in the middle of a wave. */
const RW_RENEW_MS = 10_000;
/** Something else has the volume open for a moment: it is asked again. */
const BUSY_PAUSE_MS = 250;
const BUSY_TRIES = 3;
/** Listings before errors of the disk count: a disk may answer a command that has nothing to do with it with an error. */
const LISTINGS_MAX = 3;
const UNMOUNT_MS = 30_000;

/** What a session on a volume stands on. */
export interface VolumeWorld extends FolderWorld {
  readonly volumes: Volumes;
  readonly blockDevices: BlockDevices;
  readonly mountTable: MountTable;
}

interface OpenVolume {
  readonly session: FolderSession;
  readonly volume: MountedVolume;
  askedAtMs: number;
}

/** Shape and errors: as CameraSession. */
export class VolumeSession implements CameraSession {
  readonly #world: VolumeWorld;
  readonly #portPath: string;
  readonly #said: CameraIdentity;
  readonly #closing = new AbortController();
  #open: OpenVolume | undefined;
  /** Identity of the volume that was mounted first; null until there was one. */
  #first: string | null = null;
  #isProtected = false;
  #onStep: () => void = () => undefined;
  #isStarted = false;
  #cancelIdle: () => void = () => undefined;
  #idling: Promise<unknown> = Promise.resolve();
  #within: { readonly signal: AbortSignal; readonly ending: AbortSignal } | undefined;

  constructor(portPath: string, said: CameraIdentity, world: VolumeWorld) {
    this.#portPath = portPath;
    this.#said = said;
    this.#world = world;
  }

  async identity(signal: AbortSignal): Promise<CameraIdentity> {
    await this.#begin(signal);
    await this.#disks();
    return this.#said;
  }

  /** A disk has no clock. */
  async readClock(signal: AbortSignal): Promise<CameraTime | null> {
    await this.#begin(signal);
    await this.#disks();
    return null;
  }

  async setClock(_to: { utcMs: number; localMs: number }, signal: AbortSignal): Promise<ClockSetting> {
    await this.#begin(signal);
    await this.#disks();
    return 'not-supported';
  }

  async condition(signal: AbortSignal): Promise<CameraCondition | null> {
    const within = await this.#begin(signal);
    await this.#disks();
    const open = await this.#readable(within);
    return open === undefined ? null : open.session.condition(within);
  }

  async inventory(signal: AbortSignal): Promise<Inventory> {
    const within = await this.#begin(signal);
    const report = await this.#mount('ro', within); // asked each time: partitions and slots come and go
    const found = await this.#list(within);
    const problems = report.others.map((reason): InventoryProblem => ({ reason, path: null }));
    if (report.volume === null && problems.length === 0) problems.push({ reason: 'no-medium', path: null });
    if (report.volume?.isCutShort === true) problems.push({ reason: 'volume-cut-short', path: null });
    return { entries: found.entries, problems: [...found.problems, ...problems] };
  }

  onStep(handler: () => void): void {
    this.#onStep = handler;
    this.#open?.session.onStep(handler);
  }

  async *read(
    entry: InventoryEntry,
    offset: number,
    signal: AbortSignal,
  ): AsyncGenerator<Piece, void, undefined> {
    const within = await this.#begin(signal);
    const open = await this.#readable(within);
    if (open === undefined) throw new DockError('driver.gone', 'no volume is mounted', { retry: 'never' });
    if (entry.sizeBytes > open.volume.sizeBytes) throw largerThanDisk(entry, open.volume);
    yield* open.session.read(entry, offset, within);
  }

  async erase(entry: InventoryEntry, signal: AbortSignal): Promise<EraseOutcome> {
    const within = await this.#begin(signal);
    if (this.#isProtected) return 'write-protected';
    try {
      const { session } = await this.#writable(within);
      return await session.erase(entry, within);
    } catch (error) {
      if (isDockError(error, 'mount.busy')) return 'refused';
      if (!isDockError(error, 'mount.write-protected')) throw error;
      this.#isProtected = true;
      return 'write-protected';
    } finally {
      this.#idleSoon();
    }
  }

  /** From a read-only mount, as a listing; none where the disk answered a command with an error meanwhile. */
  async goneOf(
    entries: readonly InventoryEntry[],
    signal: AbortSignal,
  ): Promise<ReadonlySet<InventoryEntry>> {
    const within = await this.#begin(signal);
    const open = await this.#readable(within);
    if (open === undefined) return new Set();
    const before = await this.#errors();
    const gone = await open.session.goneOf(entries, within);
    return (await this.#errors()) === before ? gone : new Set();
  }

  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort(detached('the session was closed'));
    this.#cancelIdle();
    await this.#idling;
    await this.#leave();
    await this.#unmount().catch(() => undefined); // the helper ends by itself what lost its device or its lease
  }

  /** Mounts for the first time, or tries again. Errors: those of Volumes; "driver.detached", "driver.refused". */
  async start(signal: AbortSignal): Promise<VolumeReport> {
    const report = await this.#mount('ro', await this.#begin(signal));
    this.#isStarted = true;
    return report;
  }

  /** Ends what waits for a pause; resolves with the signal of the call. */
  async #begin(signal: AbortSignal): Promise<AbortSignal> {
    this.#cancelIdle();
    await this.#idling;
    signal.throwIfAborted();
    this.#closing.signal.throwIfAborted();
    // Most calls of a docking come with the same signal, and AbortSignal.any leaves something at it each time.
    if (this.#within?.signal !== signal)
      this.#within = { signal, ending: AbortSignal.any([signal, this.#closing.signal]) };
    return this.#within.ending;
  }

  /** Errors: "driver.detached" where the port has no disk any more, or the volume's is another one. */
  async #disks(): Promise<readonly DiskFacts[]> {
    const disks = await this.#world.blockDevices.below(this.#portPath);
    if (disks.length === 0) throw detached('its disk is gone');
    if (this.#open !== undefined && this.#diskOf(disks, this.#open.volume) === undefined)
      throw detached('another disk is there');
    return disks;
  }

  /** What is mounted may be a device in front of the disk, which stays when the disk goes: only the disk's own number tells. */
  #diskOf(disks: readonly DiskFacts[], { identity }: MountedVolume): DiskFacts | undefined {
    return disks.find((disk) => identity.startsWith(`${disk.sequence}.${disk.unit}.`));
  }

  #filesOf(volume: MountedVolume): FolderFiles {
    const { files, blockDevices } = this.#world;
    return {
      openRoot: (path) => files.openRoot(path),
      stat: (path) => files.stat(path),
      yieldTurn: () => files.yieldTurn(),
      device: async () => {
        const disks = await blockDevices.below(this.#portPath);
        return this.#diskOf(disks, volume) === undefined ? 'unknown' : 'unpluggable';
      },
    };
  }

  async #list(signal: AbortSignal): Promise<Inventory> {
    for (let listings = 1; ; listings++) {
      const before = await this.#errors();
      const found = (await this.#open?.session.inventory(signal)) ?? { entries: [], problems: [] };
      if ((await this.#errors()) === before) return found;
      if (listings < LISTINGS_MAX) continue;
      return { ...found, problems: [...found.problems, { reason: 'read-errors', path: null }] };
    }
  }

  async #errors(): Promise<number | null> {
    const disks = await this.#disks();
    return this.#open === undefined ? null : (this.#diskOf(disks, this.#open.volume)?.errors ?? null);
  }

  async #readable(signal: AbortSignal): Promise<OpenVolume | undefined> {
    if (this.#open?.volume.mode !== 'ro') await this.#mount('ro', signal);
    return this.#open;
  }

  async #writable(signal: AbortSignal): Promise<OpenVolume> {
    const now = this.#world.clock.monotonicMs();
    const isFresh =
      this.#open?.volume.mode === 'rw' && now - this.#open.askedAtMs < RW_RENEW_MS ? this.#open : undefined;
    if (isFresh !== undefined) return isFresh;
    await this.#mount('rw', signal);
    if (this.#open === undefined) throw detached('its volume is gone');
    return this.#open;
  }

  /** Mounts in that mode and opens the root, unless both is so already. */
  async #mount(mode: MountMode, signal: AbortSignal): Promise<VolumeReport> {
    if (this.#open?.volume.mode !== mode) await this.#leave();
    const askedAtMs = this.#world.clock.monotonicMs();
    const report = await this.#ask(mode, signal);
    const { volume } = report;
    if (this.#first !== null && volume?.identity !== this.#first) {
      await this.#leave();
      throw volume === null ? lost(report) : detached('another volume is in its place');
    }
    if (volume === null) return report;
    if (volume.mode !== mode) throw fault(`it is not mounted ${mode}`);
    if (!this.#isOpen(volume)) {
      await this.#leave();
      const world = { ...this.#world, files: this.#filesOf(volume) };
      const session = await openFolderSession(volume.folder, world, signal);
      session.onStep(this.#onStep);
      this.#open = { session, volume, askedAtMs };
    }
    if (this.#open !== undefined) this.#open.askedAtMs = askedAtMs;
    this.#first = volume.identity;
    const wrong = mountFault(mountAt(await this.#world.mountTable(), volume.folder), volume);
    if (wrong === undefined) return report;
    await this.#leave();
    throw fault(wrong);
  }

  /** A helper that was restarted mounted it through another device: the root that is open is of a mount that is gone. */
  #isOpen({ folder, device }: MountedVolume): boolean {
    return this.#open?.volume.folder === folder && this.#open.volume.device === device;
  }

  async #ask(mode: MountMode, signal: AbortSignal): Promise<VolumeReport> {
    for (let tries = 1; ; tries++) {
      try {
        return await this.#world.volumes.mount(this.#portPath, mode, signal);
      } catch (error) {
        if (isDockError(error, 'mount.no-device') && this.#isStarted)
          throw detached('its disk is gone', error);
        if (!isDockError(error, 'mount.busy') || tries === BUSY_TRIES) throw error;
        await this.#world.clock.sleep(BUSY_PAUSE_MS, signal);
      }
    }
  }

  /** The mount can be taken away only when nothing of it is open. */
  async #leave(): Promise<void> {
    const open = this.#open;
    this.#open = undefined;
    await open?.session.close();
  }

  #idleSoon(): void {
    this.#cancelIdle();
    if (this.#closing.signal.aborted) return;
    this.#cancelIdle = this.#world.clock.after(RW_IDLE_MS, () => {
      if (this.#open?.volume.mode !== 'rw') return;
      this.#idling = this.#leave().then(() => this.#unmount().catch(() => undefined)); // mounted again by the next call
    });
  }

  async #unmount(): Promise<void> {
    const ending = new AbortController();
    const cancel = this.#world.clock.after(UNMOUNT_MS, () => ending.abort());
    try {
      await this.#world.volumes.unmount(this.#portPath, ending.signal);
    } finally {
      cancel();
    }
  }
}

function fault(wrong: string): DockError {
  const words = `the camera's volume is not mounted as it has to be: ${wrong}; nothing was read from it`;
  return new DockError('driver.refused', words, { retry: 'person', facts: { reason: 'mount' } });
}

function lost({ others }: VolumeReport): DockError {
  const reason = others[0] ?? 'no-medium';
  const words = `the camera's volume can no longer be mounted (${reason}); what became of its files is not known`;
  return new DockError('driver.protocol', words, { retry: 'later', facts: { reason } });
}

function largerThanDisk({ sizeBytes }: InventoryEntry, volume: MountedVolume): DockError {
  const facts = { size_bytes: sizeBytes, volume_bytes: volume.sizeBytes };
  const words = `the file says that it has ${sizeBytes} bytes on a volume of ${volume.sizeBytes}: its folder is damaged; it stays on the camera, have the card read by a laboratory`;
  return new DockError('driver.unreadable', words, { retry: 'person', facts });
}
