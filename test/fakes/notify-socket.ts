// Stands for systemd: the socket at which a service says how it is (sd_notify). Node has no such sockets, so Python listens.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from './until.ts';

const LISTENER = `
import os, socket, sys
listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
listener.bind(sys.argv[1])
os.chmod(sys.argv[1], 0o777)
print("listens", flush=True)
while True:
    print(listener.recv(4096).decode().replace("\\n", " "), flush=True)
`;
/** What the tests need of the machine for it. */
export const NOTIFY_TOOLS = ['python3', 'systemd-notify'] as const;

/** One word of a service. */
export interface Notified {
  readonly atMs: number;
  readonly text: string;
}

/** Hears until it is closed. */
export class NotifySocket {
  readonly path: string;
  readonly words: Notified[] = [];
  readonly #folder: string;
  readonly #listener: ChildProcess;

  private constructor(folder: string) {
    this.#folder = folder;
    this.path = join(folder, 'notify');
    this.#listener = spawn('python3', ['-c', LISTENER, this.path], { stdio: ['ignore', 'pipe', 'inherit'] });
    let begun = '';
    this.#listener.stdout?.setEncoding('utf8').on('data', (text: string) => {
      const lines = (begun + text).split('\n');
      begun = lines.pop() ?? '';
      for (const line of lines) this.words.push({ atMs: performance.now(), text: line });
    });
  }

  static async open(): Promise<NotifySocket> {
    const folder = await mkdtemp(join(tmpdir(), 'bodydock-notify-'));
    await chmod(folder, 0o755);
    const socket = new NotifySocket(folder);
    await until('a listener', 10_000, () => socket.words.shift());
    return socket;
  }

  /** Environment of a service whose word "alive" is waited for so long. */
  environment(watchdogMs: number): Record<string, string> {
    return { NOTIFY_SOCKET: this.path, WATCHDOG_USEC: String(watchdogMs * 1000) };
  }

  /** When the word was heard, in ms. */
  heard(word: string): number[] {
    return this.words.filter(({ text }) => text.includes(word)).map(({ atMs }) => atMs);
  }

  async close(): Promise<void> {
    const ended = once(this.#listener, 'exit');
    this.#listener.kill('SIGKILL');
    await ended;
    await rm(this.#folder, { recursive: true, force: true });
  }
}
