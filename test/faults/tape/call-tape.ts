// Builds the library that puts every call of our programs that changes what lies below a folder onto a tape (call-tape.c, which says what is on
// it), and reads the tape.
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BUILT, buildLibrary } from '../preloaded-library.ts';

const SOURCE = fileURLToPath(new URL('call-tape.c', import.meta.url));
const OPERATIONS = ['create', 'truncate', 'mkdir', 'write', 'sync', 'rename', 'link', 'unlink'] as const;
const LINE_FEED = 0x0a;

/** One call that was done. */
export interface TapeCall {
  readonly op: (typeof OPERATIONS)[number];
  readonly path: string;
  /** The new name of a rename or a link. */
  readonly to: string | undefined;
  /** Of a write: where its bytes lie in the file. */
  readonly position: number;
  readonly bytes: Uint8Array;
}

/** The built library in a folder of its own, with its tape. */
export class CallTape {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** Errors: there is no gcc, or it does not build. */
  static async build(): Promise<CallTape> {
    return new CallTape(await buildLibrary(SOURCE));
  }

  /** Environment of a program whose calls below the folder, which must be there, go onto the tape; each of its syncs begins so much later. */
  environment(root: string, syncMs: number): Record<string, string> {
    const tape = { TAPE_ROOT: root, TAPE_FILE: this.#tape, TAPE_SYNC_US: String(syncMs * 1000) };
    return { LD_PRELOAD: join(this.#folder, BUILT), UV_USE_IO_URING: '0', ...tape };
  }

  /** Beside that: each write to a payload lasts so much longer until `endSlow`. */
  async slowWrites(writeMs: number): Promise<Record<string, string>> {
    await writeFile(this.#apart, '');
    return { TAPE_SLOW_US: String(writeMs * 1000), TAPE_APART: this.#apart };
  }

  endSlow(): Promise<void> {
    return rm(this.#apart, { force: true });
  }

  /** All that is on it. Errors: it was cut off, or is none. */
  async read(): Promise<TapeCall[]> {
    return parseTape(await readFile(this.#tape));
  }

  remove(): Promise<void> {
    return rm(this.#folder, { recursive: true, force: true });
  }

  get #tape(): string {
    return join(this.#folder, 'tape');
  }
  get #apart(): string {
    return join(this.#folder, 'slow');
  }
}

/** Calls in the order in which they were done. Errors: what is no tape. */
export function parseTape(tape: Buffer): TapeCall[] {
  const calls: TapeCall[] = [];
  for (let at = 0; at < tape.length;) {
    const head = /^([a-z]+) (\d+) (\d+) (\d+) /.exec(tape.toString('latin1', at, at + 100));
    const op = OPERATIONS.find((each) => each === head?.[1]);
    if (head === null || op === undefined) throw new Error(`no call on the tape at ${at}`);
    const [length, position, count] = head.slice(2).map(Number) as [number, number, number];
    const names = at + head[0].length;
    const content = names + count + 1;
    if (tape[content - 1] !== LINE_FEED || content + length > tape.length)
      throw new Error(`a call on the tape at ${at} is cut off`);
    const [path = '', to] = tape.toString('utf8', names, names + count).split('\0');
    calls.push({ op, path, to, position, bytes: tape.subarray(content, content + length) });
    at = content + length;
  }
  return calls;
}
