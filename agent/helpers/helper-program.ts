// What the programs of the helpers share: from the command line to a station's file that can be read and a folder that is root's, and from an
// error to the exit code. What a helper does in between is its own.
import { EXIT_CONFIGURATION, EXIT_FAILURE, EXIT_TAKEN, EXIT_USAGE } from '../../config/exit-codes.ts';
import { describeError, isDockError } from '../../protocol/format/errors.ts';
import { nodeClock } from '../../agent/platform/clock-node.ts';
import type { Clock, Log } from '../../protocol/format/ports.ts';
import { BayPortsFile, type BayPorts } from './bay-ports.ts';
import { lineLog } from './line-log.ts';
import { requireOwnFolder } from './own-folder.ts';

/** What every helper is told: the station's file, and the folder of its socket. */
export interface HelperPlace {
  readonly config: string;
  readonly folder: string;
}

/** What a helper works with. */
export interface HelperGround {
  readonly clock: Clock;
  readonly log: Log;
  readonly bayPorts: () => Promise<BayPorts | undefined>;
  /** As they were read last. */
  readonly namedPorts: () => Iterable<string>;
}

export interface HelperProgram<Options extends HelperPlace> {
  /** For somebody whose command line was not understood. */
  readonly usage: string;
  /** Undefined where the line is not understood. */
  readonly parse: (words: readonly string[]) => Options | undefined;
  /** Code of the error that says that another helper of the kind runs. */
  readonly takenCode: string;
  /** Works until it is asked to end; gives the exit code. Errors: those of its socket; the system's. */
  readonly work: (options: Options, ground: HelperGround) => Promise<number>;
}

/** Runs a helper on the words of its command line and ends the process. */
export function runHelper<Options extends HelperPlace>(program: HelperProgram<Options>): void {
  started(process.argv.slice(2), program).then(
    (code) => process.exit(code),
    (error: unknown) => {
      process.stderr.write(`${describeError(error)}\n`);
      process.exit(exitCodeOf(error, program.takenCode));
    },
  );
}

/** Aborted when a service manager or a person asks this process to end, from now on. */
export function askedToEnd(): AbortSignal {
  const ending = new AbortController();
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.on(name, () => ending.abort());
  return ending.signal;
}

async function started<Options extends HelperPlace>(
  words: readonly string[],
  { usage, parse, work }: HelperProgram<Options>,
): Promise<number> {
  const clock = nodeClock();
  const log = lineLog(
    (line) => process.stderr.write(line),
    () => new Date(clock.wallMs()).toISOString(),
  );
  const options = parse(words);
  if (options === undefined) {
    process.stderr.write(`usage: main.js ${usage}\n`);
    return EXIT_USAGE;
  }
  const file = new BayPortsFile(options.config, log);
  if ((await file.read()) === undefined) {
    log.error('configuration is not usable', { file: options.config });
    return EXIT_CONFIGURATION;
  }
  await requireOwnFolder(options.folder, process.getuid?.() ?? 0);
  return work(options, { clock, log, bayPorts: () => file.read(), namedPorts: () => file.named() });
}

function exitCodeOf(error: unknown, takenCode: string): number {
  if (isDockError(error, takenCode)) return EXIT_TAKEN;
  return isDockError(error, 'helper.folder') ? EXIT_CONFIGURATION : EXIT_FAILURE;
}
