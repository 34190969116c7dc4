// Group 8 of a simulated serial camera: download, status, hash, hash types (SPEC 11.6). Reads files in pieces.
import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { SmpMap } from '../serial/smp/packet.ts';
import { RC_INVALID, RC_NO_ENTRY, RC_NOT_SUPPORTED } from '../serial/smp/refusals.ts';
import { mcumgrCbor } from './mcumgr-cbor.ts';
import type { SmpFile, SmpFiles } from './smp-files.ts';
import { countOf, textOf, type SmpGroup, type SmpReply } from './smp-groups.ts';

const HASH_PIECE_BYTES = 64 * 1024;
/** What stands around the bytes of a download at most: as MCUmgr, each answer but the last has the same length. */
const AROUND_BYTES = mcumgrCbor({ off: 2 ** 40, len: 2 ** 40, data: new Uint8Array(256) }).length - 256;

export interface SmpFileWish {
  readonly files: SmpFiles;
  /** Empty: this camera cannot compute digests for a station. */
  readonly hashTypes: readonly ('sha256' | 'crc32')[];
  /** Length of the answer at an offset, where `most` would fit. */
  readonly lengthAt: (off: number, most: number) => number;
}

export function smpFileGroup({ files, hashTypes, lengthAt }: SmpFileWish): SmpGroup {
  return async ({ op, command, map, room }) => {
    if (op !== 'read') return RC_NOT_SUPPORTED;
    if (command === 3 && hashTypes.length > 0) return { types: typesMap(hashTypes) };
    if (command > 2 || (command === 2 && hashTypes.length === 0)) return RC_NOT_SUPPORTED;
    const name = textOf(map, 'name');
    const file = name === undefined ? undefined : await files.find(name);
    if (file === undefined) return name === undefined ? RC_INVALID : RC_NO_ENTRY;
    if (command === 1) return { len: file.sizeBytes };
    return command === 0 ? download(files, file, map, { room, lengthAt }) : hash(files, file, map, hashTypes);
  };
}

async function download(
  files: SmpFiles,
  file: SmpFile,
  map: SmpMap,
  { room, lengthAt }: { readonly room: number } & Pick<SmpFileWish, 'lengthAt'>,
): Promise<SmpReply> {
  const off = countOf(map, 'off');
  if (off === undefined || off > file.sizeBytes) return RC_INVALID;
  const head = off === 0 ? { off, len: file.sizeBytes } : { off };
  return { ...head, data: await files.read(file.name, off, lengthAt(off, room - AROUND_BYTES)) };
}

async function hash(
  files: SmpFiles,
  file: SmpFile,
  map: SmpMap,
  hashTypes: readonly string[],
): Promise<SmpReply> {
  const type = map['type'] ?? hashTypes[0];
  const off = countOf(map, 'off', 0);
  const len = countOf(map, 'len', Math.max(0, file.sizeBytes - (off ?? 0)));
  if (off === undefined || len === undefined || off + len > file.sizeBytes) return RC_INVALID;
  if (typeof type !== 'string' || !hashTypes.includes(type)) return RC_NOT_SUPPORTED;
  const output =
    type === 'sha256'
      ? await sha256Of(files, file.name, off, len)
      : await crc32Of(files, file.name, off, len);
  return { type, off, len, output };
}

/** SHA-256 over a part of a file, as the camera computes it itself. */
export async function sha256Of(files: SmpFiles, name: string, off: number, len: number): Promise<Uint8Array> {
  const hash = createHash('sha256');
  for await (const bytes of pieces(files, name, off, len)) hash.update(bytes);
  return new Uint8Array(hash.digest());
}

async function crc32Of(files: SmpFiles, name: string, off: number, len: number): Promise<number> {
  let crc = 0;
  for await (const bytes of pieces(files, name, off, len)) crc = crc32(bytes, crc);
  return crc;
}

async function* pieces(files: SmpFiles, name: string, off: number, len: number): AsyncGenerator<Uint8Array> {
  for (let at = off; at < off + len;) {
    const bytes = await files.read(name, at, Math.min(HASH_PIECE_BYTES, off + len - at));
    if (bytes.length === 0) return;
    at += bytes.length;
    yield bytes;
  }
}

function typesMap(hashTypes: readonly string[]): SmpMap {
  const size = (type: string): SmpMap => ({
    format: type === 'sha256' ? 1 : 0,
    size: type === 'sha256' ? 32 : 4,
  });
  return Object.fromEntries(hashTypes.map((type) => [type, size(type)]));
}
