// What a media file's container says of itself: kind, duration, codec, picture size. Reads hostile bytes as they stream by.
// It keeps some 64 KiB at most, skips the pictures by counting, never throws, and never decodes anything.
import type { Manifest } from '../../protocol/documents/manifest.ts';
import {
  codecOf,
  type ContainerFacts,
  type ContainerParser,
  durationMs,
  fourCode,
  pixels,
} from './media-container.ts';
import { Mp4Boxes } from './media-mp4.ts';

/** A RIFF form or a box's first fields are told apart within this many bytes. */
const MAGIC_BYTES = 12;

/**
 * Facts of one media file, gathered while its bytes pass.
 * Shape: push every byte from offset 0, in pieces of any length; `facts` at any time, best at the end (an MP4 may tell last).
 * Errors: none; unknown, broken or contradictory bytes only leave fields null. Nothing of `bytes` is kept by reference.
 */
export class MediaFacts {
  readonly #magic = new Uint8Array(MAGIC_BYTES);
  #magicLength = 0;
  #parser: ContainerParser | undefined;

  push(bytes: Uint8Array): void {
    const taken = this.#takeMagic(bytes);
    if (taken < bytes.length) this.#parser?.push(bytes.subarray(taken));
  }

  /** Null where no known container was seen. */
  facts(): Manifest['media'] {
    if (this.#parser === undefined) return null;
    const { container, durationMs, codec, widthPx, heightPx } = this.#parser.facts();
    return { container, duration_ms: durationMs, codec, width_px: widthPx, height_px: heightPx };
  }

  #takeMagic(bytes: Uint8Array): number {
    const taken = Math.min(MAGIC_BYTES - this.#magicLength, bytes.length);
    if (taken === 0) return 0;
    this.#magic.set(bytes.subarray(0, taken), this.#magicLength);
    this.#magicLength += taken;
    if (this.#magicLength === MAGIC_BYTES) {
      this.#parser = parserFor(this.#magic);
      this.#parser?.push(this.#magic);
    }
    return taken;
  }
}

function parserFor(magic: Uint8Array): ContainerParser | undefined {
  if (AviHeader.accepts(magic)) return new AviHeader();
  if (Mp4Boxes.accepts(magic)) return new Mp4Boxes();
  return undefined;
}

// Facts of an AVI file from its header list (Microsoft AVI RIFF File Reference, OpenDML AVI 1.02). Only the first HEAD_BYTES are looked at.

/** The header list comes first and is some KiB long, with the indexes of an OpenDML file some 30 KiB. */
const HEAD_BYTES = 64 * 1024;
/** RIFF > hdrl > strl or odml is three. */
const DEPTH_MAX = 4;

/** Shape: as ContainerParser. */
class AviHeader implements ContainerParser {
  readonly #head = new Uint8Array(HEAD_BYTES);
  #held = 0;

  /** True for bytes (12 or more) that open such a file. */
  static accepts(magic: Uint8Array): boolean {
    return fourCode(magic, 0) === 'RIFF' && fourCode(magic, 8) === 'AVI ';
  }

  push(bytes: Uint8Array): void {
    const taken = bytes.subarray(0, HEAD_BYTES - this.#held);
    this.#head.set(taken, this.#held);
    this.#held += taken.length;
  }

  facts(): ContainerFacts {
    const found = new AviFacts();
    readChunks(this.#head.subarray(0, this.#held), 0, found);
    return found.facts();
  }
}

class AviFacts {
  #microsPerFrame = 0;
  #frames = 0;
  #widthPx: number | null = null;
  #heightPx: number | null = null;
  #streamType = '';
  #codec: string | null = null;
  #length = { count: 0, perSecond: 0 };

  facts(): ContainerFacts {
    const byStream = durationMs(this.#length.count, this.#length.perSecond);
    return {
      container: 'avi',
      durationMs: byStream ?? durationMs(this.#frames * this.#microsPerFrame, 1_000_000),
      codec: this.#codec,
      widthPx: this.#widthPx,
      heightPx: this.#heightPx,
    };
  }

  chunk(type: string, content: DataView): void {
    if (type === 'avih' && content.byteLength >= 40) this.#mainHeader(content);
    if (type === 'strh' && content.byteLength >= 36) this.#streamHeader(content);
    if (type === 'strf' && content.byteLength >= 20 && this.#streamType === 'vids')
      this.#pictureFormat(content);
  }

  #mainHeader(content: DataView): void {
    this.#microsPerFrame = content.getUint32(0, true);
    this.#frames = content.getUint32(16, true);
    this.#widthPx = pixels(content.getUint32(32, true));
    this.#heightPx = pixels(content.getUint32(36, true));
  }

  #streamHeader(content: DataView): void {
    this.#streamType = codeIn(content, 0);
    if (this.#streamType !== 'vids' || this.#length.count > 0) return;
    const scale = content.getUint32(20, true);
    this.#length = { count: content.getUint32(32, true) * scale, perSecond: content.getUint32(24, true) };
    this.#codec ??= codecOf(codeIn(content, 4));
  }

  /** BITMAPINFOHEADER: its compression is what a player goes by, so it wins over the stream's handler. */
  #pictureFormat(content: DataView): void {
    this.#codec = codecOf(codeIn(content, 16)) ?? this.#codec;
  }
}

function readChunks(bytes: Uint8Array, depth: number, found: AviFacts): void {
  if (depth > DEPTH_MAX) return;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at + 8 <= bytes.length;) {
    const type = fourCode(bytes, at);
    const size = view.getUint32(at + 4, true);
    const content = bytes.subarray(at + 8, Math.min(bytes.length, at + 8 + size));
    if (type === 'RIFF' || type === 'LIST') {
      if (fourCode(content, 0) === 'movi') return;
      readChunks(content.subarray(4), depth + 1, found);
    } else {
      found.chunk(type, new DataView(content.buffer, content.byteOffset, content.byteLength));
    }
    at += 8 + size + (size % 2); // chunks are padded to an even length
  }
}

function codeIn(content: DataView, at: number): string {
  return fourCode(new Uint8Array(content.buffer, content.byteOffset, content.byteLength), at);
}
