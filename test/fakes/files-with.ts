// The same files with some calls of their own.
import type { Files } from '../../protocol/format/ports.ts';

export function filesWith(target: Files, calls: Partial<Files>): Files {
  return new Proxy(target, {
    get(of, name) {
      const own: unknown = Reflect.get(calls, name);
      if (own !== undefined) return own;
      const value: unknown = Reflect.get(of, name);
      return typeof value === 'function' ? (value.bind(of) as unknown) : value;
    },
  });
}
