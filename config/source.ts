// Reads a configuration file as text, before anybody looks at what it says: who may write it, how long it is, whether it is UTF-8.
import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { parseUtf8, sha256Hex } from '../protocol/format/bytes.ts';
import { systemCode } from '../protocol/format/errors.ts';
import { problem, type Problem } from './problems.ts';

/** A file with 16 bays and 256 cameras has some 40 KiB. */
export const CONFIG_BYTES_MAX = 256 * 1024;
const WRITABLE_BY_OTHERS = 0o022;
const LINE_FEED = 0x0a;

/** Text of a configuration file with the digest of its bytes, or what is wrong with the file as such. */
export type Source =
  | { readonly kind: 'read'; readonly text: string; readonly sha256: string }
  | { readonly kind: 'refused'; readonly problems: readonly Problem[] };

/** Reads at most CONFIG_BYTES_MAX from a regular file that only its owner (root or this user) can write. Never rejects. */
export async function readSource(file: string): Promise<Source> {
  let handle: FileHandle | undefined;
  try {
    // Without O_NONBLOCK the open of a FIFO would wait for ever.
    handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
    const refusal = await refuseFile(handle, file);
    if (refusal !== undefined) return { kind: 'refused', problems: [refusal] };
    return decode(await readBounded(handle), file);
  } catch (error) {
    return { kind: 'refused', problems: [unreadable(file, systemCode(error) ?? 'unknown error')] };
  } finally {
    await handle?.close().catch(() => undefined);
  }
}

function unreadable(file: string, why: string): Problem {
  const remedy =
    why === 'ENOENT'
      ? 'copy the example file there, or name another one with --config'
      : 'make it readable for the user that runs the program';
  return problem({ code: 'config.unreadable', file, message: `cannot be read (${why})`, remedy });
}

async function refuseFile(handle: FileHandle, file: string): Promise<Problem | undefined> {
  const stat = await handle.stat();
  if (!stat.isFile()) return problem({ code: 'config.unreadable', file, message: 'is not a regular file' });
  if (stat.uid !== 0 && stat.uid !== process.geteuid?.()) {
    const message = `belongs to user ${stat.uid}, who could change the pinned keys`;
    return problem({ code: 'config.owner', file, message, remedy: `chown root ${file}` });
  }
  if ((stat.mode & WRITABLE_BY_OTHERS) !== 0) {
    const found = (stat.mode & 0o777).toString(8).padStart(4, '0');
    const message = 'others can write this file, and with it the pinned keys';
    return problem({ code: 'config.mode', file, message, found, remedy: `chmod go-w ${file}` });
  }
  return undefined;
}

async function readBounded(handle: FileHandle): Promise<Uint8Array> {
  const bytes = new Uint8Array(CONFIG_BYTES_MAX + 1);
  let length = 0;
  while (length < bytes.length) {
    const { bytesRead } = await handle.read(bytes, length, bytes.length - length, length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return bytes.subarray(0, length);
}

function decode(bytes: Uint8Array, file: string): Source {
  const refuse = (code: string, message: string, remedy: string, place: Partial<Problem> = {}): Source => ({
    kind: 'refused',
    problems: [problem({ code, file, message, remedy, ...place })],
  });
  if (bytes.length > CONFIG_BYTES_MAX)
    return refuse('config.oversize', `is longer than ${CONFIG_BYTES_MAX} bytes`, 'shorten it');
  const text = parseUtf8(bytes);
  if (text === undefined)
    return refuse('config.encoding', 'is not UTF-8', 'save it as UTF-8', placeOfNoUtf8(bytes));
  if (text.startsWith('\u{FEFF}'))
    return refuse(
      'config.encoding',
      'starts with a byte-order mark',
      'save it as UTF-8 without byte-order mark',
      { line: 1, column: 1 },
    );
  return { kind: 'read', text, sha256: sha256Hex(bytes) };
}

/** Where the first bytes stand that are no UTF-8. */
function placeOfNoUtf8(bytes: Uint8Array): Pick<Problem, 'line' | 'column'> {
  let start = 0;
  for (let line = 1; ; line++) {
    const end = bytes.indexOf(LINE_FEED, start);
    const one = bytes.subarray(start, end < 0 ? bytes.length : end);
    // Decoded leniently, bad bytes become a replacement character.
    if (parseUtf8(one) === undefined || end < 0)
      return { line, column: new TextDecoder().decode(one).indexOf('\u{FFFD}') + 1 };
    start = end + 1;
  }
}
