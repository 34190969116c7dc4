// The mount of one bay, which has at most one. Anybody who calls sees to it that calls come one after the other (bay-lane.ts).
//
// Invariants:
// 1. A volume is mounted read-only, through a loop device that no write passes, unless "rw" was asked for, and read-only again, or not at all, RW_LEASE_MS after that was asked for last.
// 2. "rw" mounts only what was mounted "ro" before: the same partition of the same medium, which never left meanwhile.
// 3. A mount that was made is looked at in the kernel's table before it is reported; one that is not as it has to be is taken away.
// 4. Nothing is done to a disk that the station itself works with (disk-use.ts): it would be read and then erased.
// 5. A writable mount is never taken away lazily while its device is there: what was written might not be on the medium yet.
import { join } from 'node:path';
import type { BlockDevices, DiskFacts } from '../../../drivers/mass-storage/block-devices.ts';
import {
  diskUses,
  isInUse,
  mountAt,
  mountFault,
  type MountTable,
} from '../../../drivers/mass-storage/mount-table.ts';
import {
  type LeftAlone,
  mountError,
  type MountMode,
  RW_LEASE_MS,
  type VolumeReport,
} from '../../../drivers/mass-storage/volumes.ts';
import { DockError } from '../../../protocol/format/errors.ts';
import type { BayId } from '../../../protocol/format/ids.ts';
import type { Clock, Log } from '../../../protocol/format/ports.ts';
import { type FoundVolume, type SeenVolumes, survey, volumesOf } from './survey.ts';
import type { Node, SystemCalls } from './system-calls.ts';

/** Something else may look at a new disk for a moment, as udev does. */
const RELEASE_TRIES = 8;
const RELEASE_PAUSE_MS = 250;
/** Looks at a mount that lost its device, once a second, before it is taken away lazily: the agent lets go of it within two. */
const LOST_LOOKS_MAX = 10;
/** mount(8) on EBUSY: the file system is in memory still, in the other mode, as what had it open has not let go of it. */
const BUSY = /\bbusy\b/;

export interface BayMountDeps {
  readonly bay: BayId;
  /** Folder of all mount points. */
  readonly folder: string;
  readonly blockDevices: BlockDevices;
  readonly mountTable: MountTable;
  readonly system: SystemCalls;
  readonly clock: Clock;
  readonly log: Log;
}

interface Mounted {
  readonly portPath: string;
  readonly volume: FoundVolume;
  readonly mode: MountMode;
  /** Of what is mounted: the volume's own, or its loop device's. */
  readonly device: string;
  askedAtMs: number;
  lostLooks: number;
  /** The log was told that nobody asks for it any more. */
  isToldOverdue: boolean;
}

export class BayMount {
  readonly folder: string;
  readonly #deps: BayMountDeps;
  readonly #seen: SeenVolumes = new Map();
  #mounted: Mounted | undefined;
  /** Identity of what was mounted "ro" last. */
  #known: string | undefined;

  constructor(deps: BayMountDeps) {
    this.#deps = deps;
    this.folder = join(deps.folder, deps.bay);
  }

  get isMounted(): boolean {
    return this.#mounted !== undefined;
  }

  /** Errors: those of Volumes.mount. */
  async mount(portPath: string, mode: MountMode): Promise<VolumeReport> {
    const disks = await this.#deps.blockDevices.below(portPath);
    await this.#dropLost(portPath, disks);
    if (disks.length === 0) throw mountError('mount.no-device', `no disk at USB port ${portPath}`);
    await this.#refuseOwnDisk(portPath, disks);
    return mode === 'ro' ? this.#mountRo(portPath, disks) : this.#mountRw(portPath, disks);
  }

