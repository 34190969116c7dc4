// The command line of the bench: which groups, how much of them, where the results go.
import { parseArgs } from 'node:util';

/** Every group. */
export const GROUPS = [
  'pipeline',
  'stages',
  'syncs',
  'memory',
  'verify',
  'usb',
  'serial',
  'station',
  'fairness',
  'stations',
  'small',
  'curves',
] as const;
export type Group = (typeof GROUPS)[number];

/** What runs where none is named. */
const DEFAULT: readonly Group[] = ['stages', 'pipeline', 'syncs'];

export const HELP = `npm run bench [-- [GROUP] [OPTION...]]

Without a group: stages, pipeline and syncs, one after the other, in about twelve minutes; then which targets were reached.

  pipeline  the same files through bodydock, through what could be run instead, and through the bare way, which only does what ours must do
            with each byte: MB/s, CPU seconds per GB, memory
  stages    from the camera into the spool, and from the spool to the receipt, each alone, beside the rates of the bare primitives
            and of the loopback
  syncs     how often agent and receiver sync a file or a folder for each recording (strace)
  memory    peak memory of agent and receiver for one file of growing size
  verify    time and peak memory of \`bodydock verify\` over vaults of up to 1,000 recordings, or as many as --recordings says
  usb       share of the bare pipe's rate that the driver and a whole pull have, over wires in memory; CPU seconds per GB; memory with
            1, 4 and 8 bays
  serial    share of a serial line that is recordings, by framing, speed and size of packets; CPU milliseconds per MB
  station   start to ready with an empty spool and with 10,000 recordings in it; CPU, memory and messages at rest; exposure of the unit
  fairness  while eight cameras are read and pushed: how soon a ninth is identified, how long the event loop is held up, how late
            messages of monitoring come, how many recordings a locked one waits for; whether a limit of rate is kept
  stations  100 stations with 8 small recordings each at once: time until the last receipt, longest gap without one, CPU of the receiver
  small     the pipeline on one core with 512 MiB, and without the instructions for SHA and AES (root)
  curves    time and memory as the work grows: size and number of files, cameras, backlog, custody log; an hour; SVG

  --group GROUP    the same as GROUP
  --quick          a quarter of the bytes and one repetition (pipeline, stages); up to 512 MB (memory); up to 200
                   recordings (verify); an eighth of the bytes, one repetition (usb); a third of the time (serial); 500
                   recordings (station); a quarter of the bytes (fairness, small); the small ends (curves)
  --json FILE      writes results for machines into FILE: groups that were measured now, beside what it has of others
  --reference FILE compares with the results in FILE, test/bench/reference.json where it is there
  --svg DIR        where drawings go, out/bench by default (curves)
  --only NAMES     only these parties (pipeline, small) or curves, separated by commas
  --mib N          bytes of all files together, in MiB (pipeline, stages, fairness, small)
  --recordings N   recordings of the largest vault (verify); 100,000 take half an hour, three minutes of it to build
  --repetitions N  repetitions of each party (pipeline, stages, small), of each way (usb)

A run is accepted on a quiet machine, group by group, with --json test/bench/reference.json, and that file is committed.
Temporary files lie in TMPDIR: put it on the disk that is to be measured. Exit codes: 0 measured, 1 a party failed or delivered
wrong bytes, 2 usage. How fast it was never changes the exit code.
`;

/** What was asked for. */
export interface BenchOptions {
  readonly groups: readonly Group[];
  readonly quick: boolean;
  readonly jsonFile: string | undefined;
  readonly referenceFile: string | undefined;
  readonly svgFolder: string;
  /** All of them where it is empty. */
  readonly only: readonly string[];
  readonly workMib: number;
  readonly repetitions: number;
  /** Of the largest vault. */
  readonly recordings: number;
}

const MIB_MAX = 64 * 1024;
const REPETITIONS_MAX = 100;
const RECORDINGS_MAX = 1_000_000;

/** Undefined where help was asked for. Errors: TypeError or RangeError that says what is wrong. */
export function parseOptions(args: readonly string[]): BenchOptions | undefined {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      group: { type: 'string' },
      quick: { type: 'boolean', default: false },
      json: { type: 'string' },
      reference: { type: 'string' },
      svg: { type: 'string', default: 'out/bench' },
      only: { type: 'string', default: '' },
      mib: { type: 'string' },
      repetitions: { type: 'string' },
      recordings: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return undefined;
  return {
    groups: groupsOf(values.group === undefined ? positionals : [...positionals, values.group]),
    quick: values.quick,
    jsonFile: values.json,
    referenceFile: values.reference,
    svgFolder: values.svg,
    only: values.only.split(',').filter((word) => word !== ''),
    workMib: count('--mib', values.mib ?? (values.quick ? '256' : '1024'), MIB_MAX),
    repetitions: count('--repetitions', values.repetitions ?? (values.quick ? '1' : '3'), REPETITIONS_MAX),
    recordings: count('--recordings', values.recordings ?? (values.quick ? '200' : '1000'), RECORDINGS_MAX),
  };
}

function groupsOf(names: readonly string[]): readonly Group[] {
  if (names.length === 0) return DEFAULT;
  const group = GROUPS.find((candidate) => candidate === names[0]);
  if (group === undefined || names.length > 1)
    throw new RangeError(`${JSON.stringify(names.join(' '))} is no group: ${GROUPS.join(' or ')}`);
  return [group];
}

function count(option: string, text: string, max: number): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < 1 || value > max)
    throw new RangeError(`${option} ${JSON.stringify(text)}: a whole number from 1 to ${max}`);
  return value;
}
