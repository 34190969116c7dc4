// A simulated camera at its own end of a real serial device of the guest. socat carries the bytes, so that whatever the device does when it is
// pulled happens to socat; what the camera was sent is kept.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { nodeClock } from '../../agent/platform/clock-node.ts';
import { consoleFraming } from '../../drivers/serial/smp/framing.ts';
import { parseHeader } from '../../drivers/serial/smp/packet.ts';
import { SmpCameraLine } from '../../drivers/simulated/smp-camera-line.ts';
import { SmpCamera } from '../../drivers/simulated/smp-camera.ts';
import type { MemorySmpFiles } from '../../drivers/simulated/smp-files.ts';
import { pause } from '../fakes/until.ts';

/** What is on its way in an emulated device has arrived by then. */
const SETTLE_MS = 500;

const BABBLE = Buffer.from('uart:~$ booting\r\n'.repeat(100));

/** What a camera was sent. */
export interface Received {
  /** Operation, group and command of each request, in order. */
  readonly requests: readonly string[];
  /** Bytes that were no part of a request. */
  readonly noiseBytes: number;
  readonly damaged: number;
}

/** One camera for one stay; its files may stay for several. */
export class CameraBehind {
  readonly #bridge: ChildProcess;
  readonly #ended: Promise<unknown>;
  readonly #line: SmpCameraLine;
  readonly #received: Buffer[] = [];

  /** `device`: the camera's own end, such as /dev/ttyGS0. */
  constructor(device: string, files: MemorySmpFiles, serial: string) {
    this.#bridge = spawn('socat', ['STDIO', `${device},rawer`], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#ended = once(this.#bridge, 'exit');
    this.#bridge.stdin?.on('error', () => undefined); // told by the exit
    const identity = { vendor: 'Rig', model: 'R1', serial, firmware: '1' };
    this.#line = new SmpCameraLine({
      camera: new SmpCamera({ files, identity }),
      framing: consoleFraming,
      clock: nodeClock(),
      sink: { write: (bytes) => this.#send(bytes) },
    });
    this.#bridge.stdout?.on('data', (bytes: Buffer) => {
      this.#received.push(Buffer.from(bytes));
      this.#line.take(bytes);
    });
  }

  /** Sends without a pause from now on, whatever it is asked: the console of a camera that boots. Resolves when that is under way. */
  async babble(): Promise<void> {
    const sendOn = async (): Promise<void> => {
      for (;;) await this.#send(BABBLE);
    };
    sendOn().catch(() => undefined); // until it is pulled
    await pause(SETTLE_MS);
  }

  /** Nothing moves on its end any more. */
  async holdStill(): Promise<void> {
    this.#bridge.kill('SIGSTOP');
    await pause(SETTLE_MS);
  }

  /** Ends it. */
  async stop(): Promise<void> {
    this.#line.end();
    this.#bridge.kill('SIGKILL');
    await this.#ended;
  }

  /** Everything that came from the station since it was plugged in. */
  received(): Received {
    const deframer = consoleFraming.deframer('requests');
    const requests = deframer.push(Buffer.concat(this.#received), 0).map((packet) => {
      const header = parseHeader(packet);
      return header === undefined ? 'none' : `${header.op} ${header.group}/${header.command}`;
    });
    return { requests, noiseBytes: deframer.noiseBytes, damaged: deframer.damaged };
  }

  /** A camera that was pulled sends into nothing. */
  #send(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      const { stdin } = this.#bridge;
      if (stdin === null || !stdin.writable) return reject(new Error('the device is gone'));
      stdin.write(Uint8Array.from(bytes), (error) => (error == null ? resolve() : reject(error)));
    });
  }
}
