// The guest's own QEMU, to plug and unplug FTDI adapters with. Its client lies with the rig's tools and has no types.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** What is used of the client. */
export interface Monitor {
  /** An FTDI adapter at a port of the emulated controller; the other side of `socket` is the other adapter of the pair. */
  plugSerial(id: string, socket: string, options: { readonly port: string }): Promise<void>;
  /** Only while nothing is on its way: QEMU does not stand it. */
  unplug(id: string): Promise<void>;
  close(): void;
}

/** Connects to the monitor. `tools` is the folder of the rig's tools. */
export async function openMonitor(tools: string): Promise<Monitor> {
  const client = (await import(pathToFileURL(join(tools, 'qmp.mjs')).href)) as {
    connectQmp(): Promise<Monitor>;
  };
  return client.connectQmp();
}
