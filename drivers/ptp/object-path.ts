// Paths of objects that only have names and parents: path bytes that no other object of the camera has. Pure.
import { bufferOf, concatBytes, encodeUtf8 } from '../../protocol/format/bytes.ts';

const SLASH = encodeUtf8('/');

/** Path bytes of a name in a folder ("" for the root). */
export function joinPath(folder: Uint8Array, name: string): Uint8Array {
  const bytes = nameBytes(name);
  return folder.length === 0 ? bytes : concatBytes([folder, SLASH, bytes]);
}

/** What is put behind a path that another object has already: the handle, so that both are told apart in one docking. */
export function withHandle(path: Uint8Array, handle: number): Uint8Array {
  return concatBytes([path, encodeUtf8(`;${handle.toString(16).padStart(8, '0')}`)]);
}

/**
 * UTF-8 of the name's UTF-16 units, a lone surrogate in the three bytes that UTF-8 would give it: no two names have the same bytes.
 */
export function nameBytes(name: string): Uint8Array {
  if (name.isWellFormed()) return encodeUtf8(name);
  const parts: Uint8Array[] = [];
  for (const character of name) {
    const code = character.charCodeAt(0);
    const isLone = character.length === 1 && code >= 0xd800 && code <= 0xdfff;
    parts.push(
      isLone
        ? Uint8Array.of(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 0x3f), 0x80 | (code & 0x3f))
        : encodeUtf8(character),
    );
  }
  return concatBytes(parts);
}

/** A path as a key of a map. */
export function pathKey(path: Uint8Array): string {
  return bufferOf(path).toString('latin1');
}

/** True where the path with that key ends in the name: what a handle leads to now is still what was listed under it. */
export function endsInName(key: string, name: string): boolean {
  const own = pathKey(nameBytes(name));
  return key === own || key.endsWith(`/${own}`);
}
