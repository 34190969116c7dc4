// What every container format's reader gives and takes. No code.

/** What a container parser finds; null where the container does not tell or tells nonsense. */
export interface ContainerFacts {
  readonly container: string;
  readonly durationMs: number | null;
  readonly codec: string | null;
  readonly widthPx: number | null;
  readonly heightPx: number | null;
}

/** One container format read in pieces of any length. */
export interface ContainerParser {
  push(bytes: Uint8Array): void;
  facts(): ContainerFacts;
}

// Small readers that container parsers share: four-character codes, codec names, numbers that a manifest may hold.

/** Words for codes that cameras write; any other printable code is kept as it is. Keys in lower case. */
const CODEC_WORDS: ReadonlyMap<string, string> = new Map([
  ['avc1', 'h264'],
  ['avc3', 'h264'],
  ['h264', 'h264'],
  ['x264', 'h264'],
  ['hvc1', 'h265'],
  ['hev1', 'h265'],
  ['h265', 'h265'],
  ['hevc', 'h265'],
  ['jpeg', 'mjpeg'],
  ['mjpa', 'mjpeg'],
  ['mjpb', 'mjpeg'],
  ['mjpg', 'mjpeg'],
  ['mp4v', 'mpeg4'],
  ['xvid', 'mpeg4'],
  ['av01', 'av1'],
]);

/** Four bytes as Latin-1 text; shorter at the end of the bytes. */
export function fourCode(bytes: Uint8Array, at: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + 4));
}

/** The codec that a four-character code names, or null where the code is not printable ASCII. */
export function codecOf(code: string): string | null {
  const text = code.trimEnd();
  if (!/^[\x21-\x7e]{1,4}$/.test(text)) return null;
  return CODEC_WORDS.get(text.toLowerCase()) ?? text;
}

/** Milliseconds of `count` ticks at `perSecond`, or null where that is no number a document may hold. */
export function durationMs(count: number, perSecond: number): number | null {
  const ms = Math.round((count / perSecond) * 1000);
  return perSecond > 0 && count > 0 && Number.isSafeInteger(ms) ? ms : null;
}

/** A picture's edge in pixels, or null for 0. */
export function pixels(value: number): number | null {
  return value > 0 ? value : null;
}
