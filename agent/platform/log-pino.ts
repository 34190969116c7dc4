// The log: JSON lines by pino, to the journal through stdout or to a given sink. Loses lines rather than block or end the process.
import { pino } from 'pino';
import type { Log } from '../../protocol/format/ports.ts';
import { plainFields } from './log-fields.ts';
import { StdoutLines } from './stdout-lines.ts';

/** `error` a person is needed, `warn` it healed or is retried, `info` state changes, `debug` frames without payload. */
export type LogLevel = 'error' | 'warn' | 'info' | 'debug';

/** A log whose level can change while it is written. */
export interface LevelledLog extends Log {
  setLevel(level: LogLevel): void;
}

/** Takes one line with its line end. Must not throw. */
export interface LogDestination {
  write(line: string): void;
}

const RESERVED = new Set(['level', 'time', 'message']);

/**
 * A log of JSON lines.
 * Shape: `{"level", "time" (RFC 3339 UTC), "message", ...fields}`; an error goes under `error` (see plainError). Secrets are hidden by name and look.
 * Errors: none, neither from fields that cannot be serialised nor from a stdout that is closed or full.
 */
export function pinoLog(options: { level: LogLevel; destination?: LogDestination }): LevelledLog {
  const lines = pino(
    {
      level: options.level,
      base: null,
      messageKey: 'message',
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    options.destination ?? new StdoutLines(),
  );
  const at =
    (level: LogLevel) =>
    (message: string, fields: Readonly<Record<string, unknown>> = {}): void => {
      if (lines.isLevelEnabled(level)) lines[level](plainFields(fields, RESERVED), message);
    };
  const setLevel = (level: LogLevel): void => {
    lines.level = level;
  };
  return { error: at('error'), warn: at('warn'), info: at('info'), debug: at('debug'), setLevel };
}
