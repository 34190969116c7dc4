// The log: JSON lines by pino, to the journal through stdout or to a given sink. Loses lines rather than block or end the process.
import { write, writeSync } from 'node:fs';
import { pino } from 'pino';
import { DockError, systemCode } from '../../protocol/format/errors.ts';
import type { Log } from '../../protocol/format/ports.ts';

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
    options.destination ?? STDOUT_LINES,
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

// Makes any value fit for a log line: bounded, free of cycles, without secrets. Pure; knows nothing of the logging library.

/** A field's text, a list and the nesting of objects are cut here: a log line is for reading, not for data. */
const TEXT_CHARACTERS_MAX = 2048;
const LIST_ENTRIES_MAX = 32;
const OBJECT_FIELDS_MAX = 64;
const DEPTH_MAX = 5;
const CAUSES_MAX = 8;

const HIDDEN = '[hidden]';
/** Names whose value never reaches a log, wherever they stand. "public_key" and "key_id" are no secrets. */
const SECRET_NAME =
  /pass(?:word|phrase|wd)|secret|token|credential|authorization|cookie|private|^(?:signing_?|file_?|tls_?|seed_?)?key$|^seed$|^pin$|^identity$|^identities$/i;
/** Secrets by their own look, for texts that somebody put together. */
const SECRET_TEXTS: readonly RegExp[] = [
  /AGE-SECRET-KEY-1[0-9A-Z]+/gi,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g,
  /(?<=:\/\/)[^/\s@]+(?=@)/g,
];

type Plain = string | number | boolean | null | Plain[] | { [name: string]: Plain };

/** What the cut took the end of: name and password of a URL are known by the "@" behind them. */
const CUT_SECRET = /(?<=:\/\/)[^/\s@]*$/;

function plainText(text: string): string {
  const cut =
    text.length > TEXT_CHARACTERS_MAX
      ? `${text.slice(0, TEXT_CHARACTERS_MAX).replace(CUT_SECRET, '')}...`
      : text;
  return SECRET_TEXTS.reduce((at, pattern) => at.replace(pattern, HIDDEN), cut);
}

function plainList(list: readonly unknown[], depth: number): Plain {
  const kept = list.slice(0, LIST_ENTRIES_MAX).map((value) => plainValue(value, depth + 1));
  return list.length > LIST_ENTRIES_MAX ? [...kept, `... ${list.length} in all`] : kept;
}

function plainObject(value: object, depth: number): { [name: string]: Plain } {
  const plain: { [name: string]: Plain } = {};
  for (const [name, field] of Object.entries(value).slice(0, OBJECT_FIELDS_MAX)) {
    if (field === undefined) continue;
    plain[name] = SECRET_NAME.test(name) ? HIDDEN : plainValue(field, depth + 1);
  }
  return plain;
}

function plainValue(value: unknown, depth: number): Plain {
  if (value === null || typeof value === 'boolean') return value;
  if (typeof value === 'string') return plainText(value);
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (value instanceof Error) return depth > DEPTH_MAX ? plainText(value.message) : plainError(value);
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'object') return `[${typeof value}]`;
  if (depth > DEPTH_MAX) return '[deeper]';
  return Array.isArray(value) ? plainList(value, depth) : plainObject(value, depth);
}

/** The stack only where the error is nobody's expected outcome: then it is our bug, and the place matters. */
function describeOne(error: Error): { [name: string]: Plain } {
  const message = plainText(error.message);
  if (error instanceof DockError) {
    return { code: error.code, message, retry: error.retry, facts: plainObject(error.facts, 1) };
  }
  const code = systemCode(error);
  if (code !== undefined) return { code: plainText(code), message };
  return { code: error.name, message, stack: plainText(error.stack ?? '') };
}

/**
 * An error as fields.
 * Shape: `{code, message, retry?, facts?, stack?, causes?}`; `causes` lists what `cause` leads to, nearest first, at most 8.
 * Errors: none; what is not an error becomes `{code: "thrown", message}`.
 */
function plainError(error: unknown): { [name: string]: Plain } {
  if (!(error instanceof Error)) return { code: 'thrown', message: plainValue(error, 1) };
  const causes: Plain[] = [];
  for (let at: unknown = error.cause; at !== undefined && causes.length < CAUSES_MAX;) {
    causes.push(at instanceof Error ? describeOne(at) : plainValue(at, 1));
    at = at instanceof Error ? at.cause : undefined;
  }
  return causes.length === 0 ? describeOne(error) : { ...describeOne(error), causes };
}

