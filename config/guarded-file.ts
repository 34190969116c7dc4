// Reads key files: secrets only where nobody else can read them, everything bounded. Writing is durable-file.ts.
import { constants, type Stats } from 'node:fs';
import { open, stat, type FileHandle } from 'node:fs/promises';
import { DockError, isAbsent, systemCode } from '../protocol/format/errors.ts';
import { CREDENTIALS_ROOT } from './credentials.ts';

const READABLE_BY_OTHERS = 0o077;
/** ... of a credential of systemd, whose group bits are the mask of an access list for its service. */
const USABLE_BY_OTHERS = 0o037;
const NO_RIGHT: ReadonlySet<string> = new Set(['EACCES', 'EPERM']);

/** Whether something lies at the path. Errors: the system's, where it cannot be said. */
export async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    (error: unknown) => {
      if (isAbsent(error)) return false;
      throw error;
    },
  );
}

function refuse(code: string, message: string, cause?: unknown): never {
  throw new DockError(code, message, { retry: 'person', cause });
}

/**
 * Reads a file that only its owner (root or this user) can read.
 * Errors: "key.missing", "key.unreadable" (no regular file, or the system's refusal as cause), "key.owner", "key.mode", "key.empty",
 * "key.oversize" above `bytesMax`. No message holds a byte of the content.
 */
export async function readPrivateFile(path: string, bytesMax: number): Promise<Uint8Array> {
  const handle = await openToRead(path);
  try {
    checkSecret(await handle.stat(), path);
    return await readBounded(handle, path, bytesMax);
  } finally {
    await handle.close();
  }
}

/**
 * Reads a file that anybody may read, such as a public key.
 * Errors: "key.missing", "key.unreadable", "key.empty", "key.oversize".
 */
export async function readPublicFile(path: string, bytesMax: number): Promise<Uint8Array> {
  const handle = await openToRead(path);
  try {
    checkRegular(await handle.stat(), path);
    return await readBounded(handle, path, bytesMax);
  } finally {
    await handle.close();
  }
}

async function openToRead(path: string): Promise<FileHandle> {
  try {
    // Without O_NONBLOCK the open of a FIFO would wait for ever.
    return await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    if (systemCode(error) === 'ENOENT')
      return refuse('key.missing', `${path} is not there: put it there, or correct its path`, error);
    return unreadable(path, error);
  }
}

function unreadable(path: string, error: unknown): never {
  const code = systemCode(error) ?? 'unknown error';
  const remedy = NO_RIGHT.has(code)
    ? 'let the user that runs the program read it; the service gets files of keys/ and tls/ when it starts: after a new one, `systemctl restart` it'
    : 'see what lies there, and whether its disk is good';
  refuse('key.unreadable', `${path} cannot be read (${code}): ${remedy}`, error);
}

function checkRegular(stat: Stats, path: string): void {
  if (!stat.isFile()) refuse('key.unreadable', `${path} is not a regular file: name the file itself`);
}

function checkSecret(stat: Stats, path: string): void {
  checkRegular(stat, path);
  if (stat.uid !== 0 && stat.uid !== process.geteuid?.())
    refuse(
      'key.owner',
      `${path} belongs to user ${stat.uid}, who knows this key: make a new one, or chown it`,
    );
  const others = path.startsWith(CREDENTIALS_ROOT) ? USABLE_BY_OTHERS : READABLE_BY_OTHERS;
  if ((stat.mode & others) !== 0) {
    const mode = (stat.mode & 0o777).toString(8).padStart(4, '0');
    refuse('key.mode', `${path} has mode ${mode}, others can use it: chmod 0600 ${path}`);
  }
}

async function readBounded(handle: FileHandle, path: string, bytesMax: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(bytesMax + 1);
  let length = 0;
  while (length < bytes.length) {
    const reading = handle.read(bytes, length, bytes.length - length, length);
    const { bytesRead } = await reading.catch((error: unknown) => unreadable(path, error));
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  if (length === 0) refuse('key.empty', `${path} is empty: put it back from a copy, or make a new one`);
  if (length > bytesMax)
    refuse('key.oversize', `${path} has more than ${bytesMax} bytes: this is another kind of file`);
  return bytes.subarray(0, length);
}