  /** Errors: "mount.busy" where something uses a mount whose device is there. */
  async unmount(): Promise<void> {
    if (this.#mounted === undefined) return;
    const disks = await this.#deps.blockDevices.below(this.#mounted.portPath);
    await this.#release({ mayBeLazy: !this.#isAmong(disks) });
  }

  /** At the helper's end. Errors: "mount.busy" where a writable mount is in use: it stays, and the next run takes it away. */
  async end(): Promise<void> {
    if (this.#mounted === undefined) return;
    const isThere = this.#isAmong(await this.#deps.blockDevices.below(this.#mounted.portPath));
    await this.#release({ mayBeLazy: this.#mounted.mode === 'ro' || !isThere });
  }

  /** Takes away what lost its device, and what is writable without being asked for any more. Errors: those of the system. */
  async look(): Promise<void> {
    const mounted = this.#mounted;
    if (mounted === undefined) return;
    if (!this.#isAmong(await this.#deps.blockDevices.below(mounted.portPath))) {
      mounted.lostLooks++;
      await this.#release({ tries: 1, mayBeLazy: mounted.lostLooks >= LOST_LOOKS_MAX }).catch(ignoreBusy);
    } else if (mounted.mode === 'rw' && this.#now() - mounted.askedAtMs > RW_LEASE_MS) {
      // It is looked at once a second, and who has it open may hang for days.
      if (!mounted.isToldOverdue)
        this.#deps.log.warn('writable mount no longer requested', { bay: this.#deps.bay });
      mounted.isToldOverdue = true;
      await this.#release({ tries: 1, mayBeLazy: false }).catch(ignoreBusy);
    }
  }

  async #mountRo(portPath: string, disks: readonly DiskFacts[]): Promise<VolumeReport> {
    const { system } = this.#deps;
    if (this.#mounted?.mode === 'rw') await this.#release({ mayBeLazy: false });
    const { found, others } = await survey(disks, system, this.#seen, this.#mounted?.volume.identity);
    if (this.#mounted !== undefined) return this.#report(this.#mounted, others);
    if (found === undefined) return { volume: null, others };
    this.#known = undefined;
    const mounted = await this.#mountVolume(portPath, found, 'ro');
    if (mounted === undefined) return { volume: null, others: ['damaged-file-system', ...others] };
    this.#known = found.identity;
    return this.#report(mounted, others);
  }

  async #mountRw(portPath: string, disks: readonly DiskFacts[]): Promise<VolumeReport> {
    const { system, blockDevices } = this.#deps;
    const wanted = this.#mounted?.volume.identity ?? this.#known;
    if (wanted === undefined) throw mountError('mount.failed', 'nothing was mounted read-only before');
    const { found, others } = await survey(disks, system, this.#seen, wanted);
    if (found === undefined) throw mountError('mount.no-device', 'the volume that was mounted is gone');
    if (this.#mounted?.mode === 'rw') return this.#report(this.#mounted, others);
    if (this.#mounted !== undefined) await this.#release({ mayBeLazy: false });
    await system.setReadOnly(found.disk, false);
    await system.setReadOnly(found, false);
    const disk = (await blockDevices.below(portPath)).find(({ device }) => device === found.disk.device);
    if (disk?.isReadOnly === true) {
      await this.#switchOff(found);
      throw mountError('mount.write-protected', 'the medium refuses to be written: look at its switch');
    }
    const mounted = await this.#mountVolume(portPath, found, 'rw').catch(async (error: unknown) => {
      await this.#switchOff(found);
      throw error;
    });
    if (mounted !== undefined) return this.#report(mounted, others);
    await this.#switchOff(found);
    throw mountError('mount.failed', 'the volume cannot be mounted for writing');
  }

  /** Errors: "mount.refused" where the station itself works with one of the disks, such as the one that it started from. */
  async #refuseOwnDisk(portPath: string, disks: readonly DiskFacts[]): Promise<void> {
    const { folder: ours, mountTable } = this.#deps;
    const uses = await diskUses({ mountTable });
    if (!disks.some((disk) => isInUse(disk, uses, ({ folder }) => folder.startsWith(`${ours}/`)))) return;
    const words = `the disk at USB port ${portPath} is in use by the station itself: name the port of the camera, or unmount the disk`;
    throw mountError('mount.refused', words);
  }

  /** Undefined where the kernel refused to mount what is still there. Errors: "mount.no-device", "mount.failed", "mount.write-protected". */
  async #mountVolume(portPath: string, volume: FoundVolume, mode: MountMode): Promise<Mounted | undefined> {
    const { system, blockDevices, mountTable, log, bay } = this.#deps;
    await system.makeFolder(this.folder);
    if (mountAt(await mountTable(), this.folder) !== undefined)
      throw mountError('mount.busy', 'something is mounted there that this program did not mount');
    const source = mode === 'rw' ? volume : await this.#barred(volume);
    const { code, said } = await system.mount(source, this.folder, volume.fileSystem, mode);
    if (source !== volume) await system.detach(source);
    const at = mountAt(await mountTable(), this.folder);
    const isThere = volumesOf(await blockDevices.below(portPath)).some(
      ({ identity }) => identity === volume.identity,
    );
    if (at === undefined) {
      log.warn('volume was not mounted', { bay, code, said });
      if (BUSY.test(said)) throw mountError('mount.busy', 'the volume is still in use from before');
      if (!isThere) throw mountError('mount.no-device', 'the disk left while it was mounted');
      return undefined;
    }
    const { device } = source;
    const mounted: Mounted = {
      portPath,
      volume,
      mode,
      device,
      askedAtMs: this.#now(),
      lostLooks: 0,
      isToldOverdue: false,
    };
    this.#mounted = mounted;
    const fault = mountFault(at, { device, fileSystem: volume.fileSystem, mode });
    if (fault === undefined && isThere) {
      log.info('volume is mounted', { bay, mode, node: volume.node, file_system: volume.fileSystem });
      return mounted;
    }
    await this.#release({ mayBeLazy: !isThere });
    if (!isThere) throw mountError('mount.no-device', 'the disk left while it was mounted');
    log.warn('volume was not mounted as it has to be', { bay, fault });
    throw mountError(
      mode === 'rw' && !at.superOptions.has('rw') ? 'mount.write-protected' : 'mount.failed',
      `${fault}`,
    );
  }

  /** The volume behind a device that no write passes. Errors: "mount.no-device", "mount.failed". */
  async #barred(volume: FoundVolume): Promise<Node> {
    const { system } = this.#deps;
    await system.setReadOnly(volume, true);
    const loop = await system.attachReadOnly(volume);
    if (loop !== undefined) return loop;
    if (!(await system.isThere(volume))) throw mountError('mount.no-device', 'the disk left');
    throw mountError(
      'mount.failed',
      'no loop device can be had: see whether the kernel module loop is loaded',
    );
  }

  #report(mounted: Mounted, others: readonly LeftAlone[]): VolumeReport {
    mounted.askedAtMs = this.#now();
    mounted.isToldOverdue = false;
    const { volume, mode, device } = mounted;
    const { identity, fileSystem, sizeBytes, isCutShort } = volume;
    return {
      volume: { folder: this.folder, mode, identity, device, fileSystem, sizeBytes, isCutShort },
      others,
    };
  }

