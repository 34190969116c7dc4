// Reads the password of a camera from its file. No message holds a character of it.
import { DockError } from '../protocol/format/errors.ts';
import { readPrivateFile } from './guarded-file.ts';

/** The longest that a known camera takes; each way of speaking has a length of its own, which the driver checks. */
export const PASSWORD_CHARACTERS_MAX = 60;
const LINE_END_BYTES_MAX = 2;

/**
 * Printable ASCII, 1 to PASSWORD_CHARACTERS_MAX; a line end behind it is no part of it.
 * Errors: "key.missing", "key.unreadable", "key.owner", "key.mode", "key.empty", "key.oversize" as of readPrivateFile; "password.malformed".
 */
export async function readCameraPassword(path: string): Promise<string> {
  const bytes = await readPrivateFile(path, PASSWORD_CHARACTERS_MAX + LINE_END_BYTES_MAX);
  const text = Buffer.from(bytes)
    .toString('latin1')
    .replace(/\r?\n$/, '');
  bytes.fill(0);
  if (/^[\x20-\x7e]+$/.test(text) && text.length <= PASSWORD_CHARACTERS_MAX) return text;
  const words = `${path} holds no password of a camera: put one line of 1 to ${PASSWORD_CHARACTERS_MAX} printable ASCII characters into it`;
  throw new DockError('password.malformed', words, { retry: 'person' });
}
