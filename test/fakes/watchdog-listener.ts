// Hears what a program tells its service manager, in place of systemd: how long it was silent. Needs socat.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { requireTool } from './stock-tools.ts';
import { until } from './until.ts';

const OPEN_MS = 10_000;

/** One listening socket. */
export class WatchdogListener {
  readonly socketPath: string;
  readonly #child: ChildProcess;
  #beats = 0;
  #lastMs: number | undefined;
  #longestMs = 0;

  private constructor(socketPath: string, child: ChildProcess) {
    this.socketPath = socketPath;
    this.#child = child;
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      const beats = [...text.matchAll(/WATCHDOG=1/g)].length;
      if (beats > 0) this.#beat(beats);
    });
  }

  /** Listens at a path that is not there yet. */
  static async open(socketPath: string): Promise<WatchdogListener> {
    const child = spawn(requireTool('socat'), ['-u', `UNIX-RECV:${socketPath}`, '-'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const listener = new WatchdogListener(socketPath, child);
    await until('a socket', OPEN_MS, () => existsSync(socketPath));
    return listener;
  }

  /** Of "alive" so far. */
  get beats(): number {
    return this.#beats;
  }

  /** Longest time without one from the first one on, the time since the last one included. */
  get longestSilenceMs(): number {
    const now = performance.now();
    return Math.max(this.#longestMs, now - (this.#lastMs ?? now));
  }

  async close(): Promise<void> {
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await ended;
  }

  #beat(beats: number): void {
    this.#longestMs = this.longestSilenceMs;
    this.#lastMs = performance.now();
    this.#beats += beats;
  }
}
