// A camera that leaves its USB port while it is being opened, beside one that stays and is refused.
import { expect, test } from 'vitest';
import { UsbPlace } from '../../../agent/dock/make-place.ts';
import { nodeClock } from '../../../agent/platform/clock-node.ts';
import type { Driver } from '../../../drivers/driver.ts';
import { DockError } from '../../../protocol/format/errors.ts';
import { live } from '../../contracts/driver-subject.ts';
import { MemoryCamera } from '../../fakes/memory-camera.ts';
import { PtpResponder } from '../../fakes/ptp/responder.ts';
import { UsbDock } from '../../fakes/usb/dock.ts';

const PORT = '1-1.1';
const clock = nodeClock();

/** A place whose camera cannot be opened, with that error, after `meanwhile`. */
function placeOf(code: string, meanwhile: (usb: UsbDock) => void): UsbPlace {
  const usb = new UsbDock(clock);
  usb.plug(PORT, new PtpResponder(new MemoryCamera()));
  const driver: Driver = {
    name: 'odd',
    probe: () => Promise.resolve(true),
    open: () => {
      meanwhile(usb);
      return Promise.reject(new DockError(code, 'it went wrong', { retry: 'later' }));
    },
  };
  return new UsbPlace(PORT, { devices: usb.devices, drivers: [driver], clock });
}

const stays = (): void => undefined;
const leaves = (usb: UsbDock): void => usb.unplug(PORT);
const isExchanged = (usb: UsbDock): void => usb.plug(PORT, new PtpResponder(new MemoryCamera()));

test.each([
  ['driver.refused', 'leaves', leaves, 'driver.detached'],
  ['driver.timeout', 'leaves', leaves, 'driver.detached'],
  ['driver.refused', 'is exchanged', isExchanged, 'driver.detached'],
  ['driver.refused', 'stays', stays, 'driver.refused'],
  ['driver.timeout', 'stays', stays, 'driver.timeout'],
] as const)('%s of a camera that %s while it is opened', async (code, _what, meanwhile, told) => {
  const opening = placeOf(code, meanwhile).open(live());
  await expect(opening).rejects.toMatchObject({ code: told });
});

test('a camera that goes before its driver is picked is no camera that nobody speaks to', async () => {
  const usb = new UsbDock(clock);
  usb.plug(PORT, new PtpResponder(new MemoryCamera()));
  const driver: Driver = {
    name: 'odd',
    probe: () => {
      usb.unplug(PORT);
      return Promise.resolve(false);
    },
    open: () => Promise.reject(new Error('never opened')),
  };
  const place = new UsbPlace(PORT, { devices: usb.devices, drivers: [driver], clock });
  await expect(place.open(live())).rejects.toMatchObject({ code: 'driver.detached' });
});
