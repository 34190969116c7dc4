// The mount helper on a disk port in memory, at a real socket, and the mass-storage driver that asks it. Only the kernel and its programs are
// stood in for.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { listenAsHelper } from '../../agent/helpers/helper.ts';
import { MountHelper } from '../../agent/helpers/mount/mount-helper.ts';
import { SystemCalls } from '../../agent/helpers/mount/system-calls.ts';
import { nodeClock } from '../../agent/platform/clock-node.ts';
import type { Driver } from '../../drivers/driver.ts';
import { HELPER_SOCKET_NAME } from '../../drivers/helper.ts';
import { massStorageDriver } from '../../drivers/mass-storage/driver.ts';
import {
  helperVolumes,
  MOUNT_VERBS,
  type MountRequest,
  type Volumes,
  wireMountAnswer,
} from '../../drivers/mass-storage/volumes.ts';
import { parseBayId } from '../../protocol/format/ids.ts';
import type { Clock } from '../../protocol/format/ports.ts';
import { DiskPort, PORT } from './disk-port.ts';
import { MemoryLog } from './log-memory.ts';

export const BAY = parseBayId('bay-1');
export const PLACE = { kind: 'usb', path: PORT } as const;

export class MountRig {
  readonly folder: string;
  readonly port: DiskPort;
  readonly helper: MountHelper;
  readonly log = new MemoryLog();
  readonly socket: string;
  readonly volumes: Volumes;
  readonly driver: Driver;
  #stop: () => Promise<void> = async () => undefined;

  private constructor(folder: string, port: DiskPort, clock: Clock) {
    this.folder = folder;
    this.port = port;
    const { blockDevices, mountTable } = port;
    const system = new SystemCalls(port.run, { uid: 990, gid: 991 }, port.deviceOf);
    const bayPorts = async (): Promise<ReadonlyMap<typeof BAY, string>> => new Map([[BAY, PORT]]);
    const { log } = this;
    this.helper = new MountHelper({ folder, blockDevices, mountTable, system, clock, log, bayPorts });
    this.socket = join(folder, HELPER_SOCKET_NAME);
    const bayAt = (path: string): typeof BAY | undefined => (path === PORT ? BAY : undefined);
    this.volumes = helperVolumes(this.socket, bayAt, clock);
    const usb = { devices: port.devices, blockDevices, mountTable, volumes: this.volumes };
    this.driver = massStorageDriver({ clock, times: { noticeMs: 0 }, usb });
  }

  /** `clock` is the machine's unless given. */
  static async open(clock: Clock = nodeClock()): Promise<MountRig> {
    const folder = await mkdtemp(join(tmpdir(), 'bodydock-mounts-'));
    const rig = new MountRig(folder, await DiskPort.make(), clock);
    const answer = async (request: MountRequest) => wireMountAnswer(await rig.helper.answer(request));
    const gid = process.getgid?.() ?? 0;
    const { socket, log } = rig;
    const server = await listenAsHelper(
      { kind: 'mount', socket, gid, verbs: MOUNT_VERBS, answer, clock, log },
      async () => undefined,
    );
    rig.#stop = () => server.close();
    return rig;
  }

  async close(): Promise<void> {
    await this.#stop();
    await rm(this.folder, { recursive: true, force: true });
    this.port.dispose();
  }
}
