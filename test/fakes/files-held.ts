// Files of which the reading of one can be held up, as by a slow disk, until the test lets it go.
import type { Files } from '../../protocol/format/ports.ts';
import { filesWith } from './files-with.ts';

export interface HeldFiles {
  readonly files: Files;
  /** From now on the next reading of that file waits until the returned function is called. */
  readonly hold: () => () => void;
}

/** `end`: of the path of that file. It is read before it waits where `isRead`, else behind it. */
export function heldFiles(target: Files, end: string, isRead: boolean): HeldFiles {
  let waiting: Promise<void> | undefined;
  const readAll: Files['readAll'] = async (path, bytesMax) => {
    const waits = path.endsWith(end) ? waiting : undefined;
    if (waits !== undefined) waiting = undefined;
    if (!isRead) await waits;
    const bytes = await target.readAll(path, bytesMax);
    await waits;
    return bytes;
  };
  const hold = (): (() => void) => {
    let go: () => void = () => undefined;
    waiting = new Promise<void>((resolve) => (go = resolve));
    return () => go();
  };
  return { files: filesWith(target, { readAll }), hold };
}
