// A device that leaves its port and comes back as another one because it was told to: whoever watches the port must not take that for a
// departure. The agent gives the driver its side of it.
import type { UsbDeviceFacts } from './device.ts';

/** One such change. */
export interface PortSwitch {
  /** It came back as this one: from now on its departure is the camera's. */
  cameBack(device: UsbDeviceFacts): void;
  /** The session is over, however the change went: what is on the port counts as what it is. Idempotent. */
  end(): void;
}

/** Call before the device is told: from then on the port may be empty, or hold anything. Whoever begins it bounds it and calls `end`. */
export type BeginSwitch = (device: UsbDeviceFacts) => PortSwitch;