  async #dropLost(portPath: string, disks: readonly DiskFacts[]): Promise<void> {
    if (this.#mounted === undefined) return;
    const { portPath: earlier, mode } = this.#mounted;
    if (earlier === portPath && this.#isAmong(disks)) return;
    const isThere = earlier !== portPath && this.#isAmong(await this.#deps.blockDevices.below(earlier));
    await this.#release({ mayBeLazy: mode === 'ro' || !isThere });
  }

  #isAmong(disks: readonly DiskFacts[]): boolean {
    const identity = this.#mounted?.volume.identity;
    return volumesOf(disks).some((volume) => volume.identity === identity);
  }

  /** Errors: "mount.busy" where it is still mounted. */
  async #release({
    tries = RELEASE_TRIES,
    mayBeLazy,
  }: {
    tries?: number;
    mayBeLazy: boolean;
  }): Promise<void> {
    const { system, clock, log, bay } = this.#deps;
    const { signal } = new AbortController();
    for (let left = tries; left > 0; left--) {
      await system.unmount(this.folder, false);
      if (await this.#isReleased()) return;
      if (left > 1) await clock.sleep(RELEASE_PAUSE_MS, signal);
    }
    if (!mayBeLazy) throw mountError('mount.busy', 'something on the station uses the mount');
    log.warn('mount busy, unmounting lazily', { bay });
    await system.unmount(this.folder, true);
    if (!(await this.#isReleased())) throw mountError('mount.busy', 'the mount cannot be taken away');
  }

  /** What stays of a released mount: its medium switched to read-only, and nothing of it in the kernel's memory. */
  async #isReleased(): Promise<boolean> {
    if (mountAt(await this.#deps.mountTable(), this.folder) !== undefined) return false;
    const mounted = this.#mounted;
    this.#mounted = undefined;
    if (mounted?.mode === 'rw') await this.#switchOff(mounted.volume);
    if (mounted !== undefined) await this.#deps.system.removeFolder(this.folder);
    this.#deps.log.info('volume is unmounted', { bay: this.#deps.bay });
    return true;
  }

  async #switchOff(volume: FoundVolume): Promise<void> {
    const { system } = this.#deps;
    if (!(await system.isThere(volume)) || !(await system.isThere(volume.disk))) return;
    await system.forget(volume);
    await system.setReadOnly(volume, true);
    await system.setReadOnly(volume.disk, true);
  }

  #now(): number {
    return this.#deps.clock.monotonicMs();
  }
}

/** It is tried again at the next look. */
function ignoreBusy(error: unknown): void {
  if (!(error instanceof DockError)) throw error;
}
