// Command line of the simulation.
import { parseArgs } from 'node:util';
import { generationOf, NEWEST } from './generations.ts';

export const HELP = `npm run test:simulation [-- --seed N [--evil] [--generation N]] [--seconds N] [--workers N] [--trace]

Station, store, network, disks and cameras in one process on a virtual clock, with troubles of every kind, and a judge that looks at what is
durable. What happens when goes by the seed and its generation alone. Without --seed it runs the seeds that failed once
(test/simulation/seeds.txt), a fixed set, and fresh ones for as long as --seconds says.

  --seed N        this seed alone
  --evil          with an evil broker; only with --seed. Without, every second fresh seed has one, but not in CI
  --generation N  how the life is drawn, as test/simulation/generations.ts says; only with --seed. The newest by default
  --seconds N     how long fresh seeds are drawn, behind the others; 60 by default
  --workers N     threads; one for each core by default
  --trace         prints all that happens; only with --seed
`;

export interface SimulationOptions {
  /** undefined: all sets. */
  readonly seed: number | undefined;
  readonly evil: boolean;
  readonly generation: number;
  readonly seconds: number;
  /** undefined: one for each core. */
  readonly workers: number | undefined;
  readonly trace: boolean;
}

/** Undefined where only help is asked for. Errors: what is wrong with an argument. */
export function parseOptions(args: readonly string[]): SimulationOptions | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seed: { type: 'string' },
      seconds: { type: 'string', default: '60' },
      workers: { type: 'string' },
      trace: { type: 'boolean', default: false },
      evil: { type: 'boolean', default: false },
      generation: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help === true) return undefined;
  for (const name of ['trace', 'evil', 'generation'] as const)
    if (values[name] !== undefined && values[name] !== false && values.seed === undefined)
      throw new Error(`--${name} wants a --seed`);
  return {
    seed: values.seed === undefined ? undefined : whole('--seed', values.seed, 0),
    evil: values.evil,
    generation: values.generation === undefined ? NEWEST : known(values.generation),
    seconds: whole('--seconds', values.seconds, 0),
    workers: values.workers === undefined ? undefined : whole('--workers', values.workers, 1),
    trace: values.trace,
  };
}

function known(generation: string): number {
  const number = whole('--generation', generation, 1);
  generationOf(number);
  return number;
}

function whole(name: string, text: string, least: number): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= least && value <= 2 ** 32) return value;
  throw new Error(`${name} takes a whole number of at least ${least}, not "${text}"`);
}
