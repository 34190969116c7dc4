import { describe, expect, test } from 'vitest';
import { makeFilm } from '../../../../drivers/simulated/camera.ts';
import { sha256Hex } from '../../../../protocol/format/bytes.ts';
import { UNIT_BYTES } from '../../../../protocol/format/limits.ts';

function bytesOf(sizeBytes: number, seed: number): Buffer {
  return Buffer.concat([...makeFilm(sizeBytes, seed).make()]);
}

describe('a made film', () => {
  test('has the size that it says, and the same bytes each time', () => {
    for (const sizeBytes of [50_000, 700_000, 700_001]) {
      const film = makeFilm(sizeBytes, 3);
      const first = Buffer.concat([...film.make()]);
      expect([film.sizeBytes, first.length]).toEqual([sizeBytes, sizeBytes]);
      expect(Buffer.concat([...film.make()]).equals(first)).toBe(true);
      expect(bytesOf(sizeBytes, 3).equals(first)).toBe(true);
    }
  });

  test('differs by seed, and from unit to unit', () => {
    const films = [1, 2, -1].map((seed) => bytesOf(4 * UNIT_BYTES, seed));
    const units = films.flatMap((film) =>
      [0, 1, 2, 3].map((unit) => sha256Hex(film.subarray(unit * UNIT_BYTES, (unit + 1) * UNIT_BYTES))),
    );
    expect(new Set(units).size).toBe(12);
  });

  test('of 100 MB comes in pieces within two seconds of CPU', () => {
    const start = process.cpuUsage();
    let sizeBytes = 0;
    for (const piece of makeFilm(100_000_000, 1).make()) {
      sizeBytes += piece.length;
      expect(piece.length).toBeLessThan(500_000);
    }
    const { user, system } = process.cpuUsage(start);
    expect(sizeBytes).toBe(100_000_000);
    expect(user + system).toBeLessThan(2_000_000);
  });

  test.each([0, 1000, 2 ** 33, NaN])('of %s bytes cannot be made', (sizeBytes) => {
    expect(() => makeFilm(sizeBytes, 1)).toThrow(RangeError);
  });
});
