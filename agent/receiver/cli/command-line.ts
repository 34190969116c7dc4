// The command line of bodydock-receiver: its words, its options, and what an error ends it with.
import { parseArgs, type ParseArgsConfig } from 'node:util';
import { EXIT_CONFIGURATION, EXIT_FAILURE, EXIT_USAGE } from '../../../config/exit-codes.ts';
import { languageOfLocale, parseLanguage, type Language } from '../../../config/language.ts';
import { RECEIVER_FILE_DEFAULT } from '../../../config/load.ts';
import { printable } from '../../../config/problems.ts';
import { describeError, DockError } from '../../../protocol/format/errors.ts';

export const HELP = `bodydock-receiver [run] [--config FILE]
bodydock-receiver check [--connect] [--config FILE] [--lang en|de] [--json]
bodydock-receiver enrol REQUEST --ca-cert FILE --ca-key FILE [OPTION...]
bodydock-receiver expire [--preview [--all] | --clock-checked] [--config FILE] [--json]
bodydock-receiver hold|unhold|delete STATION RECORDING --reason CODE [--out FOLDER] [--config FILE] [--json]
bodydock-receiver hold|unhold|delete --place FOLDER [--config FILE] [--json]
bodydock-receiver orders [STATION] [--all] [--config FILE] [--json]
bodydock-receiver reconcile [STATION] [--ask | --acknowledge --reason CODE] [--config FILE] [--json]
bodydock-receiver revoke STATION --key KEY --reason lost|stolen|retired [--config FILE] [--json]
bodydock-receiver rotate --prepare|--commit [--config FILE] [--json]

The receiving end of a central store: takes sealed recordings from stations over MQTT, keeps them in a vault, and gives signed receipts.

run    runs in the foreground until SIGTERM or SIGINT; the log goes to standard output, one JSON document a line
check  says every problem of receiver.yaml and of the files that it names, and changes nothing; with --connect it
       logs in at the broker as well and says which monitoring works with it: a running receiver may be cut off by that for some seconds
enrol  answers the request of a station: certificate, authorities and pins in one file
expire deletes what is due or ordered and not held, or shows what that would be
hold, unhold, delete  make an order for two persons to sign, and place it once it is signed
orders lists the orders that count or wait for a signature
reconcile  compares the stations' logs with the vault: what is lost, missing or not whole
revoke lets a key of a station count no more
rotate changes the signing key of the store, in two steps

  --config FILE  the receiver's file (default ${RECEIVER_FILE_DEFAULT})
  --lang en|de   language of check and enrol (default: by LANG)
  --json         commands but run: one JSON document on standard output instead of text, an error as well
  --help         this text
  --version      the version

Exit codes: 0 good or ended when asked to, 1 failure, 2 usage, 69 the broker is out of reach (check --connect), 78 configuration, keys or vault. Where a disk that does not answer holds
"run", it ends by SIGTERM (143 to a shell) within 40 s; a second signal ends it at once. Neither loses anything.
`;

type Options = NonNullable<ParseArgsConfig['options']>;

/** What was asked for. */
export interface CommandLine {
  readonly verb: 'run' | 'check' | 'help' | 'version';
  readonly config: string;
  readonly json: boolean;
  readonly language: Language;
  /** Of "check". */
  readonly connect: boolean;
}

/** Where a command writes, and what ends it. */
export interface Io {
  out(text: string): void;
  err(text: string): void;
  /** Aborted by SIGINT or SIGTERM. */
  readonly signal: AbortSignal;
  /** Tells whoever started the program that it does its work from now on. */
  ready(): void;
  /** Calls with an error that nobody caught: a fault of the program. */
  onFault(handler: (error: unknown) => void): void;
}

/** Without a verb it is "run". Errors: "usage". */
export function parseCommandLine(args: readonly string[]): CommandLine {
  const { values, positionals } = parseStrictly(args);
  const config = values.config ?? RECEIVER_FILE_DEFAULT;
  const rest = {
    config,
    json: values.json === true,
    language: languageOf(values.lang),
    connect: values.connect === true,
  };
  if (values.help === true) return { verb: 'help', ...rest };
  if (values.version === true) return { verb: 'version', ...rest };
  const [verb = 'run', surplus] = positionals;
  if (surplus !== undefined) throw usage(`${JSON.stringify(surplus)} is one word too many`);
  if (verb !== 'run' && verb !== 'check') throw usage(`${JSON.stringify(verb)} is no command`);
  if (verb === 'run' && values.lang !== undefined)
    throw usage('--lang would do nothing with run: leave it out');
  if (verb === 'run' && rest.connect) throw usage('--connect is for check: leave it out');
  return { verb, ...rest };
}

