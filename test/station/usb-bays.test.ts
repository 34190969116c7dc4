// Bays on USB ports, a whole station with its store: cameras that speak PTP over wires in memory.
import { afterEach, expect, test } from 'vitest';
import { stayOf } from '../../protocol/documents/docking-record.ts';
import { patternBytes } from '../contracts/driver-subject.ts';
import { BelievingClock } from '../fakes/clock-believing.ts';
import type { DockAndStore } from '../fakes/dock-and-store.ts';
import { ptpStation, type PtpStation } from '../fakes/ptp/station.ts';
import { KEYBOARD, STILL_IMAGE, type DeviceLook } from '../fakes/usb/dock.ts';

let dock: DockAndStore | undefined;
afterEach(async () => {
  await dock?.close();
  dock = undefined;
});

async function station(cameras: number, options: Parameters<typeof ptpStation>[0] = {}): Promise<PtpStation> {
  const opened = await ptpStation({ cameras, ...options });
  dock = opened.dock;
  return opened;
}

test('a camera on a USB port is emptied, released and told of in its docking record', async () => {
  const { usb, dock: whole, camera } = await station(1);
  const big = patternBytes(5_000_000);
  const plugged = camera('PTP-7', {
    'DCIM/100MEDIA/A.MP4': big,
    'DCIM/100MEDIA/B.MP4': patternBytes(1000, 2),
  });
  usb.plug('1-1.1', plugged);
  await whole.until('all erased', () => plugged.camera.files().length === 0);
  const kept = await whole.vault();
  expect(kept.map(({ path }) => path).sort()).toEqual(['DCIM/100MEDIA/A.MP4', 'DCIM/100MEDIA/B.MP4']);
  expect(kept.find(({ path }) => path.endsWith('A.MP4'))?.original.equals(big)).toBe(true);
  expect(plugged.asked.filter((operation) => operation === 0x100b)).toHaveLength(2);
  usb.unplug('1-1.1');
  await whole.until('the record', async () => (await whole.dockings()).length === 1);
  const [record] = await whole.dockings();
  expect(record).toMatchObject({
    ended: 'unplugged',
    camera: { serial: 'PTP-7', model: 'Bodycam' },
    condition: { battery_percent: 63 },
  });
  expect(record?.camera_clock).toMatchObject({ zone_minutes: null });
});

test('a camera that was taken out and put back while the station was down begins another stay; one that stayed goes on', async () => {
  const { usb, dock: whole, camera } = await station(1, { bootId: 'boot-1' });
  const plugged = camera('PTP-7', {});
  usb.plug('1-1.1', plugged);
  const docked = async (count: number): Promise<void> =>
    whole.until(
      `${count} dockings`,
      async () => (await whole.custody()).filter(({ event }) => event === 'inventory').length === count,
    );
  let dockings = 0;
  const restart = async (meanwhile: () => void): Promise<void> => {
    await docked(++dockings);
    await whole.stopStation();
    meanwhile();
    await whole.startStation();
  };
  await restart(() => undefined);
  await restart(() => usb.plug('1-1.1', plugged));
  await restart(() => undefined);
  await docked(4);
  usb.unplug('1-1.1');
  await whole.until('the records', async () => (await whole.dockings()).length === 4);
  const records = (await whole.dockings()).sort((a, b) => (a.docked_at < b.docked_at ? -1 : 1));
  const stays = records.map((record) => stayOf(record).stay);
  const [first, , third] = records;
  expect(stays).toEqual([first?.docking, first?.docking, third?.docking, third?.docking]);
  expect(third).toMatchObject({ plug: { boot: 'boot-1', device: expect.stringMatching(/^1\.\d+$/) } });
});

