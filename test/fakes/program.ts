// One of our compiled programs as a process of its own: started, awaited, asked to end, killed, held still. Its output goes to a log file.
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pointTried } from './points.ts';

/** A start takes 1 s; beside many others on two cores it was seen to take 20. */
const START_MS = 60_000;
const STOP_MS = 20_000;
const COMMAND_MS = 60_000;
const OUTPUT_BYTES_MAX = 64 * 1024 * 1024;
/** This file lies two folders below the project, and three when it was compiled. */
const PROJECT = new URL(import.meta.url.endsWith('.ts') ? '../../' : '../../../', import.meta.url);

/** Who a program runs as. */
export interface User {
  readonly uid: number;
  readonly gid: number;
}

/** Path of a compiled file, "programs/agent/main.js". BODYDOCK_DIST names the folder of another build than the project's own. */
export function compiled(file: string): string {
  const folder = process.env['BODYDOCK_DIST'] ?? fileURLToPath(new URL('dist', PROJECT));
  return join(folder, file);
}

export const BODYDOCK = 'programs/agent/main.js';
export const MOUNT_HELPER = 'programs/agent/helpers/mount/main.js';
export const POWER_HELPER = 'programs/agent/helpers/power/main.js';
export const RECEIVER = 'programs/agent/receiver/main.js';
export const EMBEDDED_BROKER = 'programs/agent/platform/broker-embedded-main.js';

export interface CommandOutcome {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly elapsedMs: number;
}

/** Runs one of our commands to its end; never rejects for an exit code. */
export function runProgram(
  file: string,
  args: readonly string[],
  options: {
    readonly cwd?: string;
    readonly timeoutMs?: number;
    readonly user?: User;
    /** Beside the test's own environment. */
    readonly environment?: Readonly<Record<string, string>>;
  } = {},
): Promise<CommandOutcome> {
  const startedMs = performance.now();
  return new Promise((resolve, reject) => {
    const settings = {
      timeout: options.timeoutMs ?? COMMAND_MS,
      maxBuffer: OUTPUT_BYTES_MAX,
      ...options.user,
      env: { ...process.env, ...options.environment },
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    };
    const done = (error: Error | null, stdout: string, stderr: string): void => {
      const code = error === null ? 0 : (error as Error & { code?: unknown }).code;
      const elapsedMs = performance.now() - startedMs;
      if (typeof code === 'number') resolve({ exitCode: code, stdout, stderr, elapsedMs });
      else reject(new Error(`${file} ${args.join(' ')} did not end by itself: ${stdout}${stderr}`));
    };
    execFile(process.execPath, [compiled(file), ...args], settings, done);
  });
}

export interface ProgramWish {
  readonly file: string;
  readonly args: readonly string[];
  /** A command in front of ours that becomes it, such as `ip netns exec NAME`. */
  readonly wrapper?: readonly string[];
  readonly logFile: string;
  readonly user?: User;
  /** Beside the test's own environment. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Where its output goes instead: a device such as /dev/full, or a socket that nobody ever reads. */
  readonly output?: { readonly device: string } | 'unread';
}

/** One process that can be started any number of times. */
export class Program {
  readonly logFile: string;
  readonly #wish: ProgramWish;
  #child: ChildProcess | undefined;
  #ended: Promise<unknown> = Promise.resolve();

  constructor(wish: ProgramWish) {
    this.#wish = wish;
    this.logFile = wish.logFile;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  get running(): boolean {
    return this.#child !== undefined;
  }

  /** Resolves when the process that was started last has ended: with its exit code, null where a signal ended it. */
  async ended(): Promise<number | null> {
    const code = await this.#ended;
    return typeof code === 'number' ? code : null;
  }

  /** Starts it without waiting for more than the process. */
  launch(): ChildProcess {
    if (this.#child !== undefined) throw new Error(`${this.#wish.file} runs already`);
    const { output } = this.#wish;
    const log = openSync(this.logFile, 'a');
    const target = typeof output === 'object' ? openSync(output.device, 'w') : log;
    const [command = '', ...args] = [
      ...(this.#wish.wrapper ?? []),
      process.execPath,
      compiled(this.#wish.file),
      ...this.#wish.args,
    ];
    const child = spawn(command, args, {
      stdio: ['ignore', output === 'unread' ? 'pipe' : target, log, 'ipc'],
      env: { ...process.env, ...this.#wish.environment },
      ...this.#wish.user,
    });
    closeSync(log);
    if (target !== log) closeSync(target);
    child.on('error', () => undefined);
    this.#child = child;
    this.#ended = once(child, 'exit').then(([code]: unknown[]) => {
      if (this.#child === child) this.#child = undefined;
      return code;
    });
    return child;
  }

  /** Starts it; resolves with its first message, which says that it is ready. */
  async start(): Promise<unknown> {
    const child = this.launch();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(this.#notReady('said nothing in time')), START_MS);
    });
    const gone = this.#ended.then(() => Promise.reject(this.#notReady('ended')));
    gone.catch(() => undefined);
    try {
      const [message] = (await Promise.race([once(child, 'message'), gone, late])) as [unknown];
      return message;
    } finally {
      clearTimeout(timer);
    }
  }

  /** kill -9, whatever it does at this moment; counted among the points that were tried unless it only tidies up. */
  async kill(isTried = true): Promise<void> {
    if (this.#child?.kill('SIGKILL') === true && isTried) pointTried();
    await this.#ended;
  }

  /** Asks it to end; kills it where it does not, and then rejects. */
  async stop(): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    this.resume();
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
    await this.#ended;
    clearTimeout(timer);
    if (child.signalCode === 'SIGKILL')
      throw new Error(`${this.#wish.file} did not end within ${STOP_MS} ms: ${this.log().slice(-2000)}`);
  }

  /** Holds it still with its connections open. */
  pause(): void {
    this.#child?.kill('SIGSTOP');
  }

  resume(): void {
    this.#child?.kill('SIGCONT');
  }

  /** All that it wrote so far. */
  log(): string {
    return readFileSync(this.logFile, 'utf8');
  }

  #notReady(what: string): Error {
    return new Error(`${this.#wish.file} ${what} before it was ready: ${this.log().slice(-4000)}`);
  }
}
