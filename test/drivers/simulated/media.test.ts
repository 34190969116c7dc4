import { describe, expect, test } from 'vitest';
import { durationFor, makeMedia, type MediaWish } from '../../../drivers/simulated/media.ts';
import { sha256Hex } from '../../../protocol/bytes.ts';
import { collect } from '../../contracts/driver-subject.ts';

const wish: MediaWish = {
  widthPx: 96,
  heightPx: 64,
  framesPerSecond: 5,
  durationS: 2,
  seed: 3,
  recordedAtMs: Date.UTC(2026, 10, 24, 20),
};

async function bytesOf(wish: MediaWish): Promise<Buffer> {
  return Buffer.concat(await collect(makeMedia(wish).make()));
}

describe('a made recording', () => {
  test('has the size that it says, and the same bytes each time', async () => {
    const media = makeMedia(wish);
    const first = Buffer.concat(await collect(media.make()));
    expect(first.length).toBe(media.sizeBytes);
    expect(Buffer.concat(await collect(media.make())).equals(first)).toBe(true);
    expect((await bytesOf(wish)).equals(first)).toBe(true);
  });

  test('differs by seed, by time and from picture to picture', async () => {
    const all = await Promise.all([wish, { ...wish, seed: 4 }, { ...wish, recordedAtMs: 0 }].map(bytesOf));
    expect(new Set(all.map((bytes) => sha256Hex(bytes))).size).toBe(3);
    const pictures = (await collect(makeMedia(wish).make())).slice(1, -1);
    expect(pictures).toHaveLength(10);
    expect(new Set(pictures.map((bytes) => sha256Hex(bytes))).size).toBe(10);
  });

  test('of 100 MB comes picture by picture within two seconds of CPU', async () => {
    const large = { widthPx: 640, heightPx: 360, framesPerSecond: 25, seed: 1, recordedAtMs: 0 };
    const media = makeMedia({ ...large, durationS: durationFor(large, 100_000_000) });
    expect(Math.abs(media.sizeBytes - 100_000_000)).toBeLessThan(500_000);
    const start = process.cpuUsage();
    let sizeBytes = 0;
    for await (const piece of media.make()) {
      sizeBytes += piece.length;
      expect(piece.length).toBeLessThan(500_000);
    }
    const { user, system } = process.cpuUsage(start);
    expect(sizeBytes).toBe(media.sizeBytes);
    expect(user + system).toBeLessThan(2_000_000);
  });

  test('has no start code within a picture, whatever the seed', async () => {
    for (const seed of [0, -1, 1, 2 ** 31, 123_456_789]) {
      for (const piece of (await collect(makeMedia({ ...wish, seed }).make())).slice(1, -1)) {
        const picture = Buffer.from(piece.subarray(4));
        for (const code of [0, 1, 2, 3]) expect(picture.includes(Buffer.of(0, 0, code))).toBe(false);
      }
    }
  });

  test('marks each picture as another one than the picture before, as players may ask', async () => {
    const heads = (await collect(makeMedia(wish).make()))
      .slice(1, -1)
      .map((piece) => Buffer.from(piece.subarray(4, 9)));
    for (const [at, head] of heads.entries()) if (at > 0) expect(head).not.toEqual(heads[at - 1]);
  });

  test.each([
    [{ widthPx: 95 }],
    [{ heightPx: 30 }],
    [{ widthPx: 4098 }],
    [{ framesPerSecond: 0 }],
    [{ framesPerSecond: 2.5 }],
    [{ durationS: 0 }],
    [{ durationS: NaN }],
    [{ durationS: Infinity }],
  ])('with %j cannot be made', (odd) => {
    expect(() => makeMedia({ ...wish, ...odd })).toThrow(RangeError);
  });
});
