// H.264 without compression: every macroblock is I_PCM, so a picture is its samples behind a few header bits (ITU-T H.264, 7.3.5).
// Any player can decode it, and making it costs a copy: that is the point. Samples must not be 0, so that no start code can arise.
import { BitWriter } from './bit-writer.ts';

/** Side of a macroblock in samples. */
export const MACROBLOCK_PX = 16;
/** Bytes of one I_PCM macroblock's samples: 256 of luma, 64 of each chroma plane. */
export const LUMA_BYTES = 256;
export const CHROMA_BYTES = 64;
/** mb_type ue(25) from a byte's start, and pcm_alignment_zero_bits. */
const MACROBLOCK_HEAD = Uint8Array.of(0x0d, 0x00);
const MACROBLOCK_BYTES = MACROBLOCK_HEAD.length + LUMA_BYTES + 2 * CHROMA_BYTES;
const CONSTRAINED_BASELINE = 66;
/** Level 5.1: 4,096 x 2,304 pixels, 240 Mbit/s and more for intra pictures. */
const LEVEL = 51;
const I_PCM = 25;
const ALL_SLICES_I = 7;

/** Even width and height in pixels; the picture is coded in whole macroblocks and cropped. */
export interface PictureSize {
  readonly widthPx: number;
  readonly heightPx: number;
}

export interface Macroblocks {
  readonly columns: number;
  readonly rows: number;
}

export function macroblocksOf(size: PictureSize): Macroblocks {
  return {
    columns: Math.ceil(size.widthPx / MACROBLOCK_PX),
    rows: Math.ceil(size.heightPx / MACROBLOCK_PX),
  };
}

/** Sequence parameter set: one picture size, no reordering, no reference pictures beyond none. With its NAL header, escaped. */
export function sequenceParameters(size: PictureSize): Uint8Array {
  const { columns, rows } = macroblocksOf(size);
  const writer = new BitWriter().bits(8, 0x67).bits(8, CONSTRAINED_BASELINE).bits(8, 0xc0).bits(8, LEVEL);
  writer.unsigned(0).unsigned(0).unsigned(2); // id, log2_max_frame_num - 4, pic_order_cnt_type
  writer.unsigned(0).bits(1, 0); // max_num_ref_frames, gaps_in_frame_num
  writer
    .unsigned(columns - 1)
    .unsigned(rows - 1)
    .bits(1, 1)
    .bits(1, 1); // frame_mbs_only, direct_8x8_inference
  const cropX = (columns * MACROBLOCK_PX - size.widthPx) / 2;
  const cropY = (rows * MACROBLOCK_PX - size.heightPx) / 2;
  writer.bits(1, 1).unsigned(0).unsigned(cropX).unsigned(0).unsigned(cropY);
  return escaped(writer.bits(1, 0).trailing().bytes()); // no VUI
}

/** Picture parameter set: CAVLC, one slice group, deblocking said per slice. */
export function pictureParameters(): Uint8Array {
  const writer = new BitWriter().bits(8, 0x68).unsigned(0).unsigned(0).bits(2, 0).unsigned(0);
  writer.unsigned(0).unsigned(0).bits(3, 0); // reference counts, no weighting
  return escaped(writer.signed(0).signed(0).signed(0).bits(3, 0b100).trailing().bytes());
}

/** Fills the samples of one macroblock: luma row by row, then both chroma planes. Never a 0. */
export type Paint = (
  luma: Uint8Array,
  blue: Uint8Array,
  red: Uint8Array,
  column: number,
  row: number,
) => void;

/** Bytes of every coded picture of that size. */
export function pictureBytes(size: PictureSize): number {
  const { columns, rows } = macroblocksOf(size);
  return 1 + sliceHead(0).length + columns * rows * MACROBLOCK_BYTES - MACROBLOCK_HEAD.length + 1;
}

/** One coded picture as an IDR NAL unit, without a start code or length. */
export function codePicture(size: PictureSize, number: number, paint: Paint): Uint8Array<ArrayBuffer> {
  const { columns, rows } = macroblocksOf(size);
  const picture = new Uint8Array(pictureBytes(size));
  picture[0] = 0x65;
  const head = sliceHead(number);
  picture.set(head, 1);
  let at = 1 + head.length;
  for (let index = 0; index < columns * rows; index++) {
    if (index > 0) picture.set(MACROBLOCK_HEAD, at - MACROBLOCK_HEAD.length);
    const blue = at + LUMA_BYTES;
    const red = blue + CHROMA_BYTES;
    const end = red + CHROMA_BYTES;
    const planes = [
      picture.subarray(at, blue),
      picture.subarray(blue, red),
      picture.subarray(red, end),
    ] as const;
    paint(...planes, index % columns, Math.floor(index / columns));
    at = end + MACROBLOCK_HEAD.length;
  }
  picture[picture.length - 1] = 0x80; // rbsp_slice_trailing_bits
  return picture;
}

/**
 * Slice header of an IDR picture up to the first macroblock's samples. Successive IDR pictures must differ in idr_pic_id, and both
 * headers come out equally long and without two zero bytes in a row, so they need no escaping.
 */
function sliceHead(number: number): Uint8Array {
  const writer = new BitWriter().unsigned(0).unsigned(ALL_SLICES_I).unsigned(0).bits(4, 0);
  writer.unsigned(1 + (number % 2)).bits(2, 0); // idr_pic_id 1 or 2, no dec_ref_pic_marking
  writer.signed(0).unsigned(1); // slice_qp_delta, no deblocking
  return writer.unsigned(I_PCM).align().bytes();
}

/** With emulation prevention: after two zero bytes, a byte of 0 to 3 gets a 3 before it (7.4.1). */
function escaped(bytes: Uint8Array): Uint8Array {
  const result: number[] = [];
  let zeros = 0;
  for (const byte of bytes) {
    if (zeros >= 2 && byte <= 3) {
      result.push(3);
      zeros = 0;
    }
    result.push(byte);
    zeros = byte === 0 ? zeros + 1 : 0;
  }
  return Uint8Array.from(result);
}
