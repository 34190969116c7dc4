// Sends bytes as slowly as a serial line carries them: ten bits a byte, in small pieces, one send behind the other.
import type { Clock } from '../../protocol/format/ports.ts';

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
