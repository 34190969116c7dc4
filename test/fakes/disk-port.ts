// A USB port with a disk in it, as the kernel and its programs show it: tables in memory, a real folder for what is on the volume, and the four
// programs that the mount helper runs, with their words and exit codes. "Mounted" is a link to the folder. What only a kernel can show is in
// test/rig.
import { mkdir, rmdir, symlink, unlink } from 'node:fs/promises';
import type { CommandResult, RunCommand } from '../../agent/helpers/mount/system-calls.ts';
import type { BlockDevices, DiskFacts } from '../../drivers/mass-storage/block-devices.ts';
import type { MountFacts } from '../../drivers/mass-storage/mount-table.ts';
import type { UsbDeviceFacts, UsbDevices } from '../../drivers/usb/device.ts';
import { CardFolder } from './card-folder.ts';
import { bootSector } from './volume-heads.ts';

export const PORT = '1-1.1';
const SIZE_BYTES = 64 * 1024 * 1024;

/** A volume by what its first bytes are; the first of FAT or exFAT is what can be mounted. */
export interface FakeVolume {
  /** 0 for the whole disk. */
  readonly partition: number;
  readonly head: Uint8Array;
}

const LOOP = '/dev/loop0';
const DONE: CommandResult = { code: 0, output: new Uint8Array(), said: '' };
const REFUSED: CommandResult = { code: 32, output: new Uint8Array(), said: 'refused' };

export class DiskPort {
  readonly card: CardFolder;
  /** Every command in order, as one line. */
  readonly commands: string[] = [];
  readonly mounts: (MountFacts & { readonly target: string })[] = [];
  volumes: readonly FakeVolume[] = [{ partition: 0, head: bootSector('fat16') }];
  isPlugged = true;
  /** The kernel has made the disk. */
  hasDisk = true;
  hasMedium = true;
  sequence = 7;
  /** What the disk has counted, at each look. */
  errors: () => number = () => 3;
  /** By a switch on the card. */
  isProtected = false;
  /** Something has a file of the mount open. */
  isBusy = false;
  /** Lines of `losetup --list`. */
  loops: readonly string[] = [];
  /** The file system is so damaged that the kernel does not mount it. */
  isDamaged = false;
  /** A file of an earlier mount of it is open still. */
  isInMemory = false;
  /** Options that the mount does not get. */
  lacks: readonly string[] = [];
  /** What a mount waits for. */
  beforeMount: () => Promise<void> | void = () => undefined;
  hasLoops = true;
  /** The kernel made another device of its partitions. */
  isHeld = false;
  readonly #readOnly = new Set<string>();
  #looped = '';

  private constructor(card: CardFolder) {
    this.card = card;
  }

  static async make(): Promise<DiskPort> {
    return new DiskPort(await CardFolder.make());
  }

