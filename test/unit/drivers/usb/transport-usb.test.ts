// The transport over libusb, with a device in memory that keeps the package's rules: a device with anything under way cannot be closed.
import type { Device, InEndpoint, Interface, LibUSBException, OutEndpoint, Transfer } from 'usb';
import { expect, test } from 'vitest';
import { UsbBudget } from '../../../../drivers/usb/transfer-limits.ts';
import type { UsbDeviceFacts, UsbDevices } from '../../../../drivers/usb/device.ts';
import { LibusbTransport } from '../../../../drivers/usb/transport-usb.ts';
import { DockError } from '../../../../protocol/format/errors.ts';
import { live } from '../../../contracts/driver-subject.ts';
import { ManualClock } from '../../../fakes/clock-manual.ts';

const FACTS: UsbDeviceFacts = {
  portPath: '1-1',
  bus: 1,
  address: 4,
  vendorId: 0x1234,
  productId: 1,
  vendor: null,
  product: null,
  serial: null,
  interfaces: [],
};
const CANCELLED = 3; // libusb 1.0, enum libusb_transfer_status

type Done = (error: LibUSBException | undefined, buffer: Buffer, actual: number) => void;

/** Never answers by itself. */
class SilentDevice {
  isOpen = true;
  underWay = 0;
  submitted = 0;
  /** Ends the reset that is under way. */
  endReset: () => void = () => undefined;

  readonly device = {
    reset: (done: (error?: LibUSBException) => void): void => {
      this.underWay++;
      this.endReset = () => {
        this.underWay--;
        done();
      };
    },
    close: (): void => {
      if (this.underWay > 0) throw new Error("Can't close device with a pending request");
      this.isOpen = false;
    },
  } as unknown as Device;
  readonly claimed = {
    interfaceNumber: 0,
    release: (_closesEndpoints: boolean, done: () => void): void => void setImmediate(done),
  } as unknown as Interface;
  readonly input = {
    descriptor: { wMaxPacketSize: 512 },
    makeTransfer: (_timeout: number, done: Done): Transfer => this.#transfer(done),
  } as unknown as InEndpoint;

  #transfer(done: Done): Transfer {
    let buffer: Buffer = Buffer.alloc(0);
    const end = (): void => {
      this.underWay--;
      done(Object.assign(new Error('cancelled'), { errno: CANCELLED }), buffer, 0);
    };
    return {
      submit: (given: Buffer) => {
        if (!this.isOpen) throw new Error('Device is not open');
        buffer = given;
        this.underWay++;
        this.submitted++;
      },
      cancel: () => setImmediate(end),
    } as unknown as Transfer;
  }
}

interface Bench {
  readonly clock: ManualClock;
  readonly silent: SilentDevice;
  readonly transport: LibusbTransport;
  readonly gone: Error[];
}

function bench(at: UsbDevices['at'] = async () => FACTS): Bench {
  const clock = new ManualClock();
  const silent = new SilentDevice();
  const { device, claimed, input } = silent;
  const devices: UsbDevices = { list: async () => [FACTS], at, portsOf: async (port) => [port] };
  const opened = { facts: FACTS, device, claimed, input, output: {} as OutEndpoint, events: undefined };
  const transport = new LibusbTransport({ clock, devices, budget: new UsbBudget() }, opened);
  const gone: Error[] = [];
  transport.onGone((error) => gone.push(error));
  transport.start();
  return { clock, silent, transport, gone };
}

function endOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => 'done',
    (error: unknown) => error,
  );
}

test('a transfer that is given up in the moment in which it is asked for ends at once', async () => {
  for (let turns = 0; turns < 12; turns++) {
    const { clock, silent, transport } = bench();
    const ending = new AbortController();
    const end = endOf(transport.bulkIn(512, 60_000, ending.signal));
    for (let turn = 0; turn < turns; turn++) await Promise.resolve();
    const reason = new DockError('driver.detached', 'the camera left', { retry: 'later' });
    ending.abort(reason);
    await clock.advance(2500);
    expect([turns, await Promise.race([end, Promise.resolve('waits')])]).toEqual([turns, reason]);
    expect(silent.underWay).toBe(0);
    await transport.close();
    expect(silent.isOpen).toBe(false);
  }
});

test('a transport that is closed in the moment in which a transfer is asked for leaves nothing open', async () => {
  for (let turns = 0; turns < 12; turns++) {
    const { clock, silent, transport } = bench();
    const end = endOf(transport.bulkIn(512, 60_000, live()));
    for (let turn = 0; turn < turns; turn++) await Promise.resolve();
    const closing = transport.close();
    await clock.advance(6000);
    await closing;
    expect([turns, await Promise.race([end, Promise.resolve('waits')])]).toMatchObject([
      turns,
      { code: 'driver.detached' },
    ]);
    expect([silent.underWay, silent.isOpen]).toEqual([0, false]);
  }
});

test('a device that is being reset while its transport is closed is closed once that is over', async () => {
  const { clock, silent, transport } = bench();
  const reset = endOf(transport.reset(live()));
  await clock.advance(100);
  const closing = transport.close();
  await clock.advance(100);
  expect(silent.isOpen).toBe(true);
  silent.endReset();
  await clock.advance(3000);
  await closing;
  expect(await reset).toMatchObject({ code: 'driver.detached' });
  expect(silent.isOpen).toBe(false);
});

test('a look that the machine refuses does not say that the camera left', async () => {
  let isShort = false;
  let present: UsbDeviceFacts | undefined = FACTS;
  const { clock, transport, gone } = bench(async () => {
    if (isShort) throw Object.assign(new Error('too many open files'), { code: 'EMFILE' });
    return present;
  });
  isShort = true;
  await clock.advance(3000);
  expect(gone).toEqual([]);
  isShort = false;
  await clock.advance(3000);
  expect(gone).toEqual([]);
  present = undefined;
  await clock.advance(3000);
  expect(gone).toHaveLength(1);
  await transport.close();
});
