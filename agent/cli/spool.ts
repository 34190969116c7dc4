// `bodydock spool`: dispatches to ls, verify, export, quarantine and tries. None changes a recording, and all may run beside the agent.
import { EXIT_GOOD } from '../../config/exit-codes.ts';
import { usageError, type Command, type Io } from './output.ts';
import { exportFromSpool } from './spool-export.ts';
import { listSpool } from './spool-ls.ts';
import { listQuarantine } from './spool-quarantine.ts';
import { listTries } from './spool-tries.ts';
import { verifySpool } from './spool-verify.ts';

const HELP = `bodydock spool ls|verify|export|quarantine|tries [OPTION...]

  ls          list the recordings in the spool: state, age, size, camera, receipt
  verify      check every document, signature and digest, and name what is damaged
  export      copy sealed recordings out of the spool, and check that each copy is whole
  quarantine  list what was set aside: why, since when, what to do
  tries       list files of cameras at which the agent ended, and let it try them once more

None of them changes a recording, and all may run beside the agent. \`bodydock spool ls --help\` and so on tell the options.
`;
const VERBS: Readonly<Record<string, Command['run']>> = {
  ls: listSpool,
  verify: verifySpool,
  export: exportFromSpool,
  quarantine: listQuarantine,
  tries: listTries,
};

/** Runs the command; gives the exit code. Errors: "usage", and those of the five. */
export async function spool(args: readonly string[], io: Io): Promise<number> {
  const [verb = '', ...rest] = args;
  if (verb === '--help' || verb === '-h') {
    io.out(HELP);
    return EXIT_GOOD;
  }
  const run = Object.hasOwn(VERBS, verb) ? VERBS[verb] : undefined;
  if (run !== undefined) return run(rest, io);
  throw usageError(`\`spool\` wants ls, verify, export, quarantine or tries, not ${JSON.stringify(verb)}`);
}
