// Standard output for a log: lines go out off the main thread, and one that cannot go is lost rather than waited for. Nothing here throws, and
// nothing here keeps the process from ending: a journal that is full, a pipe that nobody reads and a reader that went away are nobody's reason.
import { write, writeSync } from 'node:fs';
import { systemCode } from '../../protocol/format/errors.ts';

const STDOUT = 1;
/** Kept while stdout takes none; what comes on top is dropped. */
const WAITING_CHARACTERS_MAX = 1024 * 1024;
/** Of one write. */
const BATCH_CHARACTERS_MAX = 64 * 1024;
const PAUSE_MS = 100;
/** Attempts at a pipe that is full, when the process ends; then the rest is dropped. */
const LAST_ATTEMPTS_MAX = 10;
/** The pipe is full. Everything else is a matter of that output, not of time. */
const FULL_PIPE = 'EAGAIN';

/** One for each process. */
export class StdoutLines {
  #waiting: string[] = [];
  #waitingCharacters = 0;
  /** Handed to the system, of which some may be left. */
  #batch = Buffer.alloc(0);
  #writing = false;
  /** The pipe was full: nothing of the batch is under way until the pause is over. */
  #pausing = false;

  constructor() {
    process.on('exit', () => this.#writeLast());
  }

  /** Takes one line with its line end. */
  write(line: string): void {
    if (this.#waitingCharacters + line.length > WAITING_CHARACTERS_MAX) return;
    this.#waiting.push(line);
    this.#waitingCharacters += line.length;
    if (!this.#writing) this.#writeOn();
  }

  #writeOn(): void {
    if (!this.#nextBatch()) return;
    this.#writing = true;
    write(STDOUT, this.#batch, (error, bytes) => {
      if (error !== null && systemCode(error) === FULL_PIPE) {
        this.#pausing = true;
        setTimeout(() => this.#writeFurther(), PAUSE_MS).unref();
        return;
      }
      this.#batch = error === null ? this.#batch.subarray(bytes) : Buffer.alloc(0);
      this.#writeFurther();
    });
  }

  #writeFurther(): void {
    this.#writing = false;
    this.#pausing = false;
    this.#writeOn();
  }

  /** False where nothing is left to write. */
  #nextBatch(): boolean {
    if (this.#batch.length > 0) return true;
    let count = 0;
    let characters = 0;
    for (const line of this.#waiting) {
      if (count > 0 && characters + line.length > BATCH_CHARACTERS_MAX) break;
      count++;
      characters += line.length;
    }
    if (count === 0) return false;
    this.#batch = Buffer.from(this.#waiting.splice(0, count).join(''));
    this.#waitingCharacters -= characters;
    return true;
  }

  /** The process ends: in this thread, and for no longer than a second. What is being written is on its way. */
  #writeLast(): void {
    if (this.#writing && !this.#pausing) this.#batch = Buffer.alloc(0);
    let attempts = 0;
    while (this.#nextBatch()) {
      try {
        this.#batch = this.#batch.subarray(writeSync(STDOUT, this.#batch));
      } catch (error) {
        if (systemCode(error) !== FULL_PIPE || ++attempts > LAST_ATTEMPTS_MAX) return;
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS);
      }
    }
  }
}
