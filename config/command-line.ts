// The frame of every command of both programs. A command declares its options once: that is parsed, printed by --help, completed by a
// shell, suggested after a typing error, and put into the manual page.
import { parseArgs } from 'node:util';
import { describeError, DockError } from '../protocol/format/errors.ts';
import { EXIT_FAILURE, EXIT_GOOD, EXIT_USAGE } from './exit-codes.ts';
import {
  commandHelp,
  groupHelp,
  type DescribedCommand,
  type DescribedGroup,
  type NamedGroup,
} from './help-text.ts';
import { parseLanguage, type Language } from './language.ts';
import { printable } from './problems.ts';
import { readVersion } from './program-version.ts';
import { suggest } from './suggest.ts';

/** Where a command writes, and what ends it early. */
export interface Io {
  /** Standard output, as it is: end lines with LF. */
  out(text: string): void;
  /** Standard error. */
  err(text: string): void;
  /** Aborted by SIGINT or SIGTERM. */
  readonly signal: AbortSignal;
  /** The language of this machine; English where it is not known. */
  readonly language?: Language;
  /** Columns of the terminal; undefined where there is none. */
  readonly columns?: number | undefined;
  /** Reports that a service does its work from now on, to the process that started this one. */
  readonly ready?: () => void;
  /** Calls with an error that nobody caught: a fault of the program. */
  readonly onFault?: (handler: (error: unknown) => void) => void;
}

/** One option, such as --config FILE. */
export interface OptionDeclaration {
  readonly type: 'string' | 'boolean';
  /** May be typed several times. */
  readonly multiple?: boolean;
  readonly default?: string;
  /** What is shown for the value of a string, such as FILE. */
  readonly value?: string;
  /** What it does, for --help. A default is named after it. */
  readonly text: string;
}
export type Options = Readonly<Record<string, OptionDeclaration>>;

/** Language of what a command says. */
export const LANG = {
  type: 'string',
  value: 'en|de',
  text: 'language of what is said (default: by LANG)',
} as const satisfies OptionDeclaration;

/** A command. Texts are English; lines of a paragraph are joined and wrapped to the terminal, lines that begin with two spaces are rows. */
export interface Declaration<O extends Options = Options> {
  /** Program and command, as typed: "bodydock keys make". */
  readonly name: string;
  /** Ways to type it, each what follows the name; a row "WAY  what it does" explains it. */
  readonly usage: readonly string[];
  readonly about: string;
  /** Without --help and --json, which every command has. */
  readonly options: O;
  /** What --json does where it is not the usual thing; null where it does nothing but for errors. */
  readonly json?: string | null;
  /** What follows the options. */
  readonly notes?: string;
  readonly exits?: string;
  /** Words that are no options, at most; 0 where it is left out. */
  readonly wordsMax?: number;
}

type ValueOf<D extends OptionDeclaration> = D['type'] extends 'boolean'
  ? boolean
  : D extends { readonly multiple: true }
    ? string[]
    : string;
/** What was typed. An option that was not typed is undefined, or its default. */
export interface Line<O extends Options = Options> {
  readonly values: {
    readonly [K in keyof O]: O[K] extends { readonly default: string }
      ? ValueOf<O[K]>
      : ValueOf<O[K]> | undefined;
  };
  readonly words: readonly string[];
  readonly json: boolean;
  /** By --lang, else that of this machine. */
  readonly language: Language;
}

/** Calls a command with what follows its name; gives the exit code. */
export interface Command {
  (args: readonly string[], io: Io): Promise<number>;
  readonly declaration: Declaration | GroupDeclaration;
}

/** A command within a program or group, loaded only when it is called. */
export interface CommandEntry {
  readonly name: string;
  /** One line for the help of the whole. */
  readonly summary: string;
  readonly load: () => Promise<Command>;
}

/** A word with commands under it, such as "bodydock keys". */
export interface GroupDeclaration {
  readonly name: string;
  readonly about: string;
  readonly commands: readonly CommandEntry[];
  /** What runs where no command is typed: one of them, or one more. */
  readonly without?: CommandEntry;
  readonly notes?: string;
}

