// A watch of a folder that lasts as long as some work, and all that it tells meanwhile.
import type { FolderChange } from '../../../agent/platform/folder-changes.ts';

interface Tells {
  readonly onChange: (change: FolderChange) => void;
  readonly onError: (error: unknown) => void;
}

/** Gives what could not be watched. */
export function watching<Options>(
  watch: (path: string, watching: Options & Tells) => () => Promise<void>,
  folder: string,
  options: Options,
): (work: (told: readonly FolderChange[]) => Promise<void>) => Promise<unknown[]> {
  return async (work) => {
    const told: FolderChange[] = [];
    const errors: unknown[] = [];
    const stop = watch(folder, {
      ...options,
      onChange: (change) => void told.push(change),
      onError: (error) => void errors.push(error),
    });
    try {
      await work(told);
    } finally {
      await stop();
    }
    return errors;
  };
}
