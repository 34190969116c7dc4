// Makes real recordings for simulated cameras: MP4 files that any player plays, the same bytes for the same wishes and seed.
// Bars move through the picture and the blocks in the top row count the frames in binary, so a missing or doubled second can be seen.
import {
  codePicture,
  LUMA_BYTES,
  macroblocksOf,
  pictureBytes,
  pictureParameters,
  sequenceParameters,
  type Paint,
  type PictureSize,
} from './h264.ts';
import { fileHead, fileTail, type Track } from './mp4.ts';

/** What to make. Width and height are even, 32 to 4,096 px; `recordedAtMs` since 1970. */
export interface MediaWish {
  readonly widthPx: number;
  readonly heightPx: number;
  readonly framesPerSecond: number;
  readonly durationS: number;
  /** Any integer: picks colours, grain, and where the bars start. */
  readonly seed: number;
  readonly recordedAtMs: number;
}

/** Bytes that can be made any number of times, with one picture in memory at a time. */
export interface MadeMedia {
  readonly sizeBytes: number;
  make(): AsyncIterable<Uint8Array<ArrayBuffer>>;
}

const LENGTH_BYTES = 4;
/** Luma and chroma of the bars, within video range (16 to 235, 16 to 240) also with grain. */
const BAR_COLOURS = [
  [180, 128, 128],
  [168, 44, 136],
  [145, 147, 44],
  [133, 63, 52],
  [99, 193, 204],
  [86, 109, 212],
  [63, 212, 114],
] as const;
const WHITE = [220, 128, 128] as const;
const BLACK = [32, 128, 128] as const;
const GRAIN_BYTES = 8192;
const GRAIN_LEVELS = 12;
type Colour = readonly [luma: number, blue: number, red: number];

/** Errors: RangeError for a wish that no file can fulfil. */
export function makeMedia(wish: MediaWish): MadeMedia {
  checkWish(wish);
  const track = trackOf(wish);
  const head = fileHead(track);
  const tail = fileTail(track, head.length);
  const sizeBytes = head.length + track.frames * track.pictureBytes + tail.length;
  return { sizeBytes, make: () => make(wish, track, head, tail) };
}

/** The duration in seconds for a file of about so many bytes, one picture more or less. */
export function durationFor(wish: Omit<MediaWish, 'durationS'>, sizeBytes: number): number {
  const frames = Math.max(1, Math.round(sizeBytes / (LENGTH_BYTES + pictureBytes(wish))));
  return frames / wish.framesPerSecond;
}

async function* make(
  wish: MediaWish,
  track: Track,
  head: Uint8Array,
  tail: Uint8Array,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
  yield new Uint8Array(head);
  const grain = new Grain(wish.seed);
  for (let frame = 0; frame < track.frames; frame++) {
    const picture = codePicture(wish, frame, painter(wish, frame, grain));
    const sample = new Uint8Array(LENGTH_BYTES + picture.length);
    new DataView(sample.buffer).setUint32(0, picture.length);
    sample.set(picture, LENGTH_BYTES);
    yield sample;
  }
  yield new Uint8Array(tail);
}

function checkWish(wish: MediaWish): void {
  for (const px of [wish.widthPx, wish.heightPx]) {
    if (!Number.isInteger(px / 2) || px < 32 || px > 4096)
      throw new RangeError(`a picture's edge of ${px} px is not an even number of 32 to 4096`);
  }
  const frames = wish.durationS * wish.framesPerSecond;
  if (
    !Number.isInteger(wish.framesPerSecond) ||
    wish.framesPerSecond < 1 ||
    !(frames >= 1 && frames < 2 ** 31)
  )
    throw new RangeError(
      `${wish.durationS} s at ${wish.framesPerSecond} frames per second is no number of frames`,
    );
}

function trackOf(wish: MediaWish): Track {
  return {
    widthPx: wish.widthPx,
    heightPx: wish.heightPx,
    framesPerSecond: wish.framesPerSecond,
    frames: Math.round(wish.durationS * wish.framesPerSecond),
    pictureBytes: LENGTH_BYTES + pictureBytes(wish),
    recordedAtMs: wish.recordedAtMs,
    sequenceParameters: sequenceParameters(wish),
    pictureParameters: pictureParameters(),
  };
}

function painter(size: PictureSize & { readonly seed: number }, frame: number, grain: Grain): Paint {
  const { columns } = macroblocksOf(size);
  const shift = frame + Math.abs(size.seed);
  return (luma, blue, red, column, row) => {
    const colour = row === 0 ? counterColour(frame, column, columns) : barColour(column, row, columns, shift);
    grain.fill(luma, colour[0]);
    blue.fill(colour[1]);
    red.fill(colour[2]);
  };
}

/** Slanted bars that wander one macroblock a frame. */
function barColour(column: number, row: number, columns: number, shift: number): Colour {
  const width = Math.max(1, Math.floor(columns / BAR_COLOURS.length));
  return BAR_COLOURS[Math.floor((column + row + shift) / width) % BAR_COLOURS.length] ?? WHITE;
}

/** The frame's number in binary, lowest bit at the right. */
function counterColour(frame: number, column: number, columns: number): Colour {
  const bit = columns - 1 - column;
  return bit < 31 && ((frame >>> bit) & 1) === 1 ? WHITE : BLACK;
}

/** Seeded noise of a few levels, so that no two pictures and no two units of a file are alike. */
class Grain {
  readonly #noise = new Uint8Array(GRAIN_BYTES);
  readonly #byLuma = new Map<number, Uint8Array>();
  #state: number;

  constructor(seed: number) {
    this.#state = Math.imul(seed ^ 0x5bd1e995, 0x9e3779b1) | 1;
    for (let at = 0; at < GRAIN_BYTES; at++) this.#noise[at] = this.#next() % GRAIN_LEVELS;
  }

  fill(target: Uint8Array, luma: number): void {
    const from = this.#next() % (GRAIN_BYTES - LUMA_BYTES);
    target.set(this.#grainOf(luma).subarray(from, from + LUMA_BYTES));
  }

  #grainOf(luma: number): Uint8Array {
    const known = this.#byLuma.get(luma);
    if (known !== undefined) return known;
    const made = this.#noise.map((noise) => luma + noise);
    this.#byLuma.set(luma, made);
    return made;
  }

  /** xorshift32, upper bits. */
  #next(): number {
    this.#state ^= this.#state << 13;
    this.#state ^= this.#state >>> 17;
    this.#state ^= this.#state << 5;
    return (this.#state >>> 0) >>> 8;
  }
}