const COMMON = {
  help: { type: 'boolean', short: 'h' },
  json: { type: 'boolean' },
} as const;

/**
 * A command as declared. With --help it prints its help, with --help --json its declaration; else `run` does the work.
 * Errors: "usage", and those of `run`.
 */
export function command<const O extends Options>(
  declaration: Declaration<O>,
  run: (line: Line<O>, io: Io) => Promise<number>,
): Command {
  const call = async (args: readonly string[], io: Io): Promise<number> => {
    if (!asksForHelp(args)) return run(parseLine(args, io, declaration), io);
    if (args.includes('--json')) writeJson(io, described(declaration));
    else io.out(commandHelp(described(declaration), io.columns));
    return EXIT_GOOD;
  };
  return Object.assign(call, { declaration });
}

/** Calls the command that the first word names. Errors: "usage", and those of the command. */
export function group(declaration: GroupDeclaration): Command {
  const call = async (args: readonly string[], io: Io): Promise<number> => {
    const [name, ...rest] = args;
    const entry = entryOf(declaration, name);
    if (entry !== undefined) return (await entry.load())(rest, io);
    const isWord = name !== undefined && !name.startsWith('-');
    if (name !== 'help' && (isWord || !asksForHelp(args))) {
      const { without } = declaration;
      if (without !== undefined && !isWord) return (await without.load())(args, io);
      throw unknownCommand(declaration, name);
    }
    if (args.includes('--json')) writeJson(io, await describedGroup(declaration));
    else io.out(groupHelp(await namedGroup(declaration), io.columns));
    return EXIT_GOOD;
  };
  return Object.assign(call, { declaration });
}

/** What is special about a program. */
export interface ProgramDeclaration extends GroupDeclaration {
  /** The exit code of an error with this code; undefined where it is EXIT_FAILURE. */
  readonly exitOf: (code: string) => number | undefined;
}

/** A whole program: never rejects, an error is printed and becomes the exit code. */
export function program(declaration: ProgramDeclaration): Command {
  const commands = group(declaration);
  const call = async (args: readonly string[], io: Io): Promise<number> => {
    try {
      if (args[0] !== '--version') return await commands(args, io);
      io.out(`${declaration.name} ${await readVersion()}\n`);
      return EXIT_GOOD;
    } catch (error) {
      return reportError(declaration, io, error, args);
    }
  };
  return Object.assign(call, { declaration });
}

function entryOf({ commands }: GroupDeclaration, name: string | undefined): CommandEntry | undefined {
  return commands.find((entry) => entry.name === name);
}

function unknownCommand({ name, commands }: GroupDeclaration, typed: string | undefined): DockError {
  const names = commands.map((entry) => entry.name);
  if (typed === undefined) return usageError(`a command is missing after \`${name}\`: ${names.join(', ')}`);
  const nearest = didYouMean(typed, names) || `, there is ${names.join(', ')}`;
  return usageError(`\`${name} ${printable(typed)}\`: unknown command${nearest}`);
}

function didYouMean(typed: string, names: readonly string[], dashes = ''): string {
  const nearest = suggest(
    typed,
    names.map((name) => name.replaceAll('-', '_')),
  );
  return nearest === undefined ? '' : `. Did you mean ${dashes}${nearest.replaceAll('_', '-')}?`;
}

function asksForHelp(args: readonly string[]): boolean {
  return args.includes('--help') || args.includes('-h');
}

/** Errors: "usage". */
function parseLine<O extends Options>(args: readonly string[], io: Io, declaration: Declaration<O>): Line<O> {
  const { values, positionals } = parseStrictly(args, declaration.options);
  const surplus = positionals[declaration.wordsMax ?? 0];
  if (surplus !== undefined) throw usageError(`unexpected argument ${JSON.stringify(surplus)}`);
  const lang = values['lang'];
  return {
    values: values as Line<O>['values'],
    words: positionals,
    json: values['json'] === true,
    language: 'lang' in declaration.options ? languageOf(lang as string | undefined, io) : machineOf(io),
  };
}

