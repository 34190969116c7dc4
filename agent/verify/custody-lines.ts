// Reads a segment of the custody log once, line by line, with bounded memory, and hashes the whole for its signature.
import { createHash } from 'node:crypto';
import { CUSTODY_ENTRY_BYTES_MAX } from '../../protocol/limits.ts';
import type { OpenFile } from '../../protocol/ports.ts';

const PIECE_BYTES = 64 * 1024;
const LF = 10;

/** One line without its LF. An oversize one comes cut, with what is wrong. */
export interface CustodyLine {
  readonly bytes: Uint8Array;
  /** Where it begins in the file. */
  readonly offset: number;
  /** False for the rest behind the last LF. */
  readonly ended: boolean;
  readonly oversize: boolean;
}

/** One pass over a file of lines. */
export class CustodyLines {
  readonly #file: OpenFile;
  readonly #signal: AbortSignal;
  readonly #whole = createHash('blake2b512');

  constructor(file: OpenFile, signal: AbortSignal) {
    this.#file = file;
    this.#signal = signal;
  }

  /** BLAKE2b-512 of all that was read; asked once, behind the last line. */
  digest(): Uint8Array {
    return this.#whole.digest();
  }

  /** The lines in order, each valid until the next one. Errors: the system's; the signal's reason. */
  async *read(): AsyncGenerator<CustodyLine, void, undefined> {
    const line = new LineBuffer();
    const piece = Buffer.alloc(PIECE_BYTES);
    for (let position = 0; ;) {
      this.#signal.throwIfAborted();
      const read = await this.#file.read(piece, position);
      const bytes = piece.subarray(0, read);
      this.#whole.update(bytes);
      yield* line.split(bytes, position);
      position += read;
      if (read < piece.length) break;
    }
    const rest = line.rest();
    if (rest !== undefined) yield rest;
  }
}

/** Holds the line that is not ended yet: at most one entry. */
class LineBuffer {
  readonly #held = new Uint8Array(CUSTODY_ENTRY_BYTES_MAX);
  #heldBytes = 0;
  #offset = 0;
  #oversize = false;

  *split(piece: Buffer, position: number): Generator<CustodyLine, void, undefined> {
    let from = 0;
    for (let at = piece.indexOf(LF); at >= 0; at = piece.indexOf(LF, from)) {
      this.#hold(piece.subarray(from, at));
      yield this.#take(true);
      from = at + 1;
      this.#offset = position + from;
    }
    this.#hold(piece.subarray(from));
  }

  rest(): CustodyLine | undefined {
    return this.#heldBytes > 0 ? this.#take(false) : undefined;
  }

  #hold(bytes: Uint8Array): void {
    const taken = bytes.subarray(0, this.#held.length - this.#heldBytes);
    this.#held.set(taken, this.#heldBytes);
    this.#heldBytes += taken.length;
    this.#oversize ||= taken.length < bytes.length;
  }

  #take(ended: boolean): CustodyLine {
    const bytes = this.#held.subarray(0, this.#heldBytes);
    const line = { bytes, offset: this.#offset, ended, oversize: this.#oversize };
    this.#heldBytes = 0;
    this.#oversize = false;
    return line;
  }
}