test('a camera that stays over the end of a day is listed anew over the same session, and nothing is read again', async () => {
  const clock = new BelievingClock({ pace: 5, startMs: Date.UTC(2026, 10, 25, 23, 59, 30) });
  const { usb, dock: whole, camera } = await station(1, { clock, release: 'never' });
  const plugged = camera('PTP-7', { 'A.MP4': patternBytes(100_000) });
  const asked = (operation: number): number => plugged.asked.filter((each) => each === operation).length;
  usb.plug('1-1.1', plugged);
  await whole.until('spooled', () => whole.bay()['entries_spooled'] === 1);
  const reads = asked(0x95c1);
  const sessions = asked(0x1002);
  await whole.until('the next day', async () => (await whole.dockings()).length === 1);
  await whole.until('all is known again', async () =>
    (await whole.custody()).some(({ event }) => event === 'matched'),
  );
  expect([asked(0x95c1), asked(0x1002)]).toEqual([reads, sessions]);
  usb.unplug('1-1.1');
  await whole.until('both records', async () => (await whole.dockings()).length === 2);
  const records = (await whole.dockings()).sort((a, b) => (a.docked_at < b.docked_at ? -1 : 1));
  expect(records.map(({ ended }) => ended)).toEqual(['continued', 'unplugged']);
  expect(records[1]).toMatchObject({ stay: records[0]?.docking, condition: { battery_percent: 63 } });
});

test('a device with a keyboard beside its camera is not opened, and told of until it leaves', async () => {
  const { usb, dock: whole, camera } = await station(1);
  const evil = camera('PTP-1', { 'A.MP4': patternBytes(100) });
  usb.plug('1-1.1', evil, { interfaces: [STILL_IMAGE, KEYBOARD] });
  await whole.until('the condition', () => whole.conditions.isRaised('camera.failed', 'bay-1'));
  expect(whole.conditions.facts('camera.failed', 'bay-1')).toMatchObject({
    reason: 'driver.refused',
    usb_id: '1234:0001',
    class: '0x03',
  });
  expect(usb.wires).toHaveLength(0);
  await whole.until('the light', () => whole.bay()['light'] === 'call-someone');

  const good = camera('PTP-2', { 'B.MP4': patternBytes(100) });
  usb.plug('1-1.1', good);
  await whole.until('the next camera is emptied', () => good.camera.files().length === 0);
  expect(whole.conditions.isRaised('camera.failed', 'bay-1')).toBe(false);
  expect(evil.asked).toEqual([]);
});

test('a camera that is swapped for another one on the same port mixes nothing', async () => {
  const { usb, dock: whole, camera } = await station(1);
  const first = camera('PTP-A', { 'A.MP4': patternBytes(3_000_000, 1) });
  const second = camera('PTP-B', { 'A.MP4': patternBytes(3_000_000, 2) });
  usb.plug('1-1.1', first);
  await whole.until('a first read', () => first.asked.includes(0x95c1));
  usb.plug('1-1.1', second);
  await whole.until('the second is emptied', () => second.camera.files().length === 0);
  usb.plug('1-1.1', first);
  await whole.until('the first is emptied', () => first.camera.files().length === 0);
  const kept = await whole.vault();
  const serials = kept.map(({ manifest, original }) => [
    manifest.camera.serial,
    original.equals(patternBytes(3_000_000, manifest.camera.serial === 'PTP-A' ? 1 : 2)),
  ]);
  expect(serials.sort(([a], [b]) => ((a ?? '') < (b ?? '') ? -1 : 1))).toEqual([
    ['PTP-A', true],
    ['PTP-B', true],
  ]);
});

test('one hostile camera does not keep seven others from being emptied', async () => {
  const { usb, dock: whole, camera } = await station(8);
  const others = Array.from({ length: 7 }, (_, at) =>
    camera(`PTP-${at}`, { 'A.MP4': patternBytes(1_500_000, at), 'B.MP4': patternBytes(10, at) }),
  );
  const hostile = camera('PTP-X', { 'A.MP4': patternBytes(1_500_000) });
  hostile.misdeeds.silentAt = (operation) => operation === 0x95c1;
  const look: DeviceLook = { serial: null };
  usb.plug('1-1.8', hostile, look);
  for (const [at, each] of others.entries()) usb.plug(`1-1.${at + 1}`, each, look);
  await whole.until('the others are emptied', () => others.every((each) => each.camera.files().length === 0));
  expect(hostile.camera.files()).toHaveLength(1);
  expect(await whole.vault()).toHaveLength(14);
});
