// A network namespace that is reached over a slow, late and lossy line (poor-line.py). Needs root, /dev/net/tun, ip and python3.
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { pointTried } from './points.ts';
import { findTool } from './stock-tools.ts';

const PROGRAM = fileURLToPath(new URL('poor-line.py', import.meta.url));

/** Of each direction. */
export interface PoorLineWish {
  readonly bytesPerS: number;
  /** One way. */
  readonly delayMs: number;
  readonly lostPerMille: number;
  readonly seed: number;
}

/** Packets and bytes of one direction. */
export interface PoorLineFigures {
  readonly passed: number;
  readonly lost: number;
  readonly overflowed: number;
  readonly bytes: number;
}

/** What is missing for it, or undefined. */
export function lackingForPoorLine(): string | undefined {
  if (process.getuid?.() !== 0) return 'root';
  if (!existsSync('/dev/net/tun')) return '/dev/net/tun';
  return ['ip', 'python3'].find((tool) => findTool(tool) === undefined);
}

/** One line; its far end is the namespace. */
export class PoorLine {
  /** At the machine's own end. */
  readonly ownAddress = '10.213.77.1';
  readonly #namespace = `bodydock-${process.pid}`;
  #process: ChildProcess | undefined;
  #written = '';

  static async open(wish: PoorLineWish): Promise<PoorLine> {
    const line = new PoorLine();
    execFileSync('ip', ['netns', 'add', line.#namespace]);
    const { bytesPerS, delayMs, lostPerMille, seed } = wish;
    const numbers = [bytesPerS, delayMs, lostPerMille, seed].map(String);
    const args = [PROGRAM, line.#namespace, '10.213.77.2', line.ownAddress, ...numbers];
    const child = spawn('python3', args, { stdio: ['ignore', 'pipe', 'inherit'] });
    line.#process = child;
    child.stdout.setEncoding('utf8').on('data', (text: string) => (line.#written += text));
    await Promise.race([once(child.stdout, 'data'), once(child, 'exit')]);
    if (line.#written.startsWith('ready')) return line;
    await line.close();
    throw new Error('poor-line.py did not begin');
  }

  /** In front of a command that runs at the far end. */
  get wrapper(): readonly string[] {
    return ['ip', 'netns', 'exec', this.#namespace];
  }

  /** Ends it and resolves with what passed, "up" from the namespace. */
  async close(): Promise<{ readonly up: PoorLineFigures; readonly down: PoorLineFigures } | undefined> {
    const child = this.#process;
    if (child !== undefined && child.exitCode === null) {
      const closed = once(child, 'close');
      child.kill('SIGTERM');
      await closed;
    }
    this.#process = undefined;
    execFileSync('ip', ['netns', 'delete', this.#namespace]);
    const last = this.#written.trim().split('\n').at(-1) ?? '';
    if (!last.startsWith('{')) return undefined;
    const figures = JSON.parse(last) as { up: PoorLineFigures; down: PoorLineFigures };
    pointTried(figures.up.lost + figures.down.lost);
    return figures;
  }
}
