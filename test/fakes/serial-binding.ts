// Serial devices without hardware, below the real serialport stream: binding-mock cannot unplug, fail, split or hold still, so these can.
import { SerialPortMock } from 'serialport';
import type { PortLike } from '../../drivers/serial/line-serialport.ts';
import type { LineSettings } from '../../drivers/serial/line.ts';

type MockPort = Awaited<ReturnType<typeof SerialPortMock.binding.open>>;
type PortOptions = Parameters<typeof SerialPortMock.binding.open>[0];

/** What a system does for ever when it does nothing. */
const never = <T>(): Promise<T> => new Promise<T>(() => undefined);

/** The far end of one serial port, as long as the device is plugged in. */
export class FakeSerialDevice {
  /** A device that is plugged in again is another node. */
  readonly node: string;
  /** A read gives at most so many bytes. */
  splitBytes = 1024;
  /** True: the system takes no byte that is written. */
  isStalled = false;
  /** The next write fails with these words. */
  writeFailure: string | undefined;
  /** Opening fails with these words. */
  openFailure: string | undefined;
  neverOpens = false;
  /** True: the port never lets go. */
  staysOpen = false;
  /** True: what was pulled gives no event of any kind. */
  isSilentWhenGone = false;
  #received: Uint8Array[] = [];
  #waiting: Uint8Array[] = [];
  #port: FakePort | undefined;
  #release: () => void = () => undefined;
  isGone = false;

  constructor(node: string) {
    this.node = node;
  }

  /** Everything that it was sent. */
  received(): Buffer {
    return Buffer.concat(this.#received);
  }

  /** Sends, whether somebody listens or not: what comes before a port is open waits in the system. */
  send(bytes: Uint8Array): void {
    if (this.#port?.isOpen === true) this.#port.emitData(Buffer.from(bytes));
    else this.#waiting.push(Uint8Array.from(bytes));
  }

  /** Lets a stalled device take bytes again. */
  resume(): void {
    this.isStalled = false;
    this.#release();
  }

  get isOpen(): boolean {
    return this.#port?.isOpen === true;
  }

  /** Called by the ports. */
  unplug(): void {
    this.isGone = true;
    if (!this.isSilentWhenGone) this.#port?.pull();
  }

  /** Called by the binding. */
  opened(port: FakePort): void {
    this.#port = port;
    for (const bytes of this.#waiting.splice(0)) port.emitData(Buffer.from(bytes));
  }

  /** Called by the binding; resolves when the device took the bytes. */
  async take(bytes: Uint8Array): Promise<void> {
    const copy = Uint8Array.from(bytes);
    if (this.writeFailure !== undefined) throw new Error(this.writeFailure);
    while (this.isStalled)
      await new Promise<void>((resolve) => {
        this.#release = resolve;
      });
    this.#received.push(copy);
  }
}

/** One opening of a port: what binding-mock does, and what it cannot do in front of it. */
class FakePort {
  readonly #device: FakeSerialDevice;
  readonly #mock: MockPort;
  readonly #pulled: Promise<never>;
  pull: () => void = () => undefined;

  constructor(device: FakeSerialDevice, mock: MockPort) {
    this.#device = device;
    this.#mock = mock;
    this.#pulled = new Promise((_, reject) => {
      this.pull = () => reject(new Error('Error: Input/output error, cannot read'));
    });
    this.#pulled.catch(() => undefined);
  }

  get isOpen(): boolean {
    return this.#mock.isOpen;
  }

  emitData(bytes: Buffer): void {
    this.#mock.emitData(bytes);
  }

  read(buffer: Buffer, offset: number, length: number): ReturnType<MockPort['read']> {
    const bytes = Math.min(length, this.#device.splitBytes);
    return Promise.race([this.#mock.read(buffer, offset, bytes), this.#pulled]);
  }

  async write(buffer: Buffer): Promise<void> {
    if (!this.isOpen) throw new Error('Port is not open');
    if (this.#device.isGone && this.#device.isSilentWhenGone) return never();
    await Promise.race([this.#device.take(buffer), this.#pulled]);
  }

  async close(): Promise<void> {
    if (this.#device.staysOpen) return never();
    await this.#mock.close();
  }
}

/** The serial ports of a machine that has none, by path. */
export class FakeSerialPorts {
  readonly #devices = new Map<string, FakeSerialDevice>();
  #nodes = 0;

  plug(path: string): FakeSerialDevice {
    const device = new FakeSerialDevice(`${path}#${++this.#nodes}`);
    SerialPortMock.binding.createPort(device.node);
    this.#devices.set(path, device);
    return device;
  }

  unplug(path: string): void {
    this.#devices.get(path)?.unplug();
    this.#devices.delete(path);
  }

  /** As the system tells a device node from another. */
  readonly deviceAt = async (path: string): Promise<string | undefined> => this.#devices.get(path)?.node;

  /** A port of the real library over these devices. */
  readonly makePort = ({ path, baud }: LineSettings): PortLike => {
    const options = {
      path,
      baudRate: baud,
      autoOpen: false,
      binding: { ...SerialPortMock.binding, open: (wish: PortOptions) => this.#open(wish) },
    };
    return new SerialPortMock(options);
  };

  async #open(options: PortOptions): Promise<FakePort> {
    const device = this.#devices.get(options.path);
    if (device === undefined) throw new Error('Error: No such file or directory, cannot open');
    if (device.neverOpens) return never();
    if (device.openFailure !== undefined) throw new Error(device.openFailure);
    if (device.isOpen) throw new Error('Error Resource temporarily unavailable Cannot lock port');
    const port = new FakePort(device, await SerialPortMock.binding.open({ ...options, path: device.node }));
    device.opened(port);
    return port;
  }
}
