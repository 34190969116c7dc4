// The two PTP responders that nobody here wrote, as cameras that are filled, plugged in and pulled again and again.
import { cp } from 'node:fs/promises';
import { cameraFiles, filesBelow, writeFiles } from './camera-files.ts';
import type { CardFiles } from './disk-images.ts';
import type { Monitor, MtpCamera } from './monitor.ts';
import { MtpGadget } from './mtp-gadget.ts';

/** What is done to a camera from outside. */
export interface Cable {
  plug(): Promise<void>;
  pull(): Promise<void>;
  /** The folder that it serves, or served last. */
  folder(): string;
  /** Only while it is out. */
  add(files: CardFiles): Promise<void>;
  /** So that another test can have its place. */
  remove(): Promise<void>;
}

/** One camera and everything that was ever on it. */
export class PulledCamera {
  /** Its names of files begin with it, too. */
  readonly serial: string;
  /** False where the emulator does not stand a pull while a file is being erased. */
  readonly isPulledInErasure: boolean;
  /** By their paths. */
  readonly originals = new Map<string, Uint8Array>();
  readonly #cable: Cable;
  #fillings = 0;

  constructor(serial: string, isPulledInErasure: boolean, cable: Cable) {
    this.serial = serial;
    this.isPulledInErasure = isPulledInErasure;
    this.#cable = cable;
  }

  plug(): Promise<void> {
    return this.#cable.plug();
  }

  /** At once, whatever is under way. */
  pull(): Promise<void> {
    return this.#cable.pull();
  }

  remove(): Promise<void> {
    return this.#cable.remove();
  }

  /** Paths of what is on it. */
  files(): Promise<string[]> {
    return filesBelow(this.#cable.folder());
  }

  /** Three more files, one of them of that size. Only while it is out. */
  async fill(bigMib: number): Promise<void> {
    const files = cameraFiles(`${this.serial}_${++this.#fillings}`, bigMib);
    for (const [path, bytes] of files) this.originals.set(path, bytes);
    await this.#cable.add(files);
  }
}

/** A folder that QEMU serves; it has never been served before, and no folder that was is changed from outside. */
export function qemuCable(monitor: Monitor, serial: string, port: string, folder: string): Cable {
  let camera: MtpCamera | undefined;
  let filled = 0;
  let next = folder;
  return {
    plug: async () => {
      if (camera !== undefined && camera.root.startsWith(`${next}.`)) await camera.replug();
      else camera = await monitor.plugMtp(serial, next, { serial, port, readOnly: false });
    },
    pull: async () => camera?.unplug(),
    remove: () => Promise.resolve(), // it is pulled, and what it served ends with the guest
    folder: () => camera?.root ?? next,
    add: async (files) => {
      next = `${folder}-${++filled}`;
      if (camera !== undefined) await cp(camera.root, next, { recursive: true, preserveTimestamps: true });
      await writeFiles(next, files);
    },
  };
}

/** A folder of the guest's that umtp-responder serves. The only one in a guest. */
export function umtpCable(tools: string, serial: string, folder: string): Cable {
  let gadget: MtpGadget | undefined;
  return {
    plug: async () => {
      if (gadget === undefined) gadget = await MtpGadget.plugIn(tools, serial, folder);
      else await gadget.putBack();
    },
    pull: async () => gadget?.pull(),
    remove: async () => gadget?.remove(),
    folder: () => folder,
    add: (files) => writeFiles(folder, files),
  };
}
