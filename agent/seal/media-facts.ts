// What a media file's container says of itself: kind, duration, codec, picture size. Reads hostile bytes as they stream by.
// It keeps some 64 KiB at most, skips the pictures by counting, never throws, and never decodes anything.
import type { ContainerParser } from './media-container.ts';
import type { Manifest } from '../../protocol/documents/manifest.ts';
import { AviHeader } from './media-avi.ts';
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
