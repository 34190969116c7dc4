// Sends pieces to a worker and lets only a few be on their way: the driver reads the next one while the worker is at the last.
import type { Piece } from '../../drivers/driver.ts';
import { PULL_PIECE_BYTES } from '../../protocol/format/limits.ts';

/** Bytes on their way for one pass, but two pieces in any case: one in work and one that waits keep both ends busy. */
export const IN_FLIGHT_BYTES = PULL_PIECE_BYTES;
/**
 * ... where a core is left: all wait for the one thread that works, and it seldom has nothing to do with more in front of it. A camera alone on two
 * cores: 0.75 s/GB of them idle in place of 0.96 (medians of nine lives each, in turns), for 3 MiB.
 */
export const IN_FLIGHT_ROOMY_BYTES = 4 * PULL_PIECE_BYTES;
/** Pieces on their way, where they are large, and where they are small. */
const IN_FLIGHT_PIECES_MIN = 2;
const IN_FLIGHT_PIECES_MAX = 32;
/** A longer unreadable range travels in parts, so that a worker's other passes get their turn. */
const UNREADABLE_PART_BYTES = 4 * PULL_PIECE_BYTES;

/** Back-pressure for one pass. The first error of a piece is kept: the pass is over then. */
export class PiecesInFlight {
  readonly #send: (piece: Piece) => Promise<void>;
  readonly #bytesMax: number;
  #bytes = 0;
  #pieces = 0;
  #failure: { readonly error: unknown } | undefined;
  #settled: (() => void) | undefined;

  constructor(send: (piece: Piece) => Promise<void>, bytesMax: number) {
    this.#send = send;
    this.#bytesMax = bytesMax;
  }

  /** Sends the piece; resolves when the next one may come. Errors: the first one that any piece met. */
  async write(piece: Piece): Promise<void> {
    for (const part of partsOf(piece)) {
      this.throwFailure();
      this.#track(part);
      while (this.#isFull && this.#failure === undefined)
        await new Promise<void>((resolve) => (this.#settled = resolve));
    }
    this.throwFailure();
  }

  throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  get #isFull(): boolean {
    if (this.#pieces >= IN_FLIGHT_PIECES_MAX) return true;
    return this.#pieces >= IN_FLIGHT_PIECES_MIN && this.#bytes >= this.#bytesMax;
  }

  #track(piece: Piece): void {
    const sizeBytes = sizeOf(piece);
    this.#bytes += sizeBytes;
    this.#pieces++;
    this.#send(piece)
      .catch((error: unknown) => (this.#failure ??= { error }))
      .finally(() => {
        this.#bytes -= sizeBytes;
        this.#pieces--;
        this.#settled?.();
      });
  }
}

/** Bytes of the file that a piece stands for. */
export function sizeOf(piece: Piece): number {
  return piece.kind === 'bytes' ? piece.bytes.length : piece.sizeBytes;
}

function* partsOf(piece: Piece): Generator<Piece, void, undefined> {
  if (piece.kind === 'bytes' || piece.sizeBytes <= UNREADABLE_PART_BYTES) {
    yield piece;
    return;
  }
  for (let left = piece.sizeBytes; left > 0; left -= UNREADABLE_PART_BYTES)
    yield { kind: 'unreadable', sizeBytes: Math.min(left, UNREADABLE_PART_BYTES) };
}