function parseStrictly(
  args: readonly string[],
  options: Options,
): { values: Record<string, unknown>; positionals: string[] } {
  const known = { ...options, ...COMMON };
  try {
    return parseArgs({ args: [...args], options: known, allowPositionals: true, strict: true });
  } catch (error) {
    const names = Object.keys(known);
    const unknown = args
      .map((arg) => /^--([^=]+)/.exec(arg)?.[1])
      .find((name) => name !== undefined && !names.includes(name));
    if (unknown !== undefined)
      throw usageError(`unknown option --${printable(unknown)}${didYouMean(unknown, names, '--')}`);
    throw usageError(error instanceof Error ? error.message : String(error));
  }
}

/** What was typed after --lang; the language of this machine where nothing was. Errors: "usage". */
export function languageOf(text: string | undefined, io: Io): Language {
  const language = text === undefined ? machineOf(io) : parseLanguage(text);
  if (language !== undefined) return language;
  throw usageError(`--lang ${JSON.stringify(text)}: en or de`);
}

function machineOf({ language = 'en' }: Io): Language {
  return language;
}

/** The command line was not understood; ends with EXIT_USAGE. */
export function usageError(message: string): DockError {
  return new DockError('usage', message, { retry: 'person' });
}

/**
 * Refuses options that would do nothing beside `beside`: who typed one believes that it counts. `options` are names without dashes.
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

/** The last document on standard output of a command that was called with --json. */
export function writeJson(io: Io, document: unknown): void {
  io.out(`${JSON.stringify(document)}\n`);
}

/** Prints an error that ended a command: a line on standard error, with --json a document on standard output as well. Gives the exit code. */
export function reportError(
  { name, exitOf }: Pick<ProgramDeclaration, 'name' | 'exitOf'>,
  io: Io,
  error: unknown,
  args: readonly string[],
): number {
  const code = error instanceof DockError ? error.code : 'failure';
  io.err(`${name}: ${describeError(error).split('\n').map(printable).join('\n')}\n`);
  if (code === 'usage') io.err(`\`${name} --help\` and \`${name} COMMAND --help\` list what can be typed.\n`);
  if (args.includes('--json')) {
    const message = error instanceof Error ? error.message : String(error);
    writeJson(io, { error: { code, message } });
  }
  if (!(error instanceof DockError)) return EXIT_FAILURE;
  return code === 'usage' ? EXIT_USAGE : (exitOf(code) ?? EXIT_FAILURE);
}

/** Options of a command in the order of its help, with those that all have. */
function optionsOf({ options, json }: Declaration): DescribedCommand['options'] {
  const own = Object.entries(options).map(([name, option]) => ({
    name: `--${name}`,
    value: option.type === 'boolean' ? null : (option.value ?? 'TEXT'),
    text: option.default === undefined ? option.text : `${option.text} (default: ${option.default})`,
  }));
  if (json === null) return own;
  return [
    ...own,
    { name: '--json', value: null, text: json ?? 'one JSON document on standard output instead of text' },
  ];
}

function described(declaration: Declaration): DescribedCommand {
  const { name, usage, about, notes = '', exits = '' } = declaration;
  return { name, usage, about, options: optionsOf(declaration), notes, exits };
}

async function namedGroup({
  name,
  about,
  notes = '',
  without,
  commands,
}: GroupDeclaration): Promise<NamedGroup> {
  const named = { name, about, notes, commands };
  if (without === undefined) return { ...named, without: null };
  if (commands.includes(without)) return { ...named, without: without.name };
  return { ...named, without: described((await without.load()).declaration as Declaration) };
}

async function describedGroup(declaration: GroupDeclaration): Promise<DescribedGroup> {
  const all = declaration.commands.map(async (entry) => {
    const { declaration: under } = await entry.load();
    const help = 'commands' in under ? await describedGroup(under) : described(under);
    return { name: entry.name, summary: entry.summary, help };
  });
  return { ...(await namedGroup(declaration)), commands: await Promise.all(all) };
}
