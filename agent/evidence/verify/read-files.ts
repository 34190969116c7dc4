// The few things that verifying asks of a file system, and careful reading of small files. Nothing here writes.
import { isMachineShort, systemCode } from '../../../protocol/format/errors.ts';
import type { Files, FileStat } from '../../../protocol/format/ports.ts';
import { below, finding, note, quoted, type Remark } from './remark.ts';

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

// Which names the folders of a place hold (SPEC 4.4), and what is said of others. Pure.

/** Lies beside a deletion record while a deletion goes on. */
export const DELETING: ReadonlySet<string> = new Set(['deleting.tmp']);
/** In a kit that was made although something did not hold (SPEC 4.13). */
export const KIT_FINDINGS = 'FINDINGS.txt';
/** How files are called until they are whole: `.new` in a spool, `.tmp` in a vault. */
const UNFINISHED = /^(?<name>.+)\.(?:new|tmp)$/;
/** Unexpected entries of one folder that are told one by one. */
const TOLD_MAX = 8;

/**
 * What is wrong with the names in a folder that may hold `allowed`. `leftovers` may lie there when a process was cut off. Missing names
 * are told by anybody who wants to read them.
 */
export function oddNames(
  where: string,
  names: readonly string[],
  allowed: ReadonlySet<string>,
  leftovers: ReadonlySet<string> = new Set(),
): Remark[] {
  const odd = names.filter((name) => !allowed.has(name));
  const remarks = odd.slice(0, TOLD_MAX).map((name) => {
    const unfinished = UNFINISHED.exec(name)?.groups?.['name'] ?? '';
    if (!allowed.has(unfinished) && !leftovers.has(name)) return unexpected(where, name);
    return note('folder.unfinished', below(where, name), `${name}: left behind by a write that was cut off`);
  });
  if (odd.length <= TOLD_MAX) return remarks;
  const more = odd.length - TOLD_MAX;
  return [
    ...remarks,
    finding('folder.unexpected-entry', where, `${more} more entries that do not belong here`),
  ];
}

/** What is said of one name, where `belongs` tells which ones may lie there: an unfinished write of one of these is no fault. */
export function oddName(where: string, name: string, belongs: (name: string) => boolean): Remark {
  const whole = UNFINISHED.exec(name)?.groups?.['name'];
  return (
    oddNames(where, [name], new Set(whole !== undefined && belongs(whole) ? [whole] : []))[0] ??
    unexpected(where, name)
  );
}

/** An entry that does not belong where it lies. Its name stands escaped in the message, not in `where`. */
export function unexpected(where: string, name: string): Remark {
  return finding('folder.unexpected-entry', where, `${quoted(name)} does not belong here`);
}
