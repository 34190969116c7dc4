// What the tests with disks stand on: the mount helper as a process of its own, the station's file that names its ports, and the mounts.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { nodeClock } from '../../agent/platform/clock-node.ts';
import type { Driver } from '../../drivers/driver.ts';
import { HELPER_SOCKET_NAME } from '../../drivers/helper.ts';
import { sysfsBlockDevices } from '../../drivers/mass-storage/block-devices.ts';
import { massStorageDriver } from '../../drivers/mass-storage/driver.ts';
import { type MountFacts, mountTable } from '../../drivers/mass-storage/mount-table.ts';
import { helperVolumes } from '../../drivers/mass-storage/volumes.ts';
import { parseBayId } from '../../protocol/format/ids.ts';
import { compiled, MOUNT_HELPER } from '../fakes/program.ts';
import { until } from '../fakes/until.ts';
import { STATION } from '../unit/config/files.ts';
import { devices, WORK_MS } from './usb-ports.ts';

/** What systemd/bodydock-mount.service takes from it, as far as that goes without systemd. */
const AS_ITS_UNIT = [
  '--net',
  'setpriv',
  '--no-new-privs',
  '--inh-caps=-all',
  '--bounding-set=-all,+sys_admin',
];
/** At most 1000 characters of it tell what went wrong. */
const SAID_CHARACTERS_MAX = 20_000;

export const blockDevices = sysfsBlockDevices();

/** A helper for two bays at these ports. */
export class DiskBench {
  readonly folder: string;
  readonly driver: Driver;
  said = '';
  #child: ChildProcess | undefined;
  readonly #config: string;

  private constructor(folder: string, config: string, ports: readonly string[]) {
    this.folder = folder;
    this.#config = config;
    const clock = nodeClock();
    const bayAt = new Map(ports.map((port, index) => [port, parseBayId(`bay-${index + 1}`)]));
    const socket = join(folder, HELPER_SOCKET_NAME);
    const volumes = helperVolumes(socket, (port) => bayAt.get(port), clock);
    this.driver = massStorageDriver({ clock, usb: { devices, blockDevices, volumes } });
  }

  static async open(ports: readonly string[]): Promise<DiskBench> {
    const base = await mkdtemp('/tmp/mount-helper-');
    const config = join(base, 'station.yaml');
    const text = ports.reduce(
      (all, port, index) => all.replace(`folder: /media/bay-${index + 1}`, `usb_port: ${port}`),
      STATION,
    );
    await writeFile(config, text, { mode: 0o644 });
    const bench = new DiskBench(join(base, 'mounts'), config, ports);
    await bench.start();
    return bench;
  }

  async start(): Promise<void> {
    const words = [
      ...AS_ITS_UNIT,
      process.execPath,
      '--jitless',
      compiled(MOUNT_HELPER),
      '--config',
      this.#config,
      '--folder',
      this.folder,
      '--user',
      '0',
      '--group',
      '0',
    ];
    const child = spawn('unshare', words, { stdio: ['ignore', 'inherit', 'pipe'] });
    this.#child = child;
    child.stderr.setEncoding('utf8');
    child.stderr.on(
      'data',
      (text: string) => (this.said = `${this.said}${text}`.slice(-SAID_CHARACTERS_MAX)),
    );
    await until(
      'the helper is ready',
      WORK_MS,
      () => this.said.includes('mount helper is ready'),
      () => this.said,
    );
    this.said = '';
  }

  /** As a crash ends it, or a service manager. */
  async stop(signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined || child.exitCode !== null) return child?.exitCode ?? null;
    child.kill(signal);
    const [code] = (await once(child, 'exit')) as [number | null];
    return code;
  }

  /** Mounts below the helper's folder. */
  async mounts(): Promise<MountFacts[]> {
    return (await mountTable()).filter(({ folder }) => folder.startsWith(`${this.folder}/`));
  }

  /** Nothing is left mounted. */
  async untilUnmounted(what: string): Promise<void> {
    const isClear = async (): Promise<boolean> => (await this.mounts()).length === 0;
    await until(`no mount is left: ${what}`, WORK_MS, isClear, () => this.said);
  }
}
