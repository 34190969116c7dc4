// A page that a disk shows wrong by one bit, in a file of which a text is known.
import type { CrashDisk } from '../../fakes/files-crash.ts';

/** Turns a bit of the character behind that text, in all that is read until the returned function is called. Errors: there is no such text. */
export function misreadBehind(disk: CrashDisk, path: string, text: string, bit = 0): () => void {
  const at = Buffer.from(disk.peek(path) ?? []).indexOf(text);
  if (at < 0) throw new Error(`no ${text} in ${path}`);
  return disk.misreadBit(path, 8 * (at + text.length) + bit);
}
