// What all subcommands share: their shape, options with --help and --json, usage errors, exit codes of errors.
import { parseArgs, type ParseArgsConfig } from 'node:util';
import {
  EXIT_CONFIGURATION,
  EXIT_FAILURE,
  EXIT_SPOOL_TAKEN,
  EXIT_UNREACHABLE,
  EXIT_USAGE,
} from '../../config/exit-codes.ts';
import { printable } from '../../config/problems.ts';
import { describeError, DockError } from '../../protocol/format/errors.ts';
import { languageOfLocale, parseLanguage, type Language } from '../../config/language.ts';

/** Where a command writes, and what ends it early. */
export interface Io {
  /** Standard output, as it is: end lines with LF. */
  out(text: string): void;
  /** Standard error. */
  err(text: string): void;
  /** Aborted by SIGINT or SIGTERM. */
  readonly signal: AbortSignal;
}

/** One line of the table in main.ts. `run` imports what it needs only when it is called, and gives the exit code. */
export interface Command {
  readonly name: string;
  readonly summary: string;
  run(args: readonly string[], io: Io): Promise<number>;
}

type Options = NonNullable<ParseArgsConfig['options']>;
const COMMON = {
  help: { type: 'boolean', short: 'h' },
  json: { type: 'boolean' },
} as const satisfies Options;

interface ParseWith<O extends Options> {
  args: string[];
  options: O & typeof COMMON;
  allowPositionals: true;
  strict: true;
}
/** Options and words of a command line, or `undefined` after the help text was printed. */
export type CommandLine<O extends Options> = ReturnType<typeof parseArgs<ParseWith<O>>> | undefined;

/**
 * Parses the words after a subcommand. `--help` and `--json` are known to all; with `--help` the text is printed, with both of them what
 * options there are as a document, and nothing else is to be done. Errors: "usage".
 */
export function parseCommandLine<O extends Options>(
  args: readonly string[],
  io: Io,
  command: { readonly help: string; readonly options: O; readonly wordsMax?: number },
): CommandLine<O> {
  const words = [...args];
  const options = { ...command.options, ...COMMON };
  if (words.includes('--help') || words.includes('-h')) {
    if (words.includes('--json')) writeJson(io, { options: Object.keys(options).map((name) => `--${name}`) });
    else io.out(command.help);
    return undefined;
  }
  const parsed = parseStrictly<O>({
    args: words,
    options,
    allowPositionals: true,
    strict: true,
  });
  const surplus = parsed.positionals[command.wordsMax ?? 0];
  if (surplus !== undefined) throw usageError(`${JSON.stringify(surplus)} is one word too many`);
  return parsed;
}

function parseStrictly<O extends Options>(config: ParseWith<O>): ReturnType<typeof parseArgs<ParseWith<O>>> {
  try {
    return parseArgs<ParseWith<O>>(config);
  } catch (error) {
    throw usageError(error instanceof Error ? error.message : String(error));
  }
}

/** An error of whoever typed the command; ends with EXIT_USAGE. */
export function usageError(message: string): DockError {
  return new DockError('usage', message, { retry: 'person' });
}

/**
 * Refuses options that would do nothing beside `beside`: whoever typed one believes that it counts. `options` are names without dashes.
 * Errors: "usage".
 */
export function refuseOptions(
  values: Readonly<Record<string, unknown>>,
  options: readonly string[],
  beside: string,
): void {
  const given = options.filter((option) => values[option] !== undefined).map((option) => `--${option}`);
  if (given.length > 0) throw usageError(`${given.join(', ')} would do nothing ${beside}: leave it out`);
}

/** What was typed after `--lang`; the language of this machine where nothing was. Errors: "usage". */
export function languageOf(text: string | undefined): Language {
  const language = text === undefined ? languageOfLocale(process.env) : parseLanguage(text);
  if (language !== undefined) return language;
  throw usageError(`--lang ${JSON.stringify(text)}: en or de`);
}

/** The last document on standard output of a command that was called with --json. */
export function writeJson(io: Io, document: unknown): void {
  io.out(`${JSON.stringify(document)}\n`);
}

/** The exit code that an error ends a command with. */
export function exitCodeOf(error: unknown): number {
  if (!(error instanceof DockError)) return EXIT_FAILURE;
  if (/^(?:usage|disclosure\.(?:no-)?reason)$/.test(error.code)) return EXIT_USAGE;
  if (error.code === 'spool.locked') return EXIT_SPOOL_TAKEN;
  if (error.code === 'broker.offline') return EXIT_UNREACHABLE;
  return /^(?:(?:key|config|tls)\.|spool\.other-station$)/.test(error.code)
    ? EXIT_CONFIGURATION
    : EXIT_FAILURE;
}

/** Tells of an error that ended a command: a line on standard error, with --json a document on standard output as well. */
export function reportError(io: Io, error: unknown, args: readonly string[]): number {
  const code = error instanceof DockError ? error.code : 'failure';
  io.err(`bodydock: ${describeError(error).split('\n').map(printable).join('\n')}\n`);
  if (code === 'usage') io.err('`bodydock --help` and `bodydock COMMAND --help` tell what can be typed.\n');
  if (args.includes('--json')) {
    const message = error instanceof Error ? error.message : String(error);
    writeJson(io, { error: { code, message } });
  }
  return exitCodeOf(error);
}
