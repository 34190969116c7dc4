// The processes of a first run: broker, receiver and agent, in the group of the command that started them, with a log file each.
import { type ChildProcess, spawn } from 'node:child_process';
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DockError } from '../../../protocol/format/errors.ts';
import type { Clock } from '../../../protocol/format/ports.ts';

const STOP_MS = 30_000;
const LOOK_MS = 500;

/** How long somebody waits for a part that starts: for as long as it works at it. */
export interface Patience {
  /** Without processor time used by the part. */
  readonly idleMs: number;
  /** In all, whatever it does. */
  readonly mostMs: number;
  /** Between two words on what is waited for. */
  readonly tellMs: number;
}

/** An emulated or loaded machine takes a minute where another one takes a second; one that reads from a slow card uses little of its processor. */
const PATIENCE: Patience = { idleMs: 60_000, mostMs: 600_000, tellMs: 10_000 };

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

  /** First message over the IPC channel; `tell` says what is waited for. Errors: "first-run.part" where the part ended, or goes on without being ready. */
  async ready(tell: (text: string) => void, patience: Patience = PATIENCE): Promise<unknown> {
    const said = new Promise<unknown>((resolve) => this.#child.once('message', resolve));
    const ended = this.#ended.then(() => this.#fail('ended before it was ready'));
    const signal = new AbortController();
    const late = this.#patience(patience, tell, signal.signal);
    late.catch(() => undefined);
    ended.catch(() => undefined);
    try {
      return await Promise.race([said, ended, late]);
    } finally {
      signal.abort();
    }
  }

  /** Ends by failing, when it is over. Errors: "first-run.part"; the signal's reason. */
  async #patience(
    { idleMs, mostMs, tellMs }: Patience,
    tell: (text: string) => void,
    signal: AbortSignal,
  ): Promise<never> {
    const startMs = this.#clock.monotonicMs();
    let [movedMs, toldMs] = [startMs, startMs];
    let before: number | undefined;
    for (;;) {
      await this.#clock.sleep(LOOK_MS, signal);
      const used = await usedTicks(this.#child.pid);
      const nowMs = this.#clock.monotonicMs();
      if (used === undefined || used !== before) movedMs = nowMs;
      before = used;
      if (nowMs - startMs >= mostMs) return this.#fail(`is not ready after ${seconds(mostMs)}`);
      if (nowMs - movedMs >= idleMs)
        return this.#fail(`is not ready, and has done nothing for ${seconds(idleMs)}`);
      if (nowMs - toldMs < tellMs) continue;
      toldMs = nowMs;
      tell(`Waiting for the ${this.name} to start: ${seconds(nowMs - startMs)}. Its log: ${this.logFile}\n`);
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

function seconds(ms: number): string {
  return `${Math.round(ms / 1000)} s`;
}

/** Processor time that a process has used, in ticks of the kernel; undefined where the system does not say. Source: proc_pid_stat(5). */
async function usedTicks(pid: number | undefined): Promise<number | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  // The name of the program, in brackets, may hold blanks; user and system time are the 12th and the 13th field after it.
  const fields = text?.slice(text.lastIndexOf(')') + 2).split(' ');
  const ticks = Number(fields?.[11]) + Number(fields?.[12]);
  return Number.isNaN(ticks) ? undefined : ticks;
}

// Runs one of our own commands to its end, as a user would type it, and gives back what it printed.

/** Printed text that is kept; a verification of 10,000 recordings prints less. */
const OUTPUT_BYTES_MAX = 16 * 1024 * 1024;

interface CommandResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Never rejects for an exit code. Errors: the signal's reason; the system's where Node cannot be started. */
export function runCommand(
  script: string,
  args: readonly string[],
  signal: AbortSignal,
): Promise<CommandResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'pipe', 'pipe'], signal });
    const text = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8');
      child[name].on('data', (part: string) => {
        text[name] = (text[name] + part).slice(-OUTPUT_BYTES_MAX);
      });
    }
    child.once('error', reject);
    child.once('close', (code) => resolve({ exitCode: code ?? 1, ...text }));
  });
}
