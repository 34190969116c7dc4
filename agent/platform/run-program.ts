// Runs a program in this process: signals end it, a reader that went away ends its output alone, and its exit code is kept.
import { exitSoon } from './exit-soon.ts';

/** What a program is given by its process. */
export interface ProcessIo {
  out(text: string): void;
  err(text: string): void;
  /** Aborted by SIGINT or SIGTERM. */
  readonly signal: AbortSignal;
  /** Columns of the terminal; undefined where there is none. */
  readonly columns: number | undefined;
  /** Reports to the process that started this one, where there is a channel, that a service does its work from now on. */
  ready(): void;
  /** Calls with an error that nobody caught: a fault of the program. */
  onFault(handler: (error: unknown) => void): void;
}

/** Resolves when the program ended. `isService`: whether those arguments make it one, which nothing may keep from ending then. */
export async function runProgram(
  program: (args: readonly string[], io: ProcessIo) => Promise<number>,
  isService: (args: readonly string[]) => boolean,
): Promise<void> {
  const args = process.argv.slice(2);
  const ending = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const)
    process.once(name, () => ending.abort(new Error(`ended by ${name}`)));
  // A reader that went away (`| head`) ends the output, not the program.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  const exitCode = await program(args, {
    out: (text) => process.stdout.write(text),
    err: (text) => process.stderr.write(text),
    signal: ending.signal,
    columns: process.stdout.isTTY ? process.stdout.columns : undefined,
    ready: () => process.send?.({ ready: true }),
    onFault: (handler) => {
      process.on('uncaughtException', handler);
      process.on('unhandledRejection', handler);
    },
  });
  process.exitCode = exitCode;
  if (process.connected) process.disconnect();
  // What a service leaves must not keep it, nor what was asked to end; a command's output may still be on its way.
  if (isService(args) || ending.signal.aborted) exitSoon(exitCode);
}
