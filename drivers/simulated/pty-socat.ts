// A pseudo terminal that looks like a serial port. Node cannot make one, so socat does: it holds the one end and hands our bytes to it.
import { type ChildProcess, spawn } from 'node:child_process';
import { constants } from 'node:fs';
import { type FileHandle, lstat, open, readlink, unlink } from 'node:fs/promises';
import { resolve } from 'node:path';
import { DockError, systemCode } from '../../protocol/format/errors.ts';
import type { Clock } from '../../protocol/format/ports.ts';

const READY_MS = 5000;
const LOOK_MS = 10;
const END_MS = 2000;
const TERMINALS = '/dev/pts/';
const NO_SOCAT =
  'socat is not installed, and it is needed to make a serial port without hardware: install it (on Debian and Raspberry Pi OS: sudo apt install socat) and try again';

/** The other end of a pseudo terminal whose path was given to `openPty`. */
export interface Pty extends ByteSink {
  /** Of socat. */
  readonly pid: number | undefined;
  readonly isOpen: boolean;
  onBytes(handler: (bytes: Uint8Array) => void): void;
  /** Called once when it ended without `close`. */
  onEnd(handler: () => void): void;
  /** Takes the terminal and its link away, as pulling a device does. Idempotent; never rejects. */
  close(): Promise<void>;
}

/**
 * Makes a pseudo terminal and a symbolic link to it.
 * Errors: "simulated.no-socat"; "simulated.taken" where something lies at the path; "simulated.no-terminal"; the signal's reason.
 */
export async function openPty(link: string, clock: Clock, signal: AbortSignal): Promise<Pty> {
  signal.throwIfAborted();
  const path = resolve(link);
  await refuseTaken(path);
  const child = spawn('socat', [`PTY,link=${escaped(path)},rawer`, 'STDIO'], {
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true, // a Ctrl-C at a terminal is ours to end it on
  });
  const pty = new SocatPty(child, path, clock);
  try {
    await pty.ready(signal);
    return pty;
  } catch (error) {
    await pty.close();
    throw error;
  }
}

class SocatPty implements Pty {
  readonly #child: ChildProcess;
  readonly #link: string;
  readonly #clock: Clock;
  readonly #exited: Promise<void>;
  #failure: unknown;
  #hasExited = false;
  #words = '';
  /** Keeps the terminal from hanging up when a program that had opened it closes it. */
  #held: FileHandle | undefined;
  #onBytes: (bytes: Uint8Array) => void = () => undefined;
  #onEnd: () => void = () => undefined;
  #closing: Promise<void> | undefined;

  constructor(child: ChildProcess, link: string, clock: Clock) {
    this.#child = child;
    this.#link = link;
    this.#clock = clock;
    this.#exited = new Promise((resolve) => {
      const ended = (): void => {
        this.#hasExited = true;
        resolve();
        if (this.#closing === undefined) this.#onEnd();
      };
      child.on('error', (error) => {
        this.#failure = error;
        ended();
      });
      child.on('exit', ended);
    });
    child.stdin?.on('error', () => undefined); // told by `write`
    child.stdout?.on('data', (bytes: Uint8Array) => this.#onBytes(bytes));
    child.stderr?.on('data', (bytes: Buffer) => {
      this.#words = (this.#words + bytes.toString('latin1')).slice(-500);
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  get isOpen(): boolean {
    return !this.#hasExited;
  }

  async ready(signal: AbortSignal): Promise<void> {
    const deadlineMs = this.#clock.monotonicMs() + READY_MS;
    while (!(await isTerminal(this.#link))) {
      if (this.#hasExited || this.#clock.monotonicMs() > deadlineMs) throw this.#notReady();
      await this.#clock.sleep(LOOK_MS, signal);
    }
    this.#held = await open(this.#link, constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK);
  }

  write(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      const { stdin } = this.#child;
      if (stdin === null || this.#hasExited) return reject(gone());
      stdin.write(Uint8Array.from(bytes), (error) => (error == null ? resolve() : reject(error)));
    });
  }

  onBytes(handler: (bytes: Uint8Array) => void): void {
    this.#onBytes = handler;
  }

  onEnd(handler: () => void): void {
    this.#onEnd = handler;
  }

  close(): Promise<void> {
    this.#closing ??= this.#end();
    return this.#closing;
  }

  async #end(): Promise<void> {
    await this.#held?.close().catch(() => undefined);
    if (!this.#hasExited) {
      this.#child.kill('SIGTERM');
      const cancel = this.#clock.after(END_MS, () => this.#child.kill('SIGKILL'));
      await this.#exited;
      cancel();
    }
    if (await isTerminalLink(this.#link)) await unlink(this.#link).catch(() => undefined);
  }

  #notReady(): DockError {
    if (systemCode(this.#failure) === 'ENOENT')
      return new DockError('simulated.no-socat', NO_SOCAT, { retry: 'person', cause: this.#failure });
    const why = this.#words.trim() || `nothing within ${READY_MS} ms`;
    const words = `no pseudo terminal could be made at ${this.#link}; socat says: ${why}`;
    return new DockError('simulated.no-terminal', words, { retry: 'person', cause: this.#failure });
  }
}

/** What lies at the path is never replaced. */
async function refuseTaken(path: string): Promise<void> {
  const found = await lstat(path).catch((error: unknown) => {
    if (systemCode(error) !== 'ENOENT') throw error;
    return undefined;
  });
  if (found === undefined) return;
  const words = `${path} exists; name a path that is free, or remove it`;
  throw new DockError('simulated.taken', words, { retry: 'person' });
}

async function isTerminalLink(path: string): Promise<boolean> {
  const target = await readlink(path).catch(() => undefined);
  return target?.startsWith(TERMINALS) === true;
}

async function isTerminal(path: string): Promise<boolean> {
  return (
    (await isTerminalLink(path)) && (await lstat(await readlink(path)).catch(() => undefined)) !== undefined
  );
}

/** Characters that part options from each other in socat's addresses. */
function escaped(path: string): string {
  return path.replaceAll(/[\\,!:"'()[\]{}]/g, String.raw`\$&`);
}

function gone(): DockError {
  return new DockError('simulated.gone', 'the pseudo terminal is closed', { retry: 'never' });
}

// Sends bytes as slowly as a serial line carries them: ten bits a byte, in small pieces, one send after the other.

const BITS_PER_BYTE = 10;
/** A piece takes about so long. */
const PIECE_MS = 10;

export interface ByteSink {
  /** Resolves when the bytes were taken; rejects when nobody takes any more. */
  write(bytes: Uint8Array): Promise<void>;
}

/** Shape: a sink in front of a sink. Units: bits per second. */
export function pacedSender(sink: ByteSink, clock: Clock, baud: number, signal: AbortSignal): ByteSink {
  const bytesPerMs = baud / BITS_PER_BYTE / 1000;
  const pieceBytes = Math.max(1, Math.floor(bytesPerMs * PIECE_MS));
  let freeAtMs = clock.monotonicMs();
  return {
    write: async (bytes) => {
      for (let at = 0; at < bytes.length; at += pieceBytes) {
        const piece = bytes.subarray(at, at + pieceBytes);
        freeAtMs = Math.max(freeAtMs, clock.monotonicMs()) + piece.length / bytesPerMs;
        await clock.sleep(freeAtMs - clock.monotonicMs(), signal);
        await sink.write(piece);
      }
    },
  };
}
