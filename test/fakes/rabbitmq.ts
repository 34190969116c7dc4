// A real RabbitMQ with its MQTT plugin on free loopback ports, in a folder of its own.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './free-port.ts';
import { findTool } from './stock-tools.ts';

export interface RabbitMqOptions {
  /** Lines of rabbitmq.conf behind the ports. */
  readonly lines?: readonly string[];
}

const START_MS = 90_000;
const STOP_MS = 15_000;
const LOG_CHARACTERS_MAX = 200_000;
/** Debian's own /usr/sbin/rabbitmq-server changes to the user of the service; the program below does not. */
const PROGRAMS = '/usr/lib/rabbitmq/bin';

/** For `test.skipIf`: true where it is missing and this is not CI, where the test runs and fails for want of it. */
export function lacksRabbitMq(): boolean {
  return process.env['CI'] === undefined && findTool('rabbitmq-server') === undefined;
}

/** One broker. The erlang port mapper that it starts is its own as well, and ends with it. */
export class RabbitMq {
  readonly folder: string;
  readonly port: number;
  readonly #environment: NodeJS.ProcessEnv;
  #process: ChildProcess | undefined;
  #ended: Promise<unknown> = Promise.resolve();
  #written = '';

  private constructor(folder: string, port: number, environment: NodeJS.ProcessEnv) {
    this.folder = folder;
    this.port = port;
    this.#environment = environment;
  }

  /** Resolves when its MQTT port listens. */
  static async open({ lines = [] }: RabbitMqOptions = {}): Promise<RabbitMq> {
    if (findTool('rabbitmq-server') === undefined)
      throw new Error('rabbitmq-server is not installed, and this test needs it');
    const folder = await mkdtemp(join(tmpdir(), 'bodydock-rabbitmq-'));
    const [port, amqp, nodes, mapper] = await Promise.all([freePort(), freePort(), freePort(), freePort()]);
    await mkdir(join(folder, 'log'));
    await writeFile(join(folder, 'plugins'), '[rabbitmq_mqtt,rabbitmq_auth_mechanism_ssl].\n');
    const ports = [`listeners.tcp.1 = 127.0.0.1:${amqp}`];
    if (!lines.some((line) => line.startsWith('mqtt.listeners.')))
      ports.push(`mqtt.listeners.tcp.1 = 127.0.0.1:${port}`);
    const own = lines.map((line) => line.replaceAll('{folder}', folder).replaceAll('{port}', `${port}`));
    await writeFile(join(folder, 'rabbitmq.conf'), `${[...ports, ...own].join('\n')}\n`);
    const broker = new RabbitMq(folder, port, environmentOf(folder, { port, nodes, mapper }));
    try {
      await broker.start();
      return broker;
    } catch (error) {
      await broker.stop();
      throw error;
    }
  }

  get url(): string {
    return `mqtt://127.0.0.1:${this.port}`;
  }

  log(): string {
    return this.#written;
  }

  /** Runs a line of a shell in which rabbitmqctl speaks to it. */
  shell(line: string): void {
    const environment = { ...this.#environment, PATH: `${PROGRAMS}:${process.env['PATH']}` };
    const { status, stderr } = spawnSync('sh', ['-ec', line], {
      env: environment,
      encoding: 'utf8',
      timeout: START_MS,
    });
    if (status !== 0) throw new Error(`${line} ended with ${status}: ${stderr}`);
  }

  async start(): Promise<void> {
    this.#written = '';
    const child = spawn(join(PROGRAMS, 'rabbitmq-server'), [], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: this.#environment,
      detached: true,
    });
    this.#process = child;
    this.#ended = once(child, 'exit').then(() => (this.#process = undefined));
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.#written = (this.#written + text).slice(-LOG_CHARACTERS_MAX);
      });
    const deadline = Date.now() + START_MS;
    while (!this.#written.includes('completed with')) {
      if (this.#process === undefined || Date.now() > deadline)
        throw new Error(`RabbitMQ does not start:\n${this.#written}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    if (!(await listens(this.port))) throw new Error(`RabbitMQ does not listen:\n${this.#written}`);
  }

  /** kill -9; `start` brings it back on the same port. */
  async kill(): Promise<void> {
    this.#signal('SIGKILL');
    await this.#ended;
  }

  /** Ends it in order and removes its folder. */
  async stop(): Promise<void> {
    this.#signal('SIGTERM');
    const timer = setTimeout(() => this.#signal('SIGKILL'), STOP_MS);
    await this.#ended;
    clearTimeout(timer);
    const mapper = this.#environment['ERL_EPMD_PORT'] ?? '';
    spawnSync('epmd', ['-port', mapper, '-kill'], { env: this.#environment, timeout: STOP_MS });
    await rm(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }

  /** To all of its processes: the first is a script. */
  #signal(name: NodeJS.Signals): void {
    const pid = this.#process?.pid;
    if (pid !== undefined) process.kill(-pid, name);
  }
}

function environmentOf(
  folder: string,
  { port, nodes, mapper }: { readonly port: number; readonly nodes: number; readonly mapper: number },
): NodeJS.ProcessEnv {
  return {
    PATH: process.env['PATH'],
    HOME: folder,
    RABBITMQ_BASE: folder,
    RABBITMQ_MNESIA_BASE: join(folder, 'db'),
    RABBITMQ_LOG_BASE: join(folder, 'log'),
    RABBITMQ_NODENAME: `bodydock-${port}@localhost`,
    RABBITMQ_CONFIG_FILE: join(folder, 'rabbitmq.conf'),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(folder, 'plugins'),
    RABBITMQ_FEATURE_FLAGS_FILE: join(folder, 'feature-flags'),
    RABBITMQ_PID_FILE: join(folder, 'pid'),
    RABBITMQ_CONF_ENV_FILE: join(folder, 'none'),
    RABBITMQ_DIST_PORT: `${nodes}`,
    ERL_EPMD_PORT: `${mapper}`,
    ERL_EPMD_ADDRESS: '127.0.0.1',
  };
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
