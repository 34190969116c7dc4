// The processes of a first run: broker, receiver and agent, in the group of the command that started them, with a log file each.
import { spawn, type ChildProcess } from 'node:child_process';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { DockError } from '../../protocol/errors.ts';
import type { Clock } from '../../protocol/ports.ts';

const START_MS = 20_000;
const STOP_MS = 30_000;

/** One running part. */
export class Part {
  readonly name: string;
  readonly logFile: string;
  readonly #child: ChildProcess;
  readonly #clock: Clock;
  readonly #ended: Promise<void>;
  #stopping = false;

  private constructor(name: string, logFile: string, child: ChildProcess, clock: Clock) {
    this.name = name;
    this.logFile = logFile;
    this.#child = child;
    this.#clock = clock;
    this.#ended = new Promise((resolve) => {
      child.once('exit', () => resolve());
      child.once('error', () => resolve());
    });
  }

  /** Starts a compiled program of ours; stdout and stderr go to `<logs>/<name>.log`. */
  static async start(
    name: string,
    script: string,
    args: readonly string[],
    logs: string,
    clock: Clock,
  ): Promise<Part> {
    const logFile = join(logs, `${name}.log`);
    const log = await open(logFile, 'a');
    try {
      const child = spawn(process.execPath, [script, ...args], { stdio: ['ignore', log.fd, log.fd, 'ipc'] });
      return new Part(name, logFile, child, clock);
    } finally {
      await log.close();
    }
  }

  /** First message over the IPC channel. Errors: "first-run.part" where the part ended or said nothing in time. */
  async ready(): Promise<unknown> {
    const said = new Promise<unknown>((resolve) => this.#child.once('message', resolve));
    const ended = this.#ended.then(() => this.#fail('ended before it was ready'));
    const signal = new AbortController();
    const late = this.#clock
      .sleep(START_MS, signal.signal)
      .then(() => this.#fail(`not ready after ${START_MS / 1000} s`));
    late.catch(() => undefined);
    ended.catch(() => undefined);
    try {
      return await Promise.race([said, ended, late]);
    } finally {
      signal.abort();
    }
  }

  /** Rejects with "first-run.part" when the part ends without having been asked to. */
  async failure(): Promise<never> {
    await this.#ended;
    if (this.#stopping) return new Promise<never>(() => undefined);
    return this.#fail(`ended by itself (${this.#child.exitCode ?? this.#child.signalCode})`);
  }

  /** Asks it to finish, waits, and kills it where it does not. Returns true where it ended by itself with exit code 0. */
  async stop(): Promise<boolean> {
    this.#stopping = true;
    this.#child.kill('SIGTERM');
    const signal = new AbortController();
    const late = this.#clock.sleep(STOP_MS, signal.signal).then(
      () => this.#child.kill('SIGKILL'),
      () => undefined,
    );
    await this.#ended;
    signal.abort();
    await late;
    return this.#child.exitCode === 0;
  }

  #fail(what: string): never {
    throw new DockError('first-run.part', `the ${this.name} ${what}; its log is ${this.logFile}`, {
      retry: 'person',
    });
  }
}
