// Makes recordings for simulated cameras: one film that any player plays (FILM.md), made different and larger by noise after its last box.
import { readFileSync } from 'node:fs';
import { concatBytes, encodeUtf8 } from '../../protocol/format/bytes.ts';
import { systemCode } from '../../protocol/format/errors.ts';
import { noiseSource } from './noise.ts';

/** What film.mp4 shows. */
export const FILM = { durationS: 12, widthPx: 320, heightPx: 180 } as const;
const BOX_HEADER_BYTES = 8;
const NOISE_BYTES = 65_536;

/** Bytes that can be made any number of times; little of them is in memory at a time. */
export interface MadeFilm {
  readonly sizeBytes: number;
  make(): Iterable<Uint8Array>;
}

/**
 * The same bytes for the same size and seed (an integer); no two units of a film are alike.
 * Shape: the film, then a box "free" (ISO/IEC 14496-12, 8.1.2), which players skip.
 * Errors: RangeError for a size below that of the film with an empty box, or above 4 GiB; the system's where film.mp4 is not installed.
 */
export function makeFilm(sizeBytes: number, seed: number): MadeFilm {
  const film = readFilm();
  const boxBytes = sizeBytes - film.length;
  if (!(boxBytes >= BOX_HEADER_BYTES && boxBytes < 2 ** 32))
    throw new RangeError(`a film of ${sizeBytes} bytes cannot be made: the shortest has ${film.length + 8}`);
  return { sizeBytes, make: () => filmThenNoise(film, boxBytes, seed) };
}

function* filmThenNoise(film: Uint8Array, boxBytes: number, seed: number): Generator<Uint8Array, void> {
  const header = new Uint8Array(4);
  new DataView(header.buffer).setUint32(0, boxBytes);
  yield concatBytes([film, header, encodeUtf8('free')]);
  const noise = noiseSource(seed)(NOISE_BYTES);
  for (let left = boxBytes - BOX_HEADER_BYTES, count = 0; left > 0; left -= NOISE_BYTES, count++) {
    const piece = new Uint8Array(noise);
    new DataView(piece.buffer).setUint32(0, count);
    yield piece.subarray(0, left);
  }
}

/** From this file as source, as compiled (dist/drivers/simulated), and as part of a program (dist/programs/drivers/simulated). */
const PLACES = ['./', '../../../drivers/simulated/', '../../../../drivers/simulated/'];

function readFilm(): Uint8Array {
  let missing: unknown;
  for (const place of PLACES) {
    try {
      return readFileSync(new URL(`${place}film.mp4`, import.meta.url));
    } catch (error) {
      if (systemCode(error) !== 'ENOENT') throw error;
      missing = error;
    }
  }
  throw missing;
}
