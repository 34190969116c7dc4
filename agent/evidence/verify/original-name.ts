// Under which name an original is restored. The path comes from a camera: only its last part is used, as bytes, and only where no
// program or person could be misled by it. Pure.
import { encodeUtf8, parseUtf8 } from '../../../protocol/format/bytes.ts';

/** Linux' NAME_MAX. */
const NAME_BYTES_MAX = 255;
const SLASH = 0x2f;
/** Control and format characters (they hide or turn around text), and line and paragraph separators. */
const HIDDEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

/** A file name as bytes. */
export interface OriginalName {
  /** The last part of the path on the camera, whatever it is. */
  readonly said: Uint8Array;
  /** What a file is to be called: `said`, or the recording's id where that would not do. */
  readonly name: Uint8Array;
  readonly replaced: boolean;
}

/** The name for an original with that path below the camera's root. */
export function originalName(path: Uint8Array, recording: string): OriginalName {
  const said = path.subarray(path.lastIndexOf(SLASH) + 1);
  const replaced = !isHarmless(said);
  return { said, name: replaced ? encodeUtf8(recording) : said, replaced };
}

function isHarmless(name: Uint8Array): boolean {
  if (name.length === 0 || name.length > NAME_BYTES_MAX) return false;
  if (name.some((byte) => byte < 0x20 || byte === 0x7f || byte === SLASH)) return false;
  const text = parseUtf8(name);
  // Bytes that are no text are a name all the same on Linux.
  return text === undefined || (text !== '.' && text !== '..' && !HIDDEN.test(text));
}
