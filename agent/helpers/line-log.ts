// The helper's log: one JSON document a line on standard error, without a library, as nothing runs as root here that need not.
import { describeError } from '../../protocol/format/errors.ts';
import type { Log } from '../../protocol/format/ports.ts';

/** JSON has nothing of an error by itself, neither name nor message. */
function told(_key: string, value: unknown): unknown {
  return value instanceof Error ? describeError(value) : value;
}

/** `write` takes a line with its end; `now` gives RFC 3339 UTC. */
export function lineLog(write: (line: string) => void, now: () => string): Log {
  const at =
    (level: string) =>
    (message: string, fields: Readonly<Record<string, unknown>> = {}): void =>
      write(`${JSON.stringify({ level, time: now(), message, ...fields }, told)}\n`);
  return { error: at('error'), warn: at('warn'), info: at('info'), debug: () => undefined };
}
