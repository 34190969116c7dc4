// A pass that only hashes: is what lies on the camera the content that we know? Writes nothing.
import { createHash } from 'node:crypto';
import type { Piece } from '../../drivers/driver.ts';
import type { Digesting } from './bulk.ts';

/** Hashed between two looks at what else this thread has to do. */
const SLICE_BYTES = 512 * 1024;
const ZEROS = new Uint8Array(SLICE_BYTES);
/** Smaller buffers may lie in Node's pool, and freeing them is not worth the call. */
const FREED_BYTES_MIN = 16 * 1024;

/** How a digest gets along with others in its thread; nothing of it is needed. */
export interface DigestContext {
  /** Gives a large buffer's memory back before the garbage collector would. */
  readonly freeBuffer?: (buffer: ArrayBuffer) => void;
  /** Resolves when the next slice may be worked on: other work of this thread comes in between. */
  readonly turn?: () => Promise<void>;
}

/** The Digesting that does the work itself. An unreadable range counts as zeros, as in a sealing. */
export class DigestPass implements Digesting {
  readonly #context: DigestContext;
  readonly #hash = createHash('sha256');
  #sizeBytes = 0;

  constructor(context: DigestContext) {
    this.#context = context;
  }

  async write(piece: Piece): Promise<void> {
    if (piece.kind === 'unreadable') {
      for (let left = piece.sizeBytes; left > 0; left -= SLICE_BYTES)
        await this.#take(ZEROS.subarray(0, Math.min(left, SLICE_BYTES)));
      return;
    }
    const { bytes } = piece;
    for (let at = 0; at < bytes.length; at += SLICE_BYTES)
      await this.#take(bytes.subarray(at, at + SLICE_BYTES));
    if (bytes.length >= FREED_BYTES_MIN) this.#context.freeBuffer?.(bytes.buffer);
  }

  async finish(): Promise<{ readonly sizeBytes: number; readonly sha256: string }> {
    return { sizeBytes: this.#sizeBytes, sha256: this.#hash.digest('hex') };
  }

  async abort(): Promise<void> {
    // Nothing is open.
  }

  async #take(slice: Uint8Array): Promise<void> {
    await this.#context.turn?.();
    this.#hash.update(slice);
    this.#sizeBytes += slice.length;
  }
}