  readonly devices: UsbDevices = {
    list: async () => (this.isPlugged ? [this.#device()] : []),
    at: async (port) => (this.isPlugged && port === PORT ? this.#device() : undefined),
    portsOf: async (port) => [port],
  };

  readonly blockDevices: BlockDevices = { below: async (port) => (port === PORT ? this.#disks() : []) };

  readonly mountTable = async (): Promise<readonly MountFacts[]> => [...this.mounts];

  readonly deviceOf = async (node: string): Promise<string | undefined> => {
    if (node === LOOP) return '7:0';
    const all = this.#disks().flatMap((disk) => [disk, ...disk.partitions]);
    return all.find(({ name, device }) => [`/dev/${name}`, `/dev/block/${device}`].includes(node))?.device;
  };

  readonly run: RunCommand = async (program, words) => {
    this.commands.push([program, ...words].join(' '));
    const last = words.at(-1) ?? '';
    if (program === 'dd') return this.#head(words[0]?.slice('if='.length) ?? '');
    if (program === 'losetup' && words[0] === '--list')
      return { ...DONE, output: Buffer.from(this.loops.map((line) => `${line}\n`).join('')) };
    if (program === 'losetup') return this.#loop(words[0] ?? '', last);
    if (program === 'blockdev') return this.#switch(words[0] ?? '', last);
    if (program === 'mount') return this.#mount(words, last);
    return program === 'umount' ? this.#unmount(last, words.includes('--lazy')) : REFUSED;
  };

  /** As when the plug is pulled: tables are empty at once, mounts stay. */
  async pull(): Promise<void> {
    this.isPlugged = false;
    await this.card.detach().catch(() => undefined); // was pulled before
  }

  /** Another card, or the same one again: the kernel counts on. */
  exchange(): void {
    this.sequence++;
  }

  dispose(): void {
    this.card.dispose();
  }

  #device(): UsbDeviceFacts {
    return {
      portPath: PORT,
      bus: 1,
      address: this.sequence,
      vendorId: 0x46f4,
      productId: 1,
      vendor: 'Maker',
      product: 'Camera',
      serial: '0001',
      interfaces: [{ number: 0, classCode: 8, subclassCode: 6, protocolCode: 0x50, name: null }],
    };
  }

  #disks(): DiskFacts[] {
    if (!this.isPlugged || !this.hasDisk) return [];
    const partitions = this.volumes
      .filter(({ partition }) => partition > 0)
      .map(({ partition }) => ({
        name: `sda${partition}`,
        number: partition,
        device: `8:${partition}`,
        startBytes: partition * SIZE_BYTES,
        sizeBytes: SIZE_BYTES,
        isHeld: this.isHeld,
      }));
    return [
      {
        name: 'sda',
        device: '8:0',
        unit: 0,
        sequence: `${this.sequence}`,
        sizeBytes: this.hasMedium ? SIZE_BYTES : 0,
        isReadOnly: this.isProtected || this.#readOnly.has('/dev/sda'),
        errors: this.errors(),
        isHeld: false,
        partitions,
      },
    ];
  }

  /** One loop device: the helper gives it to its mount at once. */
  #loop(word: string, node: string): CommandResult {
    if (word === '--detach') return DONE;
    if (this.#volumeAt(node) === undefined || !this.isPlugged || !this.hasLoops) return REFUSED;
    this.#looped = node;
    return { ...DONE, output: Buffer.from(`${LOOP}\n`) };
  }

  #volumeAt(node: string): FakeVolume | undefined {
    return this.volumes.find(
      ({ partition }) => node === (partition === 0 ? '/dev/sda' : `/dev/sda${partition}`),
    );
  }

  #head(node: string): CommandResult {
    const volume = this.isPlugged ? this.#volumeAt(node) : undefined;
    return volume === undefined ? { ...REFUSED, code: 1 } : { ...DONE, output: volume.head };
  }

  #switch(word: string, node: string): CommandResult {
    if (word === '--setro') this.#readOnly.add(node);
    if (word === '--setrw') this.#readOnly.delete(node);
    return DONE;
  }

  /** As mount(8): a medium that refuses to be written is mounted read-only, with exit code 0. */
  async #mount(words: readonly string[], target: string): Promise<CommandResult> {
    await this.beforeMount();
    const valueOf = (word: string): string => words[words.indexOf(word) + 1] ?? '';
    const source = valueOf('--source');
    const node = source === LOOP ? this.#looped : source;
    const volume = this.#volumeAt(node);
    if (!this.isPlugged || volume === undefined || this.isDamaged) return REFUSED;
    if (this.isInMemory) return { ...REFUSED, said: `mount: ${node} already mounted or mount point busy.` };
    const asked = valueOf('--options').split(',');
    const mode = asked.includes('rw') && !this.isProtected && !this.#readOnly.has(node) ? 'rw' : 'ro';
    await rmdir(target);
    await symlink(this.card.root, target);
    this.mounts.push({
      target,
      folder: target,
      device: source === LOOP ? '7:0' : `8:${volume.partition}`,
      root: '/',
      fileSystem: valueOf('--types'),
      source,
      options: new Set([mode, ...asked.filter((each) => each !== 'rw' && !this.lacks.includes(each))]),
      superOptions: new Set([mode]),
    });
    return DONE;
  }

  async #unmount(target: string, isLazy: boolean): Promise<CommandResult> {
    const at = this.mounts.findLastIndex((mount) => mount.target === target);
    if (at === -1 || (this.isBusy && !isLazy)) return REFUSED;
    this.mounts.splice(at, 1);
    await unlink(target);
    await mkdir(target);
    return DONE;
  }
}
