// The rates of what the pipeline is made of, bare, in a process of its own: one thread, bytes that lie in memory already. Prints one JSON document.
import { createCipheriv, createHash } from 'node:crypto';
import {
  AGE_CHUNK_BYTES,
  AGE_TAG_BYTES,
  PULL_PIECE_BYTES,
  UNIT_BYTES,
} from '../../protocol/format/limits.ts';

/** Bytes a second of one core. */
export interface PrimitiveRates {
  readonly sha256: number;
  readonly chacha20Poly1305: number;
  /** A new hash for each unit. */
  readonly sha256PerUnit: number;
  readonly blake2b512: number;
}

const piece = Buffer.alloc(PULL_PIECE_BYTES, 'recorded');

/** Takes a share of the time to get warm first. */
function rateOf(durationMs: number, work: () => number): number {
  const run = (ms: number): number => {
    const startedMs = performance.now();
    let bytes = 0;
    while (performance.now() - startedMs < ms) bytes += work();
    return bytes / ((performance.now() - startedMs) / 1000);
  };
  run(durationMs / 4);
  return run(durationMs);
}

function stream(algorithm: string): () => number {
  const hash = createHash(algorithm);
  return () => {
    hash.update(piece);
    return piece.length;
  };
}

function seal(): number {
  const key = piece.subarray(0, 32);
  const nonce = piece.subarray(0, 12);
  for (let at = 0; at < piece.length; at += AGE_CHUNK_BYTES) {
    const cipher = createCipheriv('chacha20-poly1305', key, nonce, { authTagLength: AGE_TAG_BYTES });
    cipher.update(piece.subarray(at, at + AGE_CHUNK_BYTES));
    cipher.final();
    cipher.getAuthTag();
  }
  return piece.length;
}

function digestUnits(): number {
  for (let at = 0; at < piece.length; at += UNIT_BYTES)
    createHash('sha256')
      .update(piece.subarray(at, at + UNIT_BYTES))
      .digest();
  return piece.length;
}

const durationMs = Number(process.argv[2]);
const rates: PrimitiveRates = {
  sha256: rateOf(durationMs, stream('sha256')),
  chacha20Poly1305: rateOf(durationMs, seal),
  sha256PerUnit: rateOf(durationMs, digestUnits),
  blake2b512: rateOf(durationMs, stream('blake2b512')),
};
process.stdout.write(`${JSON.stringify(rates)}\n`);
