#!/usr/bin/env node
// The program `bodydock`: finds the subcommand and ends with its exit code. Each subcommand is imported only when it is called.
import { EXIT_GOOD } from '../config/exit-codes.ts';
import { reportError, usageError, type Command, type Io } from './cli/output.ts';
import { readVersion } from '../config/program-version.ts';
import { exitSoon } from '../agent/platform/exit-soon.ts';
import { tuneHeap } from '../agent/platform/small-heap.ts';

const COMMANDS: readonly Command[] = [
  {
    name: 'run',
    summary: 'run the agent of this station in the foreground',
    run: async (args, io) => {
      tuneHeap(); // before anything of it is loaded
      return (await import('./cli/run.ts')).run(args, io);
    },
  },
  {
    name: 'first-run',
    summary: 'run broker, store and station on this machine with simulated or own cameras',
    run: async (args, io) => (await import('./cli/first-run.ts')).firstRunCommand(args, io),
  },
  {
    name: 'check',
    summary: 'check station.yaml, keys, certificates and folders; says every problem at once',
    run: async (args, io) => (await import('./cli/check.ts')).check(args, io),
  },
  {
    name: 'doctor',
    summary: 'look at everything that a station needs; says what is wrong and the command that mends it',
    run: async (args, io) => (await import('./cli/doctor.ts')).doctor(args, io),
  },
  {
    name: 'status',
    summary: 'show what the agent of this station does now, live',
    run: async (args, io) => (await import('./cli/status.ts')).status(args, io),
  },
  {
    name: 'keys',
    summary: 'make and show keys, enrol at a store, prove that recipients can open what this station seals',
    run: async (args, io) => (await import('./cli/keys.ts')).keys(args, io),
  },
  {
    name: 'bays',
    summary: 'list what is plugged in at which port, learn which port is which bay',
    run: async (args, io) => (await import('./cli/bays.ts')).bays(args, io),
  },
  {
    name: 'record-camera',
    summary: 'record what a camera says, without names and contents, for whoever maintains its driver',
    run: async (args, io) => (await import('./cli/record-camera.ts')).recordCameraCommand(args, io),
  },
  {
    name: 'camera',
    summary: 'take a camera out of use that is lost, broken or given back',
    run: async (args, io) => (await import('./cli/camera.ts')).camera(args, io),
  },
  {
    name: 'spool',
    summary: 'list, verify and export what waits in the spool; tell what was set aside, and try it again',
    run: async (args, io) => (await import('./cli/spool.ts')).spool(args, io),
  },
  {
    name: 'verify',
    summary: 'check vaults, spools and recordings: every document, signature, digest and chain',
    run: async (args, io) => (await import('./cli/verify.ts')).verify(args, io),
  },
  {
    name: 'custody',
    summary: 'tell the life of one recording: every step, who, when, and what proves it',
    run: async (args, io) => (await import('./cli/custody.ts')).custody(args, io),
  },
  {
    name: 'open',
    summary: 'restore the original of one recording under its own name',
    run: async (args, io) => (await import('./cli/open.ts')).open(args, io),
  },
  {
    name: 'export',
    summary: 'put together what a court’s expert needs, or say what is stored where and who can see it',
    run: async (args, io) => (await import('./cli/export.ts')).exportCommand(args, io),
  },
  {
    name: 'witness',
    summary: 'print the line of a day’s witness, compare printed lines with a vault',
    run: async (args, io) => (await import('./cli/witness.ts')).witness(args, io),
  },
  {
    name: 'report',
    summary: 'make the report on a pilot from a vault: HTML, CSV, JSON',
    run: async (args, io) => (await import('./cli/report.ts')).report(args, io),
  },
  {
    name: 'simulate',
    summary: 'be a camera on a serial line, for a station to try itself on',
    run: async (args, io) => (await import('./cli/simulate.ts')).simulate(args, io),
  },
];

function help(): string {
  const width = Math.max(...COMMANDS.map((command) => command.name.length));
  const lines = COMMANDS.map((command) => `  ${command.name.padEnd(width)}  ${command.summary}`);
  return `bodydock COMMAND [OPTION...]

The agent of a docking station for body cameras.

Commands:
${lines.join('\n')}

--version tells the version. COMMAND --help tells the options of a command; with --json the last line on standard output is one
JSON document. Exit codes: 0 good, 1 finding or failure, 2 usage, 3 ended well with rejected entries, 69 broker or receiver
unreachable, 75 second agent on this spool, 78 configuration or keys.
`;
}

async function dispatch(args: readonly string[], io: Io): Promise<number> {
  const [name, ...rest] = args;
  if (name === '--help' || name === '-h' || name === 'help') {
    io.out(help());
    return EXIT_GOOD;
  }
  if (name === '--version') {
    io.out(`bodydock ${await readVersion()}\n`);
    return EXIT_GOOD;
  }
  if (name === undefined) throw usageError('a command is missing');
  const command = COMMANDS.find((candidate) => candidate.name === name);
  if (command === undefined) throw usageError(`${JSON.stringify(name)} is no command`);
  return command.run(rest, io);
}

async function main(): Promise<void> {
  const args = process.argv.slice(2);
  const ending = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const)
    process.once(name, () => ending.abort(new Error(`ended by ${name}`)));
  // A reader that went away (`| head`) ends the output, not the program.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  const io: Io = {
    out: (text) => process.stdout.write(text),
    err: (text) => process.stderr.write(text),
    signal: ending.signal,
  };
  process.exitCode = await dispatch(args, io).catch((error: unknown) => reportError(io, error, args));
  // Also where no station could be put up: what still waits for its disk must not keep the process, which a service manager takes for one
  // that is about to be ready.
  if (args[0] === 'run') exitSoon(process.exitCode);
}

await main();
