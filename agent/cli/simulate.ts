// `bodydock simulate`: dispatches to the kinds of camera that can be simulated as a process of its own.
import { EXIT_GOOD } from '../../config/exit-codes.ts';
import { usageError, type Io } from './output.ts';
import { simulateSerial } from './simulate-serial.ts';

const HELP = `bodydock simulate serial [OPTION...]

  serial  a camera that speaks SMP on a pseudo terminal, for a station, for tests, and as an example for makers of cameras

\`bodydock simulate serial --help\` tells the options.
`;

/** Runs the command; gives the exit code. Errors: "usage", and those of the kinds. */
export async function simulate(args: readonly string[], io: Io): Promise<number> {
  const [kind, ...rest] = args;
  if (kind === '--help' || kind === '-h') {
    io.out(HELP);
    return EXIT_GOOD;
  }
  if (kind === 'serial') return simulateSerial(rest, io);
  throw usageError(`\`simulate\` wants serial, not ${JSON.stringify(kind ?? '')}`);
}
