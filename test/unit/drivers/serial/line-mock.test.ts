// The line over the real serialport stream and a binding that misbehaves on demand, on a clock that stands still.
import { describe, test } from 'vitest';
import { serialLines } from '../../../../drivers/serial/line-serialport.ts';
import { lineContract, type LineSubject } from '../../../contracts/line-contract.ts';
import { ManualClock } from '../../../fakes/clock-manual.ts';
import { FakeSerialPorts, type FakeSerialDevice } from '../../../fakes/serial-binding.ts';

const SETTINGS = { path: '/dev/serial/by-path/bay-1', baud: 115_200 };

function subject(prepare: (device: FakeSerialDevice) => void): () => Promise<LineSubject> {
  return async () => {
    const clock = new ManualClock();
    const ports = new FakeSerialPorts();
    const plug = (): FakeSerialDevice => {
      const plugged = ports.plug(SETTINGS.path);
      prepare(plugged);
      return plugged;
    };
    let device = plug();
    return {
      openLine: serialLines({ clock, makePort: ports.makePort, deviceAt: ports.deviceAt }),
      settings: SETTINGS,
      pass: (ms) => clock.advance(ms),
      send: async (bytes) => device.send(bytes),
      received: () => device.received(),
      stall: () => {
        device.isStalled = true;
      },
      unplug: async () => ports.unplug(SETTINGS.path),
      plugAgain: async () => {
        device = plug();
      },
    };
  };
}

const KINDS: Readonly<Record<string, (device: FakeSerialDevice) => void>> = {
  'a device': () => undefined,
  'a device whose bytes come one by one': (device) => {
    device.splitBytes = 7;
  },
  'a device that gives no event when it is pulled': (device) => {
    device.isSilentWhenGone = true;
  },
};

for (const [name, prepare] of Object.entries(KINDS)) {
  describe(`a line to ${name}`, () => lineContract({ test }, subject(prepare)));
}
