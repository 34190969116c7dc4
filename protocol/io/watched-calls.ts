// Ports whose calls count as work under way: the same port, and a call that is never settled shows as a source that is stuck.
import type { ProgressSource } from '../progress.ts';
import type { Files } from '../ports.ts';

/**
 * The writer's share of a process may stand this long within one call. A card that is busy with itself takes seconds, the kernel gives a
 * disk up after minutes; behind that only a fault of ours or a dead device is left.
 */
export const DISK_STUCK_MS = 300_000;

/** The same port; each call that gives a promise is work of the source until it is settled. What `opening` calls give is watched as well. */
export function watchedCalls<Port extends object>(
  port: Port,
  source: ProgressSource,
  opening: readonly (keyof Port)[] = [],
): Port {
  const opens = new Set<unknown>(opening);
  return new Proxy(port, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]): unknown => {
        const result: unknown = Reflect.apply(value, target, args);
        if (!(result instanceof Promise)) return result;
        const watched = source.during(() => result as Promise<object>);
        return opens.has(name) ? watched.then((opened) => watchedCalls(opened, source)) : watched;
      };
    },
  });
}

/** Files whose calls are work of the source, those of its open files too. */
export function watchedFiles(files: Files, source: ProgressSource): Files {
  return watchedCalls(files, source, ['create', 'open']);
}
