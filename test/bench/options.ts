// The command line of the bench: which group, how much of it, where the machine-readable result goes.
import { parseArgs } from 'node:util';

export const GROUPS = ['pipeline', 'memory', 'verify', 'usb', 'serial', 'station'] as const;
export type Group = (typeof GROUPS)[number];

export const HELP = `npm run bench [-- [GROUP] [OPTION...]]

  pipeline  (default) the same files through bodydock and through what could be run instead: MB/s, CPU seconds per GB, memory
  memory    peak memory of agent and receiver for one file of growing size
  verify    time and peak memory of \`bodydock verify\` over vaults of up to 1,000 recordings
  usb       share of the bare pipe's rate that the driver and a whole pull have, over wires in memory; CPU seconds per GB; memory with
            1, 4 and 8 bays
  serial    share of a serial line that is recordings, by framing, speed and size of packets; CPU milliseconds per MB
  station   start to ready with an empty spool and with 10,000 recordings in it; CPU, memory and messages at rest; exposure of the unit

  --quick          a quarter of the bytes and one repetition (pipeline); up to 512 MB (memory); up to 200
                   recordings (verify); an eighth of the bytes, one repetition (usb); a third of the time (serial); 500
                   recordings (station)
  --json FILE      writes the result for machines
  --only NAMES     only these parties, separated by commas (pipeline)
  --mib N          bytes of all files together, in MiB (pipeline)
  --repetitions N  repetitions of each party (pipeline), of each way (usb)

Temporary files lie in TMPDIR: put it on the disk that is to be measured. Exit codes: 0 measured, 1 a party failed or delivered
wrong bytes, 2 usage. How fast it was never changes the exit code.
`;

/** What was asked for. */
export interface BenchOptions {
  readonly group: Group;
  readonly quick: boolean;
  readonly jsonFile: string | undefined;
  /** All parties where it is empty. */
  readonly only: readonly string[];
  readonly workMib: number;
  readonly repetitions: number;
}

const MIB_MAX = 64 * 1024;
const REPETITIONS_MAX = 100;

/** Undefined where help was asked for. Errors: TypeError or RangeError that says what is wrong. */
export function parseOptions(args: readonly string[]): BenchOptions | undefined {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      quick: { type: 'boolean', default: false },
      json: { type: 'string' },
      only: { type: 'string', default: '' },
      mib: { type: 'string' },
      repetitions: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return undefined;
  const [name = 'pipeline', ...rest] = positionals;
  const group = GROUPS.find((candidate) => candidate === name);
  if (group === undefined || rest.length > 0)
    throw new RangeError(`${JSON.stringify(positionals.join(' '))} is no group: ${GROUPS.join(' or ')}`);
  return {
    group,
    quick: values.quick,
    jsonFile: values.json,
    only: values.only.split(',').filter((word) => word !== ''),
    workMib: count('--mib', values.mib ?? (values.quick ? '256' : '1024'), MIB_MAX),
    repetitions: count('--repetitions', values.repetitions ?? (values.quick ? '1' : '3'), REPETITIONS_MAX),
  };
}

function count(option: string, text: string, max: number): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < 1 || value > max)
    throw new RangeError(`${option} ${JSON.stringify(text)}: a whole number from 1 to ${max}`);
  return value;
}
