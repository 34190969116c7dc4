import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { CameraSession, Inventory, InventoryEntry } from '../../../../drivers/driver.ts';
import { ANY_SHA256, latin1, live, patternBytes, readBytes } from '../../../contracts/driver-subject.ts';
import { ManualClock, settle } from '../../../fakes/clock-manual.ts';
import { PORT } from '../../../fakes/disk-port.ts';
import { MountRig, PLACE } from '../../../fakes/mount-rig.ts';
import { moved } from '../../../fakes/moved-clock.ts';
import { until } from '../../../fakes/until.ts';
import { bootSector } from '../../../fakes/volume-heads.ts';

const bytes = patternBytes(10_000);
let rig: MountRig;
let session: CameraSession | undefined;

afterEach(async () => {
  await session?.close();
  session = undefined;
  await rig.close();
});

async function open(): Promise<CameraSession> {
  session = await rig.driver.open(PLACE, live());
  return session;
}

async function entryOf(from: CameraSession, name = 'A.MP4'): Promise<InventoryEntry> {
  const found = (await from.inventory(live())).entries.find(({ path }) => latin1(path) === name);
  if (found === undefined) throw new Error(`${name} is not listed`);
  return found;
}

function reasonsOf({ problems }: Inventory): string[] {
  return problems.map(({ reason }) => reason);
}

function mode(): string | undefined {
  return [...(rig.port.mounts[0]?.superOptions ?? [])][0];
}

const mountsAs = (mode: string): number =>
  rig.port.commands.filter((line) => line.startsWith('mount') && line.includes(`--options ${mode},`)).length;

