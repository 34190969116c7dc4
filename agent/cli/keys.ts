// `bodydock keys`: dispatches to make, show, prove, enrol and rotate. The work of each is in a file of its own.
import { EXIT_GOOD } from '../../config/exit-codes.ts';
import { makeKeys } from './keys-make.ts';
import { proveKeys } from './keys-prove.ts';
import { rotateKeys } from './keys-rotate.ts';
import { showKeys } from './keys-show.ts';
import { usageError, type Io } from './output.ts';

const HELP = `bodydock keys make|show|prove|enrol|rotate [OPTION...]

  make   make a signing key for a station or for the store, or an identity that opens recordings
  show   show the public half of keys, as the configuration of the other end wants it
  prove  prove that a recipient can open what this station seals; release waits for it
  enrol  tell the store who this station is, and install what it answers: certificate, authorities, pins
  rotate change the signing key of this station, in two steps

\`bodydock keys make --help\` and so on tell the options.
`;

/** Runs the command; gives the exit code. Errors: "usage", and those of the five. */
export async function keys(args: readonly string[], io: Io): Promise<number> {
  const [verb, ...rest] = args;
  if (verb === '--help' || verb === '-h') {
    io.out(HELP);
    return EXIT_GOOD;
  }
  if (verb === 'make') return makeKeys(rest, io);
  if (verb === 'show') return showKeys(rest, io);
  if (verb === 'prove') return proveKeys(rest, io);
  if (verb === 'enrol') return (await import('./keys-enrol.ts')).enrolKeys(rest, io);
  if (verb === 'rotate') return rotateKeys(rest, io);
  throw usageError(`\`keys\` wants make, show, prove, enrol or rotate, not ${JSON.stringify(verb ?? '')}`);
}
