// A serial device on a pseudo terminal, for the real serialport binding: what it is sent and sends goes through the kernel.
import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openPty, type Pty } from '../../drivers/simulated/pty-socat.ts';
import { nodeClock } from '../../agent/platform/clock-node.ts';

/** One path at which a device is plugged in and pulled. */
export class SerialPtyDevice {
  readonly path = join(tmpdir(), `bodydock-pty-${randomUUID().slice(0, 8)}`);
  #pty: Pty | undefined;
  #received: Uint8Array[] = [];
  /** Called with what comes from the station. */
  onBytes: (bytes: Uint8Array) => void = () => undefined;

  static async plugged(): Promise<SerialPtyDevice> {
    const device = new SerialPtyDevice();
    await device.plug();
    return device;
  }

  async plug(): Promise<void> {
    const pty = await openPty(this.path, nodeClock(), new AbortController().signal);
    this.#pty = pty;
    this.#received = [];
    pty.onBytes((bytes) => {
      this.#received.push(Uint8Array.from(bytes));
      this.onBytes(bytes);
    });
  }

  async send(bytes: Uint8Array): Promise<void> {
    await this.#pty?.write(bytes);
  }

  received(): Buffer {
    return Buffer.concat(this.#received);
  }

  /** Holds the process still that carries the bytes: the kernel's buffers fill, and no more is taken. */
  stall(): void {
    const pid = this.#pty?.pid;
    if (pid !== undefined) process.kill(pid, 'SIGSTOP');
  }

  /** Pulls it. Idempotent. */
  async unplug(): Promise<void> {
    const pty = this.#pty;
    this.#pty = undefined;
    if (pty?.pid !== undefined && pty.isOpen) process.kill(pty.pid, 'SIGCONT');
    await pty?.close();
  }
}
