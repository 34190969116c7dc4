// Calls the command that the command line names.
import { EXIT_GOOD } from '../../../config/exit-codes.ts';
import { HELP, optionsDocument, parseCommandLine, reportError, TOP, type Io } from './command-line.ts';

/** The exit code of what was asked for. Never rejects: an error is told on standard error, with --json as a document on standard output as well. */
export function dispatch(args: readonly string[], io: Io): Promise<number> {
  return call(args, io).catch((error: unknown) => reportError(io, error, args));
}

async function call(args: readonly string[], io: Io): Promise<number> {
  const [name, ...words] = args;
  if (name === 'enrol') return (await import('./enrol.ts')).enrol(words, io);
  if (name === 'revoke') return (await import('./revoke.ts')).revoke(words, io);
  if (name === 'expire') return (await import('./expire.ts')).expire(words, io);
  if (name === 'hold' || name === 'unhold' || name === 'delete')
    return (await import('./order.ts')).order(name, words, io);
  if (name === 'orders') return (await import('./orders.ts')).orders(words, io);
  if (name === 'reconcile') return (await import('./reconcile.ts')).reconcile(words, io);
  if (name === 'rotate') return (await import('./rotate.ts')).rotate(words, io);
  const line = parseCommandLine(args);
  if (line.verb === 'check') return (await import('./check.ts')).check(line, io);
  if (line.verb === 'run') return (await import('./run.ts')).run(line, io);
  if (line.verb === 'help') io.out(line.json ? optionsDocument(TOP) : HELP);
  else
    io.out(`bodydock-receiver ${await (await import('../../../config/program-version.ts')).readVersion()}\n`);
  return EXIT_GOOD;
}