/** What was typed after `--lang`; the language of this machine where nothing was. Errors: "usage". */
export function languageOf(text: string | undefined): Language {
  const language = text === undefined ? languageOfLocale(process.env) : parseLanguage(text);
  if (language !== undefined) return language;
  throw usage(`--lang ${JSON.stringify(text)}: en or de`);
}

/** Options of the program itself, and of the commands that have no parser of their own. */
export const TOP = {
  config: { type: 'string' },
  lang: { type: 'string' },
  json: { type: 'boolean' },
  connect: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean' },
} as const satisfies Options;

function parseStrictly(args: readonly string[]): {
  values: {
    config?: string;
    lang?: string;
    json?: boolean;
    connect?: boolean;
    help?: boolean;
    version?: boolean;
  };
  positionals: string[];
} {
  try {
    return parseArgs({
      args: [...args],
      options: TOP,
      allowPositionals: true,
      strict: true,
    });
  } catch (error) {
    throw usage(error instanceof Error ? error.message : String(error));
  }
}

const COMMON = {
  config: { type: 'string' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const satisfies Options;

interface ParseWith<O extends Options> {
  args: string[];
  options: O & typeof COMMON;
  allowPositionals: true;
  strict: true;
}

/**
 * Words and options behind a command that has its own, beside --config, --json and --help; undefined after the help was printed.
 * Errors: "usage".
 */
export function parseWords<O extends Options>(
  args: readonly string[],
  io: Io,
  command: { readonly help: string; readonly options: O; readonly wordsMax: number },
): ReturnType<typeof parseArgs<ParseWith<O>>> | undefined {
  const words = [...args];
  const options = { ...command.options, ...COMMON };
  if (words.includes('--help') || words.includes('-h')) {
    io.out(words.includes('--json') ? optionsDocument(options) : command.help);
    return undefined;
  }
  let parsed: ReturnType<typeof parseArgs<ParseWith<O>>>;
  try {
    parsed = parseArgs<ParseWith<O>>({ args: words, options, allowPositionals: true, strict: true });
  } catch (error) {
    throw usage(error instanceof Error ? error.message : String(error));
  }
  const surplus = parsed.positionals[command.wordsMax];
  if (surplus !== undefined) throw usage(`${JSON.stringify(surplus)} is one word too many`);
  return parsed;
}

/** The options that a command knows, as one JSON document: what completes command lines goes by it. */
export function optionsDocument(options: Options): string {
  return `${JSON.stringify({ options: Object.keys(options).map((name) => `--${name}`) })}\n`;
}

/** An error of whoever typed the command; ends with EXIT_USAGE. */
export function usage(message: string): DockError {
  return new DockError('usage', message, { retry: 'person' });
}

/** Tells of an error that ended a command: a line on standard error, with --json a document on standard output as well. Gives the exit code. */
export function reportError(io: Io, error: unknown, args: readonly string[]): number {
  io.err(`bodydock-receiver: ${describeError(error).split('\n').map(printable).join('\n')}\n`);
  if (args.includes('--json')) {
    const code = error instanceof DockError ? error.code : 'failure';
    io.out(
      `${JSON.stringify({ error: { code, message: error instanceof Error ? error.message : String(error) } })}\n`,
    );
  }
  if (!(error instanceof DockError)) return EXIT_FAILURE;
  if (error.code === 'usage') {
    io.err('`bodydock-receiver --help` tells what can be typed.\n');
    return EXIT_USAGE;
  }
  // What only a person can change: a service manager must not start it again and again.
  const forPerson = /^(?:key|config|tls|disk)\.|^vault\.(?:not-a-vault|owner)$|^document\.version$/.test(
    error.code,
  );
  return forPerson ? EXIT_CONFIGURATION : EXIT_FAILURE;
}
