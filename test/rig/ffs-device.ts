// A USB device of the guest's own kernel whose answers are given here: FunctionFS, which hands vendor requests and one pair of bulk pipes to a
// program. Source: Linux, include/uapi/linux/usb/functionfs.h and Documentation/usb/functionfs.rst.
import { constants } from 'node:fs';
import { mkdir, open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { UsbRequest } from '../../drivers/usb/transport.ts';
import { systemCode } from '../../protocol/format/errors.ts';
import type { Wire } from '../fakes/usb/wire.ts';
import { pause } from '../fakes/until.ts';
import { run } from './disk-images.ts';

const DESCRIPTORS_MAGIC = 3;
const STRINGS_MAGIC = 2;
/** Full speed, high speed, and requests to the device itself as well. */
const FLAGS = 1 | 2 | 64;
const EVENT_BYTES = 12;
const EVENT_SETUP = 4;
const DIRECTION_IN = 0x80;
const LOOK_MS = 2;
const OUT_BYTES_MAX = 512;

/** What is behind the device: as the devices on wires in memory, without what those cannot do here. */
export interface AnsweringDevice {
  /** True where a request to the device is refused before its data is taken. */
  refuses(request: UsbRequest): boolean;
  control(
    request: UsbRequest,
    data: Uint8Array | number,
  ): Promise<Uint8Array | 'stall'> | Uint8Array | 'stall';
  out(bytes: Uint8Array, wire: Pick<Wire, 'send' | 'halt'>): 'taken' | 'stall';
}

/** One function; bound to a port by anybody who makes the gadget. */
export class FfsDevice {
  readonly #folder: string;
  readonly #files: FileHandle[] = [];
  #isOver = false;
  #loops: Promise<void>[] = [];

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** Mounts the function of that name and gives it its descriptors. */
  static async open(name: string, hasBulk: boolean, device: AnsweringDevice): Promise<FfsDevice> {
    const made = new FfsDevice(`/dev/ffs-${name}`);
    await mkdir(made.#folder, { recursive: true });
    await run('mount', '-t', 'functionfs', name, made.#folder);
    const control = await made.#openFile('ep0', constants.O_RDWR | constants.O_NONBLOCK);
    await control.write(descriptors(hasBulk));
    await control.write(noStrings());
    made.#loops.push(made.#answerControl(control, device));
    if (hasBulk) {
      const input = await made.#openFile('ep1', constants.O_WRONLY);
      // Not plugged in, it has nothing instead of waiting for a plug that may not come.
      const output = await made.#openFile('ep2', constants.O_RDONLY | constants.O_NONBLOCK);
      made.#loops.push(made.#answerBulk(input, output, device));
    }
    return made;
  }

  /** The gadget must be unbound. */
  async close(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#loops);
    for (const file of this.#files) await file.close();
    await run('umount', this.#folder);
  }

  async #openFile(name: string, flags: number): Promise<FileHandle> {
    const file = await open(join(this.#folder, name), flags);
    this.#files.push(file);
    return file;
  }

  async #answerControl(control: FileHandle, device: AnsweringDevice): Promise<void> {
    const events = new Uint8Array(EVENT_BYTES);
    while (!this.#isOver) {
      const length = await unlessNothing(
        control.read(events, 0, EVENT_BYTES, null).then((got) => got.bytesRead),
      );
      if (length === undefined) await pause(LOOK_MS);
      else if (length === EVENT_BYTES && events[8] === EVENT_SETUP)
        await unlessNothing(this.#answerSetup(control, setupOf(events), device));
    }
  }

  async #answerSetup(
    control: FileHandle,
    { isIn, request, length }: Setup,
    device: AnsweringDevice,
  ): Promise<void> {
    if (!isIn) {
      const data = new Uint8Array(length);
      if (device.refuses(request))
        await control.write(data, 0, 1, null); // the other direction: a stall
      else {
        await control.read(data, 0, length, null);
        await device.control(request, data);
      }
      return;
    }
    const answer = await Promise.race([device.control(request, length), pause(500)]);
    if (answer === undefined) return; // silence
    if (answer === 'stall') await control.read(new Uint8Array(1), 0, 1, null);
    else await control.write(answer.subarray(0, length));
  }

  async #answerBulk(input: FileHandle, output: FileHandle, device: AnsweringDevice): Promise<void> {
    const bytes = new Uint8Array(OUT_BYTES_MAX);
    while (!this.#isOver) {
      const length = await unlessNothing(
        output.read(bytes, 0, bytes.length, null).then((got) => got.bytesRead),
      );
      if (length === undefined || length === 0) {
        await pause(LOOK_MS);
        continue;
      }
      const answers: Uint8Array[] = [];
      device.out(bytes.slice(0, length), { send: (answer) => answers.push(answer), halt: () => undefined });
      for (const answer of answers) await unlessNothing(input.write(answer));
    }
  }
}

interface Setup {
  readonly isIn: boolean;
  readonly request: UsbRequest;
  readonly length: number;
}

/** struct usb_ctrlrequest at the front of an event. */
function setupOf(event: Uint8Array): Setup {
  const view = new DataView(event.buffer);
  const requestType = view.getUint8(0);
  const isVendor = (requestType & 0x60) === 0x40;
  return {
    isIn: (requestType & DIRECTION_IN) !== 0,
    request: {
      type: isVendor ? 'vendor' : 'class',
      recipient: (requestType & 0x1f) === 0 ? 'device' : 'interface',
      request: view.getUint8(1),
      value: view.getUint16(2, true),
      index: view.getUint16(4, true),
    },
    length: view.getUint16(6, true),
  };
}

/** Undefined where the kernel had nothing, stalled as it was told, or took the device away. */
async function unlessNothing<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    const code = systemCode(error) ?? String((error as { errno?: number }).errno);
    if (
      [
        'EAGAIN',
        'ESHUTDOWN',
        'EL2HLT',
        'EIDRM',
        'ENODEV',
        'EINTR',
        'Unknown system error -51',
        '-51',
        '-108',
        '-43',
      ].includes(code)
    )
      return undefined;
    throw error;
  }
}

function descriptors(hasBulk: boolean): Uint8Array {
  const endpoints = (bytesMax: number): number[] =>
    hasBulk
      ? [7, 5, 0x81, 2, bytesMax & 0xff, bytesMax >> 8, 0, 7, 5, 0x01, 2, bytesMax & 0xff, bytesMax >> 8, 0]
      : [];
  const count = hasBulk ? 2 : 0;
  const interfaceBytes = [9, 4, 0, 0, count, 0xff, 0, 0, 0];
  const body = [64, 512].flatMap((bytesMax) => [...interfaceBytes, ...endpoints(bytesMax)]);
  const head = [DESCRIPTORS_MAGIC, 20 + body.length, FLAGS, 1 + count, 1 + count];
  return Uint8Array.from([...head.flatMap(le32), ...body]);
}

function noStrings(): Uint8Array {
  return Uint8Array.from([STRINGS_MAGIC, 16, 0, 0].flatMap(le32));
}

function le32(value: number): number[] {
  return [value & 0xff, (value >> 8) & 0xff, (value >> 16) & 0xff, (value >> 24) & 0xff];
}
