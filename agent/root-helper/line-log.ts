// The helper's log: one JSON document a line on standard error, without a library, as nothing runs as root here that need not.
import type { Log } from '../../protocol/ports.ts';

/** `write` takes a line with its end; `now` gives RFC 3339 UTC. */
export function lineLog(write: (line: string) => void, now: () => string): Log {
  const at =
    (level: string) =>
    (message: string, fields: Readonly<Record<string, unknown>> = {}): void =>
      write(`${JSON.stringify({ level, time: now(), message, ...fields })}\n`);
  return { error: at('error'), warn: at('warn'), info: at('info'), debug: () => undefined };
}