describe('with the machine’s clock', () => {
  beforeEach(async () => {
    rig = await MountRig.open();
    await rig.port.card.put('A.MP4', bytes);
    await rig.port.card.put('B.MP4', bytes);
  });

  test('who it is says its device', async () => {
    const opened = await open();
    expect(await opened.identity(live())).toEqual({
      vendor: 'Maker',
      model: 'Camera',
      serial: '0001',
      firmware: null,
    });
  });

  test('a file is called gone from a read-only mount, and not where the disk answered with an error meanwhile', async () => {
    const opened = await open();
    const [a, b] = [await entryOf(opened), await entryOf(opened, 'B.MP4')];
    await opened.erase(a, live(), ANY_SHA256);
    expect(mode()).toBe('rw');
    expect([...((await opened.goneOf?.([a, b], live())) ?? [])]).toEqual([a]);
    expect(mode()).toBe('ro');
    let counted = 0;
    rig.port.errors = () => counted++;
    expect((await opened.goneOf?.([a, b], live()))?.size).toBe(0);
  });

  test('it is read-only until something is erased, writable for the wave, and listed from a new mount', async () => {
    const opened = await open();
    const [first, second] = [await entryOf(opened), await entryOf(opened, 'B.MP4')];
    await readBytes(opened, first);
    expect([mode(), mountsAs('ro'), mountsAs('rw')]).toEqual(['ro', 1, 0]);
    expect(await opened.erase(first, live(), ANY_SHA256)).toBe('done');
    expect(await opened.erase(second, live(), ANY_SHA256)).toBe('done');
    expect([mode(), mountsAs('ro'), mountsAs('rw')]).toEqual(['rw', 1, 1]);
    expect((await opened.inventory(live())).entries).toEqual([]);
    expect([mode(), mountsAs('ro'), mountsAs('rw')]).toEqual(['ro', 2, 1]);
  });

  test('a file is read from a read-only mount although the last call erased', async () => {
    const opened = await open();
    const [first, second] = [await entryOf(opened), await entryOf(opened, 'B.MP4')];
    await opened.erase(first, live(), ANY_SHA256);
    expect((await readBytes(opened, second)).equals(bytes)).toBe(true);
    expect(mode()).toBe('ro');
  });

  test('an erased file that changed since it was listed is left', async () => {
    const opened = await open();
    const entry = await entryOf(opened);
    await rig.port.card.put('A.MP4', patternBytes(10_001));
    await expect(opened.erase(entry, live(), ANY_SHA256)).rejects.toMatchObject({ code: 'driver.changed' });
    expect((await rig.port.card.contents()).size).toBe(2);
  });

  test('the end of the session unmounts, also while it is writable', async () => {
    const opened = await open();
    await opened.erase(await entryOf(opened), live(), ANY_SHA256);
    await opened.close();
    expect(rig.port.mounts).toEqual([]);
    expect(rig.port.commands.findLast((line) => line.startsWith('blockdev'))).toBe(
      'blockdev --setro /dev/sda',
    );
  });

  test('another card in the place of the one that was erased from confirms nothing', async () => {
    const opened = await open();
    await opened.erase(await entryOf(opened), live(), ANY_SHA256);
    rig.port.exchange();
    await expect(opened.inventory(live())).rejects.toMatchObject({ code: 'driver.detached' });
  });

  test('a disk that is gone behind a listing is no empty camera', async () => {
    const opened = await open();
    rig.port.hasDisk = false;
    await expect(opened.inventory(live())).rejects.toMatchObject({ code: 'driver.detached' });
    await expect(opened.readClock(live())).rejects.toMatchObject({ code: 'driver.detached' });
  });

  test('a disk that leaves between the beginning of a listing and its end is no camera with fewer files', async () => {
    const opened = await open();
    let looks = 0;
    rig.port.errors = () => {
      if (++looks === 2) rig.port.hasDisk = false; // the helper looked, the session looked; it lists now
      return 0;
    };
    await expect(opened.inventory(live())).rejects.toMatchObject({ code: 'driver.detached' });
  });

  test('a volume that cannot be mounted again after an erasure confirms nothing', async () => {
    const opened = await open();
    await opened.erase(await entryOf(opened), live(), ANY_SHA256);
    rig.port.isDamaged = true;
    await expect(opened.inventory(live())).rejects.toMatchObject({ code: 'driver.protocol' });
  });

  test('a listing during which the disk answered with an error is taken again, and told where it stays so', async () => {
    const opened = await open();
    let counted = 0;
    rig.port.errors = () => Math.min(counted++, 4);
    expect(reasonsOf(await opened.inventory(live()))).toEqual([]);
    rig.port.errors = () => counted++;
    expect(reasonsOf(await opened.inventory(live()))).toEqual(['read-errors']);
  });

  test.each([
    ['a second one that is known', bootSector('exfat'), 'other-volume'],
    ['an unknown one', bootSector('ntfs'), 'unknown-file-system'],
    ['an encrypted one', bootSector('luks'), 'encrypted-volume'],
  ])('beside the volume, %s is told', async (_, head, reason) => {
    rig.port.volumes = [{ partition: 1, head: bootSector('fat32') }, { partition: 2, head }]; // prettier-ignore
    const listing = await (await open()).inventory(live());
    expect([listing.entries.length, reasonsOf(listing)]).toEqual([2, [reason]]);
    expect(rig.port.commands.filter((line) => line.startsWith('losetup --read'))).toEqual([
      'losetup --read-only --find --show /dev/sda1',
    ]);
  });

  test('the first known volume is taken where an unknown one lies in front of it', async () => {
    rig.port.volumes = [
      { partition: 1, head: bootSector('zeros') },
      { partition: 2, head: bootSector('exfat') },
    ];
    const listing = await (await open()).inventory(live());
    expect([listing.entries.length, reasonsOf(listing)]).toEqual([2, ['unknown-file-system']]);
    expect(rig.port.mounts[0]).toMatchObject({ fileSystem: 'exfat' });
    expect(rig.port.commands).toContain('losetup --read-only --find --show /dev/sda2');
  });

  test('a partition that appears later is told from then on', async () => {
    rig.port.volumes = [{ partition: 1, head: bootSector('fat16') }];
    const opened = await open();
    expect(reasonsOf(await opened.inventory(live()))).toEqual([]);
    rig.port.volumes = [...rig.port.volumes, { partition: 2, head: bootSector('fat16') }];
    expect(reasonsOf(await opened.inventory(live()))).toEqual(['other-volume']);
  });

  test('a file system that says it is larger than its partition makes no complete inventory', async () => {
    rig.port.volumes = [{ partition: 0, head: bootSector('fat16', 200_000) }];
    expect(reasonsOf(await (await open()).inventory(live()))).toEqual(['volume-cut-short']);
  });

  test('a file that says it is larger than its volume is not read', async () => {
    const opened = await open();
    const entry = { ...(await entryOf(opened)), sizeBytes: 2 ** 31 };
    await expect(readBytes(opened, entry)).rejects.toMatchObject({
      code: 'driver.unreadable',
      retry: 'person',
    });
  });

  test('a protected card is asked once, says so for each file, and is listed as before', async () => {
    rig.port.isProtected = true;
    rig.port.volumes = [{ partition: 1, head: bootSector('fat16') }];
    const opened = await open();
    const entry = await entryOf(opened);
    for (let times = 0; times < 3; times++)
      expect(await opened.erase(entry, live(), ANY_SHA256)).toBe('write-protected');
    expect(rig.port.commands.filter((line) => line === 'blockdev --setrw /dev/sda')).toHaveLength(1);
    expect((await opened.inventory(live())).entries).toHaveLength(2);
  });

  test.each(['nosuid', 'nodev', 'noexec', 'noatime'])('a mount without %s is not read', async (option) => {
    rig.port.lacks = [option];
    await expect(open()).rejects.toMatchObject({ code: 'mount.failed' });
    expect(rig.port.mounts).toEqual([]);
  });

  test('a mount that this process does not see as it has to be is not read, whatever the helper says', async () => {
    const opened = await open();
    const [mount] = rig.port.mounts;
    rig.port.mounts.splice(0, 1, ...(mount === undefined ? [] : [{ ...mount, options: new Set(['ro']) }]));
    await expect(opened.inventory(live())).rejects.toMatchObject({ code: 'driver.refused' });
  });

  test('a helper that does not run is a person’s business', async () => {
    const { driver } = rig;
    await rig.close();
    await expect(driver.open(PLACE, live())).rejects.toMatchObject({
      code: 'driver.refused',
      retry: 'person',
    });
    rig = await MountRig.open();
  });

  test('a device without a disk is not its business, and nor is a port that no bay has', async () => {
    expect(await rig.driver.probe({ kind: 'usb', path: '1-9' }, live())).toBe(false);
    expect(await rig.driver.probe({ kind: 'serial', path: PORT, baud: 9600, framing: 'raw' }, live())).toBe(
      false,
    );
    await expect(rig.driver.open({ kind: 'usb', path: '1-9' }, live())).rejects.toMatchObject({
      code: 'driver.detached',
    });
  });
});

