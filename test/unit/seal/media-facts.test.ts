import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MediaFacts } from '../../../agent/seal/media-facts.ts';
import { makeFilm } from '../../../drivers/simulated/camera.ts';
import { manifestSchema } from '../../../protocol/documents/manifest.ts';
import { encodeUtf8 } from '../../../protocol/format/bytes.ts';
import { timesAsLong } from '../../fakes/growth.ts';
import { seededRandom } from '../../fakes/random-seeded.ts';

type Facts = ReturnType<MediaFacts['facts']>;

function factsOf(bytes: Uint8Array, pieceBytes = bytes.length || 1): Facts {
  const facts = new MediaFacts();
  for (let at = 0; at < bytes.length; at += pieceBytes) facts.push(bytes.subarray(at, at + pieceBytes));
  return facts.facts();
}

const u16 = (value: number): Buffer => Buffer.of(value >> 8, value & 255);
const u32 = (value: number): Buffer =>
  Buffer.of(value >>> 24, (value >> 16) & 255, (value >> 8) & 255, value & 255);
const little32 = (value: number): Buffer => Buffer.from(u32(value).toReversed());
const zeros = (count: number): Buffer => Buffer.alloc(count);

function box(type: string, ...parts: Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  return Buffer.concat([u32(8 + content.length), encodeUtf8(type), content]);
}

function track(handler: string, code: string, widthPx = 0, heightPx = 0): Buffer {
  const entry = box(code, zeros(24), u16(widthPx), u16(heightPx), zeros(40));
  const table = box('stbl', box('stsd', u32(0), u32(1), entry), box('stsz', zeros(50_000)));
  return box(
    'trak',
    box('tkhd', zeros(84)),
    box('mdia', box('hdlr', zeros(8), encodeUtf8(handler), zeros(12)), box('minf', table)),
  );
}

const header = (scale: number, ticks: number): Buffer =>
  box('mvhd', zeros(12), u32(scale), u32(ticks), zeros(80));
const brand = (name: string): Buffer => box('ftyp', encodeUtf8(name), zeros(12));

function avi(frames: number, perSecond: number): Buffer {
  const chunk = (type: string, ...parts: Uint8Array[]): Buffer => {
    const content = Buffer.concat(parts);
    return Buffer.concat([encodeUtf8(type), little32(content.length), content, zeros(content.length % 2)]);
  };
  const little = (...values: number[]): Buffer => Buffer.concat(values.map(little32));
  const main = chunk('avih', little(1_000_000 / perSecond, 0, 0, 0, frames, 0, 2, 0, 1280, 720), zeros(16));
  const stream = (type: string, code: string, count: number): Buffer =>
    chunk('strh', encodeUtf8(type), encodeUtf8(code), little(0, 0, 0, 1, perSecond, 0, count), zeros(20));
  const picture = chunk('strf', little(40, 1280, 720, 0), encodeUtf8('MJPG'), zeros(20));
  const sound = chunk('LIST', encodeUtf8('strl'), stream('auds', '\0\0\0\0', 99), chunk('strf', zeros(18)));
  const video = chunk('LIST', encodeUtf8('strl'), stream('vids', 'mjpg', frames), picture);
  const headers = chunk('LIST', encodeUtf8('hdrl'), main, sound, chunk('JUNK', zeros(31)), video);
  return chunk('RIFF', encodeUtf8('AVI '), headers, chunk('LIST', encodeUtf8('movi'), zeros(100_000)));
}

const movie = box(
  'moov',
  header(600, 5400),
  track('soun', 'mp4a'),
  track('vide', 'avc1', 1920, 1080),
  track('vide', 'jpeg', 16, 16),
);
const pictures = box('mdat', zeros(300_000));
const told = { duration_ms: 9000, codec: 'h264', width_px: 1920, height_px: 1080 };

const samples: readonly [string, Buffer, Facts][] = [
  [
    'an MP4 with its index first',
    Buffer.concat([brand('isom'), movie, pictures]),
    { container: 'mp4', ...told },
  ],
  [
    'an MP4 with its index last',
    Buffer.concat([brand('isom'), pictures, movie]),
    { container: 'mp4', ...told },
  ],
  [
    'a MOV by its brand',
    Buffer.concat([brand('qt  '), box('wide'), pictures, movie]),
    { container: 'mov', ...told },
  ],
  ['a MOV without a brand', Buffer.concat([pictures, movie]), { container: 'mov', ...told }],
  [
    'an MP4 whose index was cut',
    Buffer.concat([brand('isom'), pictures, movie.subarray(0, 50_000)]),
    { container: 'mp4', duration_ms: 9000, codec: 'mp4a', width_px: null, height_px: null },
  ],
  [
    'an MP4 without an index',
    Buffer.concat([brand('isom'), pictures]),
    { container: 'mp4', duration_ms: null, codec: null, width_px: null, height_px: null },
  ],
  [
    'an AVI',
    avi(250, 25),
    { container: 'avi', duration_ms: 10_000, codec: 'mjpeg', width_px: 1280, height_px: 720 },
  ],
  ['a text', Buffer.from('just a line of text'), null],
  ['nothing', Buffer.alloc(0), null],
  ['less than a container begins with', brand('isom').subarray(0, 11), null],
];

