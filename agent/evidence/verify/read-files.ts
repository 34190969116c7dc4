// The few things that verifying asks of a file system, and careful reading of small files. Nothing here writes.
import { isMachineShort, systemCode } from '../../../protocol/format/errors.ts';
import type { Files, FileStat } from '../../../protocol/format/ports.ts';
import { finding, type Remark } from './remark.ts';

/** The read half of the Files port. */
export type ReadFiles = Pick<Files, 'open' | 'list' | 'stat' | 'readAll'>;

/** The system's code of an error that is the disk's, such as "EIO" or "EACCES". Throws the error on where it is anything else. */
export function diskError(error: unknown): string {
  const code = systemCode(error);
  if (code === undefined || isMachineShort(error)) throw error;
  return code;
}

/** What became of reading a small file. `why` is in words. */
export type SmallFile =
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'missing' }
  | { readonly kind: 'oversize' | 'unreadable'; readonly why: string };

/** A whole file of at most `bytesMax` bytes. Links are not followed. Errors: only those of the machine ("EMFILE" ...). */
export async function readSmall(files: ReadFiles, path: string, bytesMax: number): Promise<SmallFile> {
  const found = await statFile(files, path);
  if (found.kind !== 'file') return found;
  if (found.sizeBytes > bytesMax) return oversize(found.sizeBytes, bytesMax);
  try {
    return { kind: 'bytes', bytes: await files.readAll(path, bytesMax) };
  } catch (error) {
    const code = diskError(error);
    if (code === 'ENOENT') return { kind: 'missing' };
    return { kind: 'unreadable', why: `it cannot be read (${code})` };
  }
}

function oversize(sizeBytes: number, bytesMax: number): SmallFile {
  return { kind: 'oversize', why: `it has ${sizeBytes} bytes, at most ${bytesMax} are read` };
}

/** Length of a regular file, or why there is none. Errors: only those of the machine. */
export async function statFile(
  files: ReadFiles,
  path: string,
): Promise<
  | { readonly kind: 'file'; readonly sizeBytes: number }
  | { readonly kind: 'missing' }
  | { readonly kind: 'unreadable'; readonly why: string }
> {
  let found: FileStat | undefined;
  try {
    found = await files.stat(path);
  } catch (error) {
    return { kind: 'unreadable', why: `it cannot be looked at (${diskError(error)})` };
  }
  if (found === undefined) return { kind: 'missing' };
  if (found.kind !== 'file') return { kind: 'unreadable', why: 'it is not a regular file' };
  return { kind: 'file', sizeBytes: found.sizeBytes };
}

/** Names in a folder, sorted; undefined where there is no folder of that name. Errors: the system's. */
export async function listSorted(files: ReadFiles, path: string): Promise<string[] | undefined> {
  const found = await files.stat(path);
  return found?.kind === 'folder' ? (await files.list(path)).sort() : undefined;
}

/**
 * Names in a folder, sorted, or the remark that says why it cannot be listed; undefined only where nothing of that name is there. Links are
 * not followed: what lies elsewhere is not what the place holds. Errors: only those of the machine.
 */
export async function listFolder(
  files: ReadFiles,
  folder: string,
  where: string,
): Promise<string[] | Remark | undefined> {
  try {
    const found = await files.stat(folder);
    if (found === undefined) return undefined;
    if (found.kind !== 'folder') return finding('folder.unreadable', where, 'it is not a folder');
    return (await files.list(folder)).sort();
  } catch (error) {
    return finding('folder.unreadable', where, `the folder cannot be listed (${diskError(error)})`);
  }
}
