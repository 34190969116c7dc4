// Files of a process that is killed: from a moment on no call comes back any more, while the disk itself lives on for the next process.
import type { Files, OpenFile } from '../../protocol/format/ports.ts';

function killable<T extends object>(target: T, isDead: () => boolean): T {
  const never = (): Promise<never> => new Promise(() => undefined);
  return new Proxy(target, {
    get(files, name) {
      const method: unknown = Reflect.get(files, name, files);
      if (typeof method !== 'function') return method;
      return async (...given: unknown[]): Promise<unknown> => {
        if (isDead()) return never();
        const result: unknown = await Reflect.apply(method, files, given);
        if (isDead()) return never();
        return isOpenFile(result) ? killable(result, isDead) : result;
      };
    },
  });
}

function isOpenFile(value: unknown): value is OpenFile {
  return typeof value === 'object' && value !== null && 'sync' in value;
}

/** The same files for a process that lives as long as `isDead` says no; the call that kills it takes effect and is not heard of. */
export function killableFiles(files: Files, isDead: () => boolean): Files {
  return killable(files, isDead);
}
