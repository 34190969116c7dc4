import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { clearStaleMounts, MountHelper } from '../../../../agent/helpers/mount/mount-helper.ts';
import { type RunCommand, SystemCalls } from '../../../../agent/helpers/mount/system-calls.ts';
import { RW_LEASE_MS } from '../../../../drivers/mass-storage/volumes.ts';
import { parseBayId } from '../../../../protocol/format/ids.ts';
import { live } from '../../../contracts/driver-subject.ts';
import { ManualClock } from '../../../fakes/clock-manual.ts';
import { PORT } from '../../../fakes/disk-port.ts';
import { BAY, MountRig } from '../../../fakes/mount-rig.ts';
import { moved } from '../../../fakes/moved-clock.ts';
import { pause, until } from '../../../fakes/until.ts';
import { bootSector } from '../../../fakes/volume-heads.ts';

let clock: ManualClock;
let rig: MountRig;
let watching: AbortController;
beforeEach(async () => {
  clock = new ManualClock();
  rig = await MountRig.open(clock);
  watching = new AbortController();
});
afterEach(async () => {
  watching.abort();
  await rig.close();
});

const ask = (verb: 'mount-ro' | 'mount-rw' | 'unmount', bay = BAY) => rig.helper.answer({ verb, bay });

/** Looks once a second for so long. */
async function watched(seconds: number): Promise<void> {
  for (let second = 0; second < seconds; second++) {
    await clock.advance(1000);
    await pause(3);
  }
}

test('writing is switched off before the first byte is read, and the mount has every option that it must have', async () => {
  rig.port.volumes = [{ partition: 1, head: bootSector('fat32') }];
  expect(await ask('mount-ro')).toMatchObject({
    ok: true,
    report: { volume: { mode: 'ro', device: '7:0' } },
  });
  const options =
    'ro,nosuid,nodev,noexec,noatime,errors=remount-ro,fmask=0177,dmask=0077,tz=UTC,utf8=1,uid=990,gid=991';
  expect(rig.port.commands).toEqual([
    'blockdev --setro /dev/sda',
    'dd if=/dev/sda1 bs=4096 count=1 status=none',
    'blockdev --setro /dev/sda1',
    'losetup --read-only --find --show /dev/sda1',
    `mount --internal-only --types vfat --options ${options} --source /dev/loop0 --target ${join(rig.folder, BAY)}`,
    'losetup --detach /dev/loop0',
  ]);
});

test('who asks when the helper is asked to end, or just before, gets no mount: nobody would take it away', async () => {
  const before = [ask('mount-ro'), ask('mount-ro')];
  await rig.helper.end();
  const refused = { ok: false, code: 'mount.failed' };
  expect(await Promise.all([...before, ask('mount-ro')])).toMatchObject([refused, refused, refused]);
  expect(rig.port.mounts).toEqual([]);
});

test('what waits behind another request of its bay when the helper is asked to end is not begun any more', async () => {
  await ask('mount-ro');
  const writable = ask('mount-rw');
  const again = ask('mount-ro');
  await pause(0);
  await rig.helper.end();
  expect((await writable).ok).toBe(true);
  expect(await again).toMatchObject({ ok: false, code: 'mount.failed' });
  expect(rig.port.mounts).toEqual([]);
});

test('without a device that no write passes nothing is mounted', async () => {
  rig.port.hasLoops = false;
  expect(await ask('mount-ro')).toMatchObject({ ok: false, code: 'mount.failed' });
  expect(rig.port.mounts).toEqual([]);
});

test('what is mounted is found so, and costs no program', async () => {
  await ask('mount-ro');
  const before = rig.port.commands.length;
  expect(await ask('mount-ro')).toMatchObject({ ok: true, report: { volume: { mode: 'ro' } } });
  expect(rig.port.commands).toHaveLength(before);
});

test('writable is a new mount, and never without a read-only one before', async () => {
  expect(await ask('mount-rw')).toMatchObject({ ok: false, code: 'mount.failed' });
  await ask('mount-ro');
  expect(await ask('mount-rw')).toMatchObject({ ok: true, report: { volume: { mode: 'rw' } } });
  const [lines, unmount] = [
    rig.port.commands,
    rig.port.commands.findIndex((line) => line.startsWith('umount')),
  ];
  expect(lines.slice(unmount + 1, unmount + 3)).toEqual([
    'blockdev --setrw /dev/sda',
    'blockdev --setrw /dev/sda',
  ]);
});