describe('with time that a test moves', () => {
  let clock: ManualClock;
  beforeEach(async () => {
    clock = new ManualClock();
    rig = await MountRig.open(clock);
    await rig.port.card.put('A.MP4', bytes);
  });

  const running = <T>(work: Promise<T>, stepMs = 250): Promise<T> => moved(clock, work, stepMs);

  test('a writable mount that nothing more is asked of ends after ten seconds', async () => {
    const opened = await running(open(), 0);
    const entry = await running(entryOf(opened), 0);
    expect(await running(opened.erase(entry, live(), ANY_SHA256), 0)).toBe('done');
    await clock.advance(9000);
    await settle();
    expect(mode()).toBe('rw');
    await clock.advance(1100);
    await until('it is unmounted', 5000, () => rig.port.mounts.length === 0);
    expect((await running(opened.inventory(live()), 0)).entries).toEqual([]);
    expect(mode()).toBe('ro');
  });

  test('a disk that the kernel makes late is waited for', async () => {
    rig.port.hasDisk = false;
    const opening = open();
    await clock.advance(2000);
    rig.port.hasDisk = true;
    const opened = await running(opening);
    expect((await running(opened.inventory(live()), 0)).entries).toHaveLength(1);
  });

  test('a device that shows no disk is given up after fifteen seconds', async () => {
    rig.port.hasDisk = false;
    await expect(running(open())).rejects.toMatchObject({
      code: 'driver.refused',
      facts: { reason: 'no-disk' },
    });
    expect(clock.monotonicMs()).toBeLessThan(20_000);
  });

  test('a slot without a card is an inventory that says so', async () => {
    rig.port.hasMedium = false;
    const opened = await running(open());
    expect(reasonsOf(await running(opened.inventory(live()), 0))).toEqual(['no-medium']);
    rig.port.hasDisk = false;
    await expect(running(opened.inventory(live()), 0)).rejects.toMatchObject({ code: 'driver.detached' });
  });

  test('a card that is exchanged while it is waited for is another docking', async () => {
    rig.port.hasDisk = false;
    const opening = open();
    await clock.advance(1000);
    rig.port.exchange();
    await expect(running(opening)).rejects.toMatchObject({ code: 'driver.detached' });
  });

  test('a mount in use refuses the erasure and is read on', async () => {
    const opened = await running(open(), 0);
    const entry = await running(entryOf(opened), 0);
    rig.port.isBusy = true;
    expect(await running(opened.erase(entry, live(), ANY_SHA256))).toBe('refused');
    expect((await running(opened.inventory(live()))).entries).toHaveLength(1);
    expect([mode(), mountsAs('rw')]).toEqual(['ro', 0]);
    rig.port.isBusy = false;
  });

  test('an erasure whose mount cannot be taken away is not confirmed', async () => {
    const opened = await running(open(), 0);
    await running(opened.erase(await running(entryOf(opened), 0), live(), ANY_SHA256), 0);
    rig.port.isBusy = true;
    await expect(running(opened.inventory(live()))).rejects.toMatchObject({ code: 'mount.busy' });
    rig.port.isBusy = false;
  });
});
