// A simulated camera behind a real serial device of the guest: `bodydock simulate serial`, and socat, which carries bytes between the
// camera's end of the device and it, and keeps what came from the station.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { consoleFraming } from '../../drivers/smp/console-framing.ts';
import { parseHeader } from '../../drivers/smp/packet.ts';
import type { SerialCameras, SerialCameraWish } from '../fakes/serial-cameras.ts';
import { pause } from '../fakes/until.ts';

/** What is on its way in an emulated device has arrived by then. */
const SETTLE_MS = 500;

/** What a camera was sent. */
export interface Received {
  /** Group and command of each request, in order. */
  readonly requests: readonly string[];
  /** Bytes that were no part of a request. */
  readonly noiseBytes: number;
  readonly damaged: number;
}

/** One camera for one stay. */
export class CameraBehind {
  readonly #bridge: ChildProcess;
  readonly #ended: Promise<unknown>;
  readonly #record: string;
  readonly #end: () => Promise<void>;

  private constructor(device: string, port: string, record: string, end: () => Promise<void>) {
    this.#record = record;
    this.#end = end;
    const words = ['-r', record, `${device},rawer`, `${port},rawer`];
    this.#bridge = spawn('socat', words, { stdio: ['ignore', 'inherit', 'inherit'] });
    this.#ended = once(this.#bridge, 'exit');
  }

  /** `device`: the camera's own end, such as /dev/ttyGS0. `stay`: another number for each. */
  static async start(
    cameras: SerialCameras,
    stay: number,
    device: string,
    wish: SerialCameraWish,
  ): Promise<CameraBehind> {
    const program = await cameras.plugIn(stay, wish);
    const record = join(cameras.folder, `received-${stay}.bin`);
    return new CameraBehind(device, cameras.port(stay), record, () => program.stop());
  }

  /** Nothing moves on its end any more; the rest of the guest goes on. */
  async holdStill(): Promise<void> {
    this.#bridge.kill('SIGSTOP');
    await pause(SETTLE_MS);
  }

  /** Ends it. Idempotent. */
  async stop(): Promise<void> {
    this.#bridge.kill('SIGKILL');
    if (this.#bridge.exitCode === null && this.#bridge.signalCode === null) await this.#ended;
    await this.#end();
  }

  /** Everything that came from the station since it was plugged in. */
  async received(): Promise<Received> {
    const deframer = consoleFraming.deframer('requests');
    const packets = deframer.push(await readFile(this.#record), 0);
    const requests = packets.map((packet) => {
      const header = parseHeader(packet);
      return header === undefined ? 'none' : `${header.op} ${header.group}/${header.command}`;
    });
    return { requests, noiseBytes: deframer.noiseBytes, damaged: deframer.damaged };
  }
}