test('another card is not mounted writable for what was asked of the first', async () => {
  await ask('mount-ro');
  rig.port.exchange();
  expect(await moved(clock, ask('mount-rw'), 250)).toMatchObject({ ok: false, code: 'mount.no-device' });
  expect(rig.port.commands.some((line) => line.includes('--setrw'))).toBe(false);
});

test('unmounting writes all, switches writing off, and is nothing where nothing is mounted', async () => {
  expect(await ask('unmount')).toEqual({ ok: true, report: null });
  await ask('mount-ro');
  await ask('mount-rw');
  expect(await ask('unmount')).toEqual({ ok: true, report: null });
  expect(rig.port.commands.slice(-4)).toEqual([
    `umount --internal-only --no-canonicalize ${join(rig.folder, BAY)}`,
    'blockdev --flushbufs /dev/sda',
    'blockdev --setro /dev/sda',
    'blockdev --setro /dev/sda',
  ]);
});

test('a mount in use stays as long as its device is there, and is told', async () => {
  await ask('mount-ro');
  rig.port.isBusy = true;
  expect(await moved(clock, ask('unmount'), 250)).toMatchObject({ ok: false, code: 'mount.busy' });
  expect(rig.port.commands.some((line) => line.includes('--lazy'))).toBe(false);
  expect(rig.port.mounts).toHaveLength(1);
});

test('a mount whose device is gone goes by itself, lazily only where it is in use for long, and that is said', async () => {
  await ask('mount-ro');
  const watch = rig.helper.watch(watching.signal);
  await rig.port.pull();
  await watched(2);
  expect(rig.port.mounts).toEqual([]);
  expect(rig.log.lines.some(({ message }) => message.includes('lazily'))).toBe(false);
  watching.abort();
  await watch;
});

test('a mount in use whose device is gone is taken away lazily in the end', async () => {
  await ask('mount-ro');
  const watch = rig.helper.watch(watching.signal);
  rig.port.isBusy = true;
  await rig.port.pull();
  await watched(5);
  expect(rig.port.mounts).toHaveLength(1);
  await watched(10);
  expect(rig.port.mounts).toEqual([]);
  expect(rig.log.lines.some(({ message }) => message.includes('lazily'))).toBe(true);
  watching.abort();
  await watch;
});

test('a writable mount that nobody asks for any more is taken away', async () => {
  await ask('mount-ro');
  await ask('mount-rw');
  const watch = rig.helper.watch(watching.signal);
  await watched(RW_LEASE_MS / 1000 - 5);
  expect(rig.port.mounts).toHaveLength(1);
  await ask('mount-rw');
  await watched(RW_LEASE_MS / 1000 - 5);
  expect(rig.port.mounts).toHaveLength(1);
  await watched(10);
  const isOff = (): boolean => rig.port.commands.at(-1) === 'blockdev --setro /dev/sda';
  await until('writing is switched off', 5000, isOff);
  expect(rig.port.mounts).toEqual([]);
  watching.abort();
  await watch;
});

test('a writable mount that nobody asks for and that is in use is told once, however long it stays', async () => {
  await ask('mount-ro');
  await ask('mount-rw');
  rig.port.isBusy = true;
  const watch = rig.helper.watch(watching.signal);
  await watched(RW_LEASE_MS / 1000 + 10);
  expect(rig.port.mounts).toHaveLength(1);
  expect(rig.log.messages('warn')).toEqual(['writable mount no longer requested']);
  rig.port.isBusy = false;
  await watched(2);
  expect(rig.port.mounts).toEqual([]);
  watching.abort();
  await watch;
});

test('a device that leaves while it is mounted leaves no mount', async () => {
  rig.port.beforeMount = () => {
    rig.port.beforeMount = () => undefined;
    setTimeout(() => void rig.port.pull(), 0); // the program is running
    return new Promise((resolve) => setTimeout(resolve, 5));
  };
  expect(await ask('mount-ro')).toMatchObject({ ok: false, code: 'mount.no-device' });
  expect(rig.port.mounts).toEqual([]);
});

test('a device that is exchanged while it is mounted leaves no mount', async () => {
  rig.port.beforeMount = () => rig.port.exchange();
  expect(await ask('mount-ro')).toMatchObject({ ok: false, code: 'mount.no-device' });
  expect(rig.port.mounts).toEqual([]);
});

