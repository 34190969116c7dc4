// A camera that changes over on its USB port: one stay from the login to the disk, and a departure where it is one.
import { describe, expect, test } from 'vitest';
import { UsbPlace } from '../../../agent/dock/make-place.ts';
import { PortSwitches } from '../../../agent/dock/port-switches.ts';
import type { UsbDeviceFacts } from '../../../drivers/usb/device.ts';
import { isDockError } from '../../../protocol/format/errors.ts';
import { ManualClock } from '../../fakes/clock-manual.ts';
import { STILL_IMAGE, UsbDock } from '../../fakes/usb/dock.ts';
import type { WiredDevice } from '../../fakes/usb/wire.ts';

const PORT = '1-1.4';
const DEVICE: WiredDevice = { out: () => 'taken', control: () => 'stall', reset: () => undefined };

interface Watched {
  readonly clock: ManualClock;
  readonly dock: UsbDock;
  readonly portSwitches: PortSwitches;
  readonly place: UsbPlace;
  readonly facts: () => Promise<UsbDeviceFacts>;
  /** Code of the departure, once there was one. */
  readonly departed: () => string | undefined;
  readonly stop: AbortController;
}

/** A bay whose camera is in, and whose departure is waited for. */
async function watched(): Promise<Watched> {
  const clock = new ManualClock();
  const dock = new UsbDock(clock);
  const portSwitches = new PortSwitches();
  const place = new UsbPlace(PORT, { devices: dock.devices, drivers: [], clock, portSwitches });
  dock.plug(PORT, DEVICE);
  const stop = new AbortController();
  const identity = await place.watch.arrival(stop.signal);
  let code: string | undefined;
  place.watch
    .departure(identity, stop.signal)
    .catch((error: unknown) => (code = isDockError(error) ? error.code : 'stopped'));
  const facts = async (): Promise<UsbDeviceFacts> => {
    const found = await dock.devices.at(PORT, stop.signal);
    if (found === undefined) throw new Error('nothing is there');
    return found;
  };
  return { clock, dock, portSwitches, place, facts, departed: () => code, stop };
}

describe('the watch of a USB port', () => {
  test('takes no part of a change for a departure: the empty port, another device, the one that came back', async () => {
    const { clock, dock, portSwitches, facts, departed } = await watched();
    const change = portSwitches.begin(await facts());
    dock.unplug(PORT);
    await clock.advance(5000);
    dock.plug(PORT, DEVICE, { interfaces: [] });
    await clock.advance(2000);
    dock.plug(PORT, DEVICE, { productId: 2 });
    change.cameBack(await facts());
    await clock.advance(60_000);
    expect(departed()).toBeUndefined();
  });

  test.each<[string, (dock: UsbDock) => void]>([
    ['is taken out', (dock) => dock.unplug(PORT)],
    ['is exchanged for another one', (dock) => dock.plug(PORT, DEVICE, { productId: 2 })],
    [
      'shows another interface',
      (dock) => dock.plug(PORT, DEVICE, { interfaces: [STILL_IMAGE, STILL_IMAGE] }),
    ],
  ])('knows within a second that a camera that came back %s', async (_name, leave) => {
    const { clock, dock, portSwitches, facts, departed } = await watched();
    const change = portSwitches.begin(await facts());
    dock.plug(PORT, DEVICE, { productId: 2 });
    change.cameBack(await facts());
    await clock.advance(3000);
    leave(dock);
    await clock.advance(1000);
    expect(departed()).toBe('driver.detached');
  });

  test('goes by what is on the port as soon as a change is over, however it went', async () => {
    const { clock, dock, portSwitches, place, facts, departed, stop } = await watched();
    const change = portSwitches.begin(await facts());
    dock.unplug(PORT);
    await clock.advance(60_000);
    expect(departed()).toBeUndefined();
    change.end();
    expect(await place.watch.present()).toBeUndefined();
    await clock.advance(1000);
    expect(departed()).toBe('driver.detached');
    dock.plug(PORT, DEVICE);
    const next = await place.watch.present();
    const other = portSwitches.begin(await facts());
    change.end(); // of the camera before
    dock.unplug(PORT);
    expect(await place.watch.present()).toBe(next);
    other.end();
    stop.abort();
  });

  test('without a change knows a departure as ever, and a change on one port is none on another', async () => {
    const { clock, dock, portSwitches, facts, departed } = await watched();
    portSwitches.begin({ ...(await facts()), portPath: '1-1.5' });
    dock.unplug(PORT);
    await clock.advance(1000);
    expect(departed()).toBe('driver.detached');
  });
});
