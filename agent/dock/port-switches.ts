// Which USB ports are changing over: a camera that was told to show its disk leaves the bus and comes back as another device, and its stay in
// the bay goes on.
//
// Invariants:
// 1. A port is changing from before its camera is told until the session that told it is closed; the driver bounds that time.
// 2. While it is away, anything on the port counts as the camera: whether it is one the driver judges, who then says as what it came back.
// 3. Once it is back, anything else on the port, or nothing, is its departure.
import type { UsbDeviceFacts } from '../../drivers/usb/device.ts';
import type { BeginSwitch } from '../../drivers/usb/port-power.ts';

interface Change {
  /** What the watch of the port knows the camera by. */
  readonly from: string;
  /** What it came back as. */
  back: string | undefined;
}

/** What a device is known by. The kernel gives each one a new address; its interfaces come a little after it. */
export function usbIdentity({ bus, address, interfaces }: UsbDeviceFacts): string {
  return `${bus}.${address}.${interfaces.length}`;
}

/** One for all ports of a station: drivers begin changes, watches ask. */
export class PortSwitches {
  readonly #changes = new Map<string, Change>();

  /** As BeginSwitch. */
  readonly begin: BeginSwitch = (device) => {
    const change: Change = { from: usbIdentity(device), back: undefined };
    this.#changes.set(device.portPath, change);
    return {
      cameBack: (now) => {
        change.back = usbIdentity(now);
      },
      end: () => {
        if (this.#changes.get(device.portPath) === change) this.#changes.delete(device.portPath);
      },
    };
  };

  /** What a watch takes `seen` for, which is what a look at the port gave. */
  seenAs(portPath: string, seen: string | undefined): string | undefined {
    const change = this.#changes.get(portPath);
    if (change === undefined) return seen;
    return change.back === undefined || change.back === seen ? change.from : seen;
  }
}
