// The guest's own QEMU, to plug and unplug FTDI adapters, PTP cameras and cards with. Its client lies with the rig's tools and has no types.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** QEMU's own PTP responder, serving a folder of the run folder. */
export interface MtpCamera {
  /** The folder that is served now: another copy after each plug. */
  readonly root: string;
  unplug(): Promise<void>;
  replug(): Promise<unknown>;
}

/** What is used of the client. */
export interface Monitor {
  /** An FTDI adapter at a port of the emulated controller; the other side of `socket` is the other adapter of the pair. */
  plugSerial(id: string, socket: string, options: { readonly port: string }): Promise<void>;
  /** Plugged in when it resolves. */
  plugMtp(
    id: string,
    folder: string,
    options: { readonly serial: string; readonly port: string; readonly readOnly: boolean },
  ): Promise<MtpCamera>;
  /** An image, plugged in as a card. `unplugDisk` takes the image away too, so that it can be plugged in again. */
  plugDisk(
    id: string,
    image: string,
    options: { readonly port: string; readonly serial: string; readonly readOnly?: boolean },
  ): Promise<void>;
  unplugDisk(id: string): Promise<void>;
  /** Any command of QEMU's monitor. */
  send(command: string, words: Readonly<Record<string, unknown>>): Promise<unknown>;
  plug(driver: string, id: string, properties: Readonly<Record<string, unknown>>): Promise<unknown>;
  /** A serial adapter only while nothing is on its way: QEMU does not stand it. */
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
