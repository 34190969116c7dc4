// What the line makes of a library and a system that refuse, hang, or never let go; the words are what a technician acts on.
import { describe, expect, test } from 'vitest';
import { serialLines } from '../../../../drivers/serial/line-serialport.ts';
import { LINE_GONE_MS, LINE_WRITE_MS, type Line } from '../../../../drivers/serial/line.ts';
import { live, patternBytes } from '../../../contracts/driver-subject.ts';
import { ManualClock, settle } from '../../../fakes/clock-manual.ts';
import { FakeSerialPorts, type FakeSerialDevice } from '../../../fakes/serial-binding.ts';

const SETTINGS = { path: '/dev/serial/by-path/bay-1', baud: 115_200 };
/** More than the line waits for an opening. */
const OPENING_MS = 6000;

interface Bench {
  readonly clock: ManualClock;
  readonly ports: FakeSerialPorts;
  readonly device: FakeSerialDevice;
  readonly open: () => Promise<Line>;
}

function bench(): Bench {
  const clock = new ManualClock();
  const ports = new FakeSerialPorts();
  const device = ports.plug(SETTINGS.path);
  const openLine = serialLines({ clock, makePort: ports.makePort, deviceAt: ports.deviceAt });
  return { clock, ports, device, open: () => openLine(SETTINGS, live()) };
}

test.each([
  ['Error: Permission denied, cannot open', 'driver.refused', /must be in the group .*dialout/],
  ['Error Resource temporarily unavailable Cannot lock port', 'driver.refused', /another program holds it/],
  ['Error: Device or resource busy, cannot open', 'driver.refused', /another program holds it/],
  ['Error: Invalid argument setting custom baud rate of 3000000', 'driver.refused', /adapter and its speed/],
  ['Error: No such file or directory, cannot open', 'driver.detached', /no device is at the serial port/],
  ['Error: No such device or address, cannot open', 'driver.detached', /no device is at the serial port/],
])('an opening that fails with "%s" is %s and says what to do', async (said, code, words) => {
  const { device, open } = bench();
  device.openFailure = said;
  await expect(open()).rejects.toMatchObject({ code, message: expect.stringMatching(words) as string });
});

test('an opening that never ends is given up at a deadline, without a timer left behind', async () => {
  const { clock, device, open } = bench();
  device.neverOpens = true;
  const opening = open();
  opening.catch(() => undefined);
  await clock.advance(OPENING_MS);
  await expect(opening).rejects.toMatchObject({ code: 'driver.refused' });
  expect(clock.pending).toBe(0);
});

describe('a port that never lets go', () => {
  test('is closed at a deadline all the same', async () => {
    const { clock, device, open } = bench();
    const line = await open();
    device.staysOpen = true;
    let isClosed = false;
    const closing = line.close().then(() => {
      isClosed = true;
    });
    await clock.advance(LINE_WRITE_MS - 1);
    expect(isClosed).toBe(false);
    await clock.advance(1);
    await closing;
    expect(clock.pending).toBe(0);
  });

  test('is not written to, and is heard no more', async () => {
    const { clock, device, open } = bench();
    const line = await open();
    const came: number[] = [];
    line.onBytes((bytes) => came.push(bytes.length));
    device.staysOpen = true;
    void line.close();
    await settle();
    device.send(patternBytes(100));
    await expect(line.write(patternBytes(5))).rejects.toMatchObject({ code: 'driver.detached' });
    await clock.advance(LINE_WRITE_MS);
    expect([came.length, device.received().length]).toEqual([0, 0]);
  });
});

test('a write that fails ends the line and keeps what the system said', async () => {
  const { device, open } = bench();
  const line = await open();
  const ends: Error[] = [];
  line.onGone((error) => ends.push(error));
  device.writeFailure = 'Error: Input/output error, cannot write';
  await expect(line.write(patternBytes(5))).rejects.toMatchObject({ code: 'driver.detached' });
  expect(ends).toHaveLength(1);
});

test('another device at the same path counts as a pull, even between two looks', async () => {
  const { clock, ports, device, open } = bench();
  device.isSilentWhenGone = true;
  const line = await open();
  const ends: Error[] = [];
  line.onGone((error) => ends.push(error));
  ports.unplug(SETTINGS.path);
  const next = ports.plug(SETTINGS.path);
  const writing = line.write(patternBytes(5));
  writing.catch(() => undefined);
  await clock.advance(LINE_GONE_MS);
  await expect(writing).rejects.toMatchObject({ code: 'driver.detached' });
  expect(ends).toHaveLength(1);
  expect(next.received()).toHaveLength(0);
});

test('a line that was closed leaves no timer behind', async () => {
  const { clock, device, open } = bench();
  const line = await open();
  await line.write(patternBytes(5));
  await line.close();
  expect(clock.pending).toBe(0);
  expect(device.isOpen).toBe(false);
});
