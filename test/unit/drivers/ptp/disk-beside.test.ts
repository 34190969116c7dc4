// A camera that shows a disk beside PTP: what lies there is not taken, and its listing does not pass for whole.
import { expect, test } from 'vitest';
import { ptpDriver } from '../../../../drivers/ptp/driver.ts';
import { MemoryCamera } from '../../../fakes/memory-camera.ts';
import type { UsbInterfaceFacts } from '../../../../drivers/usb/device.ts';
import { nodeClock } from '../../../../agent/platform/clock-node.ts';
import { live } from '../../../contracts/driver-subject.ts';
import { PtpResponder } from '../../../fakes/ptp/responder.ts';
import { STILL_IMAGE, UsbDock } from '../../../fakes/usb/dock.ts';

const DISK: UsbInterfaceFacts = { number: 1, classCode: 8, subclassCode: 6, protocolCode: 80, name: null };

async function reasons(
  interfaces: readonly UsbInterfaceFacts[],
  hasFilesBeside?: () => Promise<boolean>,
): Promise<string[]> {
  const clock = nodeClock();
  const usb = new UsbDock(clock);
  usb.plug('1-1', new PtpResponder(new MemoryCamera()), { interfaces });
  const driver = ptpDriver({
    devices: usb.devices,
    openUsb: usb.openUsb,
    clock,
    onRecovery: () => undefined,
    ...(hasFilesBeside !== undefined && { hasFilesBeside }),
  });
  const session = await driver.open({ kind: 'usb', path: '1-1' }, live());
  const { problems } = await session.inventory(live());
  await session.close();
  return problems.map(({ reason }) => reason);
}

test('a disk that may hold files makes the listing incomplete, an empty slot does not', async () => {
  expect(await reasons([STILL_IMAGE, DISK], async () => true)).toEqual(['other-disk']);
  expect(await reasons([STILL_IMAGE, DISK], async () => false)).toEqual([]);
});

test('a camera without a disk is not asked for one', async () => {
  const never = (): Promise<boolean> => Promise.reject(new Error('asked'));
  expect(await reasons([STILL_IMAGE], never)).toEqual([]);
});
