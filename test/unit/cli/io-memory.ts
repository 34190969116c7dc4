// Runs a command in this process and keeps what it prints.
import { reportError, type Io } from '../../../config/command-line.ts';
import { exitOf } from '../../../config/exit-codes.ts';
import { languageOfLocale } from '../../../config/language.ts';

/** What a command did; `json` is the last line of standard output, parsed. */
export interface CommandRun {
  readonly exitCode: number;
  readonly out: string;
  readonly err: string;
  readonly json: unknown;
}

/** Errors become exit codes as in main.ts. */
export async function runCommand(
  command: (args: readonly string[], io: Io) => Promise<number>,
  ...args: readonly string[]
): Promise<CommandRun> {
  const text = { out: '', err: '' };
  const io: Io = {
    out: (part) => void (text.out += part),
    err: (part) => void (text.err += part),
    signal: new AbortController().signal,
    language: languageOfLocale(process.env),
  };
  const exitCode = await command(args, io).catch((error: unknown) =>
    reportError({ name: 'bodydock', exitOf }, io, error, args),
  );
  const last = text.out.trimEnd().split('\n').at(-1) ?? '';
  return { ...text, exitCode, json: last.startsWith('{') ? JSON.parse(last) : undefined };
}