/**
 * Log fields as plain JSON values: byte arrays become their length, bigints texts, errors as in plainError, and values of
 * secret names or of a secret's look are hidden. `reserved` names get an underscore behind them, so no field replaces the line's own.
 * Errors: none; a field that cannot be read says so.
 */
function plainFields(
  fields: Readonly<Record<string, unknown>>,
  reserved: ReadonlySet<string>,
): { [name: string]: Plain } {
  const plain: { [name: string]: Plain } = {};
  for (const [name, value] of Object.entries(fields).slice(0, OBJECT_FIELDS_MAX)) {
    if (value === undefined) continue;
    const key = reserved.has(name) ? `${name}_` : name;
    plain[key] = name === 'error' ? plainError(value) : SECRET_NAME.test(name) ? HIDDEN : safely(value);
  }
  return plain;
}

/** A getter or a toString of a foreign object may throw; a log call must not. */
function safely(value: unknown): Plain {
  try {
    return plainValue(value, 1);
  } catch {
    return '[unreadable]';
  }
}

// Standard output for a log: lines go out off the main thread, and one that cannot go is lost rather than waited for. Nothing here throws, and
// nothing here keeps the process from ending: a journal that is full, a pipe that nobody reads and a reader that went away are nobody's reason.

const STDOUT = 1;
/** Kept while stdout takes none; what comes on top is dropped. */
const WAITING_CHARACTERS_MAX = 1024 * 1024;
/** Of one write. */
const BATCH_CHARACTERS_MAX = 64 * 1024;
const PAUSE_MS = 100;
/** Attempts at a pipe that is full, when the process ends; then the rest is dropped. */
const LAST_ATTEMPTS_MAX = 10;
/** The pipe is full. Everything else is a matter of that output, not of time. */
const FULL_PIPE = 'EAGAIN';

class StdoutLines {
  #waiting: string[] = [];
  #waitingCharacters = 0;
  /** Handed to the system, of which some may be left. */
  #batch = Buffer.alloc(0);
  #writing = false;
  /** The pipe was full: nothing of the batch is under way until the pause is over. */
  #pausing = false;

  constructor() {
    process.on('exit', () => this.#writeLast());
  }

  /** Takes one line with its line end. */
  write(line: string): void {
    if (this.#waitingCharacters + line.length > WAITING_CHARACTERS_MAX) return;
    this.#waiting.push(line);
    this.#waitingCharacters += line.length;
    if (!this.#writing) this.#writeOn();
  }

  #writeOn(): void {
    if (!this.#nextBatch()) return;
    this.#writing = true;
    write(STDOUT, this.#batch, (error, bytes) => {
      if (error !== null && systemCode(error) === FULL_PIPE) {
        this.#pausing = true;
        setTimeout(() => this.#writeFurther(), PAUSE_MS).unref();
        return;
      }
      this.#batch = error === null ? this.#batch.subarray(bytes) : Buffer.alloc(0);
      this.#writeFurther();
    });
  }

  #writeFurther(): void {
    this.#writing = false;
    this.#pausing = false;
    this.#writeOn();
  }

  /** False where nothing is left to write. */
  #nextBatch(): boolean {
    if (this.#batch.length > 0) return true;
    let count = 0;
    let characters = 0;
    for (const line of this.#waiting) {
      if (count > 0 && characters + line.length > BATCH_CHARACTERS_MAX) break;
      count++;
      characters += line.length;
    }
    if (count === 0) return false;
    this.#batch = Buffer.from(this.#waiting.splice(0, count).join(''));
    this.#waitingCharacters -= characters;
    return true;
  }

  /** The process ends: in this thread, and for no longer than a second. What is being written is on its way. */
  #writeLast(): void {
    if (this.#writing && !this.#pausing) this.#batch = Buffer.alloc(0);
    let attempts = 0;
    while (this.#nextBatch()) {
      try {
        this.#batch = this.#batch.subarray(writeSync(STDOUT, this.#batch));
      } catch (error) {
        if (systemCode(error) !== FULL_PIPE || ++attempts > LAST_ATTEMPTS_MAX) return;
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS);
      }
    }
  }
}

/** One for each process, however many logs it opens: lines of two queues would mix, and each would be one more to wait for at the end. */
const STDOUT_LINES = new StdoutLines();
