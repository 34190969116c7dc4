// Looks at the folder in which spool or vault shall lie: is it a folder of ours, on a file system that keeps what was synced.
import { constants } from 'node:fs';
import { access, lstat, realpath, stat, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { DockError, systemCode } from '../protocol/format/errors.ts';
import type { FileFinds } from './file-finds.ts';

/** Magic numbers of statfs(2) for file systems that do not keep the promises of sync and rename, or not the owner and mode of a file. */
const REFUSED = new Map<number, string>([
  [0x4d44, 'FAT'],
  [0x2011bab0, 'exFAT'],
  [0x6969, 'NFS'],
  [0xff534d42, 'SMB'],
  [0xfe534d42, 'SMB'],
  [0x517b, 'SMB'],
  [0x01021997, '9P'],
]);
const MEMORY = new Map<number, string>([
  [0x01021994, 'tmpfs'],
  [0x858458f6, 'ramfs'],
]);

const READ_ONLY_REMEDY =
  'name a folder on a disk that can be written; a unit writes elsewhere than below /var/lib only with ReadWritePaths= (systemctl edit)';

/**
 * The error where spool or vault could not be made at the start. Shape: `code` of the caller, `what` its name in the file, such as "spool.path".
 */
export function notMakable(code: string, what: string, path: string, cause: unknown): DockError {
  const why = systemCode(cause) ?? 'unknown error';
  const remedies: Readonly<Record<string, string>> = {
    EROFS: READ_ONLY_REMEDY,
    ENOENT: `make ${dirname(path)} for the user of the service, or mount the disk on which it lies`,
  };
  const remedy = remedies[why] ?? `make it for the user of the service, or name another folder in ${what}`;
  const message = `the folder ${path} (${what}) could not be made (${why}): ${remedy}`;
  return new DockError(code, message, { retry: 'person', cause });
}

/** Where a disk is mounted that the machine starts from. */
const BOOT = /^\/(?:boot|efi)(?:\/|$)/;

/** What statfs(2) says of a folder: its `type`. */
type FileSystemOf = (folder: string) => Promise<{ readonly type: number }>;

/** Checks the folder, or the nearest one above it where it is yet to be made. */
export async function checkDiskPlace(
  path: string,
  finds: FileFinds,
  fileSystemOf: FileSystemOf = statfs,
): Promise<void> {
  const found = await lstat(path).catch((error: unknown) => systemCode(error) ?? 'unknown error');
  if (typeof found === 'string' && found !== 'ENOENT')
    return finds.problem(
      'disk.unreadable',
      path,
      `cannot be looked at (${found})`,
      'give the service user access',
    );
  if (typeof found !== 'string' && found.isSymbolicLink())
    return finds.problem(
      'disk.link',
      path,
      'is a symbolic link',
      'name the folder itself: a link can be turned elsewhere',
    );
  if (typeof found !== 'string' && !found.isDirectory())
    return finds.problem(
      'disk.no-folder',
      path,
      'is no folder',
      'name a folder, or one that is yet to be made',
    );
  const nearest = await nearestFolder(path);
  const place = await placeOf(nearest, fileSystemOf).catch(
    (error: unknown) => systemCode(error) ?? 'unknown error',
  );
  if (typeof place === 'string')
    return finds.problem(
      'disk.unreadable',
      path,
      `lies behind ${nearest}, which cannot be looked at (${place})`,
      'name another folder, or put right what this one leads to',
    );
  const { type, mountedAt } = place;
  const refused = REFUSED.get(type);
  const memory = MEMORY.get(type);
  if (refused !== undefined) {
    const message = `lies on ${refused}, which does not keep what was synced and renamed`;
    finds.problem('disk.file-system', path, message, 'use a local disk with ext4, XFS, Btrfs or F2FS');
  } else if (nearest !== path) await checkMakable(path, nearest, finds);
  if (memory !== undefined)
    finds.warning(
      'disk.memory',
      path,
      `lies on ${memory}, in memory: at power-off all is gone that the store does not have`,
    );
  if (BOOT.test(mountedAt))
    finds.warning(
      'disk.boot',
      path,
      `lies on the boot partition (${mountedAt}): full, it keeps the machine from being updated`,
    );
  return undefined;
}

/**
 * Checks that it is not root who starts a program in the foreground in what belongs to its service: what root makes there the service could neither
 * read nor go on with, and its log would be broken to it.
 */
export async function checkStarter(
  path: string,
  { code, unit }: { readonly code: string; readonly unit: string },
  finds: FileFinds,
): Promise<void> {
  if (process.geteuid?.() !== 0) return;
  const owner = await lstat(path)
    .catch(() => lstat(dirname(path)))
    .catch(() => undefined);
  if (owner === undefined || owner.uid === 0) return;
  finds.problem(
    code,
    path,
    `is user ${owner.uid}'s, who could not read what root would leave there`,
    `\`systemctl start ${unit}\`, whose log \`journalctl -u ${unit}\` shows, or run it as that user`,
  );
}

/** What is yet to be made: its last part only, by a user who may, on a disk that takes it. Makes nothing. */
async function checkMakable(path: string, nearest: string, finds: FileFinds): Promise<void> {
  if (nearest !== dirname(path))
    return finds.problem(
      'disk.no-parent',
      path,
      'is yet to be made, and the folder above it is not there: the first start makes the last part alone',
      `make ${dirname(path)} for the user of the service, or mount the disk on which it lies`,
    );
  const refusal = await access(nearest, constants.W_OK | constants.X_OK).then(
    () => undefined,
    (error: unknown) => systemCode(error) ?? 'unknown error',
  );
  if (refusal === undefined) return undefined;
  const why = refusal === 'EROFS' ? 'is read-only' : `cannot be written by this user (${refusal})`;
  const remedy = refusal === 'EROFS' ? READ_ONLY_REMEDY : `make ${path} for the user of the service`;
  return finds.problem('disk.not-makable', path, `is yet to be made, and ${nearest} ${why}`, remedy);
}

/** Errors: the system's, as for a link to nothing. */
async function placeOf(
  folder: string,
  fileSystemOf: FileSystemOf,
): Promise<{ readonly type: number; readonly mountedAt: string }> {
  // The number is signed in some kernels' answers.
  const type = Number(BigInt.asUintN(32, BigInt((await fileSystemOf(folder)).type)));
  return { type, mountedAt: await mountPoint(folder) };
}

/** The highest folder above it that lies on the same disk. */
async function mountPoint(folder: string): Promise<string> {
  let at = await realpath(folder);
  const { dev } = await stat(at);
  while (at !== dirname(at) && (await stat(dirname(at))).dev === dev) at = dirname(at);
  return at;
}

async function nearestFolder(path: string): Promise<string> {
  let at = path;
  while (at !== dirname(at) && (await lstat(at).catch(() => undefined)) === undefined) at = dirname(at);
  return at;
}
