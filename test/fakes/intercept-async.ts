// The same port with something around each of its calls that give a promise. What it is, its caller says; values and errors stay as they are.

/**
 * `around` gets each promise as the call gave it and returns what the caller gets in its place. What the calls named in `opening` give is
 * wrapped in the same way: the open file of a disk, the session of a driver.
 */
export function interceptAsync<Port extends object>(
  port: Port,
  around: <T>(call: Promise<T>) => Promise<T>,
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
        const wrapped = around<unknown>(result);
        return opens.has(name) ? wrapped.then((opened) => aroundOpened(opened, around)) : wrapped;
      };
    },
  });
}

function aroundOpened(opened: unknown, around: <T>(call: Promise<T>) => Promise<T>): unknown {
  return typeof opened === 'object' && opened !== null ? interceptAsync(opened, around) : opened;
}
