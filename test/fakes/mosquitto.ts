// A real mosquitto on a free loopback port with a configuration of the test's choice, which can be killed, paused and started again.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { freePort } from './free-port.ts';
import { requireTool } from './stock-tools.ts';

export interface MosquittoOptions {
  /** Lines of mosquitto.conf; one replaces the default line of the same name. `{folder}` stands for the broker's folder. */
  readonly lines?: readonly string[];
  /** Files to put into its folder before it starts, such as an `acl`. */
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  /** Listens with TLS 1.3; `requireClient` wants a client certificate and takes its common name as the user name. */
  readonly tls?: {
    readonly caFile: string;
    readonly certFile: string;
    readonly keyFile: string;
    readonly requireClient?: boolean;
  };
  /** Beside the test's own. */
  readonly environment?: Readonly<Record<string, string>>;
}

const START_MS = 10_000;
const STOP_MS = 5_000;
const LOG_CHARACTERS_MAX = 1_000_000;

/** Defaults as in production: no Nagle, nothing on disk, a queue that outlasts a window. */
const DEFAULT_LINES = [
  'allow_anonymous true',
  'set_tcp_nodelay true',
  'persistence false',
  'max_queued_messages 10000',
];

function tlsLines(tls: NonNullable<MosquittoOptions['tls']>): string[] {
  const client =
    tls.requireClient === true ? ['require_certificate true', 'use_identity_as_username true'] : [];
  const files = [`cafile ${tls.caFile}`, `certfile ${tls.certFile}`, `keyfile ${tls.keyFile}`];
  return [...files, 'tls_version tlsv1.3', ...client];
}

function configuration(port: number, folder: string, options: MosquittoOptions): string {
  const own = (options.lines ?? []).map((line) => line.replaceAll('{folder}', folder));
  const names = new Set(own.map((line) => line.split(' ')[0]));
  const rest = DEFAULT_LINES.filter((line) => !names.has(line.split(' ')[0]));
  // Root would become the user "mosquitto", who may not read a test's folder.
  const head = [
    `user ${userInfo().username}`,
    `listener ${port} 127.0.0.1`,
    'log_dest stderr',
    'log_type all',
  ];
  return `${[...head, ...(options.tls === undefined ? [] : tlsLines(options.tls)), ...rest, ...own].join('\n')}\n`;
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.once('error', () => resolve(false));
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
  });
}

/** One broker; the port stays the same over restarts. */
export class Mosquitto {
  readonly port: number;
  readonly folder: string;
  private readonly environment: Readonly<Record<string, string>>;
  private process: ChildProcess | undefined;
  private ended: Promise<unknown> = Promise.resolve();
  private written = '';

  private constructor(port: number, folder: string, environment: Readonly<Record<string, string>>) {
    this.port = port;
    this.folder = folder;
    this.environment = environment;
  }

  /** Resolves when it listens; tries three ports. */
  static async open(options: MosquittoOptions = {}): Promise<Mosquitto> {
    const folder = await mkdtemp(join(tmpdir(), 'bodydock-mosquitto-'));
    for (let attempt = 1; ; attempt++) {
      const broker = new Mosquitto(await freePort(), folder, options.environment ?? {});
      for (const [name, content] of Object.entries(options.files ?? {})) {
        await writeFile(join(folder, name), content, { mode: 0o600 });
      }
      await writeFile(join(folder, 'mosquitto.conf'), configuration(broker.port, folder, options));
      try {
        await broker.start();
        return broker;
      } catch (error) {
        if (attempt < 3 && broker.log().includes('Address already in use')) continue;
        await broker.stop();
        throw error;
      }
    }
  }

  get url(): string {
    return `mqtt://127.0.0.1:${this.port}`;
  }

  get pid(): number | undefined {
    return this.process?.pid;
  }

  /** What it wrote to its log so far. */
  log(): string {
    return this.written;
  }

  /** Starts it (again), with the configuration as it is in its folder. */
  async start(): Promise<void> {
    const words = ['-c', join(this.folder, 'mosquitto.conf')];
    const child = spawn(requireTool('mosquitto'), words, {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, ...this.environment },
    });
    this.process = child;
    this.ended = once(child, 'close').then(() => (this.process = undefined));
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.written = (this.written + text).slice(-LOG_CHARACTERS_MAX);
    });
    const deadline = Date.now() + START_MS;
    while (!(await listens(this.port))) {
      if (this.process !== undefined && Date.now() < deadline) {
        await new Promise((resolve) => setTimeout(resolve, 10));
        continue;
      }
      await this.kill();
      throw new Error(`mosquitto does not listen on port ${this.port}:\n${this.written}`);
    }
  }

  /** kill -9: nothing is flushed, no client is told. */
  kill(): Promise<void> {
    return this.end('SIGKILL');
  }

  /** Holds it still with its connections open (a half-open peer), until `resume`. */
  pause(): void {
    this.process?.kill('SIGSTOP');
  }

  resume(): void {
    this.process?.kill('SIGCONT');
  }

  /** Ends it in order and removes its folder. */
  async stop(): Promise<void> {
    this.resume();
    await this.end('SIGTERM');
    await rm(this.folder, { recursive: true, force: true });
  }

  private async end(signal: NodeJS.Signals): Promise<void> {
    this.process?.kill(signal);
    const timer = setTimeout(() => this.process?.kill('SIGKILL'), STOP_MS);
    await this.ended;
    clearTimeout(timer);
  }
}
