// The port of a bay is written down wrongly, and at it hangs a disk that the station itself works with: the mount helper must neither mount it nor
// switch it to read-only, also where the kernel's table of mounts does not name it. Real disks of the kernel and real commands; only that they
// hang at a USB port is made up, and the devices that LVM and LUKS would make of them.
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { MountHelper } from '../../../agent/helpers/mount/mount-helper.ts';
import { SystemCalls, systemCommands } from '../../../agent/helpers/mount/system-calls.ts';
import { nodeClock } from '../../../agent/platform/clock-node.ts';
import { sysfsBlockDevices } from '../../../drivers/mass-storage/block-devices.ts';
import { mountTable } from '../../../drivers/mass-storage/mount-table.ts';
import { parseBayId } from '../../../protocol/format/ids.ts';
import { MemoryLog } from '../../fakes/log-memory.ts';
import { lacksTools } from '../../fakes/stock-tools.ts';

const BAY = parseBayId('bay-1');
const PORT = '1-1';
const MIB = 2 ** 20;
const lacksRoot = process.env['CI'] === undefined && process.getuid?.() !== 0;

/** What the commands print. */
async function run(command: string, ...words: readonly string[]): Promise<string> {
  return (await promisify(execFile)(command, words)).stdout.trim();
}

let folder: string;
let deferred: (() => Promise<unknown>)[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bodydock-own-disk-'));
  deferred = [() => rm(folder, { recursive: true })];
});
afterEach(async () => {
  for (const each of deferred.toReversed()) await each();
});

/** Gives its node. */
async function disk(): Promise<string> {
  const image = join(folder, `${deferred.length}.img`);
  await writeFile(image, '');
  await truncate(image, 256 * MIB);
  const node = await run('losetup', '--find', '--show', image);
  deferred.push(() => run('losetup', '--detach', node));
  deferred.push(() => run('blockdev', '--setrw', node)); // it would outlast the image
  return node;
}

/** The folder of a disk at the port, as Linux lays it out. */
async function portFolder(): Promise<string> {
  const devices = join(folder, 'sys', 'bus', 'usb', 'devices');
  const block = join(devices, `${PORT}:1.0`, 'host0', 'target0:0:0', '0:0:0:0', 'block');
  await mkdir(block, { recursive: true });
  await mkdir(join(devices, PORT), { recursive: true });
  await writeFile(join(devices, PORT, 'devnum'), '5\n');
  return block;
}

/** What the helper says to a request to mount it; `shown` is where the kernel tells of that disk. */
async function asked(node: string, shown = `/sys/block/${basename(node)}`): Promise<string> {
  await symlink(shown, join(await portFolder(), basename(node)));
  const commands: string[] = [];
  const system = new SystemCalls(
    (program, words, timeoutMs) => {
      commands.push(program);
      return systemCommands()(program, words, timeoutMs);
    },
    { uid: 0, gid: 0 },
  );
  const helper = new MountHelper({
    folder: join(folder, 'mounts'),
    blockDevices: sysfsBlockDevices(join(folder, 'sys')),
    mountTable,
    system,
    clock: nodeClock(),
    log: new MemoryLog(),
    bayPorts: async () => new Map([[BAY, PORT]]),
  });
  const answers = [];
  for (const verb of ['mount-ro', 'mount-rw'] as const) {
    const answer = await helper.answer({ verb, bay: BAY });
    answers.push(answer.ok ? 'looked at' : answer.code);
  }
  await rm(join(folder, 'sys'), { recursive: true });
  const isReadOnly = (await run('blockdev', '--getro', node)) === '1';
  if (isReadOnly) await run('blockdev', '--setrw', node);
  return `${answers.join(', ')}; ${commands.length} commands; ${isReadOnly ? 'read-only' : 'as before'}`;
}

const REFUSED = 'mount.refused, mount.refused; 0 commands; as before';
/** As one that is none of the station's: there is no camera's file system on it. */
const LOOKED_AT = /^looked at, mount\.failed; [1-9]\d* commands; read-only$/;

describe.skipIf(lacksRoot || lacksTools('losetup'))('a disk of the station at the port of a bay', () => {
  test.skipIf(lacksTools('mkfs.btrfs'))('is left alone where it is the second one of a btrfs', async () => {
    const [first, second] = [await disk(), await disk()];
    await run('mkfs.btrfs', '-q', '-d', 'raid1', '-m', 'raid1', first, second);
    expect(await asked(second)).toMatch(LOOKED_AT);
    const at = join(folder, 'mounted');
    await mkdir(at);
    await run('mount', '-t', 'btrfs', first, at);
    try {
      expect((await mountTable()).find((mount) => mount.folder === at)?.source).toBe(first);
      for (const node of [first, second]) expect(await asked(node)).toBe(REFUSED);
    } finally {
      await run('umount', at);
    }
    expect(await asked(second)).toMatch(LOOKED_AT);
  });

  test('is left alone where the machine swaps to it', async () => {
    const node = await disk();
    await run('mkswap', node);
    expect(await asked(node)).toMatch(LOOKED_AT);
    await run('swapon', node);
    try {
      expect(await asked(node)).toBe(REFUSED);
    } finally {
      await run('swapoff', node);
    }
  });

  test.each(['', 'p2'])('is left alone where LVM or LUKS made a device of it%s', async (part) => {
    const node = await disk();
    const name = basename(node);
    const shown = join(folder, 'shown');
    await mkdir(shown);
    for (const file of ['dev', 'size', 'ro', 'diskseq'])
      await writeFile(join(shown, file), await run('cat', `/sys/block/${name}/${file}`));
    const at = join(shown, part === '' ? '' : `${name}${part}`);
    await mkdir(at, { recursive: true });
    for (const [file, value] of Object.entries({ dev: '259:7', partition: 2, start: 8, size: 8 }))
      if (part !== '') await writeFile(join(at, file), `${value}\n`);
    await mkdir(join(at, 'holders'));
    expect(await asked(node, shown)).toMatch(/^looked at/);
    await mkdir(join(at, 'holders', 'dm-0'));
    expect(await asked(node, shown)).toBe(REFUSED);
  });
});
