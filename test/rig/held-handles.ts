// What this process holds of USB devices: open handles of the system, and transports that nobody closed.
import { readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { OpenUsb } from '../../drivers/usb/device.ts';

const OWN = '/proc/self/fd';

/** Names of all open handles, sorted; numbers of sockets and pipes are left out. */
export async function heldHandles(): Promise<string[]> {
  const names = await readdir(OWN);
  const found = await Promise.all(names.map((name) => readlink(join(OWN, name)).catch(() => undefined)));
  return found
    .filter((name) => name !== undefined)
    .map((name) => name.replace(/:\[\d+\]$/, ''))
    .sort();
}

/** Transports that were opened and not closed. */
export class TransportCount {
  open = 0;
  all = 0;

  /** Shape: as `openUsb`, counted. */
  counted(openUsb: OpenUsb): OpenUsb {
    return async (device, interfaceNumber, signal) => {
      const transport = await openUsb(device, interfaceNumber, signal);
      this.open++;
      this.all++;
      const close = transport.close.bind(transport);
      let closing: Promise<void> | undefined;
      transport.close = () => (closing ??= close().finally(() => this.open--));
      return transport;
    };
  }
}
