// The MP4 boxes round one track of equally long H.264 pictures (ISO/IEC 14496-12 and -15), as a camera writes them: index last.
import { encodeUtf8 } from '../../protocol/bytes.ts';

/** Seconds from 1904-01-01, where MP4 counts from, to 1970-01-01. */
const EPOCH_1904_S = 2_082_844_800;
const UNITY_MATRIX = [0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000];
const HEADER_64_BYTES = 16;

/** One track. `recordedAtMs` since 1970, `pictureBytes` with the length field before each picture. */
export interface Track {
  readonly widthPx: number;
  readonly heightPx: number;
  readonly framesPerSecond: number;
  readonly frames: number;
  readonly pictureBytes: number;
  readonly recordedAtMs: number;
  readonly sequenceParameters: Uint8Array;
  readonly pictureParameters: Uint8Array;
}

/** What comes before the pictures: brand, and the header of the media data with its 64-bit size. */
export function fileHead(track: Track): Uint8Array {
  const brand = box('ftyp', text('isom'), u32(0x200), text('isomiso2avc1mp41'));
  const size = BigInt(HEADER_64_BYTES) + BigInt(track.frames) * BigInt(track.pictureBytes);
  return join(brand, u32(1), text('mdat'), u64(size));
}

/** What comes behind the pictures; `firstAt` is the offset of the first one. */
export function fileTail(track: Track, firstAt: number): Uint8Array {
  const { framesPerSecond: scale, frames } = track;
  const created = u32(Math.floor(track.recordedAtMs / 1000) + EPOCH_1904_S);
  const play = join(u32(0x10000), u16(0x100), zeros(10), matrix(), zeros(24)); // normal rate and volume
  const header = fullBox('mvhd', 0, created, created, u32(scale), u32(frames), play, u32(2));
  return box('moov', header, trackBox(track, created, firstAt));
}

function trackBox(track: Track, created: Uint8Array, firstAt: number): Uint8Array {
  const { widthPx, heightPx, framesPerSecond, frames } = track;
  const times = join(created, created, u32(1), u32(0), u32(frames), zeros(16));
  const header = fullBox('tkhd', 3, times, matrix(), u32(widthPx * 0x10000), u32(heightPx * 0x10000));
  const media = fullBox('mdhd', 0, created, created, u32(framesPerSecond), u32(frames), u16(0x55c4), u16(0));
  const handler = fullBox('hdlr', 0, u32(0), text('vide'), zeros(12), text('Simulated camera\0'));
  return box('trak', header, box('mdia', media, handler, mediaInformation(track, firstAt)));
}

function mediaInformation(track: Track, firstAt: number): Uint8Array {
  const videoHeader = fullBox('vmhd', 1, zeros(8));
  const here = box('dinf', fullBox('dref', 0, u32(1), fullBox('url ', 1)));
  return box('minf', videoHeader, here, sampleTable(track, firstAt));
}

/** One chunk a second, so that players can seek; every picture is a key picture, which no table is the way to say. */
function sampleTable(track: Track, firstAt: number): Uint8Array {
  const { framesPerSecond, frames, pictureBytes } = track;
  const chunks = Math.ceil(frames / framesPerSecond);
  const last = frames - (chunks - 1) * framesPerSecond;
  const runs = [u32(1), u32(Math.min(framesPerSecond, frames)), u32(1)];
  if (chunks > 1 && last !== framesPerSecond) runs.push(u32(chunks), u32(last), u32(1));
  const chunkBytes = framesPerSecond * pictureBytes;
  const offsets = Array.from({ length: chunks }, (_, chunk) => u64(BigInt(firstAt + chunk * chunkBytes)));
  return box(
    'stbl',
    fullBox('stsd', 0, u32(1), sampleEntry(track)),
    fullBox('stts', 0, u32(1), u32(frames), u32(1)),
    fullBox('stsc', 0, u32(runs.length / 3), ...runs),
    fullBox('stsz', 0, u32(pictureBytes), u32(frames)),
    fullBox('co64', 0, u32(chunks), ...offsets),
  );
}

function sampleEntry(track: Track): Uint8Array {
  const { widthPx, heightPx, sequenceParameters: sequence, pictureParameters: picture } = track;
  const settings = box(
    'avcC',
    Uint8Array.of(1, ...sequence.subarray(1, 4), 0xff, 0xe1), // version, profile and level, 4-byte lengths, one SPS
    join(u16(sequence.length), sequence, Uint8Array.of(1), u16(picture.length), picture),
  );
  const size = join(u16(widthPx), u16(heightPx), u32(0x480000), u32(0x480000), u32(0), u16(1));
  return box('avc1', zeros(6), u16(1), zeros(16), size, zeros(32), u16(0x18), u16(0xffff), settings);
}

function box(type: string, ...parts: Uint8Array[]): Uint8Array {
  const content = join(...parts);
  return join(u32(8 + content.length), text(type), content);
}

/** A box with version 0 and flags. */
function fullBox(type: string, flags: number, ...parts: Uint8Array[]): Uint8Array {
  return box(type, u32(flags), ...parts);
}

function matrix(): Uint8Array {
  return join(...UNITY_MATRIX.map(u32));
}

const text = encodeUtf8;

function zeros(count: number): Uint8Array {
  return new Uint8Array(count);
}

function u16(value: number): Uint8Array {
  return Uint8Array.of(value >>> 8, value & 0xff);
}

function u32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}

function u64(value: bigint): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, value);
  return bytes;
}

function join(...parts: Uint8Array[]): Uint8Array {
  return Buffer.concat(parts);
}
