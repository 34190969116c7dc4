// The wire in memory is held against the same contract as the real transport (test/rig/usb-transport.rig.ts): what is proven over it counts.
import { describe, test } from 'vitest';
import { MemoryCamera } from '../../../fakes/memory-camera.ts';
import { nodeClock } from '../../../../agent/platform/clock-node.ts';
import { live, patternBytes } from '../../../contracts/driver-subject.ts';
import { usbTransportContract } from '../../../contracts/usb-transport-contract.ts';
import { PtpResponder } from '../../../fakes/ptp/responder.ts';
import { UsbDock } from '../../../fakes/usb/dock.ts';

const PORT = '1-1';

describe.each([64, 512, 1024])('a wire with packets of %d bytes', (packetBytes) => {
  usbTransportContract(
    async () => {
      const dock = new UsbDock(nodeClock(), packetBytes);
      const memory = new MemoryCamera();
      const content = patternBytes(1_500_000);
      memory.put('A.MP4', content);
      dock.plug(PORT, new PtpResponder(memory));
      const device = await dock.devices.at(PORT, live());
      if (device === undefined) throw new Error('nothing is plugged in');
      return {
        content,
        open: () => dock.openUsb(device, 0, live()),
        pull: async () => dock.unplug(PORT),
      };
    },
    { test },
  );
});