test('a writable mount in use stays where its bay got another port, as long as its device is there', async () => {
  let port = PORT;
  const { folder, log } = rig;
  const { blockDevices, mountTable } = rig.port;
  const system = new SystemCalls(rig.port.run, { uid: 990, gid: 991 }, rig.port.deviceOf);
  const bayPorts = async (): Promise<ReadonlyMap<typeof BAY, string>> => new Map([[BAY, port]]);
  const helper = new MountHelper({ folder, blockDevices, mountTable, system, clock, log, bayPorts });
  await helper.answer({ verb: 'mount-ro', bay: BAY });
  await helper.answer({ verb: 'mount-rw', bay: BAY });
  rig.port.isBusy = true;
  port = '1-1.2';
  const answer = helper.answer({ verb: 'mount-ro', bay: BAY });
  expect(await moved(clock, answer, 250)).toMatchObject({ ok: false, code: 'mount.busy' });
  expect(rig.port.mounts).toHaveLength(1);
  expect(rig.port.commands.some((line) => line.includes('--lazy'))).toBe(false);
});

test('its end takes away no writable mount that is in use while its device is there', async () => {
  await ask('mount-ro');
  await ask('mount-rw');
  rig.port.isBusy = true;
  await moved(clock, rig.helper.end(), 250);
  expect(rig.port.mounts).toHaveLength(1);
});

test('its end takes away everything else, and be it in use', async () => {
  await ask('mount-ro');
  rig.port.isBusy = true;
  await moved(clock, rig.helper.end(), 250);
  expect(rig.port.mounts).toEqual([]);
});

test('a file system that is still in use from before is not told as damaged', async () => {
  await ask('mount-ro');
  await ask('unmount');
  rig.port.isInMemory = true;
  expect(await ask('mount-ro')).toMatchObject({ ok: false, code: 'mount.busy' });
});

test('a file system that the kernel refuses is told as damaged', async () => {
  rig.port.isDamaged = true;
  expect(await ask('mount-ro')).toEqual({
    ok: true,
    report: { volume: null, others: ['damaged-file-system'] },
  });
});

test('a bay that the configuration does not name is refused, and nothing is done for it', async () => {
  expect(await ask('mount-ro', parseBayId('bay-2'))).toMatchObject({ ok: false, code: 'mount.refused' });
  expect(rig.port.commands).toEqual([]);
});

test('a disk that the station itself works on is refused, and nothing is done to it', async () => {
  rig.port.volumes = [
    { partition: 1, head: bootSector('fat32') },
    { partition: 2, head: new Uint8Array(4096) },
  ];
  const refused = async (): Promise<void> => {
    for (const verb of ['mount-ro', 'mount-rw'] as const)
      expect(await ask(verb)).toMatchObject({ ok: false, code: 'mount.refused' });
    expect(rig.port.commands).toEqual([]);
  };
  const ours = { target: '/', root: '/', folder: '/', fileSystem: 'btrfs', options: new Set(['rw']) };
  // By its number, and by its node where the file system has a number of its own.
  for (const [device, source] of [
    ['8:2', '/dev/root'],
    ['0:31', '/dev/sda2'],
  ] as const) {
    // prettier-ignore
    rig.port.mounts.push({ ...ours, device, source, superOptions: new Set(['rw']) });
    await refused();
    rig.port.mounts.length = 0;
  }
  rig.port.isHeld = true;
  await refused();
});

test('a program that hangs costs its bay alone: the request ends in time, and more than four do not wait', async () => {
  let letGo = (): void => undefined;
  rig.port.beforeMount = () => new Promise<void>((resolve) => (letGo = resolve));
  const first = rig.volumes.mount(PORT, 'ro', live());
  first.catch(() => undefined); // awaited below
  await until('it hangs', 5000, () => rig.port.commands.some((line) => line.startsWith('mount')));
  const waiting = [ask('mount-ro'), ask('mount-ro'), ask('unmount')];
  expect(await ask('mount-ro')).toMatchObject({ ok: false, code: 'mount.busy' });
  await clock.advance(80_000);
  for (const answer of await Promise.all(waiting)) expect(answer).toMatchObject({ code: 'mount.timeout' });
  await expect(first).rejects.toMatchObject({ code: 'mount.timeout' });
  rig.port.beforeMount = () => undefined;
  letGo();
  await until('its lane is free', 5000, async () => (await ask('mount-ro')).ok);
});

test('at its start it takes away what an earlier run left, lazily where that is in use', async () => {
  await ask('mount-ro');
  rig.port.isBusy = true;
  const system = new SystemCalls(rig.port.run, { uid: 0, gid: 0 }, rig.port.deviceOf);
  await clearStaleMounts(rig.folder, system, rig.log, clock, rig.port.mountTable);
  expect(rig.port.mounts).toEqual([]);
  expect(rig.port.commands.findLast((line) => line.startsWith('umount'))).toContain('--lazy');
});

