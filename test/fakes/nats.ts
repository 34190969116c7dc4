// A real nats-server with JetStream and MQTT on free loopback ports, in a folder of its own.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './free-port.ts';
import { requireTool } from './stock-tools.ts';

const START_MS = 20_000;
const STOP_MS = 5_000;

/** One broker. */
export class Nats {
  readonly folder: string;
  readonly port: number;
  #process: ChildProcess | undefined;
  #ended: Promise<unknown> = Promise.resolve();
  #written = '';

  private constructor(folder: string, port: number) {
    this.folder = folder;
    this.port = port;
  }

  /** `configuration` gets the folder, the port for MQTT and another free one. Resolves when it listens. */
  static async open(
    configuration: (places: { folder: string; port: number; other: number }) => string,
  ): Promise<Nats> {
    const folder = await mkdtemp(join(tmpdir(), 'bodydock-nats-'));
    const [port, other] = await Promise.all([freePort(), freePort()]);
    const broker = new Nats(folder, port);
    await writeFile(join(folder, 'nats.conf'), configuration({ folder, port, other }), { mode: 0o600 });
    try {
      await broker.start();
      return broker;
    } catch (error) {
      await broker.stop();
      throw error;
    }
  }

  log(): string {
    return this.#written;
  }

  async start(): Promise<void> {
    this.#written = '';
    const child = spawn(requireTool('nats-server'), ['-c', join(this.folder, 'nats.conf')], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#process = child;
    this.#ended = once(child, 'close').then(() => (this.#process = undefined));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (this.#written += text));
    const deadline = Date.now() + START_MS;
    while (!this.#written.includes('Server is ready')) {
      if (this.#process === undefined || Date.now() > deadline)
        throw new Error(`nats-server does not start:\n${this.#written}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  async kill(): Promise<void> {
    this.#process?.kill('SIGKILL');
    await this.#ended;
  }

  async stop(): Promise<void> {
    this.#process?.kill('SIGTERM');
    const timer = setTimeout(() => this.#process?.kill('SIGKILL'), STOP_MS);
    await this.#ended;
    clearTimeout(timer);
    await rm(this.folder, { recursive: true, force: true });
  }
}
