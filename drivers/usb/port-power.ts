// How a driver has the power of a camera's port switched off and on, where everything gentler failed. The agent gives it the adapter.
import type { UsbDeviceFacts } from './device.ts';

/** "cycled": the device left the bus. "refused": nothing was switched, and anybody who refused has said why. */
export type PowerCycle = 'cycled' | 'refused';

/** Switches the power of the port off and on. Resolves with "refused" for whatever does not work; rejects with the signal's reason alone. */
export type CyclePower = (portPath: string, signal: AbortSignal) => Promise<PowerCycle>;

// A device that leaves its port and comes back as another one because it was told to: anybody who watches the port must not take that for a
// departure. The agent gives the driver its side of it.

/** One such change. */
export interface PortSwitch {
  /** It came back as this one: from now on its departure is the camera's. */
  cameBack(device: UsbDeviceFacts): void;
  /** The session is over, however the change went: what is on the port counts as what it is. Idempotent. */
  end(): void;
}

/** Call before the device is told: from then on the port may be empty, or hold anything. Anybody who begins it bounds it and calls `end`. */
export type BeginSwitch = (device: UsbDeviceFacts) => PortSwitch;
