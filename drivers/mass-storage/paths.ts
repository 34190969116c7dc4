// Path bytes below a camera's root: joining, taking apart, order. Bytes are never turned into text here.
import { bufferOf } from '../../protocol/format/bytes.ts';

const SLASH = 0x2f;
const DOT = 0x2e;

/** Path of a name in a folder; the root's own path is empty. */
export function joinPath(folder: Uint8Array, name: Uint8Array): Uint8Array {
  return folder.length === 0 ? name : Buffer.concat([folder, Buffer.of(SLASH), name]);
}

/** The parts of a path, or undefined where one of them could lead elsewhere: empty, ".", "..", or with a NUL. */
export function splitPath(path: Uint8Array): Uint8Array[] | undefined {
  const parts: Uint8Array[] = [];
  for (let start = 0; start <= path.length;) {
    const slash = path.indexOf(SLASH, start);
    const end = slash === -1 ? path.length : slash;
    parts.push(path.subarray(start, end));
    start = end + 1;
  }
  return parts.every(isName) ? parts : undefined;
}

/** True for what can be one name in a folder. */
export function isName(name: Uint8Array): boolean {
  if (name.length === 0 || name.includes(SLASH) || name.includes(0)) return false;
  return !(name.length <= 2 && name.every((byte) => byte === DOT));
}

/**
 * What a folder's members are sorted by, as Latin-1 so that texts compare as bytes do; a walk in that order gives whole paths in byte order:
 * folders end in "/".
 */
export function sortKey(name: Uint8Array, isFolder: boolean): string {
  return bufferOf(name).toString('latin1') + (isFolder ? '/' : '');
}