describe('media facts', () => {
  test.each(samples)('of %s are the same in whatever pieces it comes', (_, bytes, expected) => {
    for (const pieceBytes of [bytes.length || 1, 1, 7, 4096])
      expect(factsOf(bytes, pieceBytes)).toEqual(expected);
  });

  test('of a film of a simulated camera are those that it was made with', () => {
    const bytes = Buffer.concat([...makeFilm(100_000, 1).make()]);
    const facts = { container: 'mp4', duration_ms: 12_000, codec: 'h264', width_px: 320, height_px: 180 };
    expect(factsOf(bytes, 1000)).toEqual(facts);
  });

  test('of a 64-bit size that skips terabytes need no terabytes', () => {
    const facts = new MediaFacts();
    facts.push(Buffer.concat([brand('isom'), u32(1), encodeUtf8('mdat'), u32(0x200), u32(0)]));
    for (let count = 0; count < 100; count++) facts.push(zeros(1_000_000));
    expect(facts.facts()).toMatchObject({ container: 'mp4', codec: null });
  });

  test('of a long file with 64-bit times are right, and an unknown duration is null', () => {
    const long = box('mvhd', u32(0x0100_0000), zeros(16), u32(90_000), u32(1), u32(0), zeros(80));
    const unknown = box('mvhd', zeros(12), u32(1000), u32(0xffff_ffff), zeros(80));
    const duration = (header: Buffer): unknown =>
      factsOf(Buffer.concat([brand('isom'), box('moov', header)]))?.duration_ms;
    expect(duration(long)).toBe(Math.round((2 ** 32 / 90_000) * 1000));
    expect(duration(unknown)).toBeNull();
    expect(duration(header(0, 10))).toBeNull();
  });

  test('of a box that claims more than its parent has are not believed', () => {
    const greedy = Buffer.concat([u32(20), encodeUtf8('moov'), header(600, 5400)]);
    expect(factsOf(Buffer.concat([brand('isom'), greedy]))).toMatchObject({ duration_ms: null, codec: null });
  });

  test('of a fragmented file come from the duration of its fragments', () => {
    const fragments = box('mvex', box('mehd', u32(0), u32(1200)));
    const bytes = Buffer.concat([brand('iso5'), box('moov', header(600, 0), fragments)]);
    expect(factsOf(bytes)?.duration_ms).toBe(2000);
  });

  test('of boxes in boxes without end stop, and nothing is as deep as it claims', () => {
    let nested = zeros(0);
    for (let depth = 0; depth < 5000; depth++) nested = box('moov', nested);
    expect(factsOf(Buffer.concat([brand('isom'), nested]))?.container).toBe('mp4');
    const riffs = Buffer.concat(
      Array.from({ length: 5000 }, () =>
        Buffer.concat([encodeUtf8('RIFF'), u32(0xffff), encodeUtf8('AVI ')]),
      ),
    );
    expect(factsOf(riffs)).toMatchObject({ container: 'avi', codec: null });
  });

  test('of millions of empty boxes cost no more than the first ones', async () => {
    const bytes = Buffer.concat([brand('isom'), ...Array.from({ length: 20_000 }, () => box('free'))]);
    const pushed = (count: number): MediaFacts => {
      const facts = new MediaFacts();
      for (let at = 0; at < count; at++) facts.push(bytes);
      return facts;
    };
    const times = await timesAsLong(
      () => pushed(1),
      () => pushed(100),
    );
    expect(times).toBeLessThan(50); // a hundred where all of them are looked at
    expect(pushed(100).facts()?.container).toBe('mp4');
  });

  test('of any bytes fit a manifest and never throw', () => {
    const random = seededRandom(11);
    const field = manifestSchema.shape.media;
    const damage = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 30 });
    const sources = samples.map(([, bytes]) => bytes.subarray(0, 200_000));
    fc.assert(
      fc.property(
        fc.nat(sources.length - 1),
        damage,
        fc.integer({ min: 1, max: 100_000 }),
        (source, bytes, pieceBytes) => {
          const broken = Buffer.from(sources[source] ?? zeros(0));
          // Half of the damage goes where the headers are.
          for (const [at, value] of bytes)
            broken[at % (random.below(2) === 0 ? 800 : broken.length || 1)] = value;
          field.parse(factsOf(broken, pieceBytes));
        },
      ),
      { numRuns: 500 },
    );
  });

  test('a code that is not printable is no codec', () => {
    const bytes = Buffer.concat([
      brand('isom'),
      box('moov', header(1, 1), track('vide', '\u0001\u0002\u0003\u0004', 2, 2)),
    ]);
    expect(factsOf(bytes)).toMatchObject({ codec: null, width_px: 2 });
  });
});