test('a writable mount of an earlier run that is in use is waited for, and left where its device is there', async () => {
  await ask('mount-ro');
  await ask('mount-rw');
  rig.port.isBusy = true;
  const system = new SystemCalls(rig.port.run, { uid: 0, gid: 0 }, rig.port.deviceOf);
  const clear = (): Promise<void> =>
    clearStaleMounts(rig.folder, system, rig.log, clock, rig.port.mountTable);
  await moved(clock, clear(), 250);
  expect(rig.port.mounts).toHaveLength(1);
  expect(rig.port.commands.some((line) => line.includes('--lazy'))).toBe(false);
  expect(rig.log.messages('error')).toEqual(['stale mount blocks its bay']);
  const begun = clear();
  await clock.advance(1000);
  rig.port.isBusy = false;
  await moved(clock, begun, 250);
  expect(rig.port.mounts).toEqual([]);
});

test('a writable mount of an earlier run whose device is gone is taken away lazily where it is in use', async () => {
  await ask('mount-ro');
  await ask('mount-rw');
  rig.port.isBusy = true;
  await rig.port.pull();
  const system = new SystemCalls(rig.port.run, { uid: 0, gid: 0 }, rig.port.deviceOf);
  await clearStaleMounts(rig.folder, system, rig.log, clock, rig.port.mountTable);
  expect(rig.port.mounts).toEqual([]);
});

test('a loop device over a disk that an earlier run did not detach is, and no other', async () => {
  const system = new SystemCalls(rig.port.run, { uid: 0, gid: 0 }, rig.port.deviceOf);
  const clear = (): Promise<void> =>
    clearStaleMounts(rig.folder, system, rig.log, clock, rig.port.mountTable);
  for (const left of ['/dev/sda1', '/dev/sdb', '/dev/sdc1\\x20(deleted)']) {
    rig.port.commands.length = 0;
    rig.port.loops = [`/dev/loop0 0 1 ${left}`];
    await clear();
    expect(rig.port.commands).toContain('losetup --detach /dev/loop0');
  }
  rig.port.commands.length = 0;
  const others = ['1 1 /dev/sda1', '0 0 /dev/sda1', '0 1 /home/x/image', '0 1 /dev/sda1/x', '0 1 '];
  rig.port.loops = others.map((other) => `/dev/loop0 ${other}`);
  await clear();
  expect(rig.port.commands.filter((line) => line.includes('--detach'))).toEqual([]);
  await ask('mount-ro'); // what is mounted goes with its mount
  rig.port.mounts.push({ target: '/mnt', root: '/', folder: '/mnt', device: '7:0', fileSystem: 'vfat', source: '/dev/loop0', options: new Set(['ro']), superOptions: new Set(['ro']) }); // prettier-ignore
  rig.port.commands.length = 0;
  rig.port.loops = ['/dev/loop0 0 1 /dev/sda1'];
  await clear();
  expect(rig.port.commands.filter((line) => line.includes('--detach'))).toEqual([]);
});

test('a mount of an earlier run that cannot be taken away is told as one that stays', async () => {
  await ask('mount-ro');
  const refuse: RunCommand = async () => ({ code: 32, output: new Uint8Array(), said: 'not permitted' });
  const system = new SystemCalls(refuse, { uid: 0, gid: 0 }, rig.port.deviceOf);
  await clearStaleMounts(rig.folder, system, rig.log, clock, rig.port.mountTable);
  expect(rig.log.messages('error')).toEqual(['stale mount blocks its bay']);
  expect(rig.log.messages('warn')).toEqual([]);
});

test('its end takes away what is mounted behind all requests that wait', async () => {
  await ask('mount-ro');
  let letGo = (): void => undefined;
  rig.port.beforeMount = () => new Promise<void>((resolve) => (letGo = resolve));
  const requests = [ask('mount-rw'), ask('mount-ro'), ask('mount-ro'), ask('mount-ro')];
  await until(
    'it hangs',
    5000,
    () => rig.port.commands.filter((line) => line.startsWith('mount')).length > 1,
  );
  const ended = rig.helper.end();
  rig.port.beforeMount = () => undefined;
  letGo();
  await Promise.all([ended, ...requests]);
  expect(rig.port.mounts).toEqual([]);
});

test('what somebody else mounted at its place is left, and in the way', async () => {
  const at = join(rig.folder, BAY);
  await mkdir(at);
  rig.port.mounts.push({ target: at, root: '/', folder: at, device: '0:1', fileSystem: 'tmpfs', source: 'tmpfs', options: new Set(), superOptions: new Set() }); // prettier-ignore
  expect(await ask('mount-ro')).toMatchObject({ ok: false, code: 'mount.busy' });
  expect(rig.port.mounts).toHaveLength(1);
});
